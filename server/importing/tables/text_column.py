"""Choice of the column whose texts become the items."""

from collections.abc import Sequence
from typing import Any, Protocol

from lodespace.errors import DatasetError
from lodespace.features.registry import OF_TEXTS
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.cells import text_of
from lodespace.importing.tables.table_rows import short

USUAL = (
    *("text", "sentence", "content", "body", "message", "comment", "review", "tweet", "abstract"),
    *("description", "question", "document", "utterance", "title", "texte", "texto", "satz"),
)
"""Names of columns that usually hold texts, in plain spelling, the most certain first."""
LEAST_WORDS = 3
"""A column is chosen without the option --text only if its cells have this number of words on
average."""


class _Columns(Protocol):
    def asked(self, wanted: str) -> str: ...
    def usual(self, names: Sequence[str]) -> list[str]: ...
    def cells(self, column: str) -> list[Any]: ...


def choose_text(columns: _Columns, options: ImportOptions) -> tuple[str | None, list[Finding]]:
    """Return the column with texts, or None, and findings.

    Without the option --text, the column must have a usual name and contain sentences. Raises
    DatasetError if there is no column with the name in --text, or if texts need an extra that is
    not installed.
    """
    if options.text is not None:
        OF_TEXTS[0].require()
        return columns.asked(options.text), []
    column = sentences_in(columns)
    if column is None:
        return None, []
    if not OF_TEXTS[0].installed():
        raise DatasetError(
            f"the column {short(column)} has texts, which need a pretrained network: "
            f"{OF_TEXTS[0].install_command()}. For other items, give --image or --vector"
        )
    text = f"the texts of the column {short(column)}"
    return column, [Finding("columns", text, option="--text COLUMN")]


def sentences_in(columns: _Columns) -> str | None:
    """Return the column that has a usual name and contains sentences; None if there is no such
    column."""
    for column in columns.usual(USUAL):
        cells = columns.cells(column)
        if not all(isinstance(cell, str) for cell in cells):
            continue
        words = [len(cell.split()) for cell in cells]
        if words and sum(words) >= LEAST_WORDS * len(words):
            return column
    return None


def text_in(cell: Any) -> str:
    """Return the text of a cell, also of bytes or of a list of texts; "" for an empty cell."""
    if isinstance(cell, list):
        return "\n".join(filter(None, map(text_in, cell)))
    if isinstance(cell, bytes):
        return cell.decode(errors="replace")
    return cell if isinstance(cell, str) else text_of(cell) or ""
