"""Where the model runs, and how a run is made repeatable."""

import torch


def choose_device(name: str = "auto") -> torch.device:
    """ "auto": CUDA where there is one, then Apple's MPS, then the CPU. Raises ValueError on a device that is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device '{name}' cannot be used here: {str(error).splitlines()[0]}"
        ) from error
    return device
