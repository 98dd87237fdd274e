"""Size and time of the last change of the items' files, to find files that have changed."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Stamps = npt.NDArray[np.int64]
"""Size in bytes and time of the last change (ns since 1970) of each file, (N, 2)."""
ABSENT = -1
"""Size and time of an item without a file, and of a file that is missing."""


def stamps_of(root: Path, paths: Sequence[bytes | None]) -> Stamps:
    """Return the stamps of the files `paths` below `root`, (N, 2)."""
    stamps = np.full((len(paths), 2), ABSENT, np.int64)
    known: dict[bytes, tuple[int, int]] = {}
    for number, path in enumerate(paths):
        if path is None:
            continue
        if path not in known:
            known[path] = _stamp(root / os.fsdecode(path))
        stamps[number] = known[path]
    return stamps


def _stamp(path: Path) -> tuple[int, int]:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return ABSENT, ABSENT
    return about.st_size, about.st_mtime_ns
