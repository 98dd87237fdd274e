"""Export of the items' files into one folder per class, a layout that most training code reads."""

import csv
import os
import shutil
from pathlib import Path
from typing import Literal

from lodespace.errors import ProjectError, RequestError
from lodespace.exporting.table import Table
from lodespace.items import originals
from lodespace.items import table as item_table
from lodespace.items.errors import ItemError
from lodespace.items.paths import inside

Files = Literal["copy", "link", "manifest"]
"""Copy the files, make hard links, or only list the files in manifest.csv."""
UNLABELLED = "_unlabelled"
"""Folder of the items without a label."""
_SIGNATURES = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"RIFF": ".webp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
}
"""Suffix of a picture file, by the first bytes of the file."""


def write(table: Table, folder: Path, files: Files, *, predictions: bool) -> int:
    """Write the items' files into `folder`, with one subfolder per class and `_unlabelled`.

    Args:
        table: Items and labels.
        folder: An empty folder.
        files: "copy"; "link" for hard links, which need no space; or "manifest" for manifest.csv
            alone, with id, label and path of the original per item.
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

    Characters that file names cannot contain, and a leading ".", "_" or space, are percent-encoded.
    """
    quoted = "".join(
        c
        if c not in '/\\:*?"<>|%' and c.isprintable()
        else "".join(f"%{b:02X}" for b in c.encode())
        for c in name
    )
    quoted = f"%{ord(quoted[0]):02X}{quoted[1:]}" if quoted[:1] in (".", "_", " ") else quoted
    return quoted.encode()[:200].decode(errors="ignore")


def _write_manifest(table: Table, labels: list[str], path: Path) -> None:
    kept = table.items.table
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "label", "path"])
        for item, (item_id, label) in enumerate(zip(table.items.ids, labels, strict=True)):
            original = kept.value(item_table.PATH, item) if kept is not None else None
            relative = "" if original is None or table.items.root is None else os.fsdecode(original)
            writer.writerow(
                [
                    item_id,
                    label,
                    str(table.items.root / relative) if relative and table.items.root else "",
                ]
            )


def _write_file(table: Table, item: int, into: Path, *, link: bool) -> None:
    items = table.items
    name = _file_name(items.ids[item], item)
    if items.kind == "sound":
        try:
            _free(into, f"{Path(name).stem}.wav", item).write_bytes(originals.sound(items, item))
        except RequestError as error:
            raise ProjectError(str(error)) from error
        return
    original = _original_path(table, item)
    if original is not None:
        target = _free(into, _file_name(os.fsdecode(original), item), item)
        if link:
            os.link(original, target)
        else:
            shutil.copyfile(original, target)
        return
    raw = originals.raw(items, item)
    if raw is not None:
        suffix = next(
            (suffix for begin, suffix in _SIGNATURES.items() if raw.startswith(begin)), ""
        )
        _free(into, f"{Path(name).stem}{suffix}", item).write_bytes(raw)
    else:
        originals.picture(items, item, 1 << 16).save(
            _free(into, f"{Path(name).stem}.png", item), "PNG"
        )


def _original_path(table: Table, item: int) -> bytes | None:
    items = table.items
    path = items.table.value(item_table.PATH, item) if items.table is not None else None
    if path is None or items.root is None:
        return None
    try:
        real = inside(items.root, path)
    except ItemError:
        return None
    return real if Path(os.fsdecode(real)).is_file() else None


def _file_name(item_id: str, item: int) -> str:
    name = safe_name(item_id.replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")
    return name or str(item)


def _free(folder: Path, name: str, item: int) -> Path:
    """An unused path in `folder`: `name`, or `name` with the number of the item."""
    path = folder / name
    return path if not path.exists() else folder / f"{Path(name).stem}-{item}{Path(name).suffix}"
