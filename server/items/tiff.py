"""TIFF files with several channels, planes, times or unusual numbers, read with tifffile.

The axes are those that the file states (OME, ImageJ, and the other descriptions that tifffile
knows). tifffile is in the extra `microscopy`.
"""

import logging
import math
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.items.errors import ItemError
from lodespace.items.formats import MICROSCOPY
from lodespace.items.picture_reading import MAX_CHANNELS, PictureReading

HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF file, little and big endian, and of a BigTIFF file."""
MAX_PAGES = 20_000
"""Largest number of pages of a TIFF file."""
_MOST_BYTES = 1 << 30
"""Largest size of one unpacked page, or of one tile of a page, in bytes."""
_FEW = 5
"""An axis whose meaning the file does not state is read as channels if it has at most this length
and the numbers have more than 8 bits. Otherwise it is read as pages."""
_IN_DEPTH = frozenset("Z")
_COLOURS = frozenset({2, 3, 6})
"""Photometric interpretations of colour pictures: RGB, palette, YCbCr."""
WHITE_IS_ZERO = 0
PLAIN_KINDS = frozenset({"generic", "shaped", "uniform"})
"""Kinds of further series (tifffile's name for stacks of pages) that hold pictures. Other kinds may
hold a preview, or a photo of a slide's label.
"""


class Layout(NamedTuple):
    """The axes of a TIFF file."""

    height: int
    """Height in pixels."""
    width: int
    """Width in pixels."""
    channels: int
    """Number of channels. A colour picture counts as one channel, as a grey picture does."""
    stated: bool
    """Whether the file states which axis has the channels."""
    planes: dict[str, int]
    """Length of each further axis (depth, time, ...) that is longer than 1, by letter: Z, T, ..."""
    deep: bool
    """Whether the numbers have more than 8 bits, or are signed."""
    further: bool
    """Whether the file also has pages of another size or type, which are not in this stack."""


class Numbers(NamedTuple):
    """The pixel values of one picture, as they are in the file."""

    values: npt.NDArray[Any]
    """(H, W), or (H, W, C) with 2 or 3 channels."""
    colour: bool
    """Whether the channels are red, green and blue of a colour picture."""
    inverted: bool
    """Whether small numbers are bright."""


def is_tiff(file: BinaryIO) -> bool:
    """Whether `file` begins like a TIFF file. The position must be 0, and is 0 again afterwards."""
    head = file.read(4)
    file.seek(0)
    return head in HEADS


def page_count(file: BinaryIO, most: int = MAX_PAGES) -> int:
    """Return the number of pages of a TIFF file, at most `most` + 1. 0 for a damaged file.

    The pages are not counted by tifffile, because a hostile file can have millions of pages of a
    few bytes. `file` is at its beginning afterwards.
    """
    try:
        return _count_pages(file, most)
    except (struct.error, OSError, OverflowError, ValueError):
        return 0
    finally:
        file.seek(0)


def _count_pages(file: BinaryIO, most: int) -> int:
    file.seek(0)
    head = file.read(8)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(f"{order}H", head[2:4])[0] == 43
    entries, entry, link = ("Q", 20, "Q") if big else ("H", 12, "I")
    offset = struct.unpack(f"{order}Q", file.read(8))[0] if big else None
    if offset is None:
        offset = struct.unpack(f"{order}I", head[4:8])[0]
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) <= most:
        seen.add(offset)
        file.seek(offset)
        count = struct.unpack(order + entries, file.read(struct.calcsize(entries)))[0]
        file.seek(offset + struct.calcsize(entries) + entry * count)
        offset = struct.unpack(order + link, file.read(struct.calcsize(link)))[0]
    return len(seen)


def layout(file: BinaryIO, frame: tuple[int, int] | None = None) -> Layout:
    """Return the axes of a TIFF file. For a pyramid, use the level that `read` chooses for `frame`.

    Raises ItemError if tifffile is missing or cannot read the file.
    """
    with Stack(file, frame) as stack:
        return stack.layout


def read(file: BinaryIO, reading: PictureReading, frame: tuple[int, int] | None = None) -> Numbers:
    """Read the channels and the plane that `reading` names.

    A pyramid is read at the smallest level that is at least twice `frame` (height, width). Raises
    ItemError.
    """
    with Stack(file, frame) as stack:
        return stack.numbers(reading)


@dataclass
class Axis:
    """An axis of a stack of pages."""

    letter: str
    """Meaning of the axis: T, Z, C, ..."""
    length: int


class Stack:
    """A series of a TIFF file: a stack of pages with named axes."""

    def __init__(
        self,
        file: BinaryIO,
        frame: tuple[int, int] | None = None,
        *,
        paged: bool = False,
        number: int = 0,
    ) -> None:
        """Read the axes.

        Args:
            file: The file.
            frame: (height, width) for which a level of a pyramid is chosen. None: the largest.
            paged: Whether an axis without a stated meaning is read as pages.
            number: Index of the series.
        """
        self.paged = paged
        if not MICROSCOPY.installed():
            raise ItemError(f"to read this kind of TIFF, run {MICROSCOPY.command()}")
        import tifffile

        logging.getLogger("tifffile").setLevel(logging.CRITICAL)
        if page_count(file) > MAX_PAGES:
            raise ItemError(f"the file has more than {MAX_PAGES:,} pages")
        try:
            # An OME file may name further files, which must not be opened. `name` is not the name
            # of the real file, because tifffile would look for further files in the folder of that
            # name.
            self.tiff = tifffile.TiffFile(
                file, name="picture.tif", _multifile=False, is_mmstack=False, is_ndtiff=False
            )
            self.series: Any = _level(self.tiff.series[number], frame)
            self.page: Any = self.series.keyframe
            self.layout = self._layout()
        # tifffile raises many types of errors for damaged files.
        except ItemError:
            raise
        except Exception as error:
            raise ItemError(f"the TIFF file is damaged: {error or type(error).__name__}") from error

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *error: object) -> None:
        pass  # the caller closes the file

    def _layout(self) -> Layout:
        page = self.page
        inner = dict(zip(page.axes, page.shape, strict=True))
        if not {"Y", "X"} <= set(inner):
            raise ItemError(f"the TIFF file has the axes {self.series.axes}, without Y and X")
        leading = self.series.axes[: len(self.series.axes) - len(page.axes)]
        self.leading = [Axis(a, n) for a, n in zip(leading, self.series.shape, strict=False)]
        self.samples = inner.get("S", 1)
        deep = page.dtype is None or page.dtype.itemsize > 1
        planar = page.axes.index("S") < page.axes.index("Y") if "S" in inner else False
        # Three planes of 16 bits are read as channels, because tifffile writes any three such
        # arrays as the planes of a colour picture.
        self.colour = (
            int(page.photometric) in _COLOURS and self.samples >= 3 and not (planar and deep)
        )
        self.channel_axis = ""
        stated = True
        long = [axis for axis in self.leading if axis.length > 1]
        if any(axis.letter == "C" for axis in long):
            self.channel_axis = "C"
        elif self.samples > 1 and not self.colour:
            self.channel_axis = "S"
        elif len(long) == 1 and self.samples == 1 and self._may_be_channels(long[0], deep):
            self.channel_axis, stated = long[0].letter, False
        counts = {axis.letter: axis.length for axis in self.leading}
        channels = {"": 1, "S": self.samples}.get(self.channel_axis) or counts[self.channel_axis]
        planes = {a.letter: a.length for a in long if a.letter != self.channel_axis}
        planes |= {a: n for a, n in inner.items() if a not in "YXS" and n > 1}
        deep = page.dtype != np.uint8
        further = any(series.kind in PLAIN_KINDS for series in self.tiff.series[1:])
        return Layout(inner["Y"], inner["X"], channels, stated, planes, deep, further)

    def _may_be_channels(self, axis: Axis, deep: bool) -> bool:
        """Whether `axis`, whose meaning the file does not state, is read as channels."""
        return not self.paged and axis.letter in "QI" and axis.length <= _FEW and deep

    @property
    def rest(self) -> list[Axis]:
        """The axes of the pages, without the axis of the channels."""
        return [axis for axis in self.leading if axis.letter != self.channel_axis]

    def numbers(self, reading: PictureReading) -> Numbers:
        """Return the pixel values of the channels and the plane that `reading` selects."""
        self.check_size()
        count = self.layout.channels
        wanted = reading.channels or tuple(range(min(count, MAX_CHANNELS)))
        wanted = tuple(c for c in wanted if c < count)
        if not wanted:
            raise ItemError(
                f"none of the requested channels exists: the file has only {count} channels"
            )
        try:
            if self.channel_axis in ("", "S"):
                page = self._plane({}, reading)
                if self.channel_axis == "S":
                    page = page[..., list(wanted)]
            else:
                parts = [self._plane({self.channel_axis: c}, reading) for c in wanted]
                parts = [p.mean(axis=2).astype(p.dtype) if p.ndim == 3 else p for p in parts]
                page = np.stack(parts, axis=2)
        except ItemError:
            raise
        except Exception as error:
            raise ItemError(f"the TIFF file is damaged: {error or type(error).__name__}") from error
        if page.ndim == 3:
            page = page[..., :MAX_CHANNELS] if page.shape[2] > 1 else page[..., 0]
        inverted = int(self.page.photometric) == WHITE_IS_ZERO
        colour = self.colour and self.channel_axis == "" and page.ndim == 3
        return Numbers(page, colour, inverted)

    def check_size(self) -> None:
        """Raise ItemError if the numbers of a page cannot be read, or are too many."""
        page = self.page
        size = 1 if page.dtype is None else page.dtype.itemsize
        if page.dtype is not None and page.dtype.kind not in "uifb":
            raise ItemError(f"numbers of the type {page.dtype} in a TIFF file cannot be read")
        tile = math.prod(page.chunks) if page.chunks else 0
        if max(math.prod(page.shape), tile) * size > _MOST_BYTES:
            raise ItemError(
                f"a page of the TIFF file unpacks to more than {_MOST_BYTES >> 30} GB of numbers"
            )

    def _plane(self, chosen: dict[str, int], reading: PictureReading) -> npt.NDArray[Any]:
        """Return a plane (H, W), or (H, W, S) with S values per pixel.

        `chosen` maps the letters of some axes to indices. Along each other axis, `reading` selects
        an index or the maximum.
        """
        if reading.planes != "max":
            place = {axis.letter: _one_of(axis, reading) for axis in self.leading} | chosen
            return self._inner(self.page_at(place), reading)
        brightest: npt.NDArray[Any] | None = None
        rest = [axis for axis in self.leading if axis.letter not in chosen and axis.length > 1]
        for number in range(math.prod(axis.length for axis in rest)):
            at = np.unravel_index(number, [axis.length for axis in rest]) if rest else ()
            place = {axis.letter: 0 for axis in self.leading} | chosen
            place |= {axis.letter: int(k) for axis, k in zip(rest, at, strict=True)}
            plane = self._inner(self.page_at(place), reading)
            brightest = plane if brightest is None else np.maximum(brightest, plane)
        assert brightest is not None
        return brightest

    def _inner(self, page: npt.NDArray[Any], reading: PictureReading) -> npt.NDArray[Any]:
        """Reduce a page to the axes (H, W), or (H, W, S) with S values per pixel."""
        axes = self.page.axes
        for letter in [a for a in axes if a not in "YXS"]:
            at = axes.index(letter)
            if reading.planes == "max":
                page = page.max(axis=at)
            else:
                page = page.take(_one_of(Axis(letter, page.shape[at]), reading), axis=at)
            axes = axes.replace(letter, "")
        return np.moveaxis(page, [axes.index(a) for a in "YXS" if a in axes], range(page.ndim))

    def page_at(self, place: dict[str, int]) -> npt.NDArray[Any]:
        """Return a page. `place` maps the letter of each axis of `leading` to an index."""
        lengths = [axis.length for axis in self.leading]
        number = 0
        if lengths:
            number = int(np.ravel_multi_index([place[a.letter] for a in self.leading], lengths))
        pages = self.series.pages
        if len(pages) == math.prod(lengths):
            page = pages[number]
            if page is None:
                raise ItemError("the TIFF file lacks a page that its description names")
            return page.asarray()
        offset = self.series.dataoffset
        if offset is None:
            raise ItemError("the TIFF file has fewer pages than its description states")
        # ImageJ and others write one page, and the numbers of all pages behind it.
        dtype = np.dtype(self.tiff.byteorder + self.page.dtype.char)
        size = math.prod(self.page.shape) * dtype.itemsize
        file = self.tiff.filehandle
        file.seek(offset + number * size)
        raw = file.read(size)
        if len(raw) != size:
            raise ItemError("the TIFF file is truncated")
        return np.frombuffer(raw, dtype).reshape(self.page.shape)


def _one_of(axis: Axis, reading: PictureReading) -> int:
    """Return the index to read along `axis`: the middle or the first index."""
    middle = reading.planes == "middle" or (reading.planes is None and axis.letter in _IN_DEPTH)
    return axis.length // 2 if middle else 0


def _level(series: Any, frame: tuple[int, int] | None) -> Any:
    """Return the smallest level of a pyramid that is at least twice as large as `frame`.

    Return the largest level if no level is so large, or if `frame` is None.
    """
    levels = [level for level in series.levels if level.axes == series.axes]
    if frame is None or not levels:
        return series
    big = [
        level
        for level in levels
        if level.keyframe.imagelength >= 2 * frame[0] and level.keyframe.imagewidth >= 2 * frame[1]
    ]
    return big[-1] if big else series
