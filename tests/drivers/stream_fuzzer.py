"""Clients that send malformed messages to a server, and count the answers of the server."""

import asyncio
import contextlib
import copy
import json
import random
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np

from lodespace.protocol import PROTOCOL_VERSION
from lodespace.protocol.item_sets import pack
from lodespace.protocol.selection_frames import PART_HEADER, SLOTS, encode_parts

_REGION: dict[str, Any] = {
    "polygon": [0, 0, 0, 1, 1, 1],
    "clip_from_latent": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
}
_PROVENANCE = {"tool": "lasso", "regions": [_REGION], "note": "", "verified": False}
_POSE = {"position": [0, 0, 0], "orientation": [0, 0, 0, 1]}
OPERATIONS: tuple[dict[str, Any], ...] = (
    {"op": "hello", "client_id": "fuzz-fuzz", "scene_id": 1, "revision": 0, "sequence": 0},
    {"op": "label", "items": [1, 2], "class_id": 0, "revision": 0, "provenance": _PROVENANCE},
    {
        "op": "label_each",
        "items": [1, 2],
        "class_ids": [0, 1],
        "revision": 0,
        "provenance": _PROVENANCE,
    },
    {"op": "label", "selection": 0, "class_id": 0, "revision": 0, "provenance": _PROVENANCE},
    {"op": "label_each", "selection": 1, "revision": 0, "provenance": _PROVENANCE},
    {"op": "undo"},
    {"op": "redo"},
    {"op": "add_class", "name": "x", "colour": "#112233"},
    {"op": "edit_class", "class_id": 0, "name": "y", "locked": False},
    {"op": "merge_class", "class_id": 1, "into": 0},
    {"op": "delete_class", "class_id": 1},
    {"op": "set_training", "run": True, "settings": {"preset": "default", "beta_kl": 1.0}},
    {"op": "drag", "items": [1], "targets": [[0, 0, 0]]},
    {"op": "anchor", "items": [1], "targets": [[0, 0, 0]], "keep": True, "revision": 0},
    {"op": "drag", "selection": 1, "moved": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]},
    {"op": "anchor", "selection": 0, "moved": [0.1] * 12, "keep": True, "revision": 0},
    {"op": "unpin", "items": [1]},
    {"op": "unpin", "selection": 1},
    {"op": "set_axis", "axis": "y", "few_selection": 0, "many_selection": 1},
    {"op": "set_axis", "axis": "x", "column": None, "few": [1, 2], "many": [3, 4], "name": "x"},
    {"op": "remove_axis", "axis": "x"},
    {"op": "add_rule", "items": [1, 2, 3], "class_id": 0, "provenance": _PROVENANCE},
    {"op": "add_rule", "kind": "votes", "items": [1, 2], "class_ids": [0, 1]},
    {"op": "add_rule", "kind": "query", "query": "1", "class_id": 1, "name": "ones"},
    {"op": "edit_rule", "rule": 5, "class_id": 1, "on": False, "reach": 2.0, "name": "z"},
    {"op": "delete_rule", "rule": 7},
    {"op": "preview_rule", "items": [1, 2, 3], "reach": 1.0},
    {"op": "watch", "forces": True},
    {"op": "probe", "items": [1]},
    {"op": "decode", "points": [[0, 0, 0]]},
    {"op": "set_priority", "items": [1]},
    {"op": "presence", "head": _POSE, "left": None, "right": None, "scale": 1.0},
    {"op": "presence", "head": _POSE, "cursor": [0, 0, 0], "call": "follow"},
    {"op": "show_selection", "items": [1, 2], "count": 2},
    {"op": "resolve", "regions": [_REGION]},
    {"op": "ping"},
)
"""One valid message of each kind. The fuzzer sends changed copies of these messages."""
PARTS = 0.15
"""Share of the frames that are parts of selections."""
WITHOUT_ID = frozenset(
    {"hello", "drag", "watch", "set_priority", "presence", "show_selection", "ping"}
)
"""Kinds of messages without a `command_id`. All others get one."""
_NUMBERS = (0, 1, 2, 5, 7, 150, 199, 200, 201, 1023, (1 << 31) - 1, (1 << 53) - 1, -1)
"""Numbers that replace a number of a message. Many of them are valid values of some field."""
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1023, 1024, 1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 53,
    (1 << 53) + 1, 1 << 64, -(1 << 70), 10**300, 0.5, -0.0, 1e308, -1e308, 5e-324, "", "x",
    "x" * 81, "x" * 65, "../../etc/passwd", "\0", "\ud800", "\u202e", "é" * 64, "👩‍🚀", [], {},
    [[]], [None], {"op": "undo"}, [0] * 300, [1, 1, 1], ["1"], [1.5], [-1], [199, 200, 201],
    [[0, 0]], [[0, 0, 0, 0]], [[1e308, 1e308, 1e308]], {"x": {"y": {"z": []}}},
)  # fmt: skip
"""Values that replace a value of a message."""
_TEXTS = (
    "", " ", "null", "NaN", "[" * 3000, '{"op":' * 900, '{"op":"hello"', '"', "0" * 4000, "\0",
    "\ufeff{}", "{}", "[]", '{"op":1}', '{"op":"nothing"}', '{"op":"undo","op":"redo"}',
    '{"op":"undo","command_id":"' + "x" * 70_000 + '"}', '{"command_id":"12345678"}',
    '{"op":"label","items":[' + "1," * 30_000 + "1]}", "{'op':'undo'}", "\U0010ffff" * 50,
)  # fmt: skip
"""Texts that are sent instead of a message."""


