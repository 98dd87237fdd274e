"""What a source of items is: a name, what kind of items, and the items one after another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from lodespace.items.errors import BadItem, Picture
from lodespace.models.config import Content


@dataclass(frozen=True)
class ImportOptions:
    """What can be said about data beside where they are. None: found out from the data.

    `image`, `label`, `vector`, `id`, `thumbnails`: columns of a table. `root`: the folder that paths in a table start from, or that holds
    torchvision's data; `split`: which part of a torchvision data set; `download`: whether it may be fetched. `encoding`: of a CSV file.
    `window`, `hop`: seconds of a sound item and from one to the next; `fmin`, `fmax`: frequencies (Hz) its spectrogram shows.
    `size`: side of the stored pictures: 32, 64 or 128. `features`: a file with one vector an item; or `backbone` with `weights`.
    """

    image: str | None = None
    label: str | None = None
    vector: str | None = None
    id: str | None = None
    thumbnails: str | None = None
    root: Path | None = None
    split: str | None = None
    download: bool = False
    encoding: str = "utf-8"
    window: float = 3.0
    hop: float | None = None
    fmin: float = 50.0
    fmax: float | None = None
    size: int | None = None
    content: Content | None = None
    features: Path | None = None
    backbone: str | None = None
    weights: Path | None = None


@dataclass
class RawItem:
    """One item as its source has it.

    `item_id` is unique in the data set. `label`: the class it came with, None for none. `columns`: everything else that is known of it.
    `picture`, `vector`: called once, from any thread, to read what the model sees; they raise ItemError. `picture` is told the (height,
    width) that are wanted, and may read it larger. `path`: of the original file below
    the source's root; `original`: or its bytes, where it is no file of its own. `start`, `end`: seconds, of a sound.
    `held_bytes`: what the item keeps in memory until it has been read.
    """

    item_id: str
    picture: Callable[[tuple[int, int] | None], Picture] | None = None
    vector: Callable[[], npt.NDArray[np.float32]] | None = None
    label: str | None = None
    split: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    path: bytes | None = None
    original: bytes | None = None
    start: float | None = None
    end: float | None = None
    held_bytes: int = 0


class Source(Protocol):
    """A data set where it lies.

    `root`: the folder that items' paths start from, if they are files. `count`: how many items there may be, None where nobody knows
    before the end. `labels_given`: whether labels that come along are a person's work to go on from (rather than a benchmark's truth).
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["image", "vector", "sound"]: ...
    @property
    def root(self) -> Path | None: ...
    @property
    def count(self) -> int | None: ...
    @property
    def labels_given(self) -> bool: ...
    @property
    def details(self) -> dict[str, Any]:
        """What else is to be kept with the data set: how numbers became bytes, windows of sound. JSON values."""
        ...

    def class_names(self) -> Sequence[str]:
        """Classes in the order the source has them; empty: in the order of their names."""
        ...

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        """(height, width) of some of the pictures, at most `limit`, spread over the whole."""
        ...

    def __iter__(self) -> Iterator[RawItem | BadItem]: ...
