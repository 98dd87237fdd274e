"""Export of the items' files into one folder per class, a layout that most training code reads."""

import csv
import io
import os
import re
import shutil
from pathlib import Path
from typing import Literal

from lodespace.errors import ProjectError, RequestError
from lodespace.exporting.table import Table
from lodespace.items import decoding, originals
from lodespace.items import table as item_table
from lodespace.items.errors import ItemError
from lodespace.items.paths import inside

Files = Literal["copy", "link", "manifest"]
"""Whether to copy the files, make hard links, or only list the files in manifest.csv."""
UNLABELLED = "_unlabelled"
"""Folder of the items without a label."""


def write(table: Table, folder: Path, files: Files, *, predictions: bool) -> int:
    """Write the items' files into `folder`, with one subfolder per class and `_unlabelled`.

    Args:
        table: Items and labels.
        folder: An empty folder.
        files: "copy" copies the files. "link" makes hard links, which need no space. "manifest"
            writes only the table manifest.csv: id, label and path of the original per item.
        predictions: Put items without a label into the folder of their predicted class.

    Returns:
        The number of items.

    Raises:
        ProjectError: The items have no files, or a sound file cannot be read.
        OSError: A file cannot be written.
    """
    if table.items.kind == "vector":
        raise ProjectError(
            "class folders need items that are files, and these items are vectors; export them as "
            "csv, parquet or npz"
        )
    labels = table.label_or_prediction() if predictions else table.names(table.labels)
    if files == "manifest":
        _write_manifest(table, labels, folder / "manifest.csv")
        return len(labels)
    for item, label in enumerate(labels):
        into = folder / (safe_name(label) if label else UNLABELLED)
        into.mkdir(exist_ok=True)
        _write_file(table, item, into, link=files == "link")
    return len(labels)


def safe_name(name: str) -> str:
    """Convert `name` to a valid name of a file or folder, at most 200 bytes.

    Percent-encodes characters that file names cannot contain, bytes that are not text, and a
    leading ".", "_" or space.
    """
    quoted = "".join(
        c if c not in '/\\:*?"<>|%' and c.isprintable() else "".join(f"%{b:02X}" for b in _bytes(c))
        for c in name
    )
    quoted = f"%{ord(quoted[0]):02X}{quoted[1:]}" if quoted[:1] in (".", "_", " ") else quoted
    return quoted.encode()[:200].decode(errors="ignore")


def _bytes(character: str) -> bytes:
    """Return the bytes of a character of a file name.

    A byte that is not text is stored in a Python string as a surrogate character. The function
    converts this character back to the byte.
    """
    escaped = "\udc80" <= character <= "\udcff"
    return character.encode("utf-8", "surrogateescape" if escaped else "surrogatepass")


def _write_manifest(table: Table, labels: list[str], path: Path) -> None:
    kept, root = table.items.table, table.items.root
    # A path may have bytes that are not text. These bytes are written unchanged.
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "label", "path"])
        for item, (item_id, label) in enumerate(zip(table.items.ids, labels, strict=True)):
            original = kept.value(item_table.PATH, item) if kept is not None else None
            found = "" if original is None or root is None else str(root / os.fsdecode(original))
            writer.writerow([item_id, label, found])


def _write_file(table: Table, item: int, into: Path, *, link: bool) -> None:
    items = table.items
    name = _file_name(items.ids[item], item)
    if items.kind == "sound":
        try:
            wav = originals.sound(items, item)
        except RequestError as error:
            raise ProjectError(str(error)) from error
        _free(into, f"{_without_suffix(name)}.wav", item).write_bytes(wav)
        return
    try:
        _write_original(table, item, into, name, link=link)
    except ItemError:  # the file is missing, or is not a picture
        stem = _without_suffix(name)
        # `_without_suffix` changes only a name with a time, which belongs to a frame of a video.
        stem = Path(name).stem if stem == name else stem
        originals.picture(items, item, 1 << 16).save(_free(into, f"{stem}.png", item), "PNG")


def _without_suffix(name: str) -> str:
    """Return the name of a part of a recording or video, without the suffix of the file.

    The time stays in the name. For example, "rec.wav@0.500" becomes "rec@0.500".
    """
    return re.sub(r"\.[A-Za-z0-9]{1,5}(?=@[0-9.-]+(#[0-9]+)?$)", "", name)


def _write_original(table: Table, item: int, into: Path, name: str, *, link: bool) -> None:
    """Write the original picture of an item. Raises ItemError if there is no such picture.

    A file that does not decode as a picture is not written, because the path in the data set may
    lead to any file on this computer.
    """
    file = originals.open_original(table.items, item)
    if file is None:
        raise ItemError("the item has no original file")
    with file:
        suffix = decoding.suffix_of(file)
        path = None if table.items.table is None else table.items.table.value(item_table.PATH, item)
        own = path if isinstance(path, bytes) and not isinstance(file, io.BytesIO) else None
        if own is not None:
            name = _file_name(os.fsdecode(own), item)
        if Path(name).suffix.lower() not in decoding.SUFFIXES:
            name = f"{name}{suffix}"
        target = _free(into, name, item)
        if link and own is not None and table.items.root is not None:
            os.link(inside(table.items.root, own), os.fsencode(target))
            return
        with target.open("wb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)


def _file_name(item_id: str, item: int) -> str:
    name = safe_name(item_id.replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")
    return name or str(item)


def _free(folder: Path, name: str, item: int) -> Path:
    """Return an unused path in `folder`: `name`, or `name` with the number of the item."""
    path, number = folder / name, f"{item}"
    while path.exists():
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
        number += "-2"
    return path
