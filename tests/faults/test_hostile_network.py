"""Strangers who open connections to the network port as fast as they can, while the owner works."""

import asyncio
import resource
import ssl
from collections import Counter
from pathlib import Path

import psutil
import pytest

from drivers.servers import LanServer, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.access.connections import MAX_STRANGERS
from lodespace.access.lan_listener import MAX_PLAIN, MAX_WAITING

FILES = 512
"""Limit on open files of the server. The tests try to open more connections than this."""


async def stranger(
    number: int, port: int, context: ssl.SSLContext, counts: Counter[str], pause: float
) -> None:
    """Connect, send the start of a request, hold the connection, and connect again after `pause`
    seconds."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context, local_addr=(f"127.0.{number % 50}.66", 0)
            )
            try:
                counts["served"] += 1
                writer.write(b"GET / HTTP/1.1\r\nX: ")
                await reader.read()
            finally:
                writer.transport.abort()
        except OSError:
            counts["refused"] += 1
            await asyncio.sleep(0.05)
        await asyncio.sleep(pause)


@pytest.mark.slow
async def test_owner_labels_while_strangers_hold_all_they_can(
    small_data: Path, tmp_path: Path, slow: bool
) -> None:
    """The page of the owner stays responsive. A stranger is a client without an approved device.

    The owner and the strangers share the event loop of the test. With --slow, there are 2,000
    strangers who never pause. Without --slow, there are 300 strangers who pause between two
    connections. 300 connections are more than the server keeps open or in its queue.
    """
    connections, labels, pause = (2000, 400, 0.0) if slow else (300, 20, 4.0)
    server = LanServer(str(small_data), "--project", str(tmp_path / "p"), state=tmp_path / "state")
    server.forks = False  # the test looks at the children of the process
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    counts: Counter[str] = Counter()
    server.start()
    try:
        await asyncio.to_thread(server.wait_until_ready)
        assert server.process is not None
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
        process = psutil.Process(server.process.pid)
        own = process.num_fds()
        tasks = [
            asyncio.create_task(stranger(k, server.lan_port, context, counts, pause))
            for k in range(connections)
        ]
        most = 0
        async with StreamClient(server.url) as owner:
            for k in range(labels):
                assert isinstance(await owner.label([k % 200], k % 4), protocol.Ack)
                most = max(most, process.num_fds())
                await asyncio.sleep(0.02)
            assert counts["served"] > 0
            # The owner's page opens, and the trainer starts again.
            assert len(await asyncio.to_thread(server.label_rows)) == 200
            await eventually(
                lambda: any(child.nice() > process.nice() for child in process.children()),
                message="no trainer has a lower priority than the server",
            )
            killed = [trainer.pid for trainer in process.children()]
            process.children()[0].kill()
            await eventually(lambda: any(child.pid not in killed for child in process.children()))
            assert isinstance(await owner.label([1], 1), protocol.Ack)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most <= own + MAX_STRANGERS + MAX_WAITING + MAX_PLAIN + 30
    finally:
        server.stop()
