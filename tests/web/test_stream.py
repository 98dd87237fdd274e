"""Tests of the stream over sockets: labels, undo, classes, positions, slow and faulty clients."""

import asyncio
import json
import socket
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil
import pytest

from drivers.servers import Serving, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol.frames import GRID_STEPS
from lodespace.protocol.item_sets import pack

BY_API = protocol.Provenance(tool="api")


def labelling(items: list[int], class_id: int) -> protocol.Label:
    """Return a label command."""
    return protocol.Label(
        command_id="x" * 8, items=items, class_id=class_id, revision=0, provenance=BY_API
    )


async def test_label_is_acknowledged_and_sent_to_all_clients(served: str) -> None:
    async with StreamClient(served) as anna, StreamClient(served) as ben:
        ack = await anna.label([5, 3, 5], 2)
        assert isinstance(ack, protocol.Ack)
        assert ack.count == 2  # an item that is listed twice counts once
        await eventually(lambda: ben.labels[[3, 5]].tolist() == [2, 2])
        (labels,) = ben.seen(protocol.Labels)
        assert labels.by == anna.client_id
        assert labels.items == [3, 5]


async def test_a_command_sent_again_has_no_second_effect(served: str) -> None:
    async with StreamClient(served) as anna:
        first = await anna.label([1], 0, "a-command-of-mine")
        await anna.label([1], 1)
        again = await anna.label([1], 0, "a-command-of-mine")
        assert again == first
        assert anna.labels[1] == 1
        await anna.command(protocol.Undo(command_id="undo-it-once-please"))
        await eventually(lambda: anna.labels[1] == 0)


async def test_ping_is_answered_with_pong(served: str) -> None:
    async with StreamClient(served) as anna:
        await anna.send(protocol.Ping())
        await eventually(lambda: len(anna.seen(protocol.Pong)) == 1)
        await anna.send(protocol.Ping())
        await eventually(lambda: len(anna.seen(protocol.Pong)) == 2)


async def test_message_of_the_largest_size_is_accepted_and_no_larger_one(served: str) -> None:
    """A larger message closes the stream with code 1009. The client must not send this message
    again."""
    async with StreamClient(served) as anna:
        text = protocol.encode_operation(anna.label_operation([1], 2)).decode()
        await anna.socket.send_str(text.ljust(protocol.MAX_MESSAGE_BYTES))
        await eventually(lambda: anna.labels[1] == 2)
        await anna.socket.send_str(text.ljust(protocol.MAX_MESSAGE_BYTES + 1))
        await eventually(lambda: anna.socket.closed)
        assert anna.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


def of_selection(kind: type, slot: int = 0, **fields: object) -> Any:
    """Return a command that names the selection in a slot."""
    return kind(
        command_id=uuid.uuid4().hex, selection=slot, revision=0, provenance=BY_API, **fields
    )


async def test_a_selection_is_uploaded_labelled_and_undone(served: str) -> None:
    items = np.arange(3, 150, 2, dtype=np.uint32)
    async with StreamClient(served) as anna, StreamClient(served) as ben:
        await anna.select(pack(items), 1)
        ack = await anna.command(of_selection(protocol.Label, 1, class_id=2))
        assert isinstance(ack, protocol.Ack) and ack.count == len(items)
        await eventually(lambda: np.flatnonzero(ben.labels == 2).tolist() == items.tolist())
        class_ids = (np.arange(len(items)) % 3 - 1).astype(np.int16)
        await anna.select(pack(items, class_ids))
        ack = await anna.command(of_selection(protocol.LabelEach))
        assert isinstance(ack, protocol.Ack) and ack.count == len(items)
        await eventually(lambda: ben.labels[items].tolist() == class_ids.tolist())
        await anna.command(protocol.Undo(command_id="undo-the-classes"))
        await eventually(lambda: (ben.labels[items] == 2).all())
        ack = await anna.command(of_selection(protocol.Label, 1, class_id=-1))
        await eventually(lambda: (ben.labels == -1).all())


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"", "unknown_selection"),
        (b"no set of items", "malformed_message"),
        (pack(np.array([1, 200], np.uint32)), "unknown_item"),
        (pack(np.empty(0, np.uint32)), "unknown_item"),
    ],
)
async def test_a_command_with_a_wrong_selection_is_refused(
    served: str, packed: bytes, code: str
) -> None:
    async with StreamClient(served) as anna:
        await anna.select(packed)
        for command in (of_selection(protocol.Label, class_id=2), of_selection(protocol.LabelEach)):
            refused = await anna.command(command)
            assert isinstance(refused, protocol.Refused)
            assert refused.code in (code, "malformed_message")
        assert (await anna.command(of_selection(protocol.Label, class_id=2))).code == code
        await anna.label([1], 0)  # the stream is still open
        await eventually(lambda: anna.labels[1] == 0)


