"""Choice of the source for the data at a path, by the name and content of the data."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.annotations import annotation_file
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.idx_file import IDX_NAME, from_idx, from_idx_folder
from lodespace.importing.arrays.npy_file import from_npy, from_npy_folder
from lodespace.importing.arrays.npz_file import from_npz
from lodespace.importing.arrays.npz_folder import from_npz_folder
from lodespace.importing.arrays.text_arrays import from_text_folder
from lodespace.importing.arrays.torch_dataset import PREFIX, TorchItems, from_torchvision
from lodespace.importing.folders.unread_formats import conversion_of, kind_and_remedy
from lodespace.importing.pages.page_items import PageItems
from lodespace.importing.shapes.shape_folder import ShapeFolder
from lodespace.importing.sounds import sound_folder
from lodespace.importing.source import ImportOptions, Source
from lodespace.importing.tables.open_rows import rows_of_splits
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import SUFFIXES, table_suffix
from lodespace.importing.tables.tables_beside import PicturesWithTables
from lodespace.importing.videos.video_frames import VideoFrames
from lodespace.items import decoding
from lodespace.items.errors import BadItem
from lodespace.items.formats import VIDEO, Extra, missing_extra
from lodespace.items.paths import shown, suffix_of, walk
from lodespace.shapes.shape import SUFFIXES as SHAPES

READABLE = (
    "a folder of pictures (PNG, JPEG, WebP, TIFF, GIF), sounds (WAV, FLAC, MP3, OGG) or shapes "
    "(PLY, OBJ, STL, GLB, OFF), videos, "
    "a table (.csv, .tsv, .xlsx, .json, .jsonl, .parquet, .feather), arrays (.npy, .npz, IDX), or "
    "torchvision:NAME"
)
_ARRAYS = frozenset({".npy", ".npz"})
_ALONE = SUFFIXES - {".txt", ".json"}
"""A table with one of these suffixes is read if it is the only table or array in a folder."""
_MOST_LISTED = 8
"""Largest number of tables and arrays that an error names."""
_LOOKED_AT = 10_000
"""Largest number of files in a folder that are counted by kind."""


def source_for(data: "str | Source", options: ImportOptions) -> Source:
    """Return the source for `data`: a path, torchvision:NAME, or a source.

    A source of arrays gets the option --range from `options`. Raises DatasetError.
    """
    source = open_source(data, options) if isinstance(data, str) else data
    if isinstance(source, ArrayItems | TorchItems):
        source.set_range(options.range)
    return source


def open_source(data: str, options: ImportOptions) -> Source:
    """Return the source for `data`: a path, or torchvision:NAME.

    Raises DatasetError with a message that lists the kinds of data that can be read.
    """
    if data.startswith(PREFIX):
        return from_torchvision(data, options)
    path = Path(data)
    if path.is_dir():
        return _of_folder(path, options)
    if not path.exists():
        raise DatasetError(f"{data} does not exist; give {READABLE}")
    if not path.is_file():
        raise DatasetError(f"{data} is not a regular file; give {READABLE}")
    if path.stat().st_size == 0:
        raise DatasetError(f"{data}: the file is empty")
    suffix = path.suffix.lower()
    if table_suffix(path) and annotation_file.names_sounds(path, options, sound_folder.SUFFIXES):
        return sound_folder.SoundFolder(options.root or path.parent, options, path)
    if table_suffix(path):
        return Table(path, options)
    if suffix == ".npy":
        return from_npy(path, options)
    if suffix == ".npz":
        return from_npz(path, options.unpacked, options)
    if IDX_NAME.match(path.name):
        return from_idx(path, options.unpacked)
    if suffix in VIDEO.suffixes:
        return VideoFrames(path, options)
    if suffix in sound_folder.SUFFIXES:
        raise DatasetError(
            f"{data} is a single recording; give the folder that contains it. A recording becomes "
            "one item per window, and --window SECONDS sets the length of a window"
        )
    if suffix in decoding.SUFFIXES:
        pages = PageItems(path, options)
        if pages.count > 1:
            return pages
        if pages.count == 0:
            raise DatasetError(f"{data} is damaged, or not a picture; give {READABLE}")
        raise DatasetError(
            f"{data} is a single picture, and a project needs at least two; give a folder of "
            "pictures, or a file with several pages"
        )
    if suffix in SHAPES:
        raise DatasetError(
            f"{data} is a single shape, and a project needs at least two; give a folder of shapes"
        )
    remedy = kind_and_remedy(suffix)[1] or conversion_of(suffix)
    raise DatasetError(
        f"{data}: files of the kind '{suffix or path.name}' cannot be read; "
        + (remedy or f"give {READABLE}")
    )


def _of_folder(path: Path, options: ImportOptions) -> Source:
    """Return the source for the most frequent kind of file in a folder.

    The kinds are pictures, sounds, videos, shapes and Parquet files. A folder without such files
    can contain one table per split, or a single table or array.
    """
    counts = {"pictures": 0, "sounds": 0, "tables": 0, "videos": 0, "shapes": 0}
    missing: Counter[Extra] = Counter()
    others: Counter[str] = Counter()
    single: list[bytes] = []
    tables: list[Path] = []
    picture: bytes | None = None
    for number, found in enumerate(walk(path)):
        if isinstance(found, BadItem):
            continue
        suffix = suffix_of(found)
        if suffix in decoding.SUFFIXES:
            counts["pictures"], picture = counts["pictures"] + 1, found
        counts["sounds"] += suffix in sound_folder.SUFFIXES
        counts["tables"] += suffix == ".parquet"
        counts["videos"] += suffix in VIDEO.suffixes and VIDEO.installed()
        counts["shapes"] += suffix in SHAPES
        extra = missing_extra(suffix)
        if extra is not None:
            missing[extra] += 1
        others[suffix] += 1
        name = Path(os.fsdecode(found))
        if suffix in _ARRAYS or IDX_NAME.match(name.name) or table_suffix(name) in _ALONE:
            single.append(found)
        if table_suffix(name):
            tables.append(path / name)
        if number >= _LOOKED_AT:
            break
    kind = max(counts, key=lambda key: counts[key])
    if counts[kind] == 0 and missing:
        extra, files = missing.most_common(1)[0]
        raise DatasetError(
            f"{files:,} files in {path} ({', '.join(sorted(extra.suffixes)[:3])}, ...) cannot be "
            f"read yet: run {extra.command()}"
        )
    if counts[kind] == 0 and len(single) == 1:
        return open_source(str(path / os.fsdecode(single[0])), options)
    if counts[kind] == 0 and rows_of_splits(tables, options) is not None:
        return Table(path, options)
    arrays = _of_arrays(path, single, tables, options) if counts[kind] == 0 else None
    if arrays is not None:
        return arrays
    if counts[kind] == 0:
        raise DatasetError(_of_torchvision(path) or _unread(path, single, others))
    if kind == "videos":
        return VideoFrames(path, options)
    if kind == "shapes":
        return ShapeFolder(path, options)
    if kind == "tables":
        return Table(path, options)
    if kind == "sounds":
        return sound_folder.SoundFolder(path, options)
    if counts["pictures"] == 1 and picture is not None:
        pages = PageItems(path / os.fsdecode(picture), options)
        if pages.count > 1:
            return pages
    return PicturesWithTables(path, options)


def _of_arrays(
    path: Path, found: Sequence[bytes], tables: Sequence[Path], options: ImportOptions
) -> Source | None:
    """Return the source for several arrays in a folder; None if the names do not state what each
    array is.
    """
    files = [path / os.fsdecode(name) for name in found]
    idx = [file for file in files if IDX_NAME.match(file.name)]
    if idx:
        return from_idx_folder(path, idx, options.unpacked)
    arrays = [file for file in files if file.suffix in _ARRAYS]
    kinds = {(file.parent, file.suffix) for file in arrays}
    if len(kinds) == 1:
        of_folder = from_npy_folder if arrays[0].suffix == ".npy" else from_npz_folder
        return of_folder(path, arrays, options)
    texts = sorted(table for table in tables if table.suffix == ".txt")
    return None if found else from_text_folder(path, texts, options)


def _of_torchvision(path: Path) -> str:
    """Return advice on how to read a folder that torchvision unpacked; "" for any other folder."""
    names = {"cifar-10-batches-py": "CIFAR10", "cifar-100-python": "CIFAR100"}
    for name, known in names.items():
        for folder in (path.resolve(), path.resolve() / name):
            if folder.name == name and folder.is_dir():
                return (
                    f"{path} holds pickled files, which can run code and are not opened; give "
                    f"{PREFIX}{known} as DATA, with --root FOLDER, the folder that holds {name}"
                )
    return ""


def _unread(path: Path, single: Sequence[bytes], others: Counter[str]) -> str:
    """Return why the folder `path` is not read, and what to do.

    The folder has no pictures, sounds or videos. `single` are its tables and arrays, and `others`
    has the number of other files by suffix.
    """
    if single:
        arrays = [name for name in single if b"labels" not in name.rpartition(b"/")[2]]
        listed = arrays or list(single)
        names = ", ".join(map(shown, listed[:_MOST_LISTED]))
        names += ", ..." if len(listed) > _MOST_LISTED else ""
        text = f"{path} holds several tables or arrays; give one of them as DATA: {names}"
        unread = next((suffix for suffix in others if conversion_of(suffix)), "")
        if unread:
            files = "1 file is" if others[unread] == 1 else f"{others[unread]:,} files are"
            text += f". {files} {unread}: {conversion_of(unread)}"
        return text
    text = f"no file in {path} can be read"
    for suffix, count in others.most_common(2):
        kind, remedy = kind_and_remedy(suffix)
        remedy = remedy or conversion_of(suffix)
        files = "1 file is" if count == 1 else f"{count:,} files are"
        text += f"; {files} {kind}" + (f": {remedy}" if remedy else "")
    return f"{text}; give {READABLE}"
