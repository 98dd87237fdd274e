"""Addition of items to a data set. The added items come behind all others.

The rows of the added items are written behind the rows in each file, then dataset.json is replaced
by a version that states the new number of items. A reader ignores rows behind this number, so an
interrupted addition changes nothing. Processes that have mapped the files keep what they have
mapped.
"""

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.files import atomic_write, reason_of, sync_to_disk
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.items.table import ItemTable
from lodespace.items.table_builder import joined
from lodespace.json_input import json_value

_COPIED_AT_ONCE = 16 << 20


def append_items(
    folder: Path, added: ItemSet, change: Callable[[dict[str, Any]], None] = lambda _: None
) -> None:
    """Add the items of `added` to the data set in `folder`.

    Arrays that `folder` does not have are left out. `change` can make further changes to the
    content of dataset.json.

    Raises:
        DatasetError: The files cannot be written, or an array of `added` is missing or has another
            shape. The data set is then unchanged.
    """
    items = item_set.load(folder)
    n, count = len(items), len(items) + len(added)
    rows = _rows(items, added)
    try:
        if "count" not in _manifest(folder):
            item_set.amend(folder, lambda manifest: manifest.update(count=n))
        for name, new in rows.items():
            _append_rows(folder / name, n, new)
        old, table = _manifest(folder).get("items"), None
        if added.table is not None:
            table = f"items-{count}.arrow"
            start = _append_originals(folder, added)
            before = items.table or ItemTable.numbered(n)
            joined(before, added.table, start).write(folder / table)
            sync_to_disk(folder / table)

        def stated(manifest: dict[str, Any]) -> None:
            manifest["count"] = count
            if table is not None:
                manifest["items"] = table
            if (folder / item_set.ORIGINALS).is_file():
                manifest["originals"] = item_set.ORIGINALS
            if items.order is not None:
                manifest["runs"] = _runs(items, len(added))
            change(manifest)

        item_set.amend(folder, stated)
    except OSError as error:
        raise DatasetError(
            f"{folder}: the new items cannot be written: {reason_of(error, folder)}"
        ) from error
    if table is not None and isinstance(old, str):
        with contextlib.suppress(OSError):
            item_set.member(folder, old).unlink()


def _manifest(folder: Path) -> dict[str, Any]:
    return json_value((folder / item_set.MANIFEST).read_bytes())


def _rows(items: ItemSet, added: ItemSet) -> dict[str, npt.NDArray[Any]]:
    """Return the new rows of each array, by the name of its file. Raises DatasetError."""
    named = {
        item_set.PIXELS: (items.pictures, added.pictures),
        item_set.VECTORS: (items.data, added.data) if items.kind == "vector" else (None, None),
        item_set.LABELS: (items.truth, added.truth),
        item_set.FEATURES: (items.features, added.features),
        item_set.STAMPS: (items.stamps, added.stamps),
    }
    if items.knn is not None:
        raise DatasetError(
            "the neighbours of the items were imported, so no items can be added; import all data "
            "again with all neighbours"
        )
    rows: dict[str, npt.NDArray[Any]] = {}
    for name, (old, new) in named.items():
        if old is None:
            continue
        if new is None or new.shape[1:] != old.shape[1:] or new.dtype != old.dtype:
            given = "missing" if new is None else f"{new.dtype} {new.shape[1:]}"
            raise DatasetError(
                f"{name}: the rows of the new items are {given}; those of the project are "
                f"{old.dtype} {old.shape[1:]}"
            )
        rows[name] = np.ascontiguousarray(new)
    if items.order is not None:
        rows[item_set.ORDER] = np.arange(len(items), len(items) + len(added), dtype=np.int32)
    return rows


def _runs(items: ItemSet, count: int) -> list[int]:
    """Return the runs (original_order.py) after an addition of `count` items.

    The items of all additions form one run.
    """
    first, *added = items.runs
    return [first, sum(added) + count]


def _append_rows(path: Path, n: int, rows: npt.NDArray[Any]) -> None:
    """Write `rows` behind the first `n` rows of the array file `path`. Raises OSError."""
    with path.open("r+b") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(file)
        start = file.tell()
        # After an interrupted addition, the header can state more than n rows. It must never state
        # more rows than the file has, so it states n rows before the further rows are cut off.
        in_place = (
            not fortran
            and len(shape) == rows.ndim
            and _write_header(file, dtype, (n, *shape[1:]), start)
        )
        if in_place:
            file.seek(start + n * rows[:1].nbytes)
            file.truncate()
            file.write(rows.data)
            file.flush()
            os.fsync(file.fileno())
            in_place = _write_header(file, dtype, (n + len(rows), *shape[1:]), start)
    if not in_place:
        _rewrite(path, n, rows)


def _write_header(file: Any, dtype: "np.dtype[Any]", shape: tuple[int, ...], start: int) -> bool:
    """Replace the header of an array file on disk. Returns whether the header fits.

    A header that does not have the size `start` is not written.
    """
    header = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
    np.lib.format.write_array_header_1_0(header, {**described, "shape": shape})
    if len(header.getvalue()) != start:
        return False
    file.seek(0)
    file.write(header.getvalue())
    file.flush()
    os.fsync(file.fileno())
    return True


def _rewrite(path: Path, n: int, rows: npt.NDArray[Any]) -> None:
    """Replace the file by an array with the first `n` rows and the new `rows`, in C order."""
    old = np.load(path, mmap_mode="r", allow_pickle=False)[:n]
    step = max(1, _COPIED_AT_ONCE // max(1, rows[:1].nbytes))

    def write(file: IO[bytes]) -> None:
        described = {"descr": np.lib.format.dtype_to_descr(rows.dtype), "fortran_order": False}
        shape = (n + len(rows), *rows.shape[1:])
        np.lib.format.write_array_header_1_0(file, {**described, "shape": shape})
        for first in range(0, n, step):
            file.write(np.ascontiguousarray(old[first : first + step]).data)
        file.write(rows.data)

    atomic_write(path, write)


def _append_originals(folder: Path, added: ItemSet) -> int:
    """Add the original pictures of `added` to those of the data set. Returns where they begin."""
    if added.originals is None:
        return 0
    path = folder / item_set.ORIGINALS
    with path.open("ab") as out, added.originals.open("rb") as new:
        start = out.tell()
        while block := new.read(_COPIED_AT_ONCE):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return start
