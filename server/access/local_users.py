"""A check of which user of this computer opened a connection to the loopback address (Linux).

Every user of a computer can connect to its loopback address. On a shared computer, the server
therefore serves only processes of its own user and of the administrator, who can read the project's
files anyway. Linux lists the user of each connection in /proc/net/tcp. On a system without this
list, the server serves every local user, unless it was started with `--token`.
"""

import asyncio
import os
import socket
import sys
import weakref
from collections.abc import Iterable
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Lists of the TCP connections of this computer, one per line, by IPv4 and by IPv6."""
_UID, _INODE = 7, 9
"""Indices of two columns of a line of TABLES: the user id and the inode of a socket.

The inode is 0 if no process has the socket.
"""
ADMINISTRATOR = 0
"""User id of root."""

Address = tuple[str, int]


class LocalUsers:
    """Distinguishes connections of the server's own user from connections of other users.

    Args:
        tables: Files with the list of connections.
        user: User id of the server.
    """

    def __init__(self, tables: Iterable[Path] = TABLES, user: int | None = None) -> None:
        self._tables = tuple(tables)
        self._user = user if user is not None or os.name != "posix" else os.getuid()
        self._known: weakref.WeakKeyDictionary[asyncio.BaseTransport, bool] = (
            weakref.WeakKeyDictionary()
        )

    def serves(self, transport: asyncio.BaseTransport | None) -> bool:
        """Return whether a process of the server's user, or of root, opened the connection."""
        if transport is None or self._user is None:
            return True
        if transport not in self._known:
            other, own = (transport.get_extra_info(name) for name in ("peername", "sockname"))
            # The server listens on IPv4 only, so both addresses consist of an IPv4 address and a
            # port.
            self._known[transport] = not (other and own) or self._is_own(other[:2], own[:2])
        return self._known[transport]

    def _is_own(self, other: Address, own: Address) -> bool:
        lines = [line for path in self._tables if (line := _line(path, other, own))]
        if not lines:
            # The list has no line for the other end. If the list has a line for the server's own
            # end, the process at the other end has ended, and the connection is not served. If the
            # list has neither line, the list is incomplete, and the connection is served.
            return not any(_line(path, own, other) for path in self._tables)
        uid, inode = int(lines[0][_UID]), int(lines[0][_INODE])
        # When a process has closed its socket, the system shows user 0 and inode 0 for the socket.
        return inode != 0 and uid in (self._user, ADMINISTRATOR)


def _line(path: Path, local: Address, remote: Address) -> list[bytes]:
    """Return the columns of the line that lists the connection from `local` to `remote`.

    Return [] if there is no such line.
    """
    try:
        table = path.read_bytes()
    except OSError:
        return []
    prefix = b"0000000000000000FFFF0000" if path.name.endswith("6") else b""
    found = table.find(b" %s %s " % (_hex(prefix, local), _hex(prefix, remote)))
    if found < 0:
        return []
    start = table.rfind(b"\n", 0, found) + 1
    return table[start : table.find(b"\n", found)].split()


def _hex(prefix: bytes, address: Address) -> bytes:
    """Return `address` as /proc/net/tcp writes it: hexadecimal, in the machine's byte order."""
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return prefix + b"%08X:%04X" % (number, address[1])
