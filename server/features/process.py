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
    place = "" if root is None else str(root)
    return _run(["pictures", name, str(folder), place], f"--features {name}", progress=progress)


def write_text_vectors(folder: Path, column: str, name: str, *, progress: bool) -> str:
    """Compute the vectors of the texts in a column of the table in `folder`, and store them there.

    Returns the SHA-256 of the weights. Raises DatasetError if the vectors cannot be computed.
    """
    return _run(["texts", name, str(folder), column], f"--text {column}", progress=progress)


def _run(arguments: list[str], option: str, *, progress: bool) -> str:
    process = subprocess.run(
        [*COMMAND, *arguments],
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
        raise DatasetError(f"{option}: {answer.error}")
    return answer.weights
