"""Optimisers work without torch's compiler, which is loaded only when something needs it."""

import subprocess
import sys

SCRIPT = """
import sys
from lodespace.models.light_torch import leave_out_compiler

leave_out_compiler()
import torch

parameter = torch.nn.Parameter(torch.zeros(3))


def loss():
    adam.zero_grad()
    value = (parameter - 1).square().sum()
    value.backward()
    return value


adam = torch.optim.Adam([parameter], lr=0.1)
for _ in range(3):
    loss()
    adam.step()
adam.load_state_dict(adam.state_dict())
torch.optim.LBFGS([parameter]).step(loss)
print(round(float(parameter.detach().sum()), 3), "sympy" in sys.modules)
from torch._dynamo.utils import counters
import torch._dynamo.utils

print(torch._dynamo.utils.counters is counters, "sympy" in sys.modules)
print(torch.compile(lambda x: x + 1, backend="eager")(torch.zeros(1)).item())
loss()
adam.step()
print(type(torch._dynamo).__name__)
"""


def test_optimisers_work_without_the_compiler_until_it_is_needed() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert run.stdout.split() == ["3.0", "False", "True", "True", "1.0", "module"], run.stderr