async def test_a_malformed_part_of_a_selection_is_refused(served: str) -> None:
    async with StreamClient(served) as anna:
        await anna.socket.send_bytes(b"what is this")
        await eventually(lambda: bool(anna.seen(protocol.Refused)))
        (refused,) = anna.seen(protocol.Refused)
        assert (refused.command_id, refused.code) == ("", "unknown_opcode")


@pytest.mark.parametrize("fields", [{}, {"items": [1], "selection": 0}])
async def test_a_label_has_either_items_or_a_selection(served: str, fields: dict[str, Any]) -> None:
    async with StreamClient(served) as anna:
        command = protocol.encode_operation(anna.label_operation([1], 2, "a-wrong-label"))
        wrong = {**json.loads(command), "items": [], **fields}
        await anna.socket.send_str(json.dumps(wrong))
        await eventually(lambda: bool(anna.seen(protocol.Refused)))
        assert anna.seen(protocol.Refused)[0].command_id == "a-wrong-label"


async def test_a_list_that_is_too_long_is_refused_with_advice(served: str) -> None:
    async with StreamClient(served) as anna:
        command = json.loads(protocol.encode_operation(anna.label_operation([1], 2)))
        command["items"] = [1] * (protocol.MAX_LISTED_ITEMS + 1)
        await anna.socket.send_str(json.dumps(command))
        await eventually(lambda: bool(anna.seen(protocol.Refused)))
        (refused,) = anna.seen(protocol.Refused)
        assert refused.command_id == command["command_id"]
        assert refused.code == "malformed_message" and "upload" in refused.message


async def test_undo_and_redo_are_sent_to_all_and_survive_a_restart(
    small_data: Path, tmp_path: Path
) -> None:
    project, config = tmp_path / "project", ServerConfig(train=False)
    async with (
        Serving(small_data, project, config) as url,
        StreamClient(url, client_id="anna-anna") as anna,
    ):
        await anna.label([0, 1, 2], 1)
        await anna.label([2, 3], 2)
        await anna.command(protocol.Undo(command_id="undo-the-second"))
        await eventually(lambda: anna.labels[:4].tolist() == [1, 1, 1, -1])
    async with (
        Serving(small_data, project, config) as url,
        StreamClient(url, client_id="anna-anna") as anna,
    ):
        assert anna.labels[:4].tolist() == [1, 1, 1, -1]
        await anna.command(protocol.Redo(command_id="redo-the-second"))
        await eventually(lambda: anna.labels[:4].tolist() == [1, 1, 2, 2])
        (welcome,) = anna.seen(protocol.Welcome)
        assert [g.undone for g in welcome.session.history.gestures] == [False, True]


def sheet(classes: dict[int, int], **fields: object) -> protocol.LabelEach:
    provenance = protocol.Provenance(tool="sheet", verified=True)
    values = {
        "command_id": "a-sheet-gone-through",
        "revision": 0,
        "provenance": provenance,
        **fields,
    }
    return protocol.LabelEach(items=list(classes), class_ids=list(classes.values()), **values)


async def test_label_each_is_sent_to_all_clients_and_after_a_reconnect(
    small_data: Path, tmp_path: Path
) -> None:
    project, config = tmp_path / "project", ServerConfig(train=False)
    async with (
        Serving(small_data, project, config) as url,
        StreamClient(url, client_id="anna-anna") as anna,
    ):
        async with StreamClient(url) as ben:
            await anna.label([0, 1, 2, 3], 1)
            await eventually(lambda: ben.labels[3] == 1)
            behind = ben.sequence
        ack = await anna.command(sheet({3: 0, 1: 1, 2: -1}))
        assert (ack.count, ack.class_id) == (2, -1)
        assert await anna.command(sheet({3: 0, 1: 1, 2: -1})) == ack  # the command is sent again
        async with StreamClient(url) as ben:
            ben.labels[:4] = 1
            ben.sequence = behind
            await ben.hello()
            await eventually(lambda: ben.labels[:4].tolist() == [1, 1, -1, 0])
    async with (
        Serving(small_data, project, config) as url,
        StreamClient(url, client_id="anna-anna") as anna,
    ):
        assert anna.labels[:4].tolist() == [1, 1, -1, 0]
        await anna.command(protocol.Undo(command_id="undo-the-sheet"))
        await eventually(lambda: anna.labels[:4].tolist() == [1, 1, 1, 1])


