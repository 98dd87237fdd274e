"""Flattening what training is made of into named tensors, and back: safetensors holds nothing else."""

from collections.abc import Mapping

import torch
from torch import nn

Tensors = dict[str, torch.Tensor]


def module_tensors(prefix: str, module: nn.Module) -> Tensors:
    return {f"{prefix}.{name}": tensor.detach() for name, tensor in module.state_dict().items()}


def load_module(prefix: str, module: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Raises RuntimeError when a tensor is missing or has another shape."""
    start = len(prefix) + 1
    own = {
        name[start:]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")
    }
    module.load_state_dict(own)


def adam_tensors(prefix: str, optimiser: torch.optim.Adam) -> Tensors:
    """Moments and step count of every parameter that has been stepped, by its position in the optimiser."""
    tensors: Tensors = {}
    for index, parameter in enumerate(_parameters(optimiser)):
        for name, value in optimiser.state.get(parameter, {}).items():
            tensors[f"{prefix}.{index}.{name}"] = value.detach()
    return tensors


def load_adam(
    prefix: str, optimiser: torch.optim.Adam, tensors: Mapping[str, torch.Tensor]
) -> None:
    """What it knew before is forgotten: a parameter that had not been stepped then has no moments again."""
    parameters = _parameters(optimiser)
    optimiser.state.clear()
    for name, value in tensors.items():
        if name.startswith(prefix + "."):
            index, key = name[len(prefix) + 1 :].split(".")
            parameter = parameters[int(index)]
            if key == "step":
                optimiser.state[parameter][key] = value.clone().to(
                    parameter.device if parameter.is_cuda else "cpu"
                )
            else:
                # In the parameter's memory layout (channels last): the fused kernel walks both side by side.
                optimiser.state[parameter][key] = torch.empty_like(parameter).detach().copy_(value)


def adam(parameters: list[nn.Parameter], learning_rate: float) -> torch.optim.Adam:
    """The paper's optimiser; fused where torch has it (0.9 ms a step instead of 4)."""
    fused = parameters[0].device.type in ("cpu", "cuda")
    return torch.optim.Adam(parameters, lr=learning_rate, fused=fused)


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = learning_rate


def _parameters(optimiser: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]
