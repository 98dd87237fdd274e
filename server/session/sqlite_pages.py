"""Reading of an SQLite database without SQLite: its pages, its write-ahead log, its rows.

SQLite cannot open a database on a read-only or full disk when the database has a write-ahead log,
and reads nothing from a database whose first page is damaged. The functions here only read. The
format is described at https://www.sqlite.org/fileformat2.html.
"""

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MAGIC = b"SQLite format 3\0"
_DEFAULT_PAGE_SIZE = 4096
_LEAF_OF_A_TABLE = 0x0D
_WAL_HEADER = 32
_WORDS = {b"\x37\x7f\x06\x82": "<II", b"\x37\x7f\x06\x83": ">II"}
"""Formats of `struct` for the pairs of 32-bit words from which checksums are computed. The key is
the magic number at the start of a write-ahead log, which determines the byte order."""
_FRAME_HEADER = 24
_BYTES_OF_INTEGER = (0, 1, 2, 3, 4, 6, 8)

Value = int | float | str | bytes | None
Pages = dict[int, bytes]
"""Pages of a database, by page number. The first page has the number 1."""


class SqliteFiles(NamedTuple):
    """The bytes of a database and of its write-ahead log."""

    database: bytes
    """Content of the database file; empty if there is no such file."""
    wal: bytes
    """Content of the -wal file; empty if there is no such file."""


def read_files(path: Path) -> SqliteFiles:
    """Return the bytes of the database at `path` and of its -wal file.

    Another program could change one file while the other file is read. Both files are therefore
    read again until neither of them changes. Raises OSError.
    """
    wal = path.with_name(f"{path.name}-wal")
    while True:
        before = _stamps(path, wal)
        found = SqliteFiles(_bytes_of(path), _bytes_of(wal))
        if _stamps(path, wal) == before:
            return found


def _stamps(*paths: Path) -> list[tuple[int, int]]:
    stamps: list[tuple[int, int]] = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            stamps.append((stat.st_size, stat.st_mtime_ns))
    return stamps


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return b""


def image(files: SqliteFiles) -> bytes:
    """Return the database with all committed transactions of its write-ahead log.

    The result is marked as a database without a write-ahead log, as `Connection.deserialize` needs.
    """
    frames, size = _committed(files.wal)
    content = bytearray(files.database)
    if frames:
        page_size = len(next(iter(frames.values())))
        content = content[: size * page_size].ljust(size * page_size, b"\0")
        for number, page in frames.items():
            content[(number - 1) * page_size : number * page_size] = page
    if content.startswith(_MAGIC):
        content[18:20] = b"\1\1"
    return bytes(content)


def has_valid_wal(path: Path) -> bool:
    """Return whether the header of the -wal file of the database at `path` is valid.

    Returns True if there is no -wal file, or if the file is too short to have a header.
    """
    try:
        with path.with_name(f"{path.name}-wal").open("rb") as file:
            header = file.read(_WAL_HEADER)
    except OSError:
        return True
    if len(header) < _WAL_HEADER:
        return True
    words = _WORDS.get(header[:4])
    return words is not None and _checksum(words, header[:-8], (0, 0)) == struct.unpack(
        ">II", header[-8:]
    )


def _committed(wal: bytes) -> tuple[Pages, int]:
    """Return the committed pages in the write-ahead log, and the size of the database in pages.

    These pages replace the pages of the database file that have the same numbers. Returns ({}, 0)
    if the log has no valid header.
    """
    pages: Pages = {}
    size = 0
    if len(wal) < _WAL_HEADER:
        return {}, 0
    (page_size,) = struct.unpack_from(">I", wal, 8)
    words = _WORDS.get(wal[:4])
    checksum = (0, 0)
    if words is not None:
        checksum = _checksum(words, wal[: _WAL_HEADER - 8], checksum)
    if words is None or checksum != struct.unpack_from(">II", wal, _WAL_HEADER - 8):
        return {}, 0
    waiting: Pages = {}
    for number, commit, head, page in _frames(wal, page_size):
        checksum = _checksum(words, page, _checksum(words, head[:8], checksum))
        if head[8:16] != wal[16:24] or checksum != struct.unpack_from(">II", head, 16):
            break
        waiting[number] = page
        if commit:
            pages |= waiting
            waiting, size = {}, commit
    return {number: page for number, page in pages.items() if number <= size}, size


def _checksum(words: str, content: bytes, start: tuple[int, int]) -> tuple[int, int]:
    a, b = start
    for first, second in struct.iter_unpack(words, content):
        a = (a + first + b) & 0xFFFFFFFF
        b = (b + second + a) & 0xFFFFFFFF
    return a, b


