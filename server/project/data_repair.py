"""Repair of damaged or lost data of a project, by importing the data again."""

import contextlib
import shlex
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError, ProjectError
from lodespace.items import item_set
from lodespace.items.original_order import check_order
from lodespace.json_input import json_value
from lodespace.models.checkpoints.checkpoint import latest
from lodespace.project.grown_data import as_grown
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
    order. The items get the numbers that they have in the project. If items were added to the
    project, and its dataset.json can be read, `data` may have the items in any order, and further
    items. Raises DatasetError when the number or the ids of the new items differ from those of the
    project.
    """
    from lodespace.importing.importer import import_data
    from lodespace.importing.renumbering import renumber

    target = folder / _IMPORTING
    shutil.rmtree(target, ignore_errors=True)
    import_data(data, target, options, in_order=True)
    try:
        items = item_set.load(target)
        described, ids = _described(folder), _readable_ids(folder)
        if described is not None and described.get("added") and ids is not None:
            as_grown(target, folder / DATA_FOLDER, described, ids, _order(folder, len(ids)))
            return target
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
    """Copy the order of the items of a new project, so that it is known even if the data are lost.

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
            order = np.load(path, allow_pickle=False)[:n]  # an addition may have been interrupted
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
    """Raise DatasetError if the ids of `items` are not those of the project's items."""
    tables = _tables(folder)
    found = ((table, _ids(table)) for table in tables)
    readable = [(table, ids) for table, ids in found if ids is not None]
    if any(ids == items.ids for _, ids in readable):
        return
    grown = _has_grown(folder, tables)
    if grown and not readable:
        raise DatasetError(
            f"items were added to {folder} after the import, and the ids of its items cannot be "
            "read, so other items could get the labels; restore the folder "
            f"{folder / DATA_FOLDER} from a backup"
        )
    if readable:
        cause = "give the data and the options with which the project was imported"
        if grown:
            cause = (
                "items were added after the import and come behind the others; give data with "
                f"exactly the items in {readable[0][0].name}, in their order, such as a table of "
                f"their paths, or restore the folder {folder / DATA_FOLDER} from a backup"
            )
        raise DatasetError(
            f"the items of {items.name} have other ids or another order than the items of the "
            f"project; {cause}"
        )


def _described(folder: Path) -> dict[str, Any] | None:
    """Return the content of the project's dataset.json; None if it cannot be read."""
    try:
        found = json_value((folder / DATA_FOLDER / item_set.MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _tables(folder: Path) -> list[Path]:
    """Return the files that can be the table of the project's items.

    If dataset.json cannot be read, the table of an interrupted addition can be among them. Such a
    table also begins with the items of the project.
    """
    data, described = folder / DATA_FOLDER, _described(folder)
    if described is None:
        return sorted(data.glob("items*.arrow"))
    try:
        return [item_set.member(data, described["items"])]
    except (DatasetError, KeyError):
        return []


def _readable_ids(folder: Path) -> "ItemIds | None":
    """Return the ids of the project's items; None if dataset.json or the table is damaged."""
    tables = [] if _described(folder) is None else _tables(folder)
    return _ids(tables[0]) if tables else None


def _has_grown(folder: Path, tables: list[Path]) -> bool:
    """Return whether items were added to the project after the import."""
    if (_described(folder) or {}).get("added"):
        return True
    if any(path.name != item_set.TABLE for path in tables):
        return True
    return len(set(_stated_counts(folder))) > 1


def _ids(table: Path) -> "ItemIds | None":
    """Return the ids in the file of a table; None if they cannot be read."""
    from lodespace.items.table import ItemTable

    try:
        return ItemTable.read(table).ids()
    except (DatasetError, ValueError):
        return None


def _count(folder: Path) -> int | None:
    """Return the number of items of the project; None if no file states it.

    The number comes from dataset.json, or else from the recording and the newest checkpoint.
    """
    count = (_described(folder) or {}).get("count")
    return count if isinstance(count, int) else max(_stated_counts(folder), default=None)


def _stated_counts(folder: Path) -> list[int]:
    """Return the numbers of items that the recording and the newest checkpoint state.

    The recording states the number at its beginning. The numbers differ if items were added later.
    """
    counts: list[int] = []
    with (
        contextlib.suppress(OSError, ValueError, KeyError, TypeError),
        (folder / RECORDING).open("rb") as file,
    ):
        beginning = file.read(len(MAGIC) + 4)
        length = int.from_bytes(beginning[len(MAGIC) :], "little")
        counts.append(int(json_value(file.read(min(length, 1 << 20)))["items"]))
    stored = latest(folder / "checkpoints")
    if stored is not None:
        counts.append(len(stored.tensors["latent_mean"]))
    return counts
