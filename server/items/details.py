"""Path and columns of an item, as the protocol sends them to the page."""

import json
from typing import Any

from lodespace import protocol
from lodespace.items.item_set import ItemSet

MAX_SHOWN = 1000
"""Largest number of characters of a column's value that are sent to the page."""
MAX_COLUMNS_SHOWN = 500
"""Largest number of columns of an item that are sent to the page. A table may have 30,000."""


def provenance(items: ItemSet, item: int) -> dict[str, Any]:
    """Return the fields of ItemInfo about the source of an item: path, columns, start and end."""
    if items.table is None:
        return {"path": "", "columns": []}
    from lodespace.items.paths import shown

    # Imported here, because the import of pyarrow takes 0.1 s.
    from lodespace.items.table import END, HIGH, LOW, OTHER_LABELS, PATH, START

    path = items.table.value(PATH, item)
    columns = [
        protocol.Column(name=name, value=_shortened(as_text(value)))
        for name, value in items.table.row(item, MAX_COLUMNS_SHOWN).items()
    ]
    for name, key in (
        ("other_labels", OTHER_LABELS),
        ("low_frequency", LOW),
        ("high_frequency", HIGH),
    ):
        value = items.table.value(key, item)
        if value is not None:
            columns.append(protocol.Column(name=name, value=_shortened(as_text(value))))
    start, end = items.table.value(START, item), items.table.value(END, item)
    return {
        "path": "" if path is None else shown(path),
        "columns": columns,
        "start": start,
        "end": end,
    }


def _shortened(text: str) -> str:
    """Return the text, cut to MAX_SHOWN characters. Exports contain the whole text."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def as_text(value: Any) -> str:
    """Return a column's value as text.

    None becomes "". Bytes become a text that states their count. Lists and structures become
    JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    return json.dumps(value, ensure_ascii=False, default=str)
