"""Items that are texts of a table."""

from lodespace.items.item_set import ItemSet


def text_column(items: ItemSet) -> str:
    """Return the name of the column with the texts; "" if the items are not texts."""
    column = items.details.get("text")
    known = items.table is not None and column in items.table.columns
    return column if known and isinstance(column, str) else ""