async def test_classes_are_made_renamed_and_kept(served: str) -> None:
    async with StreamClient(served) as anna:
        made = await anna.command(
            protocol.AddClass(command_id="make-a-class", name="Ø <img src=x onerror=alert(1)>")
        )
        assert made.class_id == 4
        twice = await anna.command(
            protocol.AddClass(command_id="make-it-again", name="Ø <img src=x onerror=alert(1)>")
        )
        assert isinstance(twice, protocol.Refused) and twice.code == "class_exists"
        await anna.command(protocol.EditClass(command_id="rename-a-class", class_id=4, name="owl"))
        assert anna.seen(protocol.Classes)[-1].classes[4].name == "owl"
        assert isinstance(await anna.label([7], 4), protocol.Ack)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (labelling([200], 0), "unknown_item"),
        (labelling([0], 4), "unknown_class"),
        (protocol.Undo(command_id="x" * 8), "nothing_to_undo"),
        (protocol.Redo(command_id="x" * 8), "nothing_to_redo"),
        (protocol.EditClass(command_id="x" * 8, class_id=9, name="a"), "unknown_class"),
        (protocol.SetTraining(command_id="x" * 8, run=True), "no_training"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_impossible_command_is_refused_with_a_code(
    served: str, operation: object, code: str
) -> None:
    async with StreamClient(served) as anna:
        refused = await anna.command(operation)
        assert isinstance(refused, protocol.Refused)
        assert refused.code == code
        assert (anna.labels == -1).all()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"op":"fly"}',
        '{"op":"undo"}',
        '{"op":"undo","command_id":"short"}',
        "[" * 5000,
    ],
)
async def test_malformed_text_is_refused_and_the_stream_continues(served: str, text: str) -> None:
    async with StreamClient(served) as anna:
        await anna.socket.send_str(text)
        await eventually(lambda: bool(anna.seen(protocol.Refused)))
        assert anna.seen(protocol.Refused)[0].code == "malformed_message"
        assert "Traceback" not in anna.seen(protocol.Refused)[0].message
        assert isinstance(await anna.label([0], 0), protocol.Ack)


@pytest.mark.parametrize(
    "fields",
    [
        {
            "op": "label",
            "items": [1],
            "class_id": 5000,
            "revision": 0,
            "provenance": {"tool": "api"},
        },
        {
            "op": "label",
            "items": [1],
            "class_id": 0,
            "revision": 1 << 63,
            "provenance": {"tool": "api"},
        },
        {"op": "label", "items": [], "class_id": 0, "revision": 0, "provenance": {"tool": "api"}},
        {"op": "label", "items": [1], "class_id": 0, "revision": 0, "provenance": {"tool": "wand"}},
        {
            "op": "label_each",
            "items": [1, 2],
            "class_ids": [0],
            "revision": 0,
            "provenance": {"tool": "sheet"},
        },
        {
            "op": "label_each",
            "items": [1, 1],
            "class_ids": [0, 2],
            "revision": 0,
            "provenance": {"tool": "sheet"},
        },
        {"op": "undo", "why": "a field that is unknown"},
        {
            "op": "resolve",
            "regions": [{"polygon": [0, 0, 1, 1, 0, 1, 1], "clip_from_latent": [0] * 16}],
        },
        {
            "op": "resolve",
            "regions": [{"polygon": [0] * 6, "clip_from_latent": [0] * 16, "cell": [0, 0.1]}],
        },
    ],
    ids=["class", "revision", "no items", "tool", "lengths", "twice", "field", "polygon", "cell"],
)
async def test_a_malformed_command_is_refused_by_its_id(
    served: str, fields: dict[str, object]
) -> None:
    """A client that gets no answer would send the command again after each reconnect."""
    async with StreamClient(served) as anna:
        await anna.socket.send_json({**fields, "command_id": "a-malformed-command"})
        await eventually(lambda: bool(anna.seen(protocol.Refused)))
        (refused,) = anna.seen(protocol.Refused)
        assert (refused.command_id, refused.code) == ("a-malformed-command", "malformed_message")


async def test_wild_matrices_select_nothing(served: str) -> None:
    async with StreamClient(served) as anna:
        wild = [1e308, -1e308] * 8
        region = protocol.Region(
            polygon=[-1, -1, 1, -1, 1, 1], clip_from_latent=wild, mode="visible", cell=(1e-6, 1e-6)
        )
        resolved = await anna.command(
            protocol.Resolve(command_id="a-wild-resolve", regions=[region])
        )
        assert isinstance(resolved, protocol.Resolved)


