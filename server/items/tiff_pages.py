"""All pages of a TIFF file, one by one, each with its channels."""

import math
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.items.errors import ItemError
from lodespace.items.tiff import PLAIN_KINDS, WHITE_IS_ZERO, Stack

_MOST_SERIES = 256
"""Largest number of stacks that are read from a file.

Pages of different sizes are different stacks.
"""


class Page(NamedTuple):
    """One page of a TIFF file with all its channels."""

    place: dict[str, int]
    """Index of the page along each axis that is longer than 1, by letter: T, Z, ..."""
    values: npt.NDArray[Any]
    """The numbers, as they are in the file."""
    axes: str
    """Letter of each axis of `values`: Y, X, C for channels, S for the colours of a pixel."""
    photometric: str
    """How tifffile writes the colours: "rgb", "minisblack" or "miniswhite"."""


def pages(file: BinaryIO, every: int = 1) -> Iterator[Page | ItemError]:
    """Yield each page with its channels, or the reason why a page cannot be read.

    An axis without a stated meaning is read as pages, not as channels.

    Args:
        file: The file.
        every: Distance between two yielded pages: 2 leaves out every second page.

    Raises:
        ItemError: tifffile is missing, or the file is damaged.
    """
    number = 0
    for stack in _stacks(file):
        for at in np.ndindex(*(axis.length for axis in stack.rest)):
            number += 1
            if (number - 1) % every == 0:
                letters = (axis.letter for axis in stack.rest)
                yield _page(stack, dict(zip(letters, map(int, at), strict=True)))


def count_of(file: BinaryIO) -> int:
    """The number of pages that `pages` yields. Raises ItemError."""
    return sum(math.prod(axis.length for axis in stack.rest) for stack in _stacks(file))


def _stacks(file: BinaryIO) -> Iterator[Stack]:
    """Yield the stacks of a file: pages of the same size and type."""
    first = Stack(file, paged=True)
    yield first
    for number, series in enumerate(first.tiff.series[1:_MOST_SERIES], 1):
        if series.kind in PLAIN_KINDS:
            yield Stack(file, paged=True, number=number)


def _page(stack: Stack, place: dict[str, int]) -> Page | ItemError:
    """The page at `place` with all channels, or the reason why it cannot be read."""
    try:
        stack.check_size()
        axes = stack.page.axes
        if stack.channel_axis in ("", "S"):
            values = stack.page_at(place)
        else:
            count = range(stack.layout.channels)
            values = np.stack([stack.page_at(place | {stack.channel_axis: c}) for c in count])
            axes = f"C{axes}"
    except ItemError as error:
        return error
    except Exception as error:
        return ItemError(f"the TIFF file is damaged: {error or type(error).__name__}")
    inverted = int(stack.page.photometric) == WHITE_IS_ZERO
    photometric = "rgb" if stack.colour else "miniswhite" if inverted else "minisblack"
    long = {axis.letter for axis in stack.rest if axis.length > 1}
    return Page({a: k for a, k in place.items() if a in long}, values, axes, photometric)
