"""The WebSocket of a session. docs/protocol.md describes its messages."""

import asyncio
import contextlib
import logging
import weakref

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from lodespace import protocol
from lodespace.access.connections import BYTES_OF_REQUEST
from lodespace.access.pace import Pace
from lodespace.access.roles import may
from lodespace.errors import LodespaceError, ProtocolError, RequestError
from lodespace.json_input import JsonError, json_of
from lodespace.protocol import MAX_MESSAGE_BYTES, PROTOCOL_VERSION
from lodespace.service.client import Client
from lodespace.service.service import Service
from lodespace.session.commands.registry import Command
from lodespace.web.api import SERVICE
from lodespace.web.request_guard import visitor_of

log = logging.getLogger(__name__)

SOCKETS = web.AppKey("sockets", weakref.WeakSet[web.WebSocketResponse])
"""All open WebSockets, to be closed when the server stops."""

MESSAGES_PER_SECOND = 200.0
"""Largest rate of messages from a device, per second. The server delays messages that arrive
faster. A page sends at most 90 messages per second, while the user drags items in VR."""
MESSAGES_AT_ONCE = 400
"""Number of messages that a device may send in one burst without a delay."""


class SocketConnection:
    """The WebSocket of a client. Implements Connection (service/client.py)."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport

    async def send_text(self, text: bytes) -> None:
        """Send a text message (UTF-8)."""
        await self._socket.send_str(text.decode())

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        await self._socket.send_bytes(data)

    async def close(self, code: int, reason: str) -> None:
        """Close the WebSocket with a code and a reason."""
        await self._socket.close(code=code, message=reason.encode())

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def unsent_bytes(self) -> int:
        """Return the number of bytes in the write buffer of the transport."""
        transport = self._transport
        if isinstance(transport, asyncio.WriteTransport):
            return transport.get_write_buffer_size()
        return 0


def new_socket() -> web.WebSocketResponse:
    """Return a WebSocket with the protocol, the message size limit and the heartbeat of the
    stream."""
    return web.WebSocketResponse(
        protocols=(PROTOCOL_VERSION,),
        max_msg_size=MAX_MESSAGE_BYTES + 1,  # aiohttp also refuses a message of exactly this size
        compress=False,
        heartbeat=20.0,
    )


async def stream(request: web.Request) -> web.WebSocketResponse:
    """Serve one client: carry out its operations, and send it messages and frames.

    Raises LodespaceError when too many streams are open.
    """
    visitor = visitor_of(request)
    places = request.app[SERVICE].places
    with places.taken(visitor.device, owner=visitor.role == "owner"):
        return await _serve(request)


async def _serve(request: web.Request) -> web.WebSocketResponse:
    service = request.app[SERVICE]
    socket = new_socket()
    await socket.prepare(request)
    if socket.ws_protocol != PROTOCOL_VERSION:
        await socket.close(
            code=WSCloseCode.PROTOCOL_ERROR,
            message=f"The server speaks {PROTOCOL_VERSION}. Reload the page.".encode(),
        )
        return socket
    request.app[SOCKETS].add(socket)
    visitor = visitor_of(request)
    client = Client(
        SocketConnection(socket, request.transport),
        service.session,
        service.config,
        role=visitor.role,
        device=visitor.device,
    )
    try:
        with service.clients.joined(client):
            sending = asyncio.create_task(client.run())
            try:
                await _receive(service, client, socket)
            finally:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sending
    finally:
        service.left(client)  # also after an exception, so that the client's head is removed
    return socket


async def _receive(service: Service, client: Client, socket: web.WebSocketResponse) -> None:
    pace = Pace(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE)
    loop = asyncio.get_running_loop()
    async for message in socket:
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
        if client.device:
            # `sleep` is called even if the wait is 0: otherwise messages that have already arrived
            # would be handled without a pause for other tasks.
            requests = 1 + len(message.data) // BYTES_OF_REQUEST
            await asyncio.sleep(pace.wait("", loop.time(), requests))
        command_id = ""
        try:
            if message.type is WSMsgType.BINARY:
                _receive_selection(client, message.data)
                continue
            try:
                operation = _parse(message.data)
            except ProtocolError:
                command_id = _command_id_of(message.data)
                raise
            command_id = getattr(operation, "command_id", "")
            if not isinstance(operation, protocol.Hello):
                _check_greeted(client)
            await _handle(service, client, operation)
        except LodespaceError as error:
            client.send(
                protocol.Refused(command_id=command_id, code=error.code, message=str(error))
            )
        except Exception:
            log.exception("an operation of client %s failed", client.client_id)
            message_text = "Internal error. Details are in the server log."
            client.send(
                protocol.Refused(command_id=command_id, code="internal_error", message=message_text)
            )


def _check_greeted(client: Client) -> None:
    if not client.client_id:
        raise ProtocolError("The first message must be `hello`.", code="no_hello")


def _check_role(client: Client, role: protocol.Role) -> None:
    if not may(client.role, role):
        raise RequestError(
            "This device can only view. Ask the owner for the role `annotator`.",
            code="not_allowed",
            status=403,
        )


def _receive_selection(client: Client, frame: bytes) -> None:
    _check_greeted(client)
    _check_role(client, "annotator")
    client.selections.receive(frame)


def _parse(text: str) -> protocol.ClientOperation:
    try:
        return protocol.decode_client_operation(text)
    except JsonError as error:
        raise ProtocolError(
            f"The message is not an operation of {PROTOCOL_VERSION}: {error}"
        ) from error


class _Addressed(msgspec.Struct):
    command_id: protocol.CommandId = ""


def _command_id_of(text: str) -> str:
    """Return the id of a malformed command; "" if the command has no readable id.

    The refusal needs the id, because a client sends a command again after each reconnect until an
    answer with the id of the command arrives.
    """
    try:
        return json_of(text, _Addressed).command_id
    except JsonError:
        return ""


async def _handle(service: Service, client: Client, operation: protocol.ClientOperation) -> None:
    _check_role(client, operation.role)
    match operation:
        case protocol.Hello():
            service.welcome(client, operation)
        case protocol.SetTraining():
            client.send(await service.commands.set_training(operation, client.client_id))
        case protocol.Drag():
            service.held_items.drag(client, operation)
        case protocol.Watch():
            service.held_items.watch(client, forces=operation.forces)
        case protocol.Probe() | protocol.Decode():
            service.model_queries.ask(client, operation)
        case protocol.SetPriority():
            service.held_items.set_priority(client, operation.items)
        case protocol.Presence():
            service.presence.moved(client, operation)
        case protocol.ShowSelection():
            service.presence.selected(client, operation)
        case protocol.Ping():
            client.replace("pong", protocol.Pong())
        case protocol.Resolve():
            client.send(
                await service.resolve(operation, revision=client.revision, device=client.device)
            )
        case protocol.Anchor():
            client.send(await _carry_out(service, client, operation))
            service.held_items.release(client)
        case protocol.AddRule() | protocol.EditRule() | protocol.DeleteRule():
            client.send(await service.rules.carry_out(client, operation))
        case protocol.PreviewRule():
            service.rule_previews.ask(client, operation)
        case protocol.Undo():
            owner = client.role == "owner"
            client.send(await service.commands.carry_out(operation, client.client_id, owner=owner))
            await service.rules.apply_to_added()
        case protocol.EditClass(locked=False) | protocol.Redo():
            client.send(await _carry_out(service, client, operation))
            await service.rules.apply_to_added()
        case _:
            client.send(await _carry_out(service, client, operation))


async def _carry_out(service: Service, client: Client, command: Command) -> protocol.Ack:
    return await service.commands.carry_out(command, client.client_id, client.selections)
