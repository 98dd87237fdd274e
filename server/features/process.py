"""Starts the process that computes features, so that the importing process does not load torch."""

import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from lodespace.errors import DatasetError, StoppedError
from lodespace.features.registry import any_family
from lodespace.features.weights import Weights
from lodespace.json_input import json_of

COMMAND: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace.features.process_main")
"""Command of the process. With -P, no file in the current folder replaces a module of its name."""

_LOOK_SECONDS = 0.2
"""Seconds from one look at the event `stop` to the next."""


class _Answer(msgspec.Struct):
    weights: str = ""
    download: Weights | None = None
    error: str = ""


def write_features(
    folder: Path,
    root: Path | None,
    name: str,
    *,
    progress: bool,
    stop: threading.Event | None = None,
) -> str:
    """Compute the features of the pictures or sounds in the data set `folder`, and store them
    there.

    Args:
        folder: Folder of the data set.
        root: Folder of the original files; None if there are none.
        name: Name of a family that is installed (registry.py).
        progress: Whether a bar on the terminal shows the progress.
        stop: Event with which another thread stops the computation.

    Returns:
        SHA-256 of the weights.

    Raises:
        StoppedError: Another thread has stopped the computation.
        DatasetError: The features cannot be computed.
    """
    place = "" if root is None else str(root)
    arguments = ["items", name, str(folder), place]
    return _run(arguments, f"--features {name}", progress=progress, stop=stop).weights


def write_text_vectors(
    folder: Path,
    column: str,
    name: str,
    *,
    progress: bool,
    stop: threading.Event | None = None,
) -> str:
    """Compute the vectors of the texts in a column of the table in `folder`, and store them there.

    The other arguments, the result and the errors are those of `write_features`.
    """
    arguments = ["texts", name, str(folder), column]
    return _run(arguments, f"--text {column}", progress=progress, stop=stop).weights


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


def _run(
    arguments: list[str], option: str, *, progress: bool, stop: threading.Event | None = None
) -> _Answer:
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if progress else subprocess.DEVNULL,
    ) as process:
        try:
            output = _output_of(process, stop)
        except BaseException:
            process.kill()
            raise
    try:
        answer = json_of(output, _Answer)
    except ValueError:
        answer = _Answer(error=f"the process ended with status {process.returncode}")
    if process.returncode != 0 or answer.error:
        raise DatasetError(f"{option}: {answer.error}")
    return answer


def _output_of(process: subprocess.Popen[bytes], stop: threading.Event | None) -> bytes:
    """Return the output of a process that ends. Raises StoppedError when `stop` is set."""
    while True:
        try:
            return process.communicate(timeout=_LOOK_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if stop is not None and stop.is_set():
                raise StoppedError("the computation was stopped") from None
