"""The rows of a table, whatever its format."""

import os
from pathlib import Path

from lodespace.importing.folders.folder_files import suffix_of
from lodespace.importing.tables.parquet_rows import ParquetRows
from lodespace.importing.tables.table_rows import CsvRows, JsonRows, Rows
from lodespace.items.paths import walk


def open_rows(path: Path, encoding: str, unpacked: float | None = None) -> Rows:
    """The rows of the table at `path`, or of all Parquet files in the folder `path`.

    `unpacked` is the largest size to which each Parquet file may unpack, in GB (unpacking.py).
    Raises DatasetError.
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
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return CsvRows(path, encoding)
        case ".jsonl" | ".ndjson":
            return JsonRows(path)
        case _:
            return ParquetRows([path], unpacked)
