"""Data sets of torch: any map-style Dataset from Python, and torchvision's data sets by name.

Among the modules that define import sources, only this one may import torch.
"""

import contextlib
import hashlib
import importlib
import inspect
import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import as_bytes
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.value_range_option import asked_ranges, range_finding
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.picture_reading import PictureReading
from lodespace.items.value_range import ValueSample, own_range

PREFIX = "torchvision:"
_SAMPLED = 48
"""Approximate number of items whose values are read to find the value range."""
_FINGERPRINTED = 16
"""A fingerprint is computed from at least this many items, or from all if there are fewer."""


class TorchItems:
    """Items of a map-style Dataset.

    `dataset[i]` is an item or (item, label). An item is a Pillow picture, a tensor or an array.
    """

    root = None

    def __init__(self, name: str, dataset: Any, *, labels_given: bool = True) -> None:
        self.name = name
        self.dataset = dataset
        self.labels_given = labels_given
        try:
            self.count: int = len(dataset)
            first = dataset[0] if self.count else None
        except (TypeError, NotImplementedError, IndexError) as error:
            raise DatasetError(
                f"{name} is not a data set with a length and numbered items: {error}"
            ) from error
        item = first[0] if isinstance(first, tuple | list) else first
        self.kind: Literal["image", "vector"] = "vector" if np.ndim(_array(item)) == 1 else "image"
        self.names = tuple(str(n) for n in getattr(dataset, "classes", None) or ())
        self.asked: Sequence[float] | str | None = None
        """Value of the option --range; None if the option is not given."""

    def set_range(self, asked: Sequence[float] | str | None) -> None:
        """Set the range of values from the option --range.

        The range does not apply to 8-bit pictures.
        """
        if asked is not None:
            self.asked = asked
            self.__dict__.pop("reading", None)

    @cached_property
    def reading(self) -> PictureReading:
        """How pictures are read. The range of their numbers is measured on a sample.

        8-bit pictures need no range. Raises DatasetError if the option --range is not valid.
        """
        asked = asked_ranges(self.asked)
        if isinstance(asked, tuple):
            return PictureReading(asked)
        sample: ValueSample | None = None
        for i in range(0, self.count, max(1, self.count // _SAMPLED)):
            with contextlib.suppress(Exception):  # the import will report the failing item
                values = _array(self._read(i)[0])
                if values.dtype.kind in "iuf" and values.dtype != np.uint8:
                    sample = sample or ValueSample(values.dtype, values.size * _SAMPLED)
                    sample.add(values)
        try:
            return PictureReading(() if sample is None else (sample.range(asked),))
        except ItemError:
            return PictureReading()

    @property
    def details(self) -> dict[str, Any]:
        return {} if self.kind == "vector" else self.reading.details()

    def class_names(self) -> Sequence[str]:
        return self.names

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        sizes: list[tuple[int, int]] = []
        for i in range(0, self.count, max(1, self.count // limit)):
            with contextlib.suppress(Exception):  # the import will report the failing item
                sizes.append(decoding.height_and_width(self._picture(self._read(i)[0])))
        return sizes

    def fingerprint(self) -> str:
        """Digest of the number of items and of 16 to 31 items, spread over the data set.

        The digest distinguishes data sets of the same name, unless they differ only in items that
        are not digested. If the data set has fewer than 16 items, all items are digested.
        """
        digest = hashlib.sha256(str(self.count).encode())
        for number in range(0, self.count, max(1, self.count // _FINGERPRINTED)):
            item = _array(self._read(number)[0])
            digest.update(
                f"{item.dtype} {item.shape}".encode() + np.ascontiguousarray(item).tobytes()
            )
        return digest.hexdigest()[:32]

    def _read(self, number: int) -> tuple[Any, Any]:
        read = self.dataset[number]
        return (
            (read[0], read[1] if len(read) > 1 else None)
            if isinstance(read, tuple | list)
            else (read, None)
        )

    def _picture(self, item: Any) -> Picture:
        if isinstance(item, Image.Image):
            return decoding.plain(item, self.reading)
        array = _array(item)
        if array.dtype == np.uint8:
            return as_bytes(array, None)
        if array.dtype == np.bool_:
            return as_bytes(array, (0.0, 1.0))
        return as_bytes(array, self.reading.range_of(0) or own_range(array))

    def findings(self) -> Sequence[Finding]:
        if self.kind == "vector":
            return ()
        return [range_finding(self.reading.ranges, asked=self.asked is not None)]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        for number in range(self.count):
            try:
                item, label = self._read(number)
                yield self._item(number, item, label)
            except ItemError as error:
                yield BadItem(f"item {number}", str(error))
            # The data set is the user's code, which may raise any error for an item.
            except Exception as error:
                yield BadItem(f"item {number}", f"{type(error).__name__}: {error}")

    def _item(self, number: int, item: Any, label: Any) -> RawItem:
        raw = RawItem(str(number), label=self._label(label), numbered=True)
        if self.kind == "vector":
            vector = np.asarray(_array(item), np.float32)
            raw.vector = lambda: vector
        else:
            picture = self._picture(item)
            raw.picture = lambda frame: picture
        return raw

    def _label(self, label: Any) -> str | None:
        if label is None or isinstance(label, str):
            return label or None
        number = int(label)
        if 0 <= number < len(self.names):
            return self.names[number]
        return None if number < 0 else str(number)


def _array(item: Any) -> npt.NDArray[Any]:
    if isinstance(item, Image.Image):
        return np.asarray(item)
    return np.asarray(item.detach().cpu().numpy() if hasattr(item, "detach") else item)


def torchvision_module(name: str) -> Any:
    """Return the module `torchvision.<name>`. Raises DatasetError when it cannot be loaded."""
    try:
        return importlib.import_module(f"torchvision.{name}")
    except (ImportError, RuntimeError) as error:
        raise DatasetError(
            f"torchvision cannot be loaded ({error}). Install torch and torchvision together, from "
            "the same package index"
        ) from error


def from_torchvision(reference: str, options: ImportOptions) -> TorchItems:
    """Open `torchvision:NAME` or `torchvision:NAME/PART` in the folder `options.root`.

    PART is the name of a split in torchvision, such as `balanced` for EMNIST. Raises DatasetError.
    """
    name, _, part = reference.removeprefix(PREFIX).partition("/")
    module = torchvision_module("datasets")
    kind = getattr(module, name, None)
    if not inspect.isclass(kind) or name not in module.__all__:
        names = ", ".join(
            n
            for n in module.__all__
            if n in ("MNIST", "FashionMNIST", "KMNIST", "EMNIST", "CIFAR10")
        )
        raise DatasetError(f"torchvision has no data set '{name}' (it has {names} and others)")
    root = options.root or Path()
    takes = inspect.signature(kind.__init__).parameters
    arguments: dict[str, Any] = {"root": str(root)}
    split = options.split or "train"
    if "split" in takes and "train" in takes:
        # For EMNIST, `split` is a set of characters, not train or test.
        arguments["split"] = part or "balanced"
    elif "split" in takes:
        arguments["split"] = part or split
    if "train" in takes:
        arguments["train"] = split != "test"
    if "download" in takes:
        arguments["download"] = options.download
    try:
        with redirect_stdout(io.StringIO()):
            dataset = kind(**arguments)
    except (RuntimeError, OSError, ValueError, TypeError) as error:
        hint = (
            ""
            if options.download
            else "; move the data set there, name another folder with --root, or use --download"
        )
        message = f"{reference}: not found in {root.resolve()}{hint} ({error})"
        raise DatasetError(message) from error
    return TorchItems(name if not part else f"{name}-{part}", dataset, labels_given=False)
