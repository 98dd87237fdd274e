"""Optimisers work without torch's compiler, which is loaded only when something needs it."""

import subprocess
import sys

import pytest

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
loss()
adam.step()
print(type(torch._dynamo).__name__)
"""
COMPILED = """
print(torch.compile(lambda x: x + 1, backend="eager")(torch.zeros(1)).item())
"""


@pytest.mark.slow
def test_optimisers_work_without_the_compiler_until_it_is_needed(slow: bool) -> None:
    """With --slow, the test also compiles a function, for which torch loads many modules."""
    script = SCRIPT + COMPILED * slow
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    expected = ["3.0", "False", "True", "True", "module", *["1.0"] * slow]
    assert run.stdout.split() == expected, run.stderr
