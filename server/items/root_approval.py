"""Local record of the folders from which data sets on this computer may read original files.

A data set names the folder of its original files and the path of each file. The author of the data
set chose the folder and the paths. Therefore the server reads these files only if the record has an
entry for the data set. The record is in the state folder of the user, outside of all projects. So
it has no entry for a project that was copied or came from somebody else.
"""

import fcntl
import hashlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from lodespace.config import state_folder
from lodespace.errors import DatasetError
from lodespace.files import write_private
from lodespace.items.errors import ItemError
from lodespace.items.paths import inside, shown
from lodespace.json_input import JsonError, json_value

if TYPE_CHECKING:
    from lodespace.items.table import ItemTable

RECORD = "originals.json"
"""Name of the record in the state folder."""
_MOST_ENTRIES = 2000
"""Largest number of approvals in the record. The oldest approvals are dropped first."""
_MOST_BYTES = 16 << 20
"""Largest size of the record in bytes. A larger file was not written by Lodespace."""


class Approval(msgspec.Struct, kw_only=True):
    """The permission for one data set to read the original files in `root`."""

    folder: str
    """Real path of the data set folder."""
    device: int
    """Device number of the data set folder."""
    inode: int
    """Inode number of the data set folder. The number stays the same when the folder is renamed."""
    paths: str
    """SHA-256 of the paths of all items (`paths_digest`)."""
    root: str
    """Real path of the folder of the original files."""
    at: float
    """Time of the approval, in seconds since the Unix epoch."""


def approved_root(folder: Path, table: "ItemTable | None") -> Path | None:
    """Return the folder from which the data set in `folder` may read original files.

    Returns None if no approval applies to the data set.

    A stored `Approval` applies to the data set if two conditions hold. First, the approval has the
    real path of the data set folder, or the device and inode of this folder. Second, the approval
    was given for the same item paths. Therefore no approval applies to a copy in another folder, or
    to files that were not approved.
    """
    if table is None or not table.has_paths:
        return None
    entries = _read()
    if not entries:
        return None
    try:
        place = folder.stat()
        real = os.path.realpath(folder)
    except (OSError, ValueError):
        return None
    here = [
        entry
        for entry in entries
        if entry.folder == real or (entry.device, entry.inode) == (place.st_dev, place.st_ino)
    ]
    if not here:
        return None
    digest = paths_digest(table)
    found = [entry for entry in here if entry.paths == digest]
    return Path(found[-1].root) if found else None


def approve(folder: Path, table: "ItemTable | None", root: Path) -> None:
    """Record that the data set in `folder` may read the original files in `root`.

    Raises OSError or LodespaceError if the record cannot be written.
    """
    if table is None or not table.has_paths:
        return
    place = folder.stat()
    entry = Approval(
        folder=os.path.realpath(folder),
        device=place.st_dev,
        inode=place.st_ino,
        paths=paths_digest(table),
        root=os.path.realpath(root),
        at=time.time(),
    )
    state = state_folder()
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / f".{RECORD}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = [
            other
            for other in _read()
            if other.folder != entry.folder
            and (other.device, other.inode) != (entry.device, entry.inode)
        ]
        kept = [*others, entry][-_MOST_ENTRIES:]
        # json is used, because msgspec cannot encode the surrogates of a path that is not valid
        # text.
        text = json.dumps([msgspec.to_builtins(one) for one in kept], indent=1)
        write_private(state / RECORD, text.encode())


def checked_root(root: Path, table: "ItemTable | None") -> Path:
    """Return the real path of `root`, the folder that the user gave with --root.

    Raises DatasetError if the items have no original files, or if `root` is not a folder, is the
    top of the file system, or contains none of the files of the first items.
    """
    paths = [] if table is None else [path for path in table.first_paths(_LOOKED_AT) if path]
    if not paths:
        raise DatasetError("--root has no effect: the items of this project have no original files")
    if not root.is_dir():
        raise DatasetError(f"--root {root} is not a folder; give the folder of the original files")
    real = root.resolve()
    if real == Path(real.anchor):
        raise DatasetError(
            f"--root {root} contains all files of this computer; give the folder of the original "
            "files"
        )
    if not any(_is_file(real, path) for path in paths):
        raise DatasetError(
            f"--root {root} does not contain the original files, such as {shown(paths[0])}; give "
            "the folder to which this path is relative"
        )
    return real


def _is_file(root: Path, path: bytes) -> bool:
    try:
        return Path(os.fsdecode(inside(root, path))).is_file()
    except (ItemError, OSError):
        return False


_LOOKED_AT = 200
"""Number of items whose files are searched in a folder that is given with --root."""


def paths_digest(table: "ItemTable") -> str:
    """SHA-256 of the paths of all items, in hexadecimal digits."""
    all_lengths, all_text = hashlib.sha256(), hashlib.sha256()
    for lengths, text in table.path_bytes():
        all_lengths.update(np.ascontiguousarray(lengths, "<i8").data)
        all_text.update(text)
    return hashlib.sha256(all_lengths.digest() + all_text.digest()).hexdigest()


def _read() -> list[Approval]:
    """Return the stored approvals; an empty list if their file is missing or damaged."""
    path = state_folder() / RECORD
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        return msgspec.convert(json_value(path.read_bytes()), list[Approval])
    except (OSError, JsonError, msgspec.MsgspecError):
        return []
