"""Class ids from the labels of a source."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.protocol import MAX_CLASS_NAME_LENGTH, MAX_CLASSES, UNLABELED


def class_ids_of(
    labels: Sequence[str | None], known: Sequence[str]
) -> tuple[list[str], npt.NDArray[np.int16]]:
    """Return the class names, and the class id per item, (N,).

    The id of an item without a label is UNLABELED (-1).

    Args:
        labels: Class name per item; None for an item without a label.
        known: Class names that come first, in this order. All other classes are sorted by name.

    Raises:
        DatasetError: There are too many classes, or two long names have the same beginning.
    """
    given = {label for label in labels if label is not None}
    if not given:
        return list(known)[:MAX_CLASSES], np.full(len(labels), UNLABELED, np.int16)
    names = [*known, *sorted(given - set(known), key=natural)]
    if len(names) > MAX_CLASSES:
        raise DatasetError(
            f"the labels name {len(names):,} classes; at most {MAX_CLASSES:,} are supported. Is "
            "this the right column or folder? Choose another with --label or --labels-at"
        )
    short = [
        name if len(name) <= MAX_CLASS_NAME_LENGTH else f"{name[: MAX_CLASS_NAME_LENGTH - 1]}…"
        for name in names
    ]
    if len(set(short)) < len(short):
        raise DatasetError(
            f"two classes have the same first {MAX_CLASS_NAME_LENGTH - 1} characters; rename one"
        )
    number = {name: i for i, name in enumerate(names)}
    return short, np.array(
        [UNLABELED if label is None else number[label] for label in labels], np.int16
    )


def natural(name: str) -> tuple[int, float, str]:
    """Sort key of class names: numbers are sorted by value and come before words."""
    try:
        value = float(name)
    except ValueError:
        return 1, 0.0, name
    return (0, value, name) if np.isfinite(value) else (1, 0.0, name)
