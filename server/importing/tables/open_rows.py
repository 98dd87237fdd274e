"""Opening of the rows of a table in any format."""

import os
from collections.abc import Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.csv_rows import CsvRows
from lodespace.importing.tables.feather_rows import FeatherRows
from lodespace.importing.tables.json_rows import JsonRows
from lodespace.importing.tables.parquet_rows import ParquetRows
from lodespace.importing.tables.sheet_rows import SheetRows
from lodespace.importing.tables.split_rows import Part, SplitRows, are_alike, split_tables
from lodespace.importing.tables.table_rows import (
    JSON_SUFFIXES,
    TEXT_SUFFIXES,
    Rows,
    table_suffix,
)
from lodespace.items.paths import walk


def open_rows(
    path: Path,
    encoding: str | None = None,
    unpacked: float | None = None,
    sheet: str | None = None,
) -> Rows:
    """Return the rows of the table at `path`, or of the tables in the folder `path`.

    In a folder, all Parquet files are read, or else the tables of splits (split_rows.py).

    Args:
        path: The table, or a folder of tables.
        encoding: Encoding of a text file. None: found by byte order mark, or by trial.
        unpacked: Largest size to which each file may unpack, in GB (unpacking.py).
        sheet: Sheet of an Excel workbook. None: the first sheet with rows.

    Raises:
        DatasetError: The table cannot be read.
    """
    if path.is_dir():
        found = [path / os.fsdecode(p) for p in walk(path) if isinstance(p, bytes)]
        parquet = [file for file in found if file.suffix.lower() == ".parquet"]
        if parquet:
            return ParquetRows(parquet, unpacked)
        options = ImportOptions(encoding=encoding, unpacked=unpacked, sheet=sheet)
        joined = rows_of_splits(found, options)
        if joined is None:
            raise DatasetError(f"{path} is not a table")
        return joined
    suffix = table_suffix(path)
    if suffix in TEXT_SUFFIXES:
        return CsvRows(path, encoding, unpacked)
    if suffix in JSON_SUFFIXES:
        return JsonRows(path, unpacked)
    match suffix:
        case ".xlsx":
            return SheetRows(path, sheet, unpacked)
        case ".feather" | ".arrow":
            return FeatherRows(path, unpacked)
        case ".parquet" | ".pq":
            return ParquetRows([path], unpacked)
        case _:
            raise DatasetError(f"{path} is not a table")


def rows_of_splits(files: Sequence[Path], options: ImportOptions) -> SplitRows | None:
    """The rows of the tables among `files` that are splits of one data set, such as train.csv.

    None if there are no such tables, or if their columns differ.
    """
    tables = [file for file in files if table_suffix(file)]
    found = split_tables(tables)
    try:
        parts = [
            Part(split, path, open_rows(path, options.encoding, options.unpacked, options.sheet))
            for path, split in found.items()
        ]
    except DatasetError:
        return None
    if not parts or not are_alike(parts):
        return None
    others = [path for path in tables if path not in found and path.suffix.lower() != ".txt"]
    return SplitRows(parts, others)