def _frames(wal: bytes, page_size: int) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield each frame of a write-ahead log: page number, database size, header and page.

    The size is the number of pages of the database after a commit; 0 unless the frame is the last
    frame of a commit.
    """
    if not _is_page_size(page_size):
        return
    for at in range(
        _WAL_HEADER, len(wal) - _FRAME_HEADER - page_size + 1, _FRAME_HEADER + page_size
    ):
        head = wal[at : at + _FRAME_HEADER]
        number, commit = struct.unpack_from(">II", head)
        yield number, commit, head, wal[at + _FRAME_HEADER : at + _FRAME_HEADER + page_size]


def _is_page_size(size: int) -> bool:
    return 512 <= size <= 65536 and size & (size - 1) == 0


def salvage_rows(files: SqliteFiles) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Yield number and columns of each row that a page of a table still holds.

    The pages of the write-ahead log are read first, newest first. The pages of the database follow.
    Pages that no other page refers to are also read. So the same row can occur several times, and
    rows of deleted tables occur too. The caller has to check the rows. Damaged rows are left out.
    """
    page_size = _page_size(files)
    frames = [(number, page) for number, _, _, page in _frames(files.wal, page_size)]
    newest: Pages = dict(frames)
    stored = {
        at // page_size + 1: files.database[at : at + page_size]
        for at in range(0, len(files.database) - page_size + 1, page_size)
    }
    versions = [{**stored, **newest}, {**newest, **stored}]
    candidates = [*reversed(frames), *stored.items()]
    for number, page in candidates:
        for rowid, cell in _cells(page, 100 if number == 1 else 0):
            for pages in versions:
                with contextlib.suppress(IndexError, ValueError, struct.error):
                    yield rowid, _columns(_payload(cell, page_size, pages), rowid)
                    break


def _page_size(files: SqliteFiles) -> int:
    """Return the page size that one of the headers states, or SQLite's default."""
    stated = [struct.unpack_from(">I", files.wal, 8)[0]] if len(files.wal) >= _WAL_HEADER else []
    if files.database.startswith(_MAGIC) and len(files.database) >= 100:
        (size,) = struct.unpack_from(">H", files.database, 16)
        stated.insert(0, 65536 if size == 1 else size)
    return next((size for size in stated if _is_page_size(size)), _DEFAULT_PAGE_SIZE)


class _Cell(NamedTuple):
    length: int
    """Length of the row in bytes, including the part on overflow pages."""
    page: bytes
    """Content of the page that the cell is on."""
    start: int
    """Offset at which the row begins in the page, in bytes."""


def _cells(page: bytes, offset: int) -> Iterator[tuple[int, _Cell]]:
    """Yield number and cell of each row of a leaf page. Its header begins at byte `offset` of
    `page`.
    """
    if page[offset : offset + 1] != bytes([_LEAF_OF_A_TABLE]):
        return
    (count,) = struct.unpack_from(">H", page, offset + 3)
    for k in range(min(count, (len(page) - offset - 8) // 2)):
        with contextlib.suppress(IndexError):
            (at,) = struct.unpack_from(">H", page, offset + 8 + 2 * k)
            length, at = _varint(page, at)
            rowid, at = _varint(page, at)
            yield rowid, _Cell(length, page, at)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return the variable-length integer at byte `at`, and the index of the byte after it."""
    value = 0
    for k in range(8):
        byte = content[at + k]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + k + 1
    return value << 8 | content[at + 8], at + 9


def _payload(cell: _Cell, page_size: int, pages: Pages) -> bytes:
    """Return the bytes of a row. Raises ValueError when an overflow page is missing."""
    if cell.length > len(cell.page) + len(pages) * page_size:
        raise ValueError("the row is longer than the file")
    most = page_size - 35
    local = cell.length
    if cell.length > most:
        least = (page_size - 12) * 32 // 255 - 23
        local = least + (cell.length - least) % (page_size - 4)
        local = local if local <= most else least
    content = cell.page[cell.start : cell.start + local]
    if len(content) < local:
        raise ValueError("the row reaches past the end of its page")
    if cell.length == local:
        return content
    parts, left = [content], cell.length - local
    (following,) = struct.unpack_from(">I", cell.page, cell.start + local)
    while left > 0:
        if following not in pages:
            raise ValueError("a page of the row is missing")
        page = pages[following]
        parts.append(page[4 : 4 + left])
        left -= len(parts[-1])
        (following,) = struct.unpack_from(">I", page)
    return b"".join(parts)


def _columns(row: bytes, rowid: int) -> tuple[Value, ...]:
    """Return the columns of a row. The first column is the number of the row."""
    end, at = _varint(row, 0)
    if not at <= end <= len(row):
        raise ValueError("the header of the row is damaged")
    kinds: list[int] = []
    while at < end:
        kind, at = _varint(row, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        value, at = _value(row, at, kind)
        values.append(value)
    return (rowid, *values[1:])


def _value(row: bytes, at: int, kind: int) -> tuple[Value, int]:
    """Return the value of type `kind` at offset `at`, and the offset of the next value."""
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    if kind in (10, 11):
        raise ValueError("the row has a value of a reserved type")
    length = (
        _BYTES_OF_INTEGER[kind] if kind < 7 else 8 if kind == 7 else (kind - 12 - kind % 2) // 2
    )
    content = row[at : at + length]
    if len(content) < length:
        raise ValueError("the row is too short")
    if kind == 7:
        return struct.unpack(">d", content)[0], at + length
    if kind < 7:
        return int.from_bytes(content, "big", signed=True), at + length
    return (content.decode() if kind % 2 else content), at + length
