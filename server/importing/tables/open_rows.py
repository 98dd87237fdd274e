"""The rows of a table, whatever its format."""

import os
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.folders.folder_files import suffix_of
from lodespace.importing.tables.csv_rows import CsvRows
from lodespace.importing.tables.feather_rows import FeatherRows
from lodespace.importing.tables.json_rows import JsonRows
from lodespace.importing.tables.parquet_rows import ParquetRows
from lodespace.importing.tables.sheet_rows import SheetRows
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
    """The rows of the table at `path`, or of all Parquet files in the folder `path`.

    Args:
        path: The table, or a folder of Parquet files.
        encoding: Encoding of a text file. None: by byte order mark, or by trial.
        unpacked: Largest size to which each file may unpack, in GB (unpacking.py).
        sheet: Sheet of an Excel workbook. None: the first sheet with rows.

    Raises:
        DatasetError: The table cannot be read.
    """
    if path.is_dir():
        return ParquetRows(
            [
                path / os.fsdecode(p)
                for p in walk(path)
                if isinstance(p, bytes) and suffix_of(p) == ".parquet"
            ],
            unpacked,
        )
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
