"""Repair of the data of a project to which items were added: data that were imported again get the
project's items, in their order, with the project's classes and scales."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.items import item_set
from lodespace.items.original_order import check_order
from lodespace.project.due_labels import additions
from lodespace.protocol import UNLABELED

if TYPE_CHECKING:
    from lodespace.items.item_ids import ItemIds
    from lodespace.items.item_set import ItemSet

_KEPT = ("name", "added", "labels_given", "report")
"""Entries of dataset.json that stay."""


def as_grown(
    target: Path,
    data: Path,
    described: dict[str, Any],
    ids: "ItemIds",
    order: npt.NDArray[np.int32] | None,
) -> None:
    """Give the data set in `target` the items of a grown project.

    Args:
        target: The data that were imported again. They may have further items.
        data: The damaged data folder of the project.
        described: Content of dataset.json in `data`.
        ids: Id of each item of the project.
        order: Row of the data per item; None if the number of each item is its row.

    Raises:
        DatasetError: The new data lack an item, or do not fit the project.
    """
    from lodespace.importing.renumbering import take_rows

    items = item_set.load(target)
    _compare_arrays(items, data, described)
    rows = _rows(items, ids, data)
    if not take_rows(target, items, rows):
        raise DatasetError(f"the table of {items.name} cannot be brought into the project's order")
    classes = [item_set.plain_text(name) for name in described.get("classes", ())]
    labels = None if items.truth is None else _renamed(items.truth[rows], items, classes)
    if labels is not None or classes:
        empty = np.full(len(rows), UNLABELED, np.int16)
        np.save(target / item_set.LABELS, empty if labels is None else labels)
    if items.standardisation is not None:
        added = sum(count for count, _ in additions(described))
        np.save(target / item_set.STANDARDISATION, _scale(data, target, len(rows), added))
    if order is not None:
        np.save(target / item_set.ORDER, order)

    def stated(manifest: dict[str, Any]) -> None:
        manifest |= {key: described[key] for key in _KEPT if key in described}
        manifest["classes"], manifest["count"] = classes, len(rows)
        if (target / item_set.LABELS).is_file():
            manifest["labels"] = item_set.LABELS
        if order is not None:
            runs = list(described.get("runs", ()))
            check_order(order, runs, len(rows))
            manifest |= {"format": item_set.FORMAT, "order": item_set.ORDER, "runs": runs}

    item_set.amend(target, stated)


def _rows(items: "ItemSet", ids: "ItemIds", data: Path) -> npt.NDArray[np.int64]:
    """Return the row of each item of the project in `items`. Raises DatasetError."""
    known = {name: row for row, name in enumerate(items.ids)}
    missing = [name for name in ids if name not in known]
    if missing:
        raise DatasetError(
            f"{len(missing):,} of the {len(ids):,} items of the project, such as {missing[0]}, are "
            f"not in {items.name}. Items were added to the project after the import: give data "
            f"with all of them, or restore the folder {data} from a backup"
        )
    return np.array([known[name] for name in ids], np.int64)


def _renamed(
    labels: npt.NDArray[np.int16], items: "ItemSet", classes: list[str]
) -> npt.NDArray[np.int16]:
    """Return class ids (N,) of the new data as ids of the project's classes."""
    known = {name: number for number, name in enumerate(classes)}
    numbers = [known.get(name, UNLABELED) for name in items.class_names]
    return np.array([*numbers, UNLABELED], np.int16)[labels]


def _compare_arrays(items: "ItemSet", data: Path, described: dict[str, Any]) -> None:
    """Raise DatasetError if the new items have another kind or shape than those of the project.

    The shape is not known if the project's array is damaged at its beginning.
    """
    if described.get("kind") != items.kind:
        raise DatasetError(
            f"{items.name} has items of the kind {items.kind}, and the project those of the kind "
            f"{described.get('kind')}"
        )
    name = item_set.VECTORS if items.kind == "vector" else item_set.PIXELS
    try:
        before = np.load(data / name, mmap_mode="r", allow_pickle=False).shape[1:]
    except (ValueError, OSError, EOFError, *item_set.BAD_HEADER):
        return
    if before == items.data.shape[1:]:
        return
    if items.kind == "vector":
        raise DatasetError(
            f"a vector of {items.name} has {items.data.shape[1]} numbers, and one of the project "
            f"{before[0]}; give the options with which the project was imported"
        )
    raise DatasetError(
        f"the pictures of {items.name} are stored with {_size(items.data.shape[1:])}, and those "
        f"of the project with {_size(before)}; give --size, or restore the folder {data} from a "
        "backup"
    )


def _size(shape: tuple[int, ...]) -> str:
    return f"{' x '.join(map(str, shape[:2]))} pixels, {'colour' if len(shape) > 2 else 'grey'}"


def _scale(data: Path, target: Path, count: int, added: int) -> npt.NDArray[np.float32]:
    """Return mean and deviation of the vectors at the import, (2, F).

    If the project's file is damaged, they are computed from the items of the import, which are the
    first ones: `added` of all `count` items came later. Raises DatasetError if `added` is not
    possible.
    """
    from lodespace.importing.build import standardisation

    try:
        return np.load(data / item_set.STANDARDISATION, allow_pickle=False)
    except (ValueError, OSError, EOFError, *item_set.BAD_HEADER):
        if not 0 < added < count:
            raise DatasetError(
                f"the files {item_set.STANDARDISATION} and {item_set.MANIFEST} in {data} are "
                "damaged, so the scale of the vectors is not known; restore this folder from a "
                "backup"
            ) from None
        return standardisation(target / item_set.VECTORS, count - added)
