"""Texts on contact sheets, for items that are texts."""

import msgspec

from lodespace.items.item_set import ItemSet
from lodespace.items.texts import text_column
from lodespace.protocol import Sheet

LONGEST = 140
"""Largest number of characters of a text on a sheet."""


def with_texts(sheet: Sheet, items: ItemSet) -> Sheet:
    """Return `sheet` with the beginning of each item's text, if the items are texts."""
    column, table = text_column(items), items.table
    if table is None or not column:
        return sheet
    shown = [
        msgspec.structs.replace(one, text=_shortened(str(table.value(column, one.item))))
        for one in sheet.items
    ]
    return msgspec.structs.replace(sheet, items=shown)


def _shortened(text: str) -> str:
    """Return the beginning of a text in one line, cut after a word if possible."""
    line = " ".join(text.split())
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST - 1].rsplit(' ', 1)[0]}…"
