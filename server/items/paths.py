"""Files of a folder that is not trusted: listed in a fixed order, opened only inside the folder.

Names are bytes, because a file system allows all bytes except "/" and NUL.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lodespace.items.errors import BadItem, ItemError

MAX_FILE_BYTES = 256 << 20
"""Largest size of a picture file, in bytes."""
_JUNK = frozenset({b"Thumbs.db", b"desktop.ini", b"__MACOSX", b"@eaDir"})
_CONTROL = {c: f"\\x{c:02x}" for c in [*range(0x20), 0x7F]}
_C1 = {c: f"\\x{c:02x}" for c in range(0x80, 0xA0)}
_DIRECTION = {
    c: f"\\u{c:04x}"
    for c in [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x2028, 0x2029]
}
"""Unicode characters that change the reading direction.

With these characters, a file name can look like another file name.
"""


def shown(name: bytes) -> str:
    """Return a file's name as text.

    Invalid UTF-8, control characters and characters that change the reading direction are escaped.
    """
    return name.decode("utf-8", "backslashreplace").translate(_CONTROL | _DIRECTION)


def suffix_of(path: bytes) -> str:
    """Return the suffix of a file name, with the dot, in lower case. Invalid bytes are escaped."""
    return shown(os.path.splitext(path)[1]).lower()


def stem_of(path: bytes) -> bytes:
    """Return a path without its suffix: b"a/x" for b"a/x.png"."""
    return os.path.splitext(path)[0]


def printable(text: str) -> str:
    """Return the text for a terminal, with some characters escaped.

    Names and values in the text may be from other people, and could move the cursor or hide lines.
    The escaped characters are control characters except line breaks and tabs, characters that
    change the reading direction, and lone surrogates.
    """
    kept = {c: text for c, text in _CONTROL.items() if c not in (0x09, 0x0A)}
    escaped = text.translate(kept | _DIRECTION | _C1)
    return escaped.encode("utf-8", "backslashreplace").decode()


def walk(root: Path) -> Iterator[bytes | BadItem]:
    """Yield the path of each regular file below `root`, relative to `root`.

    For files and folders that are left out, a BadItem with the reason is yielded.

    Paths are sorted by name, and the files of a folder come before the folder's subfolders. Hidden
    files and files that operating systems create are skipped. Links are followed only to files
    within `root`.
    """
    top = os.fsencode(root.resolve())
    # A list is used, because folders may be nested deeper than Python's limit on recursion.
    waiting = [b""]
    while waiting:
        folders: list[bytes] = []
        yield from _entries(top, waiting.pop(), folders)
        waiting += reversed(folders)


def _entries(top: bytes, folder: bytes, folders: list[bytes]) -> Iterator[bytes | BadItem]:
    """Yield the files of `folder`, and append its subfolders to `folders`."""
    try:
        with os.scandir(os.path.join(top, folder) if folder else top) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield BadItem(shown(folder) + "/", f"the folder cannot be read: {error.strerror}")
        return
    for entry in entries:
        if entry.name.startswith(b".") or entry.name in _JUNK:
            continue
        path = os.path.join(folder, entry.name)
        try:
            if entry.is_symlink():
                yield from _link(entry, path, top)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                yield BadItem(shown(path), "not a regular file (a pipe, socket or device)")
        except OSError as error:
            yield BadItem(shown(path), f"cannot be read: {error.strerror}")


def _link(entry: "os.DirEntry[bytes]", path: bytes, real_top: bytes) -> Iterator[bytes | BadItem]:
    target = os.path.realpath(entry.path)
    if not target.startswith(real_top + b"/"):
        yield BadItem(
            shown(path), "a symbolic link that leads out of the folder; copy the file there instead"
        )
    elif os.path.isfile(target):
        yield path
    elif os.path.isdir(target):
        yield BadItem(
            shown(path),
            "a symbolic link to a folder; links to folders are not followed",
        )
    else:
        yield BadItem(shown(path), "a symbolic link without a target")


def inside(root: Path, path: bytes) -> bytes:
    """Return the real path of `path` below `root`.

    Raises ItemError if `path`, or a link that is part of it, leads out of `root`.
    """
    top = os.fsencode(root.resolve())
    if b"\0" in path:
        raise ItemError("a path cannot hold a NUL character")
    real = os.path.realpath(os.path.join(top, path))
    if not real.startswith(top + b"/"):
        raise ItemError(
            f"the path leads out of {root}; move the file into this folder, or give the folder"
            " to which the paths are relative with --root"
        )
    return real


def open_inside(root: Path, path: bytes, limit: int | None = MAX_FILE_BYTES) -> BinaryIO:
    """Open a regular file of at most `limit` bytes below `root` for reading. Raises ItemError."""
    real = inside(root, path)
    try:
        # The file may be replaced by a link or pipe after the check. Opening a pipe would block.
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ItemError(_because(error)) from error
    file = os.fdopen(descriptor, "rb")
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        file.close()
        raise ItemError("the path is not a regular file, but a folder, pipe, socket or device")
    if about.st_size == 0:
        file.close()
        raise ItemError("the file is empty")
    if limit is not None and about.st_size > limit:
        file.close()
        raise ItemError(
            f"the file has {about.st_size >> 20:,} MB; at most {limit >> 20:,} MB are read"
        )
    return file


def _because(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"cannot be read: {error.strerror}"
