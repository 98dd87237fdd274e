"""Load from the network: connections without a cookie, many streams, long computations."""

import asyncio
import json
import os
import sys
import threading
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from drivers.lan import Lan
from drivers.servers import eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.access import connections, lan_listener
from lodespace.access.pace import Pace
from lodespace.config import ServerConfig
from lodespace.protocol import PROTOCOL_VERSION
from lodespace.service import query_lanes
from lodespace.service import service as service_module
from lodespace.web.network import LISTENER
from lodespace.web.request_guard import CONNECTIONS

Hold = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hold(lan: Lan, address: str, *, tls: bool = True) -> Hold:
    """Open a connection from `address`, and send the start of a request that never ends."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", lan.port, local_addr=(address, 0), ssl=lan.trust if tls else None
    )
    if tls:
        writer.write(b"GET / HTTP/1.1\r\nX: ")
    return reader, writer


async def is_closed(held: Hold) -> bool:
    """Wait up to 20 s for the end of a connection; return whether it has ended."""
    try:
        return await asyncio.wait_for(held[0].read(), 20) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the limits on connections, and remove the limit on new connections per second."""
    monkeypatch.setattr(connections, "MAX_STRANGERS", 12)
    monkeypatch.setattr(connections, "MAX_STRANGERS_AND_ADDRESS", 5)
    monkeypatch.setattr(lan_listener, "GREETINGS_PER_SECOND", 1e6)
    monkeypatch.setattr(lan_listener, "GREETINGS_AT_ONCE", 1_000_000)


@pytest.mark.usefixtures("small_limits")
async def test_strangers_of_one_address_hold_a_limited_number(lan: Lan) -> None:
    most = connections.MAX_STRANGERS_AND_ADDRESS
    held = [await hold(lan, "127.0.0.66") for _ in range(most + 4)]
    for one in held[:4]:
        assert await is_closed(one)
    pool = lan.server.app[CONNECTIONS]
    assert pool.count() <= most
    # A device behind the same address also gets its connection.
    device = await lan.approved("annotator", "127.0.0.66")
    async with StreamClient(lan.url, http=device) as client:
        more = [await hold(lan, "127.0.0.66") for _ in range(2 * most)]
        assert isinstance(await client.label([1], 1), protocol.Ack)
    for _, writer in held + more:
        writer.close()


@pytest.mark.usefixtures("small_limits")
async def test_strangers_of_many_addresses_hold_a_limited_number(lan: Lan) -> None:
    held = [await hold(lan, f"127.0.{k % 4}.7") for k in range(connections.MAX_STRANGERS + 6)]
    assert lan.server.app[CONNECTIONS].count() <= connections.MAX_STRANGERS
    async with lan.device("127.0.9.9").get(lan.url + "healthz") as answer:
        assert answer.status == 200
    for _, writer in held:
        writer.close()


async def test_silent_connections_of_a_flood_do_not_delay_the_owner(lan: Lan) -> None:
    """More connections arrive than the server accepts in a minute. Meanwhile the owner labels
    items."""
    flood = [await hold(lan, f"127.0.{k % 3}.8", tls=False) for k in range(200)]
    async with StreamClient(lan.own) as owner:
        assert isinstance(await owner.label([1], 1), protocol.Ack)
    listener = lan.server.app[LISTENER][0]
    assert len(listener._waiting) <= lan_listener.MAX_WAITING
    for _, writer in flood:
        writer.close()


async def test_device_holds_a_limited_number_of_streams(lan: Lan) -> None:
    most = ServerConfig().max_streams_of_device
    device = await lan.approved("viewer")
    other = await lan.approved("annotator", "127.0.0.5")

    async def opened() -> aiohttp.ClientWebSocketResponse | int:
        try:
            return await device.ws_connect(
                lan.url + "api/stream",
                protocols=(PROTOCOL_VERSION,),
                headers={"Origin": lan.url.rstrip("/")},
            )
        except aiohttp.WSServerHandshakeError as error:
            return error.status

    answers = await asyncio.gather(*(opened() for _ in range(2 * most)))
    streams = [a for a in answers if isinstance(a, aiohttp.ClientWebSocketResponse)]
    assert len(streams) == most and answers.count(503) == most
    async with AsyncExitStack() as stack:
        for _ in range(most + 4):  # the owner has no such limit
            await stack.enter_async_context(StreamClient(lan.own))
        await stack.enter_async_context(StreamClient(lan.url, http=other))
    await streams.pop().close()
    await eventually(lambda: lan.server.service.places._taken.total() == most - 1)
    again = await opened()
    assert isinstance(again, aiohttp.ClientWebSocketResponse)
    for stream in [*streams, again]:
        await stream.close()


