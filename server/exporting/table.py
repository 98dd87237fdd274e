"""Labels and predictions as a table with one row per item, and all columns of the imported data.

The imported data are called the source.
"""

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lodespace.items.details import as_text
from lodespace.items.item_set import ItemSet
from lodespace.items.original_order import OriginalOrder
from lodespace.protocol import UNLABELED
from lodespace.session.label_history import GestureRecord
from lodespace.session.session import AnnotationSession

if TYPE_CHECKING:
    import pyarrow as pa

AXES = "xyz"
ROWS_AT_ONCE = 10_000
"""Largest number of rows that exist as Python objects at the same time."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of cells that a spreadsheet reads as formulas."""


@dataclass(frozen=True)
class Table:
    """Labels and predictions copied from a session, for use in another thread.

    Arrays have one row per item, in the order of the original data.
    """

    original: OriginalOrder
    """The items, and their numbers in the session."""
    class_names: dict[int, str]
    """Class names by class id. The name of UNLABELED is ""."""
    labels: npt.NDArray[np.int16]
    """Class ids of the labels, (N,), UNLABELED (-1) for an item without a label."""
    owner: npt.NDArray[np.int64]
    """Number of the gesture or rule that gave the label, (N,); 0 for an item without a label, and
    for a label that was weighed together from several votes."""
    verified: npt.NDArray[np.bool_]
    """Whether a person has looked at each item, (N,)."""
    predictions: npt.NDArray[np.int16]
    """Predicted class ids, (N,), UNLABELED (-1) for an item without a prediction."""
    confidence: npt.NDArray[np.float64]
    """Probability of the predicted class, (N,)."""
    latent_mean: npt.NDArray[np.float64]
    """Latent means, (N, D)."""
    gestures: dict[int, GestureRecord]
    """Gestures and rules that labelled items, by number. `owner` has the number for each item."""
    step: int = 0
    """Training step at which predictions and latent means were computed."""
    latent_log_variance: npt.NDArray[np.float32] | None = None
    """Latent log-variances, (N, D). None if no model has been trained."""
    first: int = 0
    """Row, in the whole table, of the first item of this table.

    It is 0 unless this table is one of the parts that `parts` returns.
    """

    @property
    def items(self) -> ItemSet:
        """The items, in the order of the original data."""
        return self.original.items

    def __len__(self) -> int:
        return len(self.labels)

    def parts(self) -> "Iterator[Table]":
        """Yield the rows in parts of ROWS_AT_ONCE, so that few rows are converted at a time.

        A table without rows has one part.
        """
        for first in range(0, max(1, len(self)), ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            variance = self.latent_log_variance
            yield replace(
                self,
                labels=self.labels[rows],
                owner=self.owner[rows],
                verified=self.verified[rows],
                predictions=self.predictions[rows],
                confidence=self.confidence[rows],
                latent_mean=self.latent_mean[rows],
                latent_log_variance=None if variance is None else variance[rows],
                first=first,
            )

    @classmethod
    def of(
        cls, session: AnnotationSession, latent_log_variance: npt.NDArray[np.float32] | None = None
    ) -> "Table":
        """Return a copy of the current state of `session`.

        `latent_log_variance` (N, D) is in the order of the session's items.
        """
        owner = session.owner
        original = OriginalOrder(session.items)
        rows = slice(None) if original.numbers is None else original.numbers
        return cls(
            original=original,
            class_names={c.class_id: c.name for c in session.classes.classes} | {UNLABELED: ""},
            labels=session.labels[rows].copy(),
            owner=owner[rows].copy(),
            verified=session.verified[rows],
            predictions=session.scores.prediction[rows].copy(),
            confidence=session.scores.confidence[rows] / 255,
            latent_mean=session.grid.latent_mean()[rows],
            gestures={k: _record(session, k) for k in np.unique(owner).tolist() if k},
            step=session.grid.step,
            latent_log_variance=None if latent_log_variance is None else latent_log_variance[rows],
        )

    def names(self, class_ids: npt.NDArray[np.int16]) -> list[str]:
        """Return the class name per item, "" for an item without a class."""
        return [self.class_names.get(c, "") for c in class_ids.tolist()]

    def label_or_prediction(self) -> list[str]:
        """Return the class name of each item's label.

        An item without a label has the name of its predicted class, or "" without a prediction.
        """
        return self.names(np.where(self.labels == UNLABELED, self.predictions, self.labels))

    def labels_of(self, item: int) -> list[str]:
        """Return the label of an item, followed by the further labels that came with the data.

        Return an empty list for an item without a label.
        """
        from lodespace.items import table as item_table  # the import of pyarrow takes 0.1 s

        label = self.class_names.get(int(self.labels[item]), "")
        kept = self.items.table
        others = None if kept is None else kept.value(item_table.OTHER_LABELS, item)
        if not label:
            return []
        return list(dict.fromkeys([label, *others.split("|")])) if others else [label]


def _record(session: AnnotationSession, number: int) -> GestureRecord:
    """Return a gesture. A rule is returned as a gesture of the tool "rule"."""
    rule = session.rules.get(number)
    if rule is None:
        return session.history.gestures[number]
    return GestureRecord(
        number, rule.class_id, rule.votes.items, rule.author, rule.at, revision=0, tool="rule"
    )


def own_columns(table: Table) -> dict[str, list[Any]]:
    """Return Lodespace's own columns by name, such as item, id, path, label, latent_x and step.

    `item` is the row of the item in the original data. `number` is the number of the item in the
    session. The column `number` is left out if each item has the same number as its row.

    Each row becomes several Python objects, so call this function with a part of a large table.
    """
    from lodespace.items import table as item_table  # the import of pyarrow takes 0.1 s
    from lodespace.items.paths import shown

    kept, first, count = table.items.table, table.first, len(table)
    records = [table.gestures.get(k) for k in table.owner.tolist()]
    columns: dict[str, list[Any]] = {
        "item": list(range(first, first + count)),
        "id": table.items.ids[first : first + count],
    }
    if table.original.numbers is not None:
        columns["number"] = table.original.numbers[first : first + count].tolist()
    if kept is not None and item_table.PATH in kept.table.column_names:
        columns["path"] = [
            None if path is None else shown(path)
            for path in kept.column(item_table.PATH, first, count)
        ]
    if kept is not None:
        for name, key in (
            ("split", item_table.SPLIT),
            ("start", item_table.START),
            ("end", item_table.END),
            ("low_frequency", item_table.LOW),
            ("high_frequency", item_table.HIGH),
            ("other_labels", item_table.OTHER_LABELS),
        ):
            if key in kept.table.column_names:
                columns[name] = kept.column(key, first, count)
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
    columns["step"] = [table.step] * count
    return columns


def source_names(table: Table, own: Iterable[str]) -> dict[str, str]:
    """Return a dictionary from each column name in the source to the column name in the export.

    A column with the same name as one of Lodespace's `own` columns gets a suffix: "label" becomes
    "label_original".
    """
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
    """Yield {column: value} per item: Lodespace's own columns, then the columns of the source."""
    kept = table.items.table
    for part in table.parts():
        columns = own_columns(part)
        for name, free in source_names(part, columns).items():
            if kept is not None:
                columns[free] = kept.column(name, part.first, len(part))
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True))


