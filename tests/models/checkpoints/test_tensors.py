"""Conversion of optimiser and weights to named tensors, and back."""

import pytest
import torch
from torch import nn

from lodespace.models.checkpoints.tensors import (
    adam,
    adam_tensors,
    load_adam,
    load_module,
    module_tensors,
)


def make(memory_format: torch.memory_format) -> tuple[nn.Module, torch.optim.Adam]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 5, 4), nn.Flatten(), nn.Linear(5, 2)).to(
        memory_format=memory_format
    )
    return module, adam(list(module.parameters()), 1e-2)


def steps(module: nn.Module, optimiser: torch.optim.Adam, seeds: range) -> None:
    for seed in seeds:
        x = torch.randn(4, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
        optimiser.zero_grad()
        module(x).square().sum().backward()
        optimiser.step()


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_training_goes_on_to_the_bit(memory_format: torch.memory_format) -> None:
    """Loading restores the memory format, because the result of the fused kernel depends on it."""
    module, optimiser = make(memory_format)
    steps(module, optimiser, range(3))
    stored = {**module_tensors("m", module), **adam_tensors("a", optimiser)}
    stored = {
        name: tensor.detach().clone(memory_format=torch.contiguous_format)
        for name, tensor in stored.items()
    }
    again, its_optimiser = make(memory_format)
    load_module("m", again, stored)
    load_adam("a", its_optimiser, stored)
    steps(module, optimiser, range(3, 6))
    steps(again, its_optimiser, range(3, 6))
    for a, b in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_missing_tensor_is_refused_by_name() -> None:
    module, _ = make(torch.contiguous_format)
    stored = module_tensors("m", module)
    del stored["m.2.bias"]
    with pytest.raises(RuntimeError, match=r"2\.bias"):
        load_module("m", module, stored)
