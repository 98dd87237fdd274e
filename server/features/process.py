"""Starts the process that computes features, so that the importing process does not load torch."""

import subprocess
import sys
from pathlib import Path

import msgspec

from lodespace.errors import DatasetError
from lodespace.features.registry import any_family
from lodespace.features.weights import Weights
from lodespace.json_input import json_of

COMMAND: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace.features.process_main")
"""Command of the process. With -P, no file in the current folder replaces a module of its name."""


class _Answer(msgspec.Struct):
    weights: str = ""
    download: Weights | None = None
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
    arguments = ["pictures", name, str(folder), place]
    return _run(arguments, f"--features {name}", progress=progress).weights


def write_text_vectors(folder: Path, column: str, name: str, *, progress: bool) -> str:
    """Compute the vectors of the texts in a column of the table in `folder`, and store them there.

    Returns the SHA-256 of the weights. Raises DatasetError if the vectors cannot be computed.
    """
    arguments = ["texts", name, str(folder), column]
    return _run(arguments, f"--text {column}", progress=progress).weights


def weights_to_download(name: str) -> Weights | None:
    """Return the files that a network needs, and that are not on this computer.

    Returns None for a network that needs no download, or whose files are there. Raises DatasetError
    if the network is not known, or its package is not installed.
    """
    found = any_family(name)
    if found is None or found.weights is None:
        return None
    found.require()
    weights = _run(["describe", name], f"--features {name}", progress=False).download
    return None if weights is None or weights.stored else weights


def _run(arguments: list[str], option: str, *, progress: bool) -> _Answer:
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
    return answer
