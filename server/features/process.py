"""Starts the process that computes features, so that the importing process does not load torch."""

import subprocess
import sys
from pathlib import Path

import msgspec

from lodespace.errors import DatasetError
from lodespace.json_input import json_of

COMMAND: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace.features.process_main")
"""Command of the process. With -P, no file in the current folder replaces a module of its name."""


class _Answer(msgspec.Struct):
    weights: str = ""
    error: str = ""


def write_features(folder: Path, root: Path | None, name: str, *, progress: bool) -> str:
    """Compute the features of the pictures in the data set `folder`, and store them there.

    Args:
        folder: Folder of the data set.
        root: Folder of the original files; None if there are none.
        name: Name of a family that is installed (registry.py).
        progress: Whether a bar on the terminal shows the progress.

    Returns:
        SHA-256 of the weights.

    Raises:
        DatasetError: The features cannot be computed.
    """
    process = subprocess.run(
        [*COMMAND, str(folder), "" if root is None else str(root), name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if progress else subprocess.DEVNULL,
        check=False,
    )
    try:
        answer = json_of(process.stdout, _Answer)
    except ValueError:
        answer = _Answer(error=f"the process ended with status {process.returncode}")
    if process.returncode != 0 or answer.error:
        raise DatasetError(f"--features {name}: {answer.error}")
    return answer.weights
