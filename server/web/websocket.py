"""The WebSocket: hello, then operations in and news out. docs/protocol.md is the page for people."""

import asyncio
import contextlib
import logging
import weakref

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from lodespace import protocol
from lodespace.access.pairing import may
from lodespace.errors import LodespaceError, ProtocolError, RequestError
from lodespace.protocol import MAX_MESSAGE_BYTES, PROTOCOL_VERSION
from lodespace.service.client import Client
from lodespace.service.service import Service
from lodespace.web.api import SERVICE
from lodespace.web.security import visitor_of

log = logging.getLogger(__name__)

_LOOKING = (
    protocol.Hello,
    protocol.SetPriority,
    protocol.Presence,
    protocol.Resolve,
    protocol.Watch,
    protocol.Probe,
    protocol.Decode,
)
"""What a viewer may send; whatever else there is takes an annotator."""

MAX_QUESTIONS = 4
"""Questions to the model that one client may have open: it has other things to do."""

SOCKETS = web.AppKey("sockets", weakref.WeakSet[web.WebSocketResponse])


async def stream(request: web.Request) -> web.WebSocketResponse:
    service = request.app[SERVICE]
    if len(service.clients) >= service.config.max_clients:
        raise LodespaceError(
            "too many pages are open on this session; close some",
            code="too_many_clients",
            status=503,
        )
    socket = web.WebSocketResponse(
        protocols=(PROTOCOL_VERSION,),
        max_msg_size=MAX_MESSAGE_BYTES,
        compress=False,
        heartbeat=20.0,
    )
    await socket.prepare(request)
    if socket.ws_protocol != PROTOCOL_VERSION:
        await socket.close(
            code=WSCloseCode.PROTOCOL_ERROR,
            message=f"speak {PROTOCOL_VERSION}; reload the page".encode(),
        )
        return socket
    request.app[SOCKETS].add(socket)
    visitor = visitor_of(request)
    client = Client(
        socket,
        service.session,
        service.config,
        role=visitor.role,
        device=visitor.device,
        transport=request.transport,
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
        service.left(client)  # however it went: its head is not left behind
    return socket


async def _receive(service: Service, client: Client, socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            await socket.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b"commands are JSON text")
            return
        command_id = ""
        try:
            try:
                operation = _parse(message.data)
            except ProtocolError:
                command_id = _command_id_of(message.data)
                raise
            command_id = getattr(operation, "command_id", "")
            if not client.client_id and not isinstance(operation, protocol.Hello):
                raise ProtocolError("say hello first", code="no_hello")
            await _handle(service, client, operation)
        except LodespaceError as error:
            client.send(
                protocol.Refused(command_id=command_id, code=error.code, message=str(error))
            )
        except Exception:
            log.exception("an operation of client %s failed", client.client_id)
            message_text = "the server made a mistake; its log says which"
            client.send(
                protocol.Refused(command_id=command_id, code="internal_error", message=message_text)
            )


def _parse(text: str) -> protocol.ClientOperation:
    try:
        return protocol.decode_client_operation(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolError(f"not an operation of {PROTOCOL_VERSION}: {error}") from error


class _Addressed(msgspec.Struct):
    command_id: protocol.CommandId = ""


def _command_id_of(text: str) -> str:
    """The id in a command that is otherwise malformed, "" for none: its sender waits for an answer, and would send it again and again."""
    try:
        return msgspec.json.decode(text, type=_Addressed).command_id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""


async def _handle(service: Service, client: Client, operation: protocol.ClientOperation) -> None:
    if not may(client.role, "viewer" if isinstance(operation, _LOOKING) else "annotator"):
        raise RequestError(
            "you may look here, not label; ask the owner to allow more",
            code="not_allowed",
            status=403,
        )
    match operation:
        case protocol.Hello():
            _greet(service, client, operation)
        case protocol.SetTraining():
            client.send(await service.set_training(operation, client.client_id))
        case protocol.Drag():
            service.drag(client, operation)
        case protocol.Watch():
            service.watch(client, forces=operation.forces)
        case protocol.Probe() | protocol.Decode():
            _ask(service, client, operation)
        case protocol.SetPriority():
            service.set_priority(client, operation.items)
        case protocol.Presence():
            service.moved(client, operation)
        case protocol.Resolve():
            client.send(await service.resolve(operation, revision=client.revision))
        case protocol.Anchor():
            client.send(await service.carry_out(operation, client.client_id))
            service.let_go(client)
        case _:
            client.send(await service.carry_out(operation, client.client_id))


def _ask(service: Service, client: Client, question: protocol.Probe | protocol.Decode) -> None:
    """Answered when the model has; what the client says meanwhile does not wait for it."""
    if len(client.questions) >= MAX_QUESTIONS:
        raise RequestError(
            "too many questions wait for the model; ask again later",
            code="too_many_questions",
            status=429,
        )
    task = asyncio.create_task(_answer(service, client, question))
    client.questions.add(task)
    task.add_done_callback(client.questions.discard)


async def _answer(
    service: Service, client: Client, question: protocol.Probe | protocol.Decode
) -> None:
    try:
        if isinstance(question, protocol.Probe):
            client.send(await service.probe(question))
        else:
            client.send(await service.decode(question))
    except LodespaceError as error:
        client.send(
            protocol.Refused(command_id=question.command_id, code=error.code, message=str(error))
        )


def _greet(service: Service, client: Client, hello: protocol.Hello) -> None:
    """Bring the client up to date from what it has; its deltas begin there."""
    session = service.session
    client.client_id = hello.client_id
    client.name = hello.name
    client.scene_id = hello.scene_id
    client.revision = hello.revision
    client.send(protocol.Welcome(session=service.info(hello.client_id, client.role or "viewer")))
    missed = session.labels_since(hello.sequence)
    if missed is not None:
        client.send(missed)
    for topic, notice in service.notices.items():
        client.replace(f"notice-{topic}", notice)
    if service.losses is not None:
        client.replace("losses", protocol.LossesMeasured(losses=service.losses))
    client.ready = True
    client.wake()
    service.tell_access()