class SlowRegions:
    """Replaces the region query by a query that waits until the test continues."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on = threading.Event()
        self.running: list[str] = []
        self.most = 0
        self._lock = threading.Lock()
        query = service_module.items_in_regions

        def slow(*arguments: Any) -> Any:
            name = threading.current_thread().name
            with self._lock:
                self.running.append(name)
                self.most = max(self.most, len(self.running))
            if name.startswith("device"):
                assert self.go_on.wait(60)
            with self._lock:
                self.running.remove(name)
            return query(*arguments)

        monkeypatch.setattr(service_module, "items_in_regions", slow)


def selecting(number: int) -> dict[str, Any]:
    square = [-1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0]
    identity = [1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0]
    region = {"polygon": square, "clip_from_latent": identity}
    return {"command_id": f"select-{number:04d}", "regions": [region]}


async def test_long_computations_of_a_device_run_one_at_a_time(
    lan: Lan, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowRegions(monkeypatch)
    viewer = await lan.approved("viewer")
    answers: list[int] = []

    async def select(number: int) -> None:
        async with viewer.post(lan.url + "api/select", json=selecting(number)) as answer:
            answers.append(answer.status)

    asked = [asyncio.create_task(select(k)) for k in range(12)]
    await eventually(lambda: slow.running)
    # Meanwhile, the owner selects, opens pictures, sheets and exports, and labels.
    assert (await lan.owner("POST", "api/select", selecting(9999)))["items"] is not None
    assert "items" in await lan.owner("GET", "api/sheet?kind=uncertain")
    async with StreamClient(lan.own) as owner:
        assert isinstance(await owner.label([1], 1), protocol.Ack)
        region = protocol.Region(polygon=[-1.0, -1, 1, -1, 1, 1], clip_from_latent=[0.0] * 16)
        resolve = protocol.Resolve(command_id="select-by-stream", regions=[region])
        assert isinstance(await owner.command(resolve), protocol.Resolved)
    assert [name for name in slow.running if name.startswith("device")] == ["device-query_0"]
    slow.go_on.set()
    await asyncio.gather(*asked)
    assert set(answers) == {200}
    assert slow.most <= 2  # one request of the device, one of the owner


async def test_client_with_many_waiting_queries_is_refused_another() -> None:
    lanes = query_lanes.QueryLanes()
    go_on = threading.Event()
    asked = [
        asyncio.create_task(lanes.run("quest", lambda: go_on.wait(60)))
        for _ in range(query_lanes.MAX_WAITING + 4)
    ]
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    errors = [task.exception() for task in done]
    assert len(errors) == 3 and all(getattr(e, "code", "") == "too_many_questions" for e in errors)
    assert await lanes.run("", lambda: "of the owner") == "of the owner"
    go_on.set()
    await asyncio.gather(*asked, return_exceptions=True)
    assert lanes._turns == {} and not lanes._asked
    lanes.close()


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has no priority of its own")
async def test_computations_of_devices_have_a_lower_priority() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    lanes = query_lanes.QueryLanes()
    normal = priority()
    assert await lanes.run("", priority) == normal
    assert await lanes.run("quest", priority) >= min(19, normal + 5)
    assert priority() == normal
    lanes.close()


async def test_large_messages_of_a_device_count_as_several_requests(
    lan: Lan, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    wait = Pace.wait

    def counting(pace: Pace, key: Any, now: float, requests: int = 1) -> float:
        counted.append(requests)
        return wait(pace, key, now, requests)

    monkeypatch.setattr(Pace, "wait", counting)
    viewer = await lan.approved("viewer")
    large = json.dumps(selecting(1)).ljust(10 * connections.BYTES_OF_REQUEST)
    async with viewer.post(
        lan.url + "api/select", data=large, headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 200
    assert max(counted) == 10
    async with StreamClient(lan.url, http=viewer) as client:
        await client.socket.send_str(
            json.dumps({"op": "resolve", **selecting(2)}).ljust(20 * connections.BYTES_OF_REQUEST)
        )
        await eventually(lambda: client.seen(protocol.Resolved))
    assert max(counted) == 21


async def test_device_draws_a_limited_number_of_pictures_at_once(lan: Lan) -> None:
    lanes = lan.server.service.lanes
    inside: list[int] = []
    most = 0

    async def picture(device: str) -> None:
        nonlocal most
        async with lanes.picture(device):
            inside.append(1)
            most = max(most, len(inside))
            await asyncio.sleep(0)
            inside.pop()

    await asyncio.gather(*(picture("quest") for _ in range(40)))
    assert most == query_lanes.PICTURES_AT_ONCE
    most = 0
    await asyncio.gather(*(picture("") for _ in range(40)))
    assert most == 40
