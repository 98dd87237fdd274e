"""Original pictures and sounds of items. For a missing picture, the stored copy is used.

Only a file that decodes as a picture or sound is sent to a client. Other people may have made the
data set and chosen the paths.
"""

import io
import os
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.errors import RequestError
from lodespace.items import decoding
from lodespace.items import table as item_table
from lodespace.items.colormap import coloured
from lodespace.items.errors import ItemError
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import MAX_FILE_BYTES, open_inside, shown

MAX_SAMPLES = 1 << 25
"""Largest number of samples of a sound item: 600 s at 55.9 kHz. The samples take 134 MB."""
MAX_RATE = 1_000_000
"""Largest sample rate of a sound file, in Hz. Recordings of bats have 250,000 to 500,000 Hz."""
_VALUES_AT_ONCE = 1 << 22
"""Largest number of values that are read from a sound file at a time, in all channels together."""


def picture(items: ItemSet, item: int, side: int) -> Image.Image:
    """The item's picture, at most `side` pixels wide and high.

    The picture is the original if the original can be read, or else the stored copy. Raises
    RequestError for vectors without pictures.
    """
    found = _original(items, item, side) if items.kind == "image" else None
    if found is None:
        if items.pictures is None:
            raise RequestError(
                "these items are vectors and have no picture", code="no_picture", status=404
            )
        kept = np.asarray(items.pictures[item])
        found = Image.fromarray(coloured(kept) if items.kind == "sound" else kept)
    found.thumbnail((side, side))
    return found


def _original(items: ItemSet, item: int, side: int) -> Image.Image | None:
    try:
        file = open_original(items, item)
        if file is None:
            return None
        with file:
            read = decoding.decode(file, (side, side))
    except (ItemError, OSError):
        return None
    return read if isinstance(read, Image.Image) else Image.fromarray(read)


def open_original(items: ItemSet, item: int) -> BinaryIO | None:
    """Open the original picture of an item. The file is not checked to be a picture.

    Returns None if there is no original, or if the data set is not allowed to read the original.
    Raises ItemError.
    """
    table = items.table
    if table is None:
        return None
    kept = raw(items, item)
    if kept is not None:
        return io.BytesIO(kept)
    path = table.value(item_table.PATH, item)
    return None if path is None or items.root is None else open_inside(items.root, path)


def raw(items: ItemSet, item: int) -> bytes | None:
    """The original bytes of a picture that was in a table.

    Returns None for a picture from a file, and if the original is not larger than the stored copy.
    """
    if items.table is None or items.originals is None:
        return None
    length = items.table.value(item_table.LENGTH, item)
    offset = items.table.value(item_table.OFFSET, item)
    if length is None or offset is None:
        return None
    with items.originals.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not (0 <= offset < size and 0 < length <= min(size - offset, MAX_FILE_BYTES)):
            return None
        file.seek(offset)
        return file.read(length)


def sound(items: ItemSet, item: int) -> bytes:
    """The item's part of the sound file, as a WAV file with 16 bits and one channel.

    Raises RequestError if the item is not a sound, or if the sound file cannot be read.
    """
    if items.kind != "sound" or items.table is None:
        raise RequestError("these items are not sounds", code="no_sound", status=404)
    path = items.table.value(item_table.PATH, item)
    if items.root is None or path is None:
        raise RequestError(
            "the sound files are not read, because this project was made or copied elsewhere. "
            "Give the folder of the sound files with --root to `lodespace serve` or `export`",
            code="no_original",
            status=404,
        )
    start, end = items.table.value(item_table.START, item), items.table.value(item_table.END, item)
    import soundfile

    try:
        with (
            open_inside(items.root, path, limit=None) as file,
            soundfile.SoundFile(file) as recording,
        ):
            rate = recording.samplerate
            first, samples = part_of(start, end, rate)
            recording.seek(first)
            mixed = read_mixed(recording, samples)
    # The file may have changed since the import, and libsndfile raises several types of errors.
    except (ItemError, soundfile.SoundFileError, RuntimeError, OSError, ValueError) as error:
        message = (
            f"the sound file {shown(path)} is no longer in {items.root}, or cannot be read "
            f"({error})"
        )
        raise RequestError(message, code="no_original", status=404) from error
    out = io.BytesIO()
    soundfile.write(out, mixed, rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def part_of(start: float | None, end: float | None, rate: int) -> tuple[int, int]:
    """(first sample, number of samples) of an item from `start` to `end` seconds.

    Raises ItemError if the times are not valid, or if the item has too many samples.
    """
    if rate > MAX_RATE:
        raise ItemError(
            f"the file has a sample rate of {rate:,} Hz; at most {MAX_RATE:,} Hz are read"
        )
    if start is None or end is None or not (0 <= start < end and end * rate < 1 << 62):
        raise ItemError("the item has no valid start and end")
    samples = round((end - start) * rate)
    if samples > MAX_SAMPLES:
        raise ItemError(f"the item has {samples:,} samples; at most {MAX_SAMPLES:,} are read")
    return round(start * rate), samples


def read_mixed(recording: Any, samples: int) -> npt.NDArray[np.float32]:
    """Read at most `samples` samples, (T,), the mean of all channels.

    The samples are read in parts, because a file may have 64 channels. Only one part at a time is
    in memory with all channels.
    """
    parts: list[npt.NDArray[np.float32]] = []
    at_once = max(1, _VALUES_AT_ONCE // recording.channels)
    while samples > 0:
        block = recording.read(min(samples, at_once), dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        parts.append(block.mean(axis=1))
        samples -= len(block)
    return np.concatenate(parts) if parts else np.empty(0, np.float32)