def as_csv(table: Table, *, excel: bool = False) -> str:
    """Return the table as CSV (see `csv_parts`)."""
    return "".join(csv_parts(table, excel=excel))


def csv_parts(table: Table, *, excel: bool = False) -> Iterator[str]:
    """Yield the table as parts of a CSV file (RFC 4180) with every text quoted.

    With `excel`, texts that a spreadsheet would read as formulas get an apostrophe in front, and
    the file begins with the byte order mark by which Excel recognises UTF-8. Without
    `excel`, texts are unchanged.
    """
    out = io.StringIO()
    if excel:
        out.write("\ufeff")
    writer: csv.DictWriter[str] | None = None
    for number, row in enumerate(rows(table), 1):
        if writer is None:
            writer = csv.DictWriter(out, list(row), quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow({name: _cell(name, excel) for name in row})
        writer.writerow({name: _cell(value, excel) for name, value in row.items()})
        if number % ROWS_AT_ONCE == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _cell(value: Any, excel: bool) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    text = as_text(value)
    return f"'{text}" if excel and text.startswith(_FORMULA) else text


def as_jsonl(table: Table) -> str:
    """Return the table as JSON lines: one JSON object per item."""
    return "".join(jsonl_parts(table))


def jsonl_parts(table: Table) -> Iterator[str]:
    """Yield the table as parts of a file of JSON lines: one JSON object per item."""
    lines = (json.dumps(row, ensure_ascii=False, default=as_text) + "\n" for row in rows(table))
    while part := "".join(itertools.islice(lines, ROWS_AT_ONCE)):
        yield part


def as_arrow(table: Table) -> "pa.Table":
    """Return the table as an Arrow table. The columns of the source keep their types."""
    import pyarrow as pa

    kept = table.items.table
    made = [pa.table(own_columns(part)) for part in table.parts()]
    # If a column has no value in a part, it has no type there, and gets the type of other parts.
    arrow = pa.concat_tables(made, promote_options="default").combine_chunks()
    for name, free in source_names(table, arrow.column_names).items():
        if kept is not None:
            arrow = arrow.append_column(free, kept.table[name])
    return arrow


def as_parquet(table: Table) -> bytes:
    """Return the table as a Parquet file, compressed with zstd."""
    import pyarrow as pa

    from lodespace.items.table import python_values

    arrow = as_arrow(table)
    try:
        return parquet_bytes(arrow)
    except pa.ArrowException:  # Parquet has no type for empty structures, for example
        for index, field in enumerate(arrow.schema):
            if pa.types.is_nested(field.type):
                texts = [
                    None if value is None else as_text(value)
                    for value in python_values(arrow[index])
                ]
                arrow = arrow.set_column(index, field.name, pa.array(texts, pa.string()))
        return parquet_bytes(arrow)


def parquet_bytes(arrow: "pa.Table") -> bytes:
    """Return `arrow` as a Parquet file, compressed with zstd."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(arrow, out, compression="zstd")
    return out.getvalue().to_pybytes()
