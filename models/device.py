"""Choice of the device, and of the device for linear algebra."""

import contextlib
from collections.abc import Generator

import torch

from lodespace.models.processors import processors


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


@contextlib.contextmanager
def limited_threads(threads: int) -> Generator[None]:
    """Let torch use `threads` processor threads (0: all) inside the `with` block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or processors())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def algebra_device(device: torch.device) -> torch.device:
    """Return the device for decompositions, double precision and sparse matrices.

    MPS has no float64, no sparse matrices in compressed rows and no eigenvectors, so this work is
    done on the CPU for tensors on MPS. The matrices are small: one row per label or per feature.
    """
    return torch.device("cpu") if device.type == "mps" else device
