"""Recordings of noise, and files with annotations of them."""

from pathlib import Path

import numpy as np
import soundfile

from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.annotations.annotation_file import read_annotations
from lodespace.importing.sounds.sound_folder import SoundFolder
from lodespace.importing.source import ImportOptions, RawItem

RATE = 8000
"""Sample rate of the recordings, in Hz."""
RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"
    "\tAnnotation\n"
)
"""First line of a selection table of Raven."""


def record(path: Path, seconds: float = 7.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE))
    soundfile.write(path, noise.astype(np.float32), RATE)


def items_of(source: SoundFolder) -> list[RawItem]:
    return [item for item in source if isinstance(item, RawItem)]


def labels_of(source: SoundFolder) -> list[tuple[str, str | None, str | None]]:
    return [(item.item_id, item.label, item.other_labels) for item in items_of(source)]


def spans(found: AnnotationFile) -> list[tuple[float | None, float | None, str]]:
    return [(a.start, a.end, a.label) for a in found.annotations]


def read_file(folder: Path, name: str, text: str | bytes) -> AnnotationFile:
    """Write a file with annotations, and read it."""
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_annotations(folder / name, name, ImportOptions())
    assert found is not None
    return found
