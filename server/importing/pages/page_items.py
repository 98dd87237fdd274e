"""Source for one file with several pages or frames, which are the items."""

import contextlib
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

from lodespace.importing.finding import Finding
from lodespace.importing.folders.picture_survey import DECODED, PictureSurvey
from lodespace.importing.pages.page_files import page_files, pages_in
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.paths import open_inside, shown
from lodespace.items.picture_reading import PictureReading


class PageItems:
    """Pages of a TIFF file, or frames of an animation (GIF, WebP, APNG)."""

    kind: Literal["image"] = "image"
    unit = "items"
    labels_given = True
    root = None

    def __init__(self, path: Path, options: ImportOptions) -> None:
        """Count the pages of the picture file `path`.

        `count` is 1 for a single picture, and 0 for a file that cannot be read.
        """
        self.path, self.options = path, options
        self.name = path.stem
        self.count: int = 0
        with contextlib.suppress(ItemError), self._open() as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of damaged files
            count = pages_in(file)
            if count == 1:
                file.seek(0)
                decoding.decode(file)  # raises ItemError for a damaged file
            self.count = count
        self._axes: dict[str, int] = {}
        """Length of each axis of the stack, by letter, in the pages that have been read so far."""

    def _open(self) -> BinaryIO:
        name = os.fsencode(self.path.name)
        return open_inside(self.path.parent, name, decoding.most_bytes(name))

    @cached_property
    def survey(self) -> PictureSurvey:
        """The survey of a sample of the pages."""
        survey = PictureSurvey(self.options, min(self.count, DECODED))
        with self._open() as file:
            for page in page_files(file, max(1, self.count // DECODED)):
                if not isinstance(page, ItemError):
                    survey.add(io.BytesIO(page.content))
        return survey

    @property
    def details(self) -> dict[str, Any]:
        return self.survey.reading.details()

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return self.survey.sizes

    def findings(self) -> Sequence[Finding]:
        text = f"the {self.count:,} pages of {shown(os.fsencode(self.path.name))} are the items"
        axes = ", ".join(f"{letter} {length:,}" for letter, length in self._axes.items())
        return [
            Finding("items", f"{text} (axes: {axes})" if len(self._axes) > 1 else text),
            Finding("ids", "the numbers of the pages, from 0"),
            *self.survey.findings(),
        ]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        reading = self.survey.reading
        try:
            with self._open() as file:
                for number, page in enumerate(page_files(file)):
                    if isinstance(page, ItemError):
                        yield BadItem(f"page {number}", str(page))
                        continue
                    for letter, at in page.place.items():
                        self._axes[letter] = max(self._axes.get(letter, 0), at + 1)
                    yield RawItem(
                        str(page.number),
                        picture=partial(_decoded, page.content, reading),
                        columns=dict(page.place) if len(page.place) > 1 else {},
                        original=page.content,
                        numbered=True,
                        held_bytes=len(page.content),
                    )
        except ItemError as error:
            yield BadItem(shown(os.fsencode(self.path.name)), str(error))


def _decoded(content: bytes, reading: PictureReading, frame: tuple[int, int] | None) -> Picture:
    return decoding.decode(io.BytesIO(content), frame, reading)
