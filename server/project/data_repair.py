"""Repair of damaged or lost data of a project, by importing the data again."""

import contextlib
import shlex
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError, ProjectError
from lodespace.items import item_set
from lodespace.items.original_order import check_order
from lodespace.json_input import json_value
from lodespace.models.checkpoints.checkpoint import latest
from lodespace.project.project import BUNDLED, DATA_FOLDER, RECORDING, Manifest
from lodespace.recording.format import MAGIC

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions
    from lodespace.items.item_ids import ItemIds
    from lodespace.items.item_set import ItemSet

_IMPORTING = ".data.repaired"


@contextlib.contextmanager
def data_advice(folder: Path, manifest: Manifest) -> Generator[None]:
    """Add advice on importing the data again to the errors of the `with` block.

    A DatasetError or ProjectError is raised again, with this advice at the end of its message.
    """
    try:
        yield
    except (DatasetError, ProjectError) as error:
        if manifest.data == BUNDLED or manifest.kind == "bake":
            raise
        source = shlex.quote(manifest.source) if manifest.source else "DATA"
        raise type(error)(
            f"{error}. No label is lost: `lodespace repair {shlex.quote(str(folder))} --data "
            f"{source}` imports the data again, and the labels stay"
        ) from error


def import_again(folder: Path, data: str, options: "ImportOptions") -> Path:
    """Import `data` for the project in `folder`. Returns the folder of the new data set.

    The labels name items by their number, so the new data must have the same items in the same
    order. The items get the numbers that they have in the project. Raises DatasetError when the
    number or the ids of the new items differ from those of the project.
    """
    from lodespace.importing.importer import import_data
    from lodespace.importing.renumbering import renumber

    target = folder / _IMPORTING
    shutil.rmtree(target, ignore_errors=True)
    import_data(data, target, options, in_order=True)
    try:
        items = item_set.load(target)
        _compare_count(folder, items)
        order = _order(folder, len(items))
        if order is not None and items.order is None:
            renumber(target, order)
            items = item_set.load(target)
        _compare_ids(folder, items)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return target


def copy_order(folder: Path) -> None:
    """Copy the order of the items of a new project, so that the order outlives the data.

    Without an order, nothing is written. Raises OSError.
    """
    order = folder / DATA_FOLDER / item_set.ORDER
    if order.is_file():
        shutil.copyfile(order, folder / item_set.ORDER)


def _order(folder: Path, n: int) -> npt.NDArray[np.int32] | None:
    """Return the row of the data per item; None if the number of each item is its row.

    Raises DatasetError if the order and its copy are damaged.
    """
    problems: list[str] = []
    for path in (folder / DATA_FOLDER / item_set.ORDER, folder / item_set.ORDER):
        if not path.is_file():
            continue
        try:
            order = np.load(path, allow_pickle=False)
            check_order(order, [n], n)
        except (DatasetError, ValueError, OSError, EOFError, *item_set.BAD_HEADER) as error:
            problems.append(str(error))
        else:
            return order
    if problems:
        raise DatasetError(f"{folder}: the order of the items cannot be read: {problems[0]}")
    return None


def _compare_count(folder: Path, items: "ItemSet") -> None:
    number = _count(folder)
    if number is not None and number != len(items):
        raise DatasetError(
            f"{items.name} has {len(items):,} items, but the project has {number:,}; give the data "
            "and the options with which the project was imported"
        )


def _compare_ids(folder: Path, items: "ItemSet") -> None:
    ids = _ids(folder)
    if ids is not None and ids != items.ids:
        raise DatasetError(
            f"the items of {items.name} have other ids or another order than the items of the "
            "project; "
            "give the data and the options with which the project was imported"
        )


def _ids(folder: Path) -> "ItemIds | None":
    """Return the ids of the project's items; None if they cannot be read."""
    from lodespace.items.table import ItemTable

    try:
        return ItemTable.read(folder / DATA_FOLDER / item_set.TABLE).ids()
    except (DatasetError, ValueError):
        return None


def _count(folder: Path) -> int | None:
    """Return the number of items that the recording or the newest checkpoint states.

    Returns None if neither of the two states the number.
    """
    try:
        with (folder / RECORDING).open("rb") as file:
            beginning = file.read(len(MAGIC) + 4)
            length = int.from_bytes(beginning[len(MAGIC) :], "little")
            return int(json_value(file.read(min(length, 1 << 20)))["items"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a checkpoint may state the number
    stored = latest(folder / "checkpoints")
    return None if stored is None else len(stored.tensors["latent_mean"])
