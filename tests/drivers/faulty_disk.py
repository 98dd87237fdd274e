"""A disk whose n-th write or sync fails: a virtual file system of SQLite around the default one.

While the faulty disk is installed, each new SQLite connection of the process uses the disk. This
includes connections of Python's module sqlite3, which loads the same SQLite library. When a write
fails, the data are not in the file. When a sync fails, the data are in the cache of the operating
system, so a process that opens the file later reads the data.
"""

import contextlib
import ctypes
import ctypes.util
import sqlite3
from collections.abc import Callable, Generator
from typing import Any

_Pointer = ctypes.c_void_p
# The type of the file name is a plain pointer, because SQLite keeps this pointer, and reads the
# parameters that follow the name in memory.
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, _Pointer, ctypes.c_int, _Pointer)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, ctypes.c_int, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int64)
_IOERR_WRITE, _IOERR_FSYNC, _IOERR_TRUNCATE = (10 | number << 8 for number in (3, 4, 6))


class _Vfs(ctypes.Structure):
    """sqlite3_vfs of version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", _Pointer),
        ("name", ctypes.c_char_p),
        ("data", _Pointer),
        ("open", _Pointer),
        ("other", _Pointer * 15),
    )


class _Methods(ctypes.Structure):
    """sqlite3_io_methods of version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", _Pointer),
        ("read", _Pointer),
        ("write", _Pointer),
        ("truncate", _Pointer),
        ("sync", _Pointer),
        ("other", _Pointer * 13),
    )


class _File(ctypes.Structure):
    """The beginning of sqlite3_file."""

    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class FaultyDisk:
    """Counts writes, truncations and syncs. `fail` decides which of them fail."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        """Every call so far: "write", "truncate" or "sync"."""
        self._fails: Callable[[int], bool] = lambda _: False
        self._methods: dict[int, Any] = {}
        self._kept: list[Any] = []  # callbacks, which C code still needs
        self._library = _library()
        default = ctypes.cast(self._library.sqlite3_vfs_find(None), ctypes.POINTER(_Vfs)).contents
        self._open = _OPEN(default.open)
        self._default = default
        self._vfs = _Vfs.from_buffer_copy(default)
        self._vfs.name = b"faulty"
        self._vfs.open = self._pointer(_OPEN(self._on_open))

    def fail(self, first: int, last: float) -> None:
        """Make the calls `first` to `last` fail. The first call on this disk has the number 1."""
        self._fails = lambda call: first <= call <= last

    @contextlib.contextmanager
    def working(self) -> Generator[None]:
        """Context manager: within the block, no call fails, and calls are not counted."""
        fails, calls = self._fails, self.calls
        self.heal()
        self.calls = []
        try:
            yield
        finally:
            self._fails, self.calls = fails, calls

    def heal(self) -> None:
        """Let no further call fail."""
        self._fails = lambda _: False

    @contextlib.contextmanager
    def installed(self) -> Generator["FaultyDisk"]:
        """Context manager: new SQLite connections use this disk."""
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)
        try:
            yield self
        finally:
            self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))
            self._library.sqlite3_vfs_register(ctypes.byref(self._default), 1)

    def _on_open(self, vfs: int, name: int, file: int, flags: int, out: int) -> int:
        result = self._open(vfs, name, file, flags, out)
        opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if result == 0 and opened.methods:
            opened.methods = ctypes.pointer(self._wrapped(opened.methods.contents))
        return result

    def _wrapped(self, methods: _Methods) -> _Methods:
        """Return a copy of `methods` whose functions count their calls.

        SQLite has one table of methods per kind of file, so there is one copy per table.
        """
        address = ctypes.addressof(methods)
        if address not in self._methods:
            wrapped = _Methods.from_buffer_copy(methods)
            write, truncate = _WRITE(methods.write), _TRUNCATE(methods.truncate)
            wrapped.write = self._pointer(
                _WRITE(lambda *a: self._failed("write", _IOERR_WRITE) or write(*a))
            )
            wrapped.truncate = self._pointer(
                _TRUNCATE(lambda *a: self._failed("truncate", _IOERR_TRUNCATE) or truncate(*a))
            )
            # Nobody cuts the power in these tests, so nothing has to wait for the disk.
            wrapped.sync = self._pointer(_SYNC(lambda *_: self._failed("sync", _IOERR_FSYNC)))
            self._methods[address] = wrapped
        return self._methods[address]

    def _failed(self, call: str, error: int) -> int:
        self.calls.append(call)
        return error if self._fails(len(self.calls)) else 0

    def _pointer(self, callback: Any) -> int | None:
        self._kept.append(callback)
        return ctypes.cast(callback, _Pointer).value


def _library() -> Any:
    """Return SQLite's library; raise OSError if Python contains its own copy."""
    name = ctypes.util.find_library("sqlite3")
    library = ctypes.CDLL(name) if name else ctypes.CDLL(None)
    library.sqlite3_libversion.restype = ctypes.c_char_p
    library.sqlite3_vfs_find.restype = _Pointer
    if library.sqlite3_libversion().decode() != sqlite3.sqlite_version:
        raise OSError(f"Python uses SQLite {sqlite3.sqlite_version}, found another version")
    return library
