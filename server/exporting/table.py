"""Labels and predictions as a table: one row an item, with what is predicted, where the label came from and every column it came with."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lodespace.items.details import as_text
from lodespace.items.item_set import ItemSet
from lodespace.protocol import UNLABELED
from lodespace.session.label_history import GestureRecord
from lodespace.session.session import AnnotationSession

if TYPE_CHECKING:
    import pyarrow as pa

AXES = "xyz"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell."""


@dataclass(frozen=True)
class Table:
    """A session's labels at one moment: copies, so that another thread can write them out. Arrays have one row an item.

    `gestures`: those that gave a label that still stands, by number. `latent_log_variance` (N, D): where the model has been asked for it.
    """

    items: ItemSet
    class_names: dict[int, str]
    labels: npt.NDArray[np.int16]
    owner: npt.NDArray[np.int64]
    verified: npt.NDArray[np.bool_]
    predictions: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.float64]
    latent_mean: npt.NDArray[np.float64]
    gestures: dict[int, GestureRecord]
    step: int = 0
    latent_log_variance: npt.NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls, session: AnnotationSession, latent_log_variance: npt.NDArray[np.float32] | None = None
    ) -> "Table":
        history = session.history
        return cls(
            items=session.items,
            class_names={c.class_id: c.name for c in session.classes.classes} | {UNLABELED: ""},
            labels=session.labels.copy(),
            owner=history.owner.copy(),
            verified=session.verified,
            predictions=session.predictions.copy(),
            confidence=session.confidence / 255,
            latent_mean=session.grid.latent_mean(),
            gestures={k: history.gestures[k] for k in np.unique(history.owner).tolist() if k},
            step=session.grid.step,
            latent_log_variance=latent_log_variance,
        )

    def names(self, class_ids: npt.NDArray[np.int16]) -> list[str]:
        """Class names, "" for none."""
        return [self.class_names.get(c, "") for c in class_ids.tolist()]

    def label_or_prediction(self) -> list[str]:
        """Each item's label, and where it has none, what is predicted."""
        return self.names(np.where(self.labels == UNLABELED, self.predictions, self.labels))


def own_columns(table: Table) -> dict[str, list[Any]]:
    """The columns that we add, by name: item, id, path, label, ... latent_x, ..., step."""
    from lodespace.items import table as item_table  # not above: pyarrow takes 0.1 s to import
    from lodespace.items.paths import shown

    kept = table.items.table
    records = [table.gestures.get(k) for k in table.owner.tolist()]
    columns: dict[str, list[Any]] = {
        "item": list(range(len(table.items))),
        "id": list(table.items.ids),
    }
    if kept is not None and item_table.PATH in kept.table.column_names:
        columns["path"] = [
            None if path is None else shown(path) for path in kept.column(item_table.PATH)
        ]
    if kept is not None:
        for name, key in (
            ("split", item_table.SPLIT),
            ("start", item_table.START),
            ("end", item_table.END),
        ):
            if key in kept.table.column_names:
                columns[name] = kept.column(key)
    columns |= {
        "label": table.names(table.labels),
        "class_id": table.labels.tolist(),
        "labelled_by": [record.client if record else "" for record in records],
        "labelled_at": [record.at if record else None for record in records],
        "tool": [record.tool if record else "" for record in records],
        "verified": table.verified.tolist(),
        "gesture": table.owner.tolist(),
        "revision": [record.revision if record else None for record in records],
        "prediction": table.names(table.predictions),
        "confidence": table.confidence.round(4).tolist(),
    }
    for axis, values in zip(AXES, table.latent_mean.T, strict=False):
        columns[f"latent_{axis}"] = values.round(6).tolist()
    if table.latent_log_variance is not None:
        for axis, values in zip(AXES, table.latent_log_variance.T, strict=False):
            columns[f"log_variance_{axis}"] = values.astype(np.float64).round(5).tolist()
    columns["step"] = [table.step] * len(table.items)
    return columns


def their_names(table: Table, own: dict[str, list[Any]]) -> dict[str, str]:
    """Names of the columns that came with the data, and what they are called beside ours: "label" becomes "label_original"."""
    if table.items.table is None:
        return {}
    taken = set(own)
    names: dict[str, str] = {}
    for name in table.items.table.columns:
        free = name
        while free in taken:
            free = f"{free}_original"
        taken.add(free)
        names[name] = free
    return names


def rows(table: Table) -> Iterator[dict[str, Any]]:
    """Every item's columns, ours and those it came with."""
    own = own_columns(table)
    theirs = their_names(table, own)
    kept = table.items.table
    columns = own | {free: kept.column(name) for name, free in theirs.items() if kept is not None}
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def as_csv(table: Table, *, excel: bool = False) -> str:
    """RFC 4180, every text quoted; names are written as they are, also those a spreadsheet would take for a formula.

    `excel`: those get an apostrophe before them, which changes the data, and the file a byte order mark, by which Excel knows UTF-8.
    """
    out = io.StringIO()
    if excel:
        out.write("\ufeff")
    writer: csv.DictWriter[str] | None = None
    for row in rows(table):
        if writer is None:
            writer = csv.DictWriter(out, list(row), quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow({name: _cell(name, excel) for name in row})
        writer.writerow({name: _cell(value, excel) for name, value in row.items()})
    return out.getvalue()


def _cell(value: Any, excel: bool) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    text = as_text(value)
    return f"'{text}" if excel and text.startswith(_FORMULA) else text


def as_jsonl(table: Table) -> str:
    return "".join(
        json.dumps(row, ensure_ascii=False, default=as_text) + "\n" for row in rows(table)
    )


def as_arrow(table: Table) -> "pa.Table":
    """The columns that came with the data keep their types."""
    import pyarrow as pa

    own = own_columns(table)
    kept = table.items.table
    arrays: dict[str, Any] = {name: pa.array(values) for name, values in own.items()}
    for name, free in their_names(table, own).items():
        if kept is not None:
            arrays[free] = kept.table[name]
    return pa.table(arrays)


def as_parquet(table: Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(as_arrow(table), out, compression="zstd")
    return out.getvalue().to_pybytes()


def as_npz(table: Table) -> bytes:
    """X, ids, y and prediction (names, "" for none), verified, confidence, latent_mean, latent_log_variance."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "X": np.asarray(table.items.data),
        "ids": np.array(table.items.ids, str),
        "y": np.array(table.names(table.labels), str),
        "prediction": np.array(table.names(table.predictions), str),
        "verified": table.verified,
        "confidence": table.confidence.astype(np.float32),
        "latent_mean": table.latent_mean.astype(np.float32),
    }
    if table.latent_log_variance is not None:
        arrays["latent_log_variance"] = table.latent_log_variance
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)  # pyright: ignore[reportArgumentType]
    return out.getvalue()
