"""Limits of the network port: number of connections, rate of requests, and order of waiting
tasks."""

import asyncio

import pytest

from lodespace.access.connections import (
    MAX_CONNECTIONS_OF_DEVICE,
    MAX_STRANGERS,
    MAX_STRANGERS_AND_ADDRESS,
    REQUESTS_AT_ONCE,
    REQUESTS_PER_SECOND,
    Connection,
    Connections,
)
from lodespace.access.fair_queue import FairQueue
from lodespace.access.pace import Pace
from lodespace.errors import LodespaceError


class Opened:
    """The `connections` under test, and the test's connections that were dropped or closed."""

    def __init__(self) -> None:
        self.connections = Connections()
        self.dropped: list[Connection] = []
        self.closed: set[Connection] = set()

    def open(self, address: str) -> Connection:
        """Open a connection. `serve` also needs the connection's asyncio protocol. Here the
        connection itself takes the place of the protocol."""
        connection = Connection(
            address, lambda: self.drop(connection), lambda: self.ended(connection)
        )
        self.connections.add(connection)
        self.connections.serve(connection, connection)
        return connection

    def drop(self, connection: Connection) -> None:
        self.dropped.append(connection)
        self.closed.add(connection)

    def ended(self, connection: Connection) -> bool:
        return connection in self.closed


def test_strangers_of_one_address_lose_their_oldest_connections() -> None:
    opened = Opened()
    quiet = opened.open("10.0.0.9")
    loud = [opened.open("10.0.0.2") for _ in range(MAX_STRANGERS_AND_ADDRESS + 5)]
    assert opened.dropped == loud[:5]
    assert not opened.ended(quiet)


def test_strangers_of_many_addresses_do_not_displace_a_single_one() -> None:
    opened = Opened()
    quiet = opened.open("10.0.0.9")
    for k in range(2000):
        opened.open(f"10.0.1.{k % 30}")
        assert opened.connections.count() <= MAX_STRANGERS
    assert not opened.ended(quiet)
    late = opened.open("10.0.0.10")
    opened.open("10.0.1.0")
    assert not opened.ended(late)


def test_connection_of_a_device_leaves_the_strangers_for_good() -> None:
    opened = Opened()
    device = opened.open("10.0.0.2")
    assert opened.connections.belongs_to(device, "quest")
    for _ in range(MAX_STRANGERS + 20):
        opened.open("10.0.0.2")
    assert not opened.ended(device)


def test_new_connections_of_a_devices_address_do_not_compete() -> None:
    """A page opens several connections at once.

    Until the server has read the device's cookie on a connection, the connection counts as one of a
    device without approval.
    """
    opened = Opened()
    opened.connections.belongs_to(opened.open("10.0.0.2"), "quest")
    opened.connections.know(["10.0.0.3"])
    mine = [opened.open(f"10.0.0.{2 + k % 2}") for k in range(12)]
    for k in range(500):
        opened.open(f"10.0.{1 + k % 200}.1")
    assert not any(opened.ended(connection) for connection in mine)
    more = [opened.open("10.0.0.2") for _ in range(MAX_STRANGERS_AND_ADDRESS)]
    assert opened.ended(mine[0]) and not opened.ended(more[0])


def test_connection_of_a_revoked_device_is_a_strangers_again() -> None:
    opened = Opened()
    device = opened.open("10.0.0.2")
    opened.connections.belongs_to(device, "quest")
    opened.connections.belongs_to(device, "")
    for _ in range(MAX_STRANGERS_AND_ADDRESS):
        opened.open("10.0.0.2")
    assert opened.dropped == [device]


async def test_device_with_too_many_connections_is_refused_another() -> None:
    opened = Opened()
    mine = [opened.open("10.0.0.2") for _ in range(2)]
    for connection in mine:
        await opened.connections.next_request(connection, "quest")
    while len(mine) < MAX_CONNECTIONS_OF_DEVICE:
        mine.append(opened.open("10.0.0.2"))
        await opened.connections.next_request(mine[-1], "quest")
    with pytest.raises(LodespaceError) as error:
        await opened.connections.next_request(opened.open("10.0.0.2"), "quest")
    assert (error.value.code, error.value.status) == ("too_many_connections", 429)
    await opened.connections.next_request(opened.open("10.0.0.2"), "another")
    opened.closed.add(mine[0])
    await opened.connections.next_request(opened.open("10.0.0.2"), "quest")


def test_requests_within_the_burst_do_not_wait_and_others_do() -> None:
    pace = Pace(10.0, 5)
    assert [pace.wait("a", 100.0) for _ in range(5)] == [0.0] * 5
    assert pace.wait("a", 100.0) == pytest.approx(0.1)
    assert pace.wait("a", 100.0) == pytest.approx(0.2)
    assert pace.wait("b", 100.0) == 0.0
    assert pace.wait("a", 100.7) == 0.0
    assert REQUESTS_AT_ONCE >= REQUESTS_PER_SECOND


def test_request_that_counts_as_several_makes_the_next_one_wait() -> None:
    pace = Pace(10.0, 5)
    assert pace.wait("a", 100.0, 5) == 0.0
    assert pace.wait("a", 100.0, 0) == 0.0
    assert pace.wait("a", 100.0, 3) == pytest.approx(0.3)


def test_pace_forgets_keys_that_do_not_wait() -> None:
    pace = Pace(10.0, 5)
    for k in range(5000):
        pace.wait(k, 100.0 + k)
    assert len(pace._due) < 2000


async def test_queue_takes_turns_between_addresses() -> None:
    dropped: list[int] = []
    queue = FairQueue[int](10, 4, dropped.append)
    for k in range(6):
        queue.put("loud", k)
    queue.put("quiet", 100)
    queue.put("other", 200)
    assert dropped == [0, 1]
    assert [(await queue.get())[1] for _ in range(5)] == [2, 100, 200, 3, 4]
    for k in range(20):
        queue.put(f"{k % 5}", k)
    assert len(queue) == 10
    queue.clear()
    assert len(queue) == 0
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put("late", 7)
    assert await waiting == ("late", 7)
