"""Original pictures and sounds of items. For a missing picture, the stored copy is used."""

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

from lodespace.errors import RequestError
from lodespace.items import decoding
from lodespace.items import table as item_table
from lodespace.items.colormap import coloured
from lodespace.items.errors import ItemError
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import open_inside, shown


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
        file = _open(items, item)
        if file is None:
            return None
        with file:
            read = decoding.decode(file, (side, side))
    except (ItemError, OSError):
        return None
    return read if isinstance(read, Image.Image) else Image.fromarray(read)


def _open(items: ItemSet, item: int) -> BinaryIO | None:
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
    length = items.table.value(item_table.LENGTH, item) if items.table is not None else None
    if length is None or items.table is None or items.originals is None:
        return None
    with items.originals.open("rb") as file:
        file.seek(items.table.value(item_table.OFFSET, item))
        return file.read(length)


def sound(items: ItemSet, item: int) -> bytes:
    """The item's part of the sound file, as a WAV file with 16 bits and one channel.

    Raises RequestError if the item is not a sound, or if the sound file cannot be read.
    """
    if items.kind != "sound" or items.table is None or items.root is None:
        raise RequestError("these items are not sounds", code="no_sound", status=404)
    import soundfile

    path = items.table.value(item_table.PATH, item)
    start, end = items.table.value(item_table.START, item), items.table.value(item_table.END, item)
    try:
        with (
            open_inside(items.root, path, limit=None) as file,
            soundfile.SoundFile(file) as recording,
        ):
            rate = recording.samplerate
            recording.seek(round(start * rate))
            samples = recording.read(
                round((end - start) * rate), dtype="float32", always_2d=True
            ).mean(axis=1)
    except (ItemError, soundfile.SoundFileError, RuntimeError, OSError) as error:
        message = (
            f"the sound file {shown(path)} is no longer in {items.root}, or cannot be read "
            f"({error})"
        )
        raise RequestError(message, code="no_original", status=404) from error
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="PCM_16")
    return out.getvalue()
