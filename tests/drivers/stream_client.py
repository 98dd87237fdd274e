"""A client of the stream for tests, which follows the protocol as the page does."""

import asyncio
import uuid
from typing import Any

import aiohttp
import numpy as np

from lodespace import protocol
from lodespace.protocol import frames, selection_frames
from lodespace.scene.glb import decode_scene


class StreamClient:
    """`async with StreamClient(url) as client`. Frames and operations that arrive update positions,
    labels and predictions.

    `http`: the HTTP session of an approved device."""

    def __init__(
        self,
        url: str,
        *,
        client_id: str = "",
        read: bool = True,
        http: aiohttp.ClientSession | None = None,
    ) -> None:
        self.url = url
        self.client_id = client_id or f"test-{uuid.uuid4().hex}"
        self.read = read
        self.operations: list[Any] = []
        self.frames: list[Any] = []
        self.resynced = 0
        self._given_http = http
        self._answers: dict[str, asyncio.Future[Any]] = {}

    async def __aenter__(self) -> "StreamClient":
        self.http = self._given_http or aiohttp.ClientSession()
        try:
            await self.fetch_scene()
            self.socket = await self.http.ws_connect(
                self.url + "api/stream",
                protocols=(protocol.PROTOCOL_VERSION,),
                headers={"Origin": self.url.rstrip("/")},
                max_msg_size=0,
            )
            await self.hello()
        except BaseException:
            await self._close_http()
            raise
        self._task = asyncio.create_task(self._receive()) if self.read else None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
        await self.socket.close()
        await self._close_http()

    async def _close_http(self) -> None:
        if self._given_http is None:
            await self.http.close()

    async def fetch_scene(self) -> None:
        async with self.http.get(self.url + "api/scene.glb") as answer:
            scene = decode_scene(await answer.read())
        self.positions = scene.positions.astype(np.int64)
        self.labels = scene.labels.copy()
        self.classes = scene.classes
        self.predictions = scene.predictions.copy()
        self.confidence = scene.confidence.copy()
        self.scene_id, self.revision, self.sequence = scene.scene_id, scene.revision, scene.sequence

    async def hello(self) -> None:
        await self.send(
            protocol.Hello(
                client_id=self.client_id,
                scene_id=self.scene_id,
                revision=self.revision,
                sequence=self.sequence,
            )
        )

    async def send(self, operation: Any) -> None:
        await self.socket.send_str(protocol.encode_operation(operation).decode())

    async def command(self, operation: Any) -> Any:
        """Send a command and wait for the answer. Raise ConnectionError if the server is gone."""
        if self._task is None or self._task.done():
            raise ConnectionResetError("the client does not read answers")
        self._answers[operation.command_id] = asyncio.get_running_loop().create_future()
        await self.send(operation)
        return await asyncio.wait_for(self._answers[operation.command_id], 60)

    async def select(self, packed: bytes, slot: int = 0) -> None:
        """Upload a packed set of items."""
        for part in selection_frames.encode_parts(slot, packed):
            await self.socket.send_bytes(part)

    def label_operation(
        self, items: list[int], class_id: int, command_id: str = ""
    ) -> protocol.Label:
        return protocol.Label(
            command_id=command_id or uuid.uuid4().hex,
            items=items,
            class_id=class_id,
            revision=self.revision,
            provenance=protocol.Provenance(tool="lasso"),
        )

    async def label(self, items: list[int], class_id: int, command_id: str = "") -> Any:
        return await self.command(self.label_operation(items, class_id, command_id))

    async def _receive(self) -> None:
        try:
            async for message in self.socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    self._frame(frames.decode(message.data))
                elif message.type is aiohttp.WSMsgType.TEXT:
                    await self._operation(protocol.decode_server_operation(message.data))
        finally:
            for answer in self._answers.values():
                answer.cancel()

    def _frame(self, frame: Any) -> None:
        self.frames.append(frame)
        if isinstance(frame, frames.PositionsFrame):
            assert frame.header.scene_id == self.scene_id
            assert frame.header.base_revision == self.revision, (
                "a delta does not start from the revision that the client has"
            )
            self.positions[:, : frame.header.axes] += frame.delta
            self.revision = frame.header.revision
        elif isinstance(frame, frames.PredictionsFrame):
            self.predictions[frame.items] = frame.class_ids
            self.confidence[frame.items] = frame.confidence

    async def _operation(self, operation: Any) -> None:
        self.operations.append(operation)
        match operation:
            case protocol.Labels():
                items, class_ids = operation.changes(len(self.labels))
                self.labels[items] = class_ids
                self.sequence = operation.sequence
            case protocol.Resync():
                self.resynced += 1
                await self.fetch_scene()
                await self.hello()
            case (
                protocol.Ack()
                | protocol.Refused()
                | protocol.Resolved()
                | protocol.Probed()
                | protocol.Decoded()
            ):
                answer = self._answers.pop(operation.command_id, None)
                if answer is not None:
                    answer.set_result(operation)
            case _:
                pass

    def seen(self, kind: type) -> list[Any]:
        return [operation for operation in self.operations if isinstance(operation, kind)]
