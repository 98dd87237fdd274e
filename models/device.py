"""Choice of the device."""

import torch


def choose_device(name: str = "auto") -> torch.device:
    """Choose a device by name. "auto": CUDA if available, else Apple's MPS, else the CPU.

    Raises:
        ValueError: for a device that is not available.
    """
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
