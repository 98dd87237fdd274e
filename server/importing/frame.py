"""Choice of the size of the stored pictures."""

from collections.abc import Sequence

import numpy as np

from lodespace.errors import DatasetError
from lodespace.importing.source import ImportOptions, Source
from lodespace.models.config import MODEL_SIDES, model_side

THUMBNAIL_SIDE = 64
"""Width and height of the pictures shown for vectors, in pixels."""
SIZES_LOOKED_AT = 200
"""Approximate number of pictures whose size is read before the import."""


def check_size(options: ImportOptions) -> None:
    """Raise DatasetError if `--size` is not a width of pictures that the model supports."""
    if options.size is not None and options.size not in MODEL_SIDES:
        raise DatasetError(f"--size {options.size}: give 32, 64 or 128 pixels")


def frame_of(
    source: Source, options: ImportOptions, sizes: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Return (height, width) of the stored pictures.

    Small pictures that all have the same size keep this size. All other pictures are scaled to
    fit into a square, because the model needs square pictures.

    Args:
        source: The data set to import.
        options: Options for reading the data.
        sizes: (height, width) of a sample of the pictures.
    """
    if source.kind == "vector":
        return THUMBNAIL_SIDE, THUMBNAIL_SIDE
    if options.size is not None:
        return options.size, options.size
    if not sizes:
        return MODEL_SIDES[0], MODEL_SIDES[0]
    if len(set(sizes)) == 1 and max(sizes[0]) <= MODEL_SIDES[-1]:
        return sizes[0]
    middle = int(np.median([max(size) for size in sizes]))
    side = model_side(middle, middle)
    return side, side
