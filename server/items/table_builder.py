"""Collection of the rows of an import into a table of items."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from lodespace.errors import DatasetError
from lodespace.items.table import OFFSET, OWN_TYPES, ItemTable, python_values

MAX_COLUMNS = 65_536
"""Largest number of columns. Each line of a JSON file can bring new columns."""
_ROWS_AT_ONCE = 2000
_CELLS_AT_ONCE = 4_000_000
"""Largest number of cells, including empty cells, that become Arrow arrays at a time."""
_MOST_FIELDS = 1000
"""Largest number of distinct fields of the structures in a column.

Each field becomes an Arrow array with one value per row. Structures that use ids of items as field
names have so many fields that the arrays would need gigabytes. A column with more fields than the
limit is stored as text.
"""
_DEEPEST = 16
"""Largest depth of nested values in a column. Arrow files can store at most 64 levels."""


class ItemTableBuilder:
    """Collects rows for an ItemTable. `schema` has the column types, if the source states types."""

    def __init__(self, schema: pa.Schema | None = None) -> None:
        # `schema.names` makes a list of all names at each call.
        self.types: dict[str, pa.DataType] = (
            {} if schema is None else {field.name: field.type for field in schema}
        )
        self.rows: list[dict[str, Any]] = []
        self.names: dict[str, str] = {}
        """Maps the name of each column in the source to its name in the table."""
        self.tables: list[pa.Table] = []

    def add(self, own: dict[str, Any], columns: dict[str, Any]) -> None:
        """Add a row with values of Lodespace's own columns and of the source's columns.

        Raises DatasetError if the rows have more than MAX_COLUMNS columns in all.
        """
        row = {self.names.get(name) or self._name(name): value for name, value in columns.items()}
        self.rows.append(row | own)
        if len(self.rows) >= min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // len(self.names or own)):
            self._flush()

    def _name(self, name: str) -> str:
        """Return the name that the new column `name` gets in the table."""
        self.names[name] = f"{name}_" if name in OWN_TYPES else whole_text(name)
        if len(self.names) > MAX_COLUMNS:
            raise DatasetError(
                f"the rows have more than {MAX_COLUMNS:,} different columns; put values that differ"
                " from row to row into one column"
            )
        return self.names[name]

    def _flush(self) -> None:
        names: dict[str, None] = {}
        for row in self.rows:
            names.update(dict.fromkeys(row))
        arrays = {name: self._array(name, [row.get(name) for row in self.rows]) for name in names}
        self.tables.append(pa.table(arrays))
        self.rows = []

    def _array(self, name: str, values: Sequence[Any]) -> pa.Array:
        kind = OWN_TYPES.get(name, self.types.get(name))
        if kind is not None and _levels(kind) > _DEEPEST:
            kind = None
        if kind is not None or _is_flat(values):
            with contextlib.suppress(
                pa.ArrowException, UnicodeEncodeError, TypeError, ValueError, OverflowError
            ):
                return pa.array(values, kind)
        # Values of several types, or invalid text: store them as text.
        return pa.array(
            [None if value is None else whole_text(value) for value in values], pa.string()
        )

    def finish(self) -> ItemTable:
        """Return the table of all rows that were added."""
        if self.rows or not self.tables:
            self._flush()
        try:
            table = pa.concat_tables(self.tables, promote_options="permissive")
        except pa.ArrowException:
            # A column has numbers in some of `tables` and text in others: store the column as text.
            table = pa.concat_tables(
                [_as_texts(table) for table in self.tables], promote_options="permissive"
            )
        return ItemTable(table.combine_chunks())


def joined(table: ItemTable, added: ItemTable, start: int) -> ItemTable:
    """Return `table` followed by the rows of `added`.

    A column that has another type in `added` becomes text. `start` is added to the positions of the
    original pictures in `added`, because these pictures begin at byte `start` of the joined file.
    """
    more = added.table
    if OFFSET in more.column_names and start:
        places = [None if at is None else at + start for at in more[OFFSET].to_pylist()]
        number = more.column_names.index(OFFSET)
        more = more.set_column(number, OFFSET, pa.array(places, pa.int64()))
    try:
        whole = pa.concat_tables([table.table, more], promote_options="permissive")
    except pa.ArrowException:
        texts = [_as_texts(table.table), _as_texts(more)]
        whole = pa.concat_tables(texts, promote_options="permissive")
    return ItemTable(whole)


def whole_text(value: Any) -> str:
    """Return the value as text. Lists and structures become JSON.

    Lone surrogates, which JSON can contain, are escaped.
    """
    if isinstance(value, list | dict):
        try:
            value = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, TypeError, RecursionError):
            return "(nested too deeply)"
    return str(value).encode("utf-8", "backslashreplace").decode()


def _is_flat(values: Sequence[Any]) -> bool:
    """Whether nested values have at most _DEEPEST levels and _MOST_FIELDS distinct fields."""
    fields: set[tuple[str, ...]] = set()
    waiting: list[tuple[Any, tuple[str, ...]]] = [
        (value, ()) for value in values if isinstance(value, list | dict)
    ]
    while waiting:
        value, way = waiting.pop()
        if len(way) >= _DEEPEST:
            return False
        if isinstance(value, dict):
            fields.update((*way, str(name)) for name in value)
            if len(fields) > _MOST_FIELDS:
                return False
            waiting += [
                (part, (*way, str(name)))
                for name, part in value.items()
                if isinstance(part, list | dict)
            ]
        else:
            waiting += [(part, (*way, "")) for part in value if isinstance(part, list | dict)]
    return True


def _levels(kind: pa.DataType) -> int:
    """Return the number of nested levels of a type, at most _DEEPEST + 1.

    Numbers and texts have 0 levels.
    """
    level, types = 0, [kind]
    while level <= _DEEPEST:
        types = [
            t.field(k).type for t in types if pa.types.is_nested(t) for k in range(t.num_fields)
        ]
        if not types:
            break
        level += 1
    return level


def _as_texts(table: pa.Table) -> pa.Table:
    for index, name in enumerate(table.column_names):
        if name not in OWN_TYPES and table[name].type != pa.string():
            values = [
                None if value is None else whole_text(value) for value in python_values(table[name])
            ]
            table = table.set_column(index, name, pa.array(values, pa.string()))
    return table
