"""Choice of the source for the data at a path, by the name and content of the data."""

from collections import Counter
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.annotations import annotation_file
from lodespace.importing.arrays.array_items import IDX_NAME, from_idx
from lodespace.importing.arrays.npz_file import from_npy, from_npz
from lodespace.importing.arrays.torch_dataset import PREFIX, from_torchvision
from lodespace.importing.folders.folder_files import suffix_of
from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.sounds import sound_folder
from lodespace.importing.source import ImportOptions, Source
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import table_suffix
from lodespace.importing.videos.video_frames import VideoFrames
from lodespace.items import decoding
from lodespace.items.errors import BadItem
from lodespace.items.formats import VIDEO, Extra, missing_extra
from lodespace.items.paths import walk

READABLE = (
    "a folder of pictures (PNG, JPEG, WebP, TIFF, GIF) or sounds (WAV, FLAC, MP3, OGG), videos, "
    "a table (.csv, .tsv, .jsonl, .parquet), arrays (.npy, .npz, IDX), or torchvision:NAME"
)
_LOOKED_AT = 10_000
"""Largest number of files in a folder that are counted by kind."""


def open_source(data: str, options: ImportOptions) -> Source:
    """The source for `data`: a path, or torchvision:NAME.

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
    if suffix in decoding.SUFFIXES or suffix in sound_folder.SUFFIXES:
        raise DatasetError(f"{data} is a single item; give the folder that contains the file")
    raise DatasetError(
        f"{data}: files of the kind '{suffix or path.name}' cannot be read; give {READABLE}"
    )


def _of_folder(path: Path, options: ImportOptions) -> Source:
    """The source for the most frequent kind of file in a folder.

    The kinds are pictures, sounds, videos and Parquet files.
    """
    counts = {"pictures": 0, "sounds": 0, "tables": 0, "videos": 0}
    missing: Counter[Extra] = Counter()
    for number, found in enumerate(walk(path)):
        if isinstance(found, BadItem):
            continue
        suffix = suffix_of(found)
        counts["pictures"] += suffix in decoding.SUFFIXES
        counts["sounds"] += suffix in sound_folder.SUFFIXES
        counts["tables"] += suffix == ".parquet"
        counts["videos"] += suffix in VIDEO.suffixes and VIDEO.installed()
        extra = missing_extra(suffix)
        if extra is not None:
            missing[extra] += 1
        if number >= _LOOKED_AT:
            break
    kind = max(counts, key=lambda key: counts[key])
    if counts[kind] == 0 and missing:
        extra, files = missing.most_common(1)[0]
        raise DatasetError(
            f"{files:,} files in {path} ({', '.join(sorted(extra.suffixes)[:3])}, ...) are read "
            f"after {extra.command()}"
        )
    if counts[kind] == 0:
        raise DatasetError(f"no file in {path} can be read; give {READABLE}")
    if kind == "videos":
        return VideoFrames(path, options)
    if kind == "tables":
        return Table(path, options)
    if kind == "sounds":
        return sound_folder.SoundFolder(path, options)
    return PictureFolder(path, options)