class Frames:
    """Generator of frames. The same seed gives the same frames."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        """Return a text frame.

        The frame is one of four kinds: any text (10 %); a message with other values of the same
        types, which is often valid (15 %); a changed message (55 %); or a changed message with
        other characters (20 %).
        """
        chance = self.random.random()
        if chance < 0.10:
            return self.random.choice(_TEXTS)
        message = self.message(self.random.choice(OPERATIONS))
        if chance < 0.25:
            return json.dumps(self._varied(message))
        for _ in range(self.random.randint(1, 3)):
            self._change(message)
        # Half characters (lone surrogates) are sent as JSON escapes.
        text = json.dumps(message)
        return self._edited(text) if chance < 0.45 else text

    def part(self) -> bytes:
        """Return a part of a selection.

        The frame is one of three kinds: a whole set of items (30 %), a part of a set, or a frame
        with changed bytes (35 % each).
        """
        random = self.random
        n = random.choice([0, 1, 5, 200, 201, 1000])
        items = np.array(sorted(random.sample(range(1000), n)), np.uint32) % max(n, 200)
        items = np.unique(items)
        class_ids = np.array([random.randrange(-1, 3) for _ in items], np.int16)
        points = np.zeros((len(items), 3), np.float32)
        packed = random.choice([pack(items), pack(items, class_ids), pack(items, points=points)])
        whole = encode_parts(random.randrange(SLOTS), packed)[0]
        chance = random.random()
        if chance < 0.3:
            return whole
        if chance < 0.65:
            size, offset = random.choice([(len(packed), 0), (len(packed), 7), (1 << 31, 0), (9, 9)])
            header = PART_HEADER.pack(16, random.randrange(SLOTS + 1), 0, size, offset)
            return header + packed[offset : offset + random.choice([0, 7, 100, 5000])]
        changed = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            changed[random.randrange(len(changed))] = random.randrange(256)
        return bytes(changed[: random.choice([len(changed), 5, len(changed) - 1])])

    def message(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of `sample`, with a new `command_id` if `sample` has this field."""
        message = copy.deepcopy(sample)
        if message["op"] not in WITHOUT_ID:
            message["command_id"] = f"{self.random.getrandbits(64):016x}"
        return message

    def _varied(self, value: Any) -> Any:
        """Return the value with some numbers replaced and some lists repeated.

        Most results are valid.
        """
        if isinstance(value, dict):
            return {name: self._varied(inner) for name, inner in value.items()}
        if isinstance(value, list):
            varied = [self._varied(inner) for inner in value]
            return varied * self.random.choice([1] * 18 + [2, 30])
        if isinstance(value, bool):
            return self.random.random() < 0.5
        if isinstance(value, int | float) and self.random.random() < 0.4:
            return self.random.choice(_NUMBERS)
        return value

    def _change(self, value: Any) -> None:
        """Change, remove or add one value at a random place of the message."""
        while True:
            places = list(value) if isinstance(value, dict) else list(range(len(value)))
            if not places:
                return
            place = self.random.choice(places)
            inner = value[place]
            if isinstance(inner, dict | list) and inner and self.random.random() < 0.6:
                value = inner
                continue
            action = self.random.random()
            if action < 0.15:
                del value[place]
            elif action < 0.25 and isinstance(value, dict):
                value[self.random.choice(["op", "items", "x", "", "command_id"])] = inner
            elif action < 0.30 and isinstance(value, list):
                value *= self.random.choice([0, 2, 50])
            else:
                value[place] = copy.deepcopy(self.random.choice(_ODD))
            return

    def _edited(self, text: str) -> str:
        """The text with some characters removed, repeated or replaced."""
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randrange(len(text) + 1)
            length = self.random.choice([0, 1, 1, 5, 50])
            put = self.random.choice(["", '"', "{", "}", "[", "]", ",", ":", "-", "9", "e", "\\u"])
            text = text[:at] + put + text[at + length :]
        return text

    def raw(self) -> bytes:
        """A frame that breaks the rules of WebSocket (RFC 6455), or that is binary."""
        random = self.random
        payload = random.randbytes(random.choice([0, 1, 2, 125, 126, 2000]))
        first = random.choice(
            [0x81, 0x82, 0x83, 0x8B, 0x8F, 0xC1, 0xF1, 0x00, 0x01, 0x80, 0x88, 0x08, 0x89, 0x09]
        )
        mask = random.choice([0x80, 0x80, 0x80, 0])
        form = random.random()
        if form < 0.7 and len(payload) < 126:
            head = bytes([first, mask | len(payload)])
        elif form < 0.8:
            head = bytes([first, mask | 126]) + struct.pack(">H", len(payload))
        elif form < 0.9:
            head = bytes([first, mask | 127]) + struct.pack(">Q", len(payload))
        else:
            head = bytes([first, mask | 127]) + struct.pack(">Q", random.getrandbits(64))
        return head + (random.randbytes(4) if mask else b"") + payload


