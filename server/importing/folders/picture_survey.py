"""Survey of a sample of picture files: sizes, value ranges, channels and planes."""

from collections import Counter
from typing import BinaryIO

import numpy as np

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions
from lodespace.importing.value_range_option import asked_ranges, range_finding
from lodespace.items import decoding
from lodespace.items.errors import ItemError
from lodespace.items.formats import MICROSCOPY
from lodespace.items.picture_reading import (
    MAX_CHANNELS,
    MOST_STATED,
    PLANES,
    PictureReading,
    Planes,
)
from lodespace.items.tiff import Layout
from lodespace.items.value_range import Full, Range, Spans, ValueSample

DECODED = 48
"""Approximate number of pictures that are decoded to find the range of values.

Only pictures of more than 8 bits are decoded.
"""
_MOST_PIXELS = 200_000_000
"""Largest number of pixels that are decoded to find the range of values."""
_PIXELS_EACH = 40_000
"""Approximate number of pixels per picture in the sample."""
_MOST_LAYOUTS = 3
"""Largest number of layouts that the report names. A layout is the channels and planes of a file.
"""
_COLOURS = {1: "grey", 2: "magenta and green", 3: "red, green and blue"}
"""Colours in which channels are shown, by the number of channels."""


class PictureSurvey:
    """A sample of the pictures of a data set, which is looked at before the import."""

    def __init__(self, options: ImportOptions, expected: int) -> None:
        """Begin a survey of about `expected` pictures. Raises DatasetError for a wrong option."""
        self.asked: tuple[Range, ...] | Full | None = asked_ranges(options.range)
        self.channels: tuple[int, ...] | None = options.channels
        self.planes: Planes | None = options.planes
        _check(options)
        self.sizes: list[tuple[int, int]] = []
        """(height, width) of each picture whose header can be read."""
        self.deep = 0
        """Number of pictures of more than 8 bits."""
        self.partial = 0
        """Number of pictures of which only a part is read."""
        self.further = 0
        """Number of files with several pictures or frames, of which only the first is read."""
        self.decoded = 0
        """Number of pictures whose pixel values are in the sample."""
        self._layouts: Counter[tuple[int, bool, tuple[tuple[str, int], ...]]] = Counter()
        self._samples: list[ValueSample] = []
        self._spans: list[Spans] = []
        self._random = np.random.default_rng(0)
        self._pixels = 0
        self._step = max(1, expected // DECODED)
        self._reading: PictureReading | None = None

    def add(self, file: BinaryIO) -> None:
        """Read the header of the picture `file`.

        If the picture has more than 8 bits, a sample of its pixel values may also be read. A file
        whose header cannot be read is ignored.
        """
        found = decoding.look(file)
        if found is None:
            return
        self._reading = None
        self.sizes.append((found.height, found.width))
        self.partial += found.partial
        self.further += found.further
        if found.layout is not None:
            self._layouts[_key(found.layout)] += 1
        if not found.deep:
            return
        self.deep += 1
        self._pixels += found.height * found.width
        # The choice is random, because files of several channels or cameras may alternate.
        wanted = self._random.random() * self._step < 1 and self._pixels <= _MOST_PIXELS
        if not wanted and self.decoded:
            return
        try:
            numbers = decoding.numbers_of(file, PictureReading((), self.channels, self.planes))
        except ItemError:
            return  # the import will report the unreadable file
        if numbers is None:
            return
        self.decoded += 1
        values = numbers.values
        step = max(1, round((values.shape[0] * values.shape[1] / _PIXELS_EACH) ** 0.5))
        sampled = values[::step, ::step]
        one = values.ndim == 2 or numbers.colour
        for number, part in enumerate([sampled] if one else list(sampled.transpose(2, 0, 1))):
            if len(self._samples) <= number:
                self._samples.append(ValueSample(values.dtype))
                self._spans.append(Spans())
            self._samples[number].add(part)
            self._spans[number].add(part)

    @property
    def reading(self) -> PictureReading:
        """How the pictures of the data set are read."""
        if self._reading is None:
            self._reading = PictureReading(self._ranges(), self.channels, self.planes)
        return self._reading

    def _ranges(self) -> tuple[Range, ...]:
        if isinstance(self.asked, tuple):
            return self.asked
        found: list[Range] = []
        for sample in self._samples:
            try:
                found.append(sample.range(self.asked))
            except ItemError:
                return ()
        return tuple(found)

    def findings(self) -> list[Finding]:
        """Findings about the value range, the channels and the planes that are read."""
        if not self.sizes:
            return []
        out = [self._range_finding()]
        if self.partial:
            out.append(
                Finding(
                    "values",
                    f"{self.partial:,} of {len(self.sizes):,} pictures looked at have several "
                    "pages or channels, or colours of more than 8 bits; only the first page and "
                    "the upper 8 bits of colours are read",
                    doubtful=True,
                    option=MICROSCOPY.command(),
                )
            )
        if self.further:
            files = f"{self.further:,} of {len(self.sizes):,} files looked at"
            text = f"{files} have several pictures or frames; the first is read. {_PAGES}"
            out.append(Finding("items", text, doubtful=True))
        for (channels, stated, planes), count in self._layouts.most_common(_MOST_LAYOUTS):
            some = count < len(self.sizes)
            more = f" (in {count:,} of {len(self.sizes):,} files)" if some else ""
            out += self._channel_findings(channels, stated, more)
            out += self._plane_findings(dict(planes), more)
        return out

    def _range_finding(self) -> Finding:
        ranges = self.reading.ranges
        spans = () if self.asked == "full" else self._spans
        lost = [s.lost(scale) for s, scale in zip(spans, ranges, strict=False)]
        return range_finding(
            ranges,
            asked=self.asked is not None,
            deep=self.deep > 0,
            pictures=self.decoded,
            some_kept=self.deep < len(self.sizes),
            marks=[mark for sample in self._samples for mark in sample.marks],
            lost=max(lost, key=len, default=[]),
        )

    def _channel_findings(self, channels: int, stated: bool, more: str) -> list[Finding]:
        if channels == 1:
            return []
        read = self.channels or tuple(range(min(channels, MAX_CHANNELS)))
        read = tuple(channel for channel in read if channel < channels)
        numbers = ", ".join(map(str, read)) or "none"
        text = (
            f"{channels} channels{more}; channel {numbers} as {_COLOURS.get(len(read), 'nothing')}"
        )
        if not stated:
            text += "; the file does not state that its pages are channels"
        doubtful = self.channels is None and (channels > MAX_CHANNELS or not stated)
        return [Finding("values", text, doubtful, "--channels 0,1")]

    def _plane_findings(self, planes: dict[str, int], more: str) -> list[Finding]:
        if not planes:
            return []
        axes = ", ".join(f"{length:,} {_AXES.get(a, a)}" for a, length in planes.items())
        which = self.planes or ("middle in depth" if "Z" in planes else "first")
        return [
            Finding(
                "values",
                f"stacks{more}: {axes}; the {which} is read. {_PAGES}",
                doubtful=self.planes is None and set(planes) != {"Z"},
                option="--planes max",
            )
        ]


_PAGES = "If DATA is a single file, all its pages become items"
_AXES = {"Z": "planes in depth", "T": "times", "I": "pages", "Q": "pages"}
"""Name of each axis in findings, by the letter that tifffile gives the axis."""


def _key(layout: Layout) -> tuple[int, bool, tuple[tuple[str, int], ...]]:
    return layout.channels, layout.stated, tuple(layout.planes.items())


def _check(options: ImportOptions) -> None:
    channels = options.channels
    if channels is not None and (
        not 0 < len(channels) <= MAX_CHANNELS or not all(0 <= c < MOST_STATED for c in channels)
    ):
        raise DatasetError("--channels: give one to three numbers from 0 on, such as 0,2")
    if options.planes is not None and options.planes not in PLANES:
        raise DatasetError(f"--planes: give {', '.join(PLANES)}")
