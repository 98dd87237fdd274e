"""The connected clients and their outboxes.

One task a client sends; nobody else ever waits for a client. Labels and answers go out in order and are never dropped. Positions,
predictions, curves and states are made when they are sent, from what the client has then: a slow client skips revisions and gets one
merged delta. A client that takes nothing for `stall_seconds`, or lets too much pile up, is dropped.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Coroutine, Generator, Iterator

import numpy as np
import numpy.typing as npt
from aiohttp import web

from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

_FULL_MESSAGES = 4096
_END_SECONDS = 0.5


class Client:
    """One connection. `client_id` is the page's own and outlives it; `role`, `device`: who it is, as the guard found; `scene_id`,
    `revision`: what the client shows; `priority`: the items its person looks at; `present`: whether its head is somewhere in the scene;
    `watching`: whether it wants forces; `dragging`: the items it holds uint32 (K,), and where (K, D); `questions`: those to the model that
    are not answered yet."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        session: AnnotationSession,
        config: ServerConfig,
        *,
        role: protocol.Role | None,
        device: str,
        transport: asyncio.Transport | None,
    ) -> None:
        self.socket = socket
        self.session = session
        self.config = config
        self.client_id = ""
        self.name = ""
        self.role: protocol.Role | None = role
        self.device = device
        self.present = False
        self.watching = False
        self.dragging: tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]] | None = None
        self.questions: set[asyncio.Task[None]] = set()
        self.force_version = 0
        self.scene_id = -1
        self.revision = -1
        self.prediction_version = 0
        self.ready = False
        self.priority: list[int] = []
        self._transport = transport
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._newest: dict[str, protocol.Operation] = {}
        self._history_due = False
        self._wake = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self._frame_sent = 0.0

    def send(self, operation: protocol.Operation) -> None:
        """Queue an operation that must arrive, in order."""
        text = protocol.encode_operation(operation)
        # One message may be of any size; what counts is how much a client lets wait.
        full = self._queued_bytes > self.config.queue_bytes or len(self._queue) >= _FULL_MESSAGES
        self._queue.append(text)
        self._queued_bytes += len(text)
        if full:
            log.warning("client %s lets too much pile up and is dropped", self.client_id)
            self.drop()
        self._wake.set()

    def replace(self, key: str, operation: protocol.Operation) -> None:
        """Queue an operation of which only the newest with this key counts."""
        self._newest[key] = operation
        self._wake.set()

    def history_changed(self) -> None:
        """The history is told when its turn comes, as it is then."""
        self._history_due = True
        self._wake.set()

    def wake(self) -> None:
        """There may be new positions or predictions."""
        self._wake.set()

    def drop(self) -> None:
        """End the connection without waiting for the client."""
        if self._transport is not None:
            self._transport.abort()

    def end(self, code: int, reason: str) -> None:
        """End the connection and say why; a client that does not hear it is dropped."""
        self._ending = asyncio.create_task(self._end(code, reason))

    async def _end(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.socket.close(code=code, message=reason.encode())
        except TimeoutError:
            pass
        finally:
            self.drop()

    async def run(self) -> None:
        """Send what there is, until the client is gone or stalled. No client outlives its outbox."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._send_operations()
                if self.ready:
                    await self._send_frames()
        except ConnectionError:
            pass  # it is gone; the receiving side sees that too
        except Exception:
            log.exception("nothing more can be sent to client %s, it is dropped", self.client_id)
            self.drop()

    async def _send_operations(self) -> None:
        while self._queue:
            text = self._queue.popleft()
            self._queued_bytes -= len(text)
            await self._deliver(self.socket.send_str(text.decode()))
        while self._newest:
            _, operation = self._newest.popitem()
            await self._deliver(self.socket.send_str(protocol.encode_operation(operation).decode()))
        if self._history_due:
            self._history_due = False
            history = protocol.HistoryChanged(history=self.session.summary(self.client_id))
            await self._deliver(self.socket.send_str(protocol.encode_operation(history).decode()))

    async def _send_frames(self) -> None:
        early = self.config.frame_interval - (time.monotonic() - self._frame_sent)
        if early > 0:
            # Labels that come meanwhile do not wait: they wake the loop, the frame follows when it is due.
            asyncio.get_running_loop().call_later(early, self._wake.set)
            return
        session, grid = self.session, self.session.grid
        if self.scene_id != grid.scene_id:
            await self._resync("the scene was drawn anew")
            return
        if self.revision != grid.revision:
            frame = grid.delta_from(self.revision)
            if frame is None:
                await self._resync("too far behind")
                return
            self._frame_sent = time.monotonic()
            self.revision = grid.revision
            await self._deliver(self.socket.send_bytes(frame))
        if self.watching and self.force_version != session.force_version:
            self.force_version = session.force_version
            forces = session.forces_frame()
            if forces is not None:
                await self._deliver(self.socket.send_bytes(forces))
        version = session.prediction_version
        if self.prediction_version != version:
            predictions = session.predictions_since(self.prediction_version)
            self.prediction_version = version
            if predictions is not None:
                self._frame_sent = time.monotonic()
                await self._deliver(self.socket.send_bytes(predictions))

    async def _resync(self, reason: str) -> None:
        """Tell the client once to fetch the scene; frames go on when it has said hello again."""
        self.ready = False
        resync = protocol.Resync(scene_id=self.session.grid.scene_id, reason=reason)
        await self._deliver(self.socket.send_str(protocol.encode_operation(resync).decode()))

    async def _deliver(self, message: Coroutine[None, None, None]) -> None:
        """Send a message. A slow client may take its time; one that has taken nothing for `stall_seconds` is dropped."""
        sending = asyncio.ensure_future(message)
        try:
            await asyncio.sleep(0)  # now it is in the transport's buffer
            waiting = self._unsent_bytes()
            while (
                not sending.done()
                and not (await asyncio.wait((sending,), timeout=self.config.stall_seconds))[0]
            ):
                left = self._unsent_bytes()
                if left >= waiting:
                    seconds = self.config.stall_seconds
                    log.warning(
                        "client %s has taken nothing for %.0f s and is dropped",
                        self.client_id,
                        seconds,
                    )
                    self.drop()
                    raise ConnectionAbortedError
                waiting = left
            sending.result()
        finally:
            sending.cancel()

    def _unsent_bytes(self) -> int:
        transport = self._transport
        return (
            transport.get_write_buffer_size()
            if isinstance(transport, asyncio.WriteTransport)
            else 0
        )


class Clients:
    """All connected clients."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self._clients))

    @contextlib.contextmanager
    def joined(self, client: Client) -> Generator[None]:
        self._clients.add(client)
        try:
            yield
        finally:
            self._clients.discard(client)

    def send(self, operation: protocol.Operation) -> None:
        for client in self:
            if client.client_id:
                client.send(operation)

    def replace(self, key: str, operation: protocol.Operation) -> None:
        for client in self:
            if client.client_id:
                client.replace(key, operation)

    def wake(self) -> None:
        for client in self._clients:
            client.wake()
