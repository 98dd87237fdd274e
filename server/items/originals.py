"""Original pictures and sounds of items. For a missing picture, the stored copy is used.

Only a file that decodes as a picture or sound is sent to a client. Other people may have made the
data set and chosen the paths.
"""

import io
import os
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.errors import RequestError
from lodespace.items import decoding, media
from lodespace.items import table as item_table
from lodespace.items.colormap import coloured
from lodespace.items.errors import ItemError
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import MAX_FILE_BYTES, open_inside, shown
from lodespace.items.picture_reading import PictureReading
from lodespace.items.recording import Recording, open_recording

MAX_SAMPLES = 1 << 25
"""Largest number of samples of a sound item: 600 s at 55.9 kHz. The samples take 134 MB."""
MAX_RATE = 1_000_000
"""Largest sample rate of a sound file, in Hz. Recordings of bats have 250,000 to 500,000 Hz."""
_LONGEST = 1e12
"""Largest time in a recording, in seconds."""
CANCELLED = 0.1
"""Channels cancel each other if the power of their mean is less than this share of the power that
the mean of independent channels would have. For two channels, this is a correlation below -0.9."""
_VALUES_AT_ONCE = 1 << 22
"""Largest number of values that are read from a sound file at a time, in all channels together."""


def picture(items: ItemSet, item: int, side: int) -> Image.Image:
    """Return the item's picture, at most `side` pixels wide and high.

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
        start = None if items.table is None else items.table.value(item_table.START, item)
        with file:
            if start is not None:
                return media.frame_at(file, start)
            read = decoding.decode(file, (side, side), PictureReading.of(items.details))
    except (ItemError, OSError):
        return None
    return read if isinstance(read, Image.Image) else Image.fromarray(read)


def open_original(items: ItemSet, item: int) -> BinaryIO | None:
    """Open the original picture of an item, without a check that the file is a picture.

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
    if path is None or items.root is None:
        return None
    of_video = table.value(item_table.START, item) is not None
    return open_inside(items.root, path, limit=None if of_video else decoding.most_bytes(path))


def raw(items: ItemSet, item: int) -> bytes | None:
    """Return the original bytes of a picture that was in a table.

    Returns None if the picture was in a file of its own, or if the original is not larger than the
    stored copy.
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
    """Return the item's part of the sound file, as a WAV file with 16 bits and one channel.

    Raises RequestError if the item is not a sound, or if the sound file cannot be read.
    """
    import soundfile

    samples, rate = samples_of(items, item)
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def samples_of(
    items: ItemSet, item: int, *, drawn: bool = False
) -> tuple[npt.NDArray[np.float32], int]:
    """Return the item's part of the sound file, (T,), and its sample rate in Hz.

    The part is the one that is played, or with `drawn` the one whose spectrogram is the item's
    picture. They differ for an annotation that is longer than the window. Raises RequestError if
    the item is not a sound, or if the sound file cannot be read.
    """
    if items.kind != "sound" or items.table is None:
        raise RequestError("these items are not sounds", code="no_sound", status=404)
    path = items.table.value(item_table.PATH, item)
    if items.root is None or path is None:
        raise RequestError(
            "the server may not read the sound files, because this project was made or copied "
            "elsewhere. To permit it, give the folder of the sound files with --root to "
            "`lodespace serve` or `export`",
            code="no_original",
            status=404,
        )
    start, end = items.table.value(item_table.START, item), items.table.value(item_table.END, item)
    import soundfile

    try:
        with (
            open_inside(items.root, path, limit=None) as file,
            open_recording(file) as recording,
        ):
            rate = recording.samplerate
            mixed = _part(recording, items, start, end, drawn=drawn)
            if not len(mixed):
                raise ItemError(f"the file ends before {start:.3f} s")
    # The file may have changed since the import, and libsndfile raises several types of errors.
    except (ItemError, soundfile.SoundFileError, RuntimeError, OSError, ValueError) as error:
        message = (
            f"the sound file {shown(path)} is no longer in {items.root}, or cannot be read "
            f"({error})"
        )
        raise RequestError(message, code="no_original", status=404) from error
    return mixed, rate


def _part(
    recording: Recording, items: ItemSet, start: float | None, end: float | None, *, drawn: bool
) -> npt.NDArray[np.float32]:
    """Return the samples of an item with these times, (T,); see `samples_of`. Raises ItemError."""
    if start is None or end is None:
        raise ItemError("the item has no valid start and end")
    window = items.details.get("window")
    if not items.details.get("clips") or not isinstance(window, int | float):
        return read_part(recording, start, end)
    # The sound around a short annotation is also played.
    if not drawn and end - start > window:
        return read_part(recording, start, end)
    return window_around(recording, start, end, float(window))


def window_around(
    recording: Recording, start: float, end: float, window: float
) -> npt.NDArray[np.float32]:
    """Return the samples of a window in whose middle an annotation is, (T,). Times are in seconds.

    The window may begin before the recording, and is cut at its end. Raises ItemError.
    """
    middle = (start + end) / 2
    longest = max(2, round(window * recording.samplerate))
    return read_part(recording, middle - window / 2, middle + window / 2)[:longest]


def read_part(recording: Recording, start: float, end: float) -> npt.NDArray[np.float32]:
    """Read the samples from `start` to `end` seconds, (T,). The channels are mixed.

    `start` may be negative, and `end` may be after the end of the recording. Samples outside of the
    recording are then 0. If all samples are outside, the result is empty. Raises ItemError if the
    part is too long.
    """
    rate = recording.samplerate
    if not -_LONGEST < start < end < _LONGEST:
        raise ItemError("the item has no valid start and end")
    first, samples = part_of(max(0.0, start), max(end, 1 / rate), rate)
    before = round(max(0.0, -start) * rate)
    if before + samples > MAX_SAMPLES:
        raise ItemError(f"the item has more than {MAX_SAMPLES:,} samples")
    if first >= recording.frames:
        return np.empty(0, np.float32)
    recording.seek(first)
    mixed = read_mixed(recording, samples)
    if not before or not len(mixed):
        return mixed
    return np.concatenate([np.zeros(before, np.float32), mixed])


def part_of(start: float | None, end: float | None, rate: int) -> tuple[int, int]:
    """Return (first sample, number of samples) of an item from `start` to `end` seconds.

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


def read_mixed(recording: Recording, samples: int) -> npt.NDArray[np.float32]:
    """Read at most `samples` samples. Return the mix of all channels (`mix`), (T,).

    The samples are read in parts, because a file may have 64 channels. Only one part at a time is
    in memory with all channels.
    """
    parts: list[npt.NDArray[np.float32]] = []
    at_once = max(1, _VALUES_AT_ONCE // recording.channels)
    while samples > 0:
        block = recording.read(min(samples, at_once), dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        parts.append(mix(block))
        samples -= len(block)
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def mix(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the mean (T,) of the channels of `block` (T, C), or the loudest channel.

    The loudest channel is returned if the channels cancel each other, such as the two channels of
    a stereo recording with one inverted cable.
    """
    mean = block.mean(axis=1)
    channels = block.shape[1]
    if channels == 1 or not len(block):
        return mean
    # `dot` needs no copy of the block, which may have 64 channels.
    power = np.array([float(np.dot(block[:, k], block[:, k])) for k in range(channels)])
    # The mean of C independent channels has 1/C of their mean power.
    if float(np.dot(mean, mean)) < CANCELLED * power.mean() / channels:
        return block[:, int(power.argmax())].copy()
    return mean
