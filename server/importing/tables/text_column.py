"""Choice of the column whose texts become the items."""

from collections.abc import Sequence
from typing import Any, Protocol

from lodespace.features.registry import OF_TEXTS
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions
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

    Without the option --text, it is a column with a usual name and with sentences. Raises
    DatasetError if the column of --text does not exist, or if the extra is missing that reads it.
    """
    if options.text is not None:
        OF_TEXTS[0].require()
        return columns.asked(options.text), []
    for column in columns.usual(USUAL):
        cells = columns.cells(column)
        if not all(isinstance(cell, str) for cell in cells):
            continue
        words = [len(cell.split()) for cell in cells]
        if words and sum(words) >= LEAST_WORDS * len(words):
            OF_TEXTS[0].require()
            text = f"the texts of the column {short(column)}"
            return column, [Finding("columns", text, option="--text COLUMN")]
    return None, []
