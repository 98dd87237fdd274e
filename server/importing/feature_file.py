"""Feature vectors in a file: .npy, .npz, or a table with ids and vectors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.npy_file import from_npy
from lodespace.importing.arrays.npz_file import from_npz
from lodespace.importing.source import ImportOptions, RawItem, Source
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import table_suffix
from lodespace.items.errors import BadItem


class FeatureRows:
    """Feature vectors read from a file, by id or by position."""

    def __init__(
        self, path: Path, rows: dict[str, npt.NDArray[np.float32]], *, has_ids: bool
    ) -> None:
        self.path = path
        self.rows = rows
        """Vector per id, in the order of the file."""
        self.has_ids = has_ids
        """Whether the file has ids. If not, row i belongs to item i."""

    def of(
        self, ids: Sequence[str], first: int = 0, count: int | None = None
    ) -> npt.NDArray[np.float32]:
        """Return one row per item, (N, K).

        If the file has ids, return the rows with these `ids`. Otherwise, return `count` rows in the
        order of the file, from row `first` on. If `count` is None, return as many rows as there are
        `ids`. Raises DatasetError if a row is missing, or if rows differ in length.
        """
        path = self.path
        if self.has_ids:
            missing = [item_id for item_id in ids if item_id not in self.rows]
            if missing:
                raise DatasetError(
                    f"--features {path}: the file has no row for {len(missing)} items, such as "
                    f"'{missing[0]}'; give one row per item"
                )
            ordered = [self.rows[item_id] for item_id in ids]
        else:
            wanted = len(ids) if count is None else count
            ordered = list(self.rows.values())[first : first + wanted]
            if len(ordered) < wanted:
                raise DatasetError(
                    f"--features {path}: there are more items than the {len(self.rows)} rows of "
                    "the file; give one row per item"
                )
        if len({row.shape for row in ordered}) > 1:
            raise DatasetError(f"--features {path}: the rows differ in length; give (N, F) numbers")
        return np.stack(ordered)


def read_features(path: Path, options: ImportOptions) -> FeatureRows:
    """Read the feature vectors in a file. Raises DatasetError."""
    if not path.is_file():
        raise DatasetError(f"--features {path}: the file does not exist")
    source = _open(path, options)
    if source.kind != "vector":
        raise DatasetError(
            f"--features {path}: the file holds pictures; give one vector per item, (N, F)"
        )
    rows: dict[str, npt.NDArray[np.float32]] = {}
    for item in source:
        if isinstance(item, BadItem):
            raise DatasetError(f"--features {path}: {item.name} cannot be read: {item.reason}")
        rows[item.item_id] = _vector(item)
    return FeatureRows(
        path, rows, has_ids=not (isinstance(source, ArrayItems) and not len(source.ids))
    )


def _open(path: Path, options: ImportOptions) -> Source:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return from_npy(path)
    if suffix == ".npz":
        return from_npz(path, options.unpacked)
    if table_suffix(path):
        table = Table(path, ImportOptions(unpacked=options.unpacked))
        table.as_vectors()
        return table
    raise DatasetError(
        f"--features {path}: the file has the wrong kind; give .npy, .npz (X, ids), or a table with"
        " ids and vectors"
    )


def _vector(item: RawItem) -> npt.NDArray[np.float32]:
    assert item.vector is not None
    return item.vector()
