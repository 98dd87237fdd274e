"""The interface of the rows of a table, and the suffixes of tables."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lodespace.importing.finding import Finding
from lodespace.items.errors import BadItem

TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", ".data"})
"""Text files with one row per line."""
JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
PACKED_SUFFIX = ".gz"
"""Suffix of a table of text or JSON that is compressed: .csv.gz."""
SUFFIXES = TEXT_SUFFIXES | JSON_SUFFIXES | {".parquet", ".pq", ".feather", ".arrow", ".xlsx"}
SNIFFED_ROWS = 50
"""Number of rows that are read before the import to find the columns and their content."""
_LONGEST_NAME = 40

Row = dict[str, Any]


class Rows(ABC):
    """Rows of a table. A row is a dictionary from column name to cell."""

    has_names = True
    """Whether the table names its columns."""
    comma_separates = False
    """Whether commas separate the cells, and are therefore not the decimal marks of numbers."""
    other_sheets: Sequence[str] = ()
    """Names of the workbook's sheets that have rows but are not read."""
    splits_from = ""
    """Where the column `split` comes from, if it is not a column of the table."""

    def __init__(
        self, columns: Sequence[str], schema: pa.Schema | None = None, count: int | None = None
    ) -> None:
        self.columns = list(columns)
        """Column names, in the order of the table."""
        self.schema = schema
        """Types of the columns. None if the file does not state types."""
        self.count = count
        """Number of rows. None if the file does not state the number."""
        self.findings: list[Finding] = []
        """How the file was understood, if that is not evident."""

    @property
    def width(self) -> int:
        """Number of columns in the file.

        A column `split` that is made from file names is not counted.
        """
        return len(self.columns) - bool(self.splits_from)

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        """Yield (name of the row for messages, row), or the reason why a row cannot be read."""


def may_have_labels(name: str) -> bool:
    """Whether a file can have labels: False for sample_submission.csv and the like.

    Such files show how to hand in predictions.
    """
    return "submission" not in name.rpartition("/")[2].lower()


def table_suffix(path: Path) -> str:
    """Return the suffix of a table in lower case, without the suffix .gz, such as .csv for
    t.csv.gz.

    Empty if tables do not have this suffix.
    """
    inner = path.with_suffix("") if path.suffix.lower() == PACKED_SUFFIX else path
    suffix = inner.suffix.lower()
    if inner is not path and suffix not in TEXT_SUFFIXES | JSON_SUFFIXES:
        return ""
    return suffix if suffix in SUFFIXES else ""


def table_name(path: Path) -> str:
    """Return the name of a table without its suffixes."""
    return path.with_suffix("").stem if path.suffix.lower() == PACKED_SUFFIX else path.stem


def short(name: str) -> str:
    """Return a column's name for a message, cut to 40 characters."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
