"""The interface of import sources, the raw items they yield, and the import options."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from lodespace.importing.finding import Finding
from lodespace.items.errors import BadItem, Picture
from lodespace.items.picture_reading import Planes
from lodespace.models.config import Content


@dataclass(frozen=True)
class ImportOptions:
    """Options for reading data. An option that is None is derived from the data."""

    labels_at: str | None = None
    """The folder that names the class of a file: "parent", "top", a depth (1 is the top), or
    "none".

    The value "name" stands for the words in the name of the file.
    """
    masks: str = "apart"
    """Which pictures are left out, because they are masks of other pictures.

    "apart": masks are found by their names. "items": no picture is left out. Any other value is a
    list of patterns of names, separated by commas, such as "*_mask".
    """
    image: str | None = None
    """Table column with pictures."""
    label: str | None = None
    """Table column with labels, or a pattern of columns with 0 and 1, such as "is_*"."""
    vector: str | None = None
    """Table column with vectors, or a pattern of columns with numbers, such as "dim_*"."""
    text: str | None = None
    """Table column with texts. A pretrained network turns each text into a vector."""
    vector_columns: tuple[str, ...] = ()
    """Names of the table columns whose numbers form the vector of an item, in this order.

    A project that predicts new items uses the columns of its own import. Empty: the import chooses
    the columns.
    """
    id: str | None = None
    """Table column with ids."""
    thumbnails: str | None = None
    """Table column with pictures that are shown for vectors."""
    root: Path | None = None
    """Folder to which paths in a table are relative, or folder of torchvision's data.

    For an existing project or data set: folder from which original files may be read.
    """
    split: str | None = None
    """Part of a torchvision data set: train, test, ..."""
    download: bool = False
    """Whether torchvision may download the data set."""
    encoding: str | None = None
    """Text encoding of a CSV file. None: found by the byte order mark, or by trial."""
    sheet: str | None = None
    """Sheet of an Excel workbook. None: the first sheet with rows."""
    missing: str | None = None
    """Labels that mean a missing value, separated by commas. None: NaN, NA, None and the like."""
    window: float = 3.0
    """Length of a sound item, in seconds."""
    hop: float | None = None
    """Seconds from the start of one sound item to the next. None: `window`."""
    clips: bool = False
    """Whether the items are annotations of sounds, not windows of the recordings."""
    overlap: float = 0.5
    """Smallest overlap with which an annotation labels a window.

    It is a share of the annotation or of the window, whichever is shorter.
    """
    fmin: float = 50.0
    """Lowest frequency of spectrograms, in Hz."""
    fmax: float | None = None
    """Highest frequency of spectrograms, in Hz."""
    size: int | None = None
    """Side of the stored pictures in pixels: 32, 64 or 128."""
    content: Content | None = None
    """Kind of picture. The kind decides how pictures are augmented for training."""
    range: tuple[float, ...] | Literal["full"] | None = None
    """Numbers that become black and white in pictures of more than 8 bits.

    (low, high) for all channels, or low and high for each of up to three channels: (low, high, low,
    high). "full": the range of the number type.
    """
    channels: tuple[int, ...] | None = None
    """Numbers of the channels, at most three, to read from a file that has more channels."""
    planes: Planes | None = None
    """The plane that is read from a stack: "first", "middle", or "max", the maximum of all planes.
    """
    every: float | None = None
    """Seconds from one imported frame of a video to the next."""
    unpacked: float | None = None
    """Largest size to which a compressed file may unpack, in GB. None: see unpacking.py."""
    features: str | Path | None = None
    """File with one feature vector per item, or name of a pretrained network (../features).

    "none": no features of a pretrained network. None: colour photographs get the features of the
    installed pretrained network.
    """
    backbone: str | None = None
    """Network of torchvision that computes features."""
    weights: Path | None = None
    """Safetensors file with the weights of `backbone`."""
    precomputed_knn: Any = None
    """Nearest neighbours of the items, instead of a search (precomputed_knn.py): the path of a .npz
    file, a pair of arrays (indices, distances), or a sparse matrix of distances."""
    stop: threading.Event | None = None
    """Event with which another thread stops the import. None: nobody stops it."""


@dataclass
class RawItem:
    """An item of a source before the picture or vector is read."""

    item_id: str
    """Id of the item, unique in the data set."""
    picture: Callable[[tuple[int, int] | None], Picture] | None = None
    """Function that reads the picture. It is called once, from any thread. Raises ItemError.

    The argument of the function is the wanted (height, width). The returned picture may have a
    different size.
    """
    vector: Callable[[], npt.NDArray[np.float32]] | None = None
    """Function that reads the vector (F,). It is called once, from any thread. Raises ItemError."""
    features: Callable[[], npt.NDArray[np.float32]] | None = None
    """Function that computes the features of the item, (F,), after its picture was read. It is
    called once, from any thread. None: the source computes no features. Raises ItemError."""
    sound: Callable[[int], npt.NDArray[np.float32]] | None = None
    """Function that returns the samples of a sound item, (T,), at a sample rate in Hz. None: the
    item is not a sound."""
    text: str | None = None
    """Text of the item, which becomes a vector. None: the item is not a text."""
    label: str | None = None
    """Class name in the source. None: no label."""
    split: str | None = None
    """Split in the source: train, test, ..."""
    columns: dict[str, Any] = field(default_factory=dict)
    """Values of the item by name of the column, for columns that no other field describes."""
    path: bytes | None = None
    """Path of the original file, relative to the source's root."""
    original: bytes | None = None
    """Bytes of the original picture, if a table contains the picture itself."""
    start: float | None = None
    """Start of a sound item in the sound file, or time of a frame in a video, in seconds."""
    end: float | None = None
    """End of a sound item in the sound file, in seconds."""
    low: float | None = None
    """Lowest frequency of an annotated sound, in Hz."""
    high: float | None = None
    """Highest frequency of an annotated sound, in Hz."""
    other_labels: str | None = None
    """Further class names of the item, separated by "|"."""
    numbered: bool = False
    """Whether the id is only the number of the item in the data."""
    held_bytes: int = 0
    """Number of bytes of memory that the item occupies until the item has been read."""


class Source(Protocol):
    """Interface of a data set that can be imported."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["image", "vector", "sound"]: ...
    @property
    def root(self) -> Path | None:
        """Folder to which the items' paths are relative. None if the items are not files."""
        ...

    @property
    def count(self) -> int | None:
        """Expected number of items, for progress and limits. None: unknown before the end."""
        ...

    @property
    def labels_given(self) -> bool:
        """Whether a person gave the labels, and may continue to label.

        False for the ground truth of a benchmark.
        """
        ...

    @property
    def details(self) -> dict[str, Any]:
        """Settings that are stored with the data set, as JSON values, such as the window length."""
        ...

    def class_names(self) -> Sequence[str]:
        """Class names in the source's order. Empty: classes are sorted by name."""
        ...

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        """Return (height, width) of each picture of a sample.

        The sample has fewer than 2 * `limit` pictures.
        """
        ...

    def findings(self) -> Sequence[Finding]:
        """How the data were read. Complete only after all items have been yielded."""
        ...

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        """Yield each item, or the reason for leaving it out."""
        ...
