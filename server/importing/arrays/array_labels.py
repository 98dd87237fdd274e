"""Class labels in arrays: one number or text per item, or one column of 0 and 1 per class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.label_text import LabelReader, bars_separate

_MOST_SHOWN = 3
"""Largest number of labels without a name that the report shows."""
_NO_CLASS = frozenset({"background", "bg", "none", "unlabelled", "unlabeled", "void", "unknown"})
"""Names that class 0 often has in data in which no item has the label 0."""


class ArrayLabels:
    """Class names of the items of an array, from labels (N,), (N, 1) or (N, K)."""

    def __init__(
        self,
        name: str,
        labels: npt.NDArray[Any] | None,
        count: int,
        class_names: Sequence[str] = (),
        missing: str | None = None,
    ) -> None:
        """Check the labels of the array `name`.

        Args:
            name: Name of the array, for messages.
            labels: Numbers, texts or bytes (N,) or (N, 1), or 0 and 1 per class, (N, K).
            count: Number of items.
            class_names: Names of the classes 0, 1, ... Empty: the numbers are the names.
            missing: Labels that mean a missing value (LabelReader).

        Raises:
            DatasetError: There is not one label per item.
        """
        self.names = tuple(class_names)
        self._hot = False
        self._asked = False
        """Whether the labels of any item have been read."""
        if labels is not None and len(labels) != count:
            raise DatasetError(
                f"{name} has {len(labels)} labels for {count} items; there must be one label "
                "per item"
            )
        if labels is not None and labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels is not None and labels.ndim == 2 and _is_binary(labels):
            self._hot = True
        elif labels is not None and labels.ndim != 1:
            raise DatasetError(
                f"{name}: y must be one label per item, or 0 and 1 per class, not an array of "
                f"shape {labels.shape}"
            )
        self.labels = labels
        texts = (
            () if labels is None or labels.dtype.kind not in "US" else np.unique(labels).tolist()
        )
        bars = bars_separate(map(_text, texts))
        self._read = LabelReader(missing, "|" if bars else "")
        self._first, self._doubts = self._numbering()

    def __call__(self, number: int) -> list[str]:
        """Return the class names of the item `number`. The first is its class."""
        if self.labels is None:
            return []
        self._asked = True
        value = self.labels[number]
        if self._hot:
            return self._read([self._named(int(i)) for i in np.flatnonzero(value)])
        if isinstance(value, np.integer):
            return self._read(self._named(int(value)))
        if isinstance(value, np.floating):
            if not np.isfinite(value):
                return []
            return self._read(self._named(int(value)) if value.is_integer() else float(value))
        return self._read(value.item())

    def _named(self, number: int) -> str | None:
        if number < 0:
            return None
        at = number - self._first
        return self.names[at] if 0 <= at < len(self.names) else str(number)

    def _numbering(self) -> tuple[int, list[str]]:
        """Return the number that the first class name stands for: 0 or 1.

        Also return texts that state why the class names may not fit the numbers.
        """
        count = len(self.names)
        if self.labels is None or not count:
            return 0, []
        if self._hot:
            columns = self.labels.shape[1]
            text = f"in {columns:,} columns, with {count:,} class names, which are used in order"
            return 0, [] if columns == count else [text]
        numbers = _whole_numbers(self.labels)
        if not numbers.size:
            return 0, []
        least, most = int(numbers.min()), int(numbers.max())
        if least == 1 and most == count:
            return 1, [f"from 1 to {count:,}, so 1 is the class {self.names[0]}"]
        if most >= count:
            without = np.unique(numbers[numbers >= count])
            shown = ", ".join(map(str, without[:_MOST_SHOWN].tolist()))
            more = ", ..." if len(without) > _MOST_SHOWN else ""
            text = f"without a class name: {shown}{more}; 0 is the class {self.names[0]}"
            return 0, [text]
        if least == 1 and self.names[0].lower() not in _NO_CLASS:
            return 0, [f"from 1 to {most:,}, so no label is 0, the class {self.names[0]}"]
        return 0, []

    def findings(self) -> list[Finding]:
        """Return how the labels were read. The findings are complete after all items were read."""
        if self.labels is None:
            return []
        found = self._read.findings()
        if self._asked and not self._read.read:
            text = "all labels of the array are empty, negative or not numbers"
            found.append(Finding("labels", text, doubtful=True))
        if self._hot:
            text = f"from {self.labels.shape[1]} columns with 0 and 1"
            found.insert(0, Finding("labels", text))
        return found + [
            Finding("labels", f"numbers {text}", doubtful=True) for text in self._doubts
        ]


def _is_binary(labels: npt.NDArray[Any]) -> bool:
    if labels.dtype == np.bool_:
        return True
    if not np.issubdtype(labels.dtype, np.number):
        return False
    return bool(((labels == 0) | (labels == 1)).all())


def _whole_numbers(labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the labels that are whole numbers from 0 to 2**53 - 1."""
    if labels.dtype == np.bool_ or not np.issubdtype(labels.dtype, np.number):
        return np.empty(0, np.int64)
    with np.errstate(invalid="ignore"):
        fits = (labels >= 0) & (labels < 2**53)
    found = labels[fits]
    return found[found == np.floor(found)].astype(np.int64)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