async def test_another_version_is_refused_with_a_reason(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        headers = {"Origin": served.rstrip("/")}
        async with http.ws_connect(
            served + "api/stream", protocols=("lodespace.v9",), headers=headers
        ) as ws:
            message = await ws.receive()
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert message.data == aiohttp.WSCloseCode.PROTOCOL_ERROR
            assert "lodespace.v1" in (message.extra or "")


async def test_positions_are_exact_after_any_number_of_missed_frames(
    small_data: Path, tmp_path: Path
) -> None:
    server = Serving(
        small_data, tmp_path / "project", ServerConfig(train=False, frame_interval=0.005)
    )
    async with server as url, StreamClient(url) as anna:
        service, random = server.service, np.random.default_rng(0)
        nothing = ItemPredictions(np.full(200, -1, np.int16), np.zeros(200, np.float32))
        mean = random.normal(size=(200, 3)).astype(np.float32)
        for step in range(60):
            mean += random.normal(0, 0.01, mean.shape).astype(np.float32)
            service.session.publish(mean, nothing, step=step, resting=step == 59)
            service.clients.wake()
            if step % 7 == 0:
                await asyncio.sleep(0.01)
        await eventually(
            lambda: (
                anna.revision == service.session.grid.revision
                and anna.scene_id == service.session.grid.scene_id
            )
        )
        assert (anna.positions == service.session.grid.positions()).all()
        exact = (
            (mean - np.array(service.session.grid.box.origin))
            / service.session.grid.box.size
            * (GRID_STEPS - 1)
        )
        # The last frame is exact: positions are rounded by at most half a grid step.
        assert np.abs(anna.positions - exact).max() <= 0.51
        assert anna.resynced >= 1  # the first positions are outside the empty scene's box
        before = anna.resynced
        service.session.publish(mean * 50, nothing, step=60, resting=False)
        service.clients.wake()
        await eventually(lambda: anna.resynced == before + 1)
        assert (anna.positions == service.session.grid.positions()).all()


async def test_client_that_reconnects_gets_the_labels_it_missed(served: str) -> None:
    async with StreamClient(served) as anna:
        await anna.label([1], 1)
        sequence, scene, revision = anna.sequence, anna.scene_id, anna.revision
    async with StreamClient(served) as ben:
        await ben.label([2, 3], 2)
    late = StreamClient(served)
    async with late:
        late.operations.clear()
        late.sequence, late.scene_id, late.revision = sequence, scene, revision
        await late.hello()
        await eventually(lambda: bool(late.seen(protocol.Labels)))
        assert late.seen(protocol.Labels)[0].items == [2, 3]


async def test_client_that_never_reads_is_dropped_and_delays_no_other(
    small_data: Path, tmp_path: Path
) -> None:
    config = ServerConfig(train=False, stall_seconds=0.5, frame_interval=0.002)
    server = Serving(small_data, tmp_path / "project", config)
    async with server as url, StreamClient(url) as anna:
        silent = await _client_that_never_reads(url)
        await eventually(lambda: len(server.service.clients) == 2)
        memory = psutil.Process().memory_info().rss
        for number in range(400):
            # All messages together have 0.5 MB, more than the buffers of a socket hold.
            ack = await anna.label(list(range(200)), number % 4)
            assert isinstance(ack, protocol.Ack)
            if len(server.service.clients) == 1:
                break
        await eventually(
            lambda: len(server.service.clients) == 1,
            message="the client that never reads was not dropped",
        )
        assert psutil.Process().memory_info().rss - memory < 30 << 20
        assert isinstance(await anna.label([0], 1), protocol.Ack)
        silent.close()


async def _client_that_never_reads(url: str) -> socket.socket:
    """Return a socket with small buffers that has opened the stream and sent `hello`."""
    port = int(url.split(":")[2].strip("/"))
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    silent.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(silent, ("127.0.0.1", port))
    request = (
        f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {protocol.PROTOCOL_VERSION}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\n\r\n"
    )
    await loop.sock_sendall(silent, request.encode())
    hello = protocol.encode_operation(
        protocol.Hello(client_id="deaf-deaf", scene_id=0, revision=0, sequence=0)
    )
    mask = b"\1\2\3\4"
    masked = bytes(byte ^ mask[k % 4] for k, byte in enumerate(hello))
    assert len(hello) < 126
    await loop.sock_sendall(silent, bytes([0x81, 0x80 | len(hello)]) + mask + masked)
    return silent
