"""A connected client and its outbox.

Each client has one task that sends. No other task waits for a client. Labels and answers are sent
in order and never dropped. Positions, predictions, curves and states are encoded when they are
sent, relative to what the client received last. A slow client therefore skips revisions, and gets
one merged delta. A client that accepts no data for `stall_seconds`, or whose outbox is full, is
disconnected.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.session import summaries
from lodespace.session.selections import Selections
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

_MAX_QUEUED = 4096
"""Largest number of messages in an outbox; `ServerConfig.queue_bytes` limits their total size."""
_CLOSE_SECONDS = 0.5
"""Longest time for the closing handshake, in seconds."""


class Connection(Protocol):
    """The WebSocket of a client; web/websocket.py implements it."""

    async def send_text(self, text: bytes) -> None:
        """Send a text message (UTF-8)."""
        ...

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close the connection with a WebSocket close code."""
        ...

    def abort(self) -> None:
        """End the connection at once, without a closing handshake."""
        ...

    def unsent_bytes(self) -> int:
        """Return the number of bytes that the operating system has not accepted for sending yet."""
        ...


class Client:
    """A connected client: its connection, its view of the session, and its outbox."""

    def __init__(
        self,
        connection: Connection,
        session: AnnotationSession,
        config: ServerConfig,
        *,
        role: protocol.Role | None,
        device: str,
    ) -> None:
        self.connection = connection
        """WebSocket of the client."""
        self.session = session
        """Session that the client shows."""
        self.config = config
        """Options of the server, which limit the outbox."""
        self.client_id = ""
        """Id of the client in its gestures: the id CLIENT that the page sent, or `DEVICE.CLIENT` on
        an approved device (session/authors.py). A page that reconnects keeps its id. Empty before
        `hello`."""
        self.name = ""
        """Name of the client, which other people see."""
        self.role: protocol.Role | None = role
        """Role that the guard (web/request_guard.py) found for the device."""
        self.device = device
        """Id of the paired device; empty for the owner on this machine."""
        self.watching = False
        """Whether the client receives forces."""
        self.selections = Selections(len(session.items))
        """Selections that the client has uploaded."""
        self.dragging: tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]] | None = None
        """Dragged items, uint32 (K,), and their targets in latent units, float32 (K, D)."""
        self.queries: set[asyncio.Task[None]] = set()
        """Tasks of the queries that the model has not answered yet."""
        self.force_version = 0
        """Version of the forces that were sent last."""
        self.scene_id = -1
        """Id of the scene that the client shows."""
        self.revision = -1
        """Revision of the positions that the client shows."""
        self.prediction_version = 0
        """Version of the predictions that were sent last."""
        self.ready = False
        """Whether the client receives frames: true after `hello`, false after `resync`."""
        self.priority: list[int] = []
        """Items in view, which the trainer moves first."""
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._newest: dict[str, protocol.Operation] = {}
        self._history_due = False
        self._wake = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._frame_sent = 0.0

    def send(self, operation: protocol.Operation) -> None:
        """Queue an operation. Operations are sent in order, and none is left out."""
        self.send_encoded(protocol.encode_operation(operation))

    def send_encoded(self, text: bytes) -> None:
        """Queue an encoded operation (UTF-8), as `send` does."""
        # A single message may have any size. The limit applies only to messages that are already
        # waiting.
        full = self._queued_bytes > self.config.queue_bytes or len(self._queue) >= _MAX_QUEUED
        self._queue.append(text)
        self._queued_bytes += len(text)
        if full:
            log.warning(
                "the outbox of client %s is full; the client is disconnected", self.client_id
            )
            self.drop()
        self._wake.set()

    def replace(self, key: str, operation: protocol.Operation) -> None:
        """Queue an operation. It replaces an unsent operation with the same key."""
        self._newest[key] = operation
        self._wake.set()

    def history_changed(self) -> None:
        """Queue a message with the history of gestures.

        The content is made when the message is sent, so it has the newest gestures.
        """
        self._history_due = True
        self._wake.set()

    def wake(self) -> None:
        """Make the sending task check for new positions and predictions."""
        self._wake.set()

    def drop(self) -> None:
        """Disconnect without waiting for the client."""
        self.connection.abort()

    def close(self, code: int, reason: str) -> None:
        """Close the connection with a code and a reason; drop a client that does not answer."""
        self._closing = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.connection.close(code, reason)
        except TimeoutError:
            pass
        finally:
            self.drop()

    async def run(self) -> None:
        """Send everything that is due, until the client disconnects or stalls.

        An unexpected error while sending also disconnects the client.
        """
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._send_operations()
                if self.ready:
                    await self._send_frames()
        except ConnectionError:
            pass  # the client is disconnected; the task that receives its messages ends, too
        except Exception:
            log.exception("sending to client %s failed; the client is disconnected", self.client_id)
            self.drop()

    async def _send_operations(self) -> None:
        while self._queue:
            text = self._queue.popleft()
            self._queued_bytes -= len(text)
            await self._deliver(self.connection.send_text(text))
        while self._newest:
            _, operation = self._newest.popitem()
            await self._deliver(self.connection.send_text(protocol.encode_operation(operation)))
        if self._history_due:
            self._history_due = False
            history = protocol.HistoryChanged(
                history=summaries.history(self.session, self.client_id)
            )
            await self._deliver(self.connection.send_text(protocol.encode_operation(history)))

    async def _send_frames(self) -> None:
        early = self.config.frame_interval - (time.monotonic() - self._frame_sent)
        if early > 0:
            # Only frames are delayed. Labels wake the loop, and are sent at once.
            asyncio.get_running_loop().call_later(early, self._wake.set)
            return
        session, grid = self.session, self.session.grid
        if self.scene_id != grid.scene_id:
            await self._resync("the scene has changed")
            return
        if self.revision != grid.revision:
            frame = grid.delta_from(self.revision)
            if frame is None:
                await self._resync("too far behind")
                return
            self._frame_sent = time.monotonic()
            self.revision = grid.revision
            await self._deliver(self.connection.send_bytes(frame))
        if self.watching and self.force_version != session.encoder.force_version:
            self.force_version = session.encoder.force_version
            forces = session.encoder.forces_frame()
            if forces is not None:
                await self._deliver(self.connection.send_bytes(forces))
        version = session.scores.version
        if self.prediction_version != version:
            predictions = session.encoder.predictions_frame(self.prediction_version)
            self.prediction_version = version
            if predictions is not None:
                self._frame_sent = time.monotonic()
                await self._deliver(self.connection.send_bytes(predictions))

    async def _resync(self, reason: str) -> None:
        """Ask the client once to fetch the scene; frames continue after the next `hello`."""
        self.ready = False
        resync = protocol.Resync(scene_id=self.session.grid.scene_id, reason=reason)
        await self._deliver(self.connection.send_text(protocol.encode_operation(resync)))

    async def _deliver(self, message: Coroutine[None, None, None]) -> None:
        """Send a message, and wait as long as the client accepts data, however slowly.

        A client that accepts no byte for `stall_seconds` is disconnected. Raises ConnectionError.
        """
        sending = asyncio.ensure_future(message)
        try:
            await asyncio.sleep(0)  # lets the task put the message into the connection's buffer
            waiting = self.connection.unsent_bytes()
            while (
                not sending.done()
                and not (await asyncio.wait((sending,), timeout=self.config.stall_seconds))[0]
            ):
                left = self.connection.unsent_bytes()
                if left >= waiting:
                    seconds = self.config.stall_seconds
                    log.warning(
                        "client %s has accepted no data for %.0f s; the client is disconnected",
                        self.client_id,
                        seconds,
                    )
                    self.drop()
                    raise ConnectionAbortedError
                waiting = left
            sending.result()
        finally:
            sending.cancel()