@dataclass
class Answers:
    """Numbers of frames, answers and closed connections."""

    sent: int = 0
    """Number of frames sent."""
    texts: int = 0
    """Number of text messages received."""
    codes: Counter[str] = field(default_factory=Counter)
    """Number of refusals per code."""
    acknowledged: int = 0
    """Number of acknowledged commands."""
    closed: Counter[str] = field(default_factory=Counter)
    """Number of connections that ended, per closing code."""


class Fuzzer:
    """One client. It sends a batch of messages without waiting for answers, then waits until the
    server has handled the batch."""

    def __init__(self, url: str, seed: int, answers: Answers) -> None:
        self.url, self.seed, self.answers = url, seed, answers
        self.frames = Frames(seed)
        self._marker = asyncio.Event()
        self._awaited = ""

    async def send_texts(self, count: int, batch: int = 200) -> None:
        """Send `count` text frames. After the server has closed a connection, open another
        connection."""
        async with aiohttp.ClientSession() as http:
            while count > 0:
                async with self._connected(http) as socket:
                    await socket.send_str(json.dumps(self.frames.message(OPERATIONS[0])))
                    reading = asyncio.create_task(self._read(socket))
                    try:
                        while count > 0 and not reading.done():
                            for _ in range(min(batch, count)):
                                if self.frames.random.random() < PARTS:
                                    await socket.send_bytes(self.frames.part())
                                else:
                                    await socket.send_str(self.frames.text())
                                count -= 1
                                self.answers.sent += 1
                            await self._until_handled(socket, reading)
                    except (ConnectionError, aiohttp.ClientError):
                        pass
                    finally:
                        reading.cancel()
                        with contextlib.suppress(asyncio.CancelledError):
                            await reading

    async def send_raws(self, count: int) -> None:
        """Send `count` frames that violate the WebSocket protocol, each over its own connection."""
        async with aiohttp.ClientSession() as http:
            for _ in range(count):
                async with self._connected(http) as socket:
                    transport = socket._response.connection.transport  # pyright: ignore
                    transport.write(self.frames.raw())
                    self.answers.sent += 1
                    # Some frames are only a part of a message, so the client ends the connection.
                    await socket.close()
                    self.answers.closed[str(socket.close_code)] += 1

    def _connected(self, http: aiohttp.ClientSession) -> Any:
        return http.ws_connect(
            self.url + "api/stream",
            protocols=(PROTOCOL_VERSION,),
            headers={"Origin": self.url.rstrip("/")},
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=10),
        )

    async def _until_handled(
        self, socket: aiohttp.ClientWebSocketResponse, reading: "asyncio.Task[None]"
    ) -> None:
        """Wait until the server has handled every frame of this connection."""
        self._awaited = f"marker-{self.answers.sent:012d}-{self.seed}"
        self._marker.clear()
        await socket.send_str(json.dumps({"op": "delete_class", "command_id": self._awaited}))
        waiting = asyncio.create_task(self._marker.wait())
        await asyncio.wait({waiting, reading}, timeout=120, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert self._marker.is_set() or reading.done(), "the server does not answer"

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            self.answers.texts += 1
            answer = json.loads(message.data)
            if answer["op"] == "refused":
                self.answers.codes[answer["code"]] += 1
            elif answer["op"] == "ack":
                self.answers.acknowledged += 1
            if answer.get("command_id") == self._awaited:
                self._marker.set()
        self.answers.closed[str(socket.close_code)] += 1
