"""The outbox of a client merges some messages and keeps others. No client waits for another
client."""

import asyncio
import logging
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from drivers.servers import Serving, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.models.item_predictions import ItemPredictions

LARGE = protocol.Labels(sequence=1, gesture=1, by="x", items=[199] * 4_000_000, class_ids=[0])
"""A message of 16 MB, which is more than the socket buffers of the system hold."""


def transport_of(client: StreamClient) -> asyncio.Transport:
    """Return the transport of a client, with which a test pauses and resumes reading."""
    return client.socket._conn.transport  # type: ignore[union-attr,return-value]


@pytest.mark.slow
async def test_slow_client_that_accepts_data_is_not_dropped(
    small_data: Path, tmp_path: Path
) -> None:
    """A client needs more than `stall_seconds` to read a message, but reads data all the time."""
    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False, stall_seconds=1.0))
    async with server as url, StreamClient(url, read=False) as slow:
        await eventually(lambda: any(c.client_id for c in server.service.clients))
        (client,) = server.service.clients
        client.send(LARGE)
        transport = transport_of(slow)
        began = asyncio.get_running_loop().time()
        for _ in range(25):
            transport.pause_reading()
            await asyncio.sleep(0.2)
            transport.resume_reading()
            await asyncio.sleep(0.002)
        assert asyncio.get_running_loop().time() - began > 4 * 1.0
        assert client in set(server.service.clients), (
            "the client was dropped although it accepted data all the time"
        )


async def test_one_large_message_does_not_fill_the_queue(small_data: Path, tmp_path: Path) -> None:
    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False, queue_bytes=1000))
    async with server as url, StreamClient(url) as anna:
        assert isinstance(await anna.label(list(range(200)), 1), protocol.Ack)
        server.service.clients.send(
            protocol.Labels(sequence=9, gesture=9, by="", items=[3] * 5000, class_ids=[2] * 5000)
        )
        await eventually(lambda: anna.labels[3] == 2)


async def test_full_queue_disconnects_only_its_client(small_data: Path, tmp_path: Path) -> None:
    server = Serving(
        small_data,
        tmp_path / "project",
        ServerConfig(train=False, stall_seconds=60, queue_bytes=100_000),
    )
    async with server as url, StreamClient(url, read=False) as lazy, StreamClient(url) as anna:
        await eventually(
            lambda: (
                all(c.client_id for c in server.service.clients)
                and len(server.service.clients) == 2
            )
        )
        (client,) = [c for c in server.service.clients if c.client_id == lazy.client_id]
        transport_of(lazy).pause_reading()
        client.send(LARGE)  # blocks the outbox
        for number in range(300):
            assert isinstance(await anna.label(list(range(200)), number % 4), protocol.Ack)
            if len(server.service.clients) == 1:
                break
        await eventually(lambda: len(server.service.clients) == 1)
        assert isinstance(await anna.label([1], 2), protocol.Ack)
        transport_of(lazy).resume_reading()


async def test_a_client_whose_outbox_fails_is_dropped(
    small_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a disconnect, the client would wait for ever. A disconnected page reconnects."""
    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False))
    async with server as url, StreamClient(url) as anna:
        await eventually(lambda: bool(anna.seen(protocol.Welcome)))
        for k in range(2):  # with labels of only one class, there are no predictions
            await anna.label([k], k)
        monkeypatch.setattr(
            server.service.session.encoder, "predictions_frame", lambda since: 1 / 0
        )
        with caplog.at_level(logging.CRITICAL):
            certain = np.ones(200, np.float32)
            server.service.session.publish(
                np.zeros((200, 3), np.float32),
                ItemPredictions(np.zeros(200, np.int16), certain),
                step=1,
                resting=True,
            )
            server.service.clients.wake()
            await eventually(lambda: anna.socket.closed)


async def test_newest_history_is_sent_and_its_length_is_bounded(served: str) -> None:
    async with StreamClient(served) as anna, StreamClient(served) as ben:
        for number in range(210):
            await anna.label([number % 200], number % 4)
        await eventually(
            lambda: ben.seen(protocol.HistoryChanged)[-1].history.gestures[-1].gesture == 210
        )
        history = ben.seen(protocol.HistoryChanged)[-1].history
        assert [g.gesture for g in history.gestures] == list(range(11, 211))
        assert not history.can_undo
        assert anna.seen(protocol.HistoryChanged)[-1].history.can_undo


async def test_items_in_view_of_any_client_have_priority(small_data: Path, tmp_path: Path) -> None:
    priorities: list[list[int]] = []

    class Trainer:
        def set_priority(self, items: list[int]) -> None:
            priorities.append(items)

    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False))
    async with server as url, StreamClient(url) as anna:
        server.service.held_items.trainer = Trainer()  # type: ignore[assignment]
        async with StreamClient(url) as ben:
            await anna.send(protocol.SetPriority(items=[1, 2]))
            await eventually(lambda: priorities == [[1, 2]])
            await ben.send(protocol.SetPriority(items=[2, 9]))
            await eventually(lambda: priorities[-1] == [1, 2, 9])
        await eventually(lambda: priorities[-1] == [1, 2])


async def test_client_that_never_answers_does_not_delay_the_stop(
    small_data: Path, tmp_path: Path
) -> None:
    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False))
    url = await server.__aenter__()
    async with StreamClient(url, read=False) as silent, aiohttp.ClientSession() as http:
        await eventually(lambda: any(c.client_id for c in server.service.clients))
        (client,) = server.service.clients
        transport_of(silent).pause_reading()
        client.send(LARGE)
        await asyncio.sleep(0.2)
        await asyncio.wait_for(server.__aexit__(), 20)
        transport_of(silent).resume_reading()
        with pytest.raises(aiohttp.ClientError):
            await http.get(url)
