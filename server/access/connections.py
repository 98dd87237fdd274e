"""Connections to the HTTPS port for other devices, with limits per device and for strangers.

A stranger is a device that the owner has not approved. Each new connection counts as a stranger's
until a request with the cookie of an approved device arrives on the connection. There are two
limits on the connections of strangers: one in total, and one per IP address. When strangers have
too many connections in total, the server chooses the address with the most connections, and ends
the oldest connection of this address. Therefore a person at another address still gets a
connection. A stranger's connection never ends a connection of an approved device. Connections from
the address of an approved device do not count towards the total limit.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from lodespace.access.pace import Pace
from lodespace.errors import LodespaceError

MAX_STRANGERS = 64
"""Largest number of connections of strangers in total. Connections from the IP addresses of
approved devices do not count."""
MAX_STRANGERS_AND_ADDRESS = 32
"""Largest number of connections from one IP address that belong to no approved device. A browser
opens up to six, and several devices may share an address (NAT)."""
MAX_KNOWN_ADDRESSES = 64
"""Largest number of stored IP addresses of approved devices.

When there are more, the server forgets the address that it stored first.
"""
MAX_CONNECTIONS_OF_DEVICE = 32
"""Largest number of connections of an approved device."""
REQUESTS_PER_SECOND = 300.0
"""Largest number of requests per second that are served without a wait.

The limit is per approved device, and for all unknown devices together. A request keeps the event
loop busy for about 0.5 ms.
"""
REQUESTS_AT_ONCE = 600
"""Number of requests that are served without a wait if they arrive together after a pause.

The number is per approved device, and for all unknown devices together.
"""
BYTES_OF_REQUEST = 32 << 10
"""The body of a request counts as one additional request for each block of this number of bytes.

The server takes about as long to receive and decode such a block as to answer a request without a
body.
"""


@dataclass(eq=False)
class Connection:
    """A connection that the listener has accepted."""

    address: str
    """IP address of the other end."""
    drop: Callable[[], object]
    """Ends the connection at once."""
    closed: Callable[[], bool]
    """Returns whether the connection has ended."""
    device: str = ""
    """Id of the device whose cookie arrived on the connection; empty for a stranger."""


class Connections:
    """All open connections to the HTTPS port, with a limit on the rate of their requests."""

    def __init__(self) -> None:
        self._strangers: list[Connection] = []  # oldest first
        self._devices: dict[str, list[Connection]] = {}
        self._by_protocol: dict[Hashable, Connection] = {}
        self._known_addresses: dict[str, None] = {}
        self._pace = Pace(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE)

    def know(self, addresses: Iterable[str]) -> None:
        """Remember `addresses` as IP addresses of approved devices."""
        for address in addresses:
            self._known_addresses.pop(address, None)
            self._known_addresses[address] = None
        while len(self._known_addresses) > MAX_KNOWN_ADDRESSES:
            del self._known_addresses[next(iter(self._known_addresses))]

    def knows(self, address: str) -> bool:
        """Return whether an approved device has used the IP address `address`."""
        return address in self._known_addresses

    def count(self) -> int:
        """Return the number of open connections that belong to no approved device."""
        self._forget_closed()
        return len(self._strangers)

    def add(self, connection: Connection) -> None:
        """Add a connection, which counts as a stranger's until an approved device uses it.

        Ends older connections of strangers when there are too many.
        """
        self._forget_closed()
        self._strangers.append(connection)
        self._limit_strangers()

    def remove(self, connection: Connection) -> None:
        """Stop counting a connection as a stranger's.

        The listener calls this method for a plain HTTP connection, which only receives a redirect.
        """
        if connection in self._strangers:
            self._strangers.remove(connection)

    def serve(self, connection: Connection, protocol: Hashable) -> None:
        """Store `connection` under the HTTP handler `protocol` that serves it.

        The other methods find the connection of a request by this handler.
        """
        self._by_protocol[protocol] = connection

    async def next_request(self, protocol: Hashable, device: str) -> None:
        """Count a request of `device` on a connection. Wait if the device sends requests too fast.

        `device` is "" if no approved device sent the request. Raises LodespaceError when the device
        has too many connections.
        """
        if not self.belongs_to(protocol, device):
            raise LodespaceError(
                "This device has too many connections. Close some of its pages.",
                code="too_many_connections",
                status=429,
            )
        wait = self._pace.wait(device, asyncio.get_running_loop().time())
        if wait > 0:
            await asyncio.sleep(wait)

    async def received(self, device: str, size: int) -> None:
        """Count a body of `size` bytes from `device`. Wait if the device sends too fast."""
        requests = size // BYTES_OF_REQUEST
        await asyncio.sleep(self._pace.wait(device, asyncio.get_running_loop().time(), requests))

    def belongs_to(self, protocol: Hashable, device: str) -> bool:
        """Assign the connection of `protocol` to `device`, which sent a request on the connection.

        `device` is empty for a stranger. Returns whether the connection may stay open. Returns
        False if the device has too many connections.
        """
        connection = self._by_protocol.get(protocol)
        if connection is None or connection.device == device:
            return True
        self._forget_closed()
        others = self._devices.get(device, [])
        if device and len(others) >= MAX_CONNECTIONS_OF_DEVICE:
            return False
        holders = self._devices.get(connection.device, []) if connection.device else self._strangers
        if connection not in holders:
            return True  # the connection is being dropped
        holders.remove(connection)
        connection.device = device
        if device:
            self._devices.setdefault(device, []).append(connection)
            self.know([connection.address])
        else:  # the device was revoked
            self._strangers.append(connection)
            self._limit_strangers()
        return True

    def _limit_strangers(self) -> None:
        counts = Counter(connection.address for connection in self._strangers)
        for address, number in counts.items():
            if number > MAX_STRANGERS_AND_ADDRESS:
                self._drop_oldest(address)
        unknown = Counter(c.address for c in self._strangers if not self.knows(c.address))
        if unknown.total() > MAX_STRANGERS:
            self._drop_oldest(unknown.most_common(1)[0][0])

    def _drop_oldest(self, address: str) -> None:
        oldest = next(c for c in self._strangers if c.address == address)
        self._strangers.remove(oldest)
        oldest.drop()

    def _forget_closed(self) -> None:
        self._strangers = [c for c in self._strangers if not c.closed()]
        self._devices = {
            device: opened
            for device, connections in self._devices.items()
            if (opened := [c for c in connections if not c.closed()])
        }
        self._by_protocol = {p: c for p, c in self._by_protocol.items() if not c.closed()}
