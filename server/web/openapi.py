"""The HTTP API as OpenAPI 3.1, its schemas made from the protocol's structs."""

from typing import Any, get_args

import msgspec

from lodespace import protocol
from lodespace.config import VERSION

_BODIES: tuple[type[protocol.Message], ...] = (
    protocol.SessionInfo,
    protocol.ItemInfo,
    protocol.Found,
    protocol.Health,
    protocol.Sheet,
    protocol.Suggestion,
    protocol.Timeline,
    protocol.Training,
    protocol.Label,
    protocol.LabelEach,
    protocol.SetTraining,
    protocol.Resolve,
    protocol.Resolved,
    protocol.Ack,
    protocol.AccessRequest,
    protocol.AccessRequested,
    protocol.AccessPoll,
    protocol.AccessAnswer,
    protocol.Pair,
    protocol.Access,
    protocol.Decide,
    protocol.MakeCode,
    protocol.PairingCode,
    protocol.Revoke,
    protocol.ErrorBody,
)


def document() -> dict[str, Any]:
    """The whole document, as JSON values."""
    _, schemas = msgspec.json.schema_components(_BODIES, ref_template="#/components/schemas/{name}")
    item = _parameter("item", "Number of the item, from 0.", 0x7FFFFFF)
    page = _parameter("page", "Number of the atlas page, from 0.", 100_000)
    paths = {
        "/healthz": {"get": _operation("Whether the server is alive.", "Health")},
        "/api/session": {"get": _operation("All a page needs before it draws.", "SessionInfo")},
        "/api/scene.glb": {"get": _file("The scene now, as glTF 2.0 binary.", "model/gltf-binary")},
        "/api/items/{item}": {
            "get": _file("The picture of an item.", "image/png", [item], errors=(404,))
        },
        "/api/items/{item}/info": {
            "get": _operation("What is known of an item.", "ItemInfo", [item], errors=(404,))
        },
        "/api/items/{item}/sound": {
            "get": _file("The sound of an item, as WAV.", "audio/wav", [item], errors=(404,))
        },
        "/api/search": {
            "get": _operation(
                "Items whose id, path or columns hold a text.", "Found", [_search()], (400,)
            )
        },
        "/api/thumbnails/{page}.png": {
            "get": _file("A page of the atlas.", "image/png", [page], errors=(404,))
        },
        "/api/labels": {
            "get": _labels(),
            "post": _post_labels(),
        },
        "/api/select": {
            "post": _command("The items in regions of the screen.", "Resolve", "Resolved", (400,))
        },
        "/api/sheet": {
            "get": _operation("Items to look at in one go.", "Sheet", _sheet_query(), (400,))
        },
        "/api/next": {"get": _operation("What to look at next, and why.", "Suggestion")},
        "/api/cues/{cue}": {
            "get": _file(
                "A cue: one byte an item.", "application/octet-stream", [_cue()], errors=(404,)
            )
        },
        "/api/training": {
            "get": _operation("The state of the trainer.", "Training"),
            "post": _command("Run, pause, settings.", "SetTraining", "Ack", (400, 507)),
        },
        "/api/timeline": {"get": _operation("What the recording holds.", "Timeline")},
        "/api/recording": {
            "get": _file(
                "The recording (docs/files.md).",
                "application/octet-stream",
                errors=(404,),
                more=(206, 416),
            )
        },
    }
    paths |= _access_paths()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lodespace",
            "version": VERSION,
            "description": (protocol.__doc__ or "").split("\n")[0],
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _access_paths() -> dict[str, Any]:
    return {
        "/api/access/request": {
            "post": _command("Ask to be let in.", "AccessRequest", "AccessRequested", (404, 429))
        },
        "/api/access/poll": {
            "post": _command(
                "What the owner said; with `allowed` comes the cookie.",
                "AccessPoll",
                "AccessAnswer",
                (404,),
            )
        },
        "/api/access/pair": {
            "post": _command("Come in by a pairing code.", "Pair", "AccessAnswer", (404, 429))
        },
        "/api/access": {"get": _operation("Who waits and who was let in (owner).", "Access")},
        "/api/access/decide": {
            "post": _command("Let a waiting device in, or not (owner).", "Decide", "Access", (404,))
        },
        "/api/access/code": {
            "post": _command("Make a pairing code (owner).", "MakeCode", "PairingCode", (404, 429))
        },
        "/api/access/revoke": {
            "post": _command("Shut a device out (owner).", "Revoke", "Access", (404,))
        },
        "/api/access/qr.svg": {
            "get": _file("The address for other devices (owner).", "image/svg+xml", errors=(404,))
        },
    }


def _parameter(name: str, description: str, most: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0, "maximum": most}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def _search() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": protocol.MAX_SEARCH_LENGTH}
    return {
        "name": "q",
        "in": "query",
        "required": True,
        "description": "The text.",
        "schema": schema,
    }


def _sheet_query() -> list[dict[str, Any]]:
    size = {
        "type": "integer",
        "minimum": 1,
        "maximum": protocol.MAX_SHEET_SIZE,
        "default": protocol.SHEET_SIZE,
    }
    skip = {"type": "integer", "minimum": 0, "maximum": 0x7FFFFFFF, "default": 0}
    kind = {"type": "string", "enum": list(get_args(protocol.SheetKind))}
    return [
        {
            "name": "kind",
            "in": "query",
            "required": True,
            "description": "Which queue.",
            "schema": kind,
        },
        {
            "name": "size",
            "in": "query",
            "required": False,
            "description": "Items on it.",
            "schema": size,
        },
        {
            "name": "skip",
            "in": "query",
            "required": False,
            "description": "Items of the queue before it.",
            "schema": skip,
        },
    ]


def _cue() -> dict[str, Any]:
    schema = {"type": "string", "enum": list(get_args(protocol.Cue))}
    return {
        "name": "cue",
        "in": "path",
        "required": True,
        "description": "Which cue.",
        "schema": schema,
    }


def _content(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _errors(codes: tuple[int, ...]) -> dict[str, Any]:
    body = _content("application/json", _reference("ErrorBody"))
    # 401, 403 and 421: the guard of security.py
    return {
        str(code): {"description": "Refused; the body says why.", **body}
        for code in (*codes, 401, 403, 421)
    }


def _operation(
    summary: str,
    answer: str,
    parameters: list[dict[str, Any]] | None = None,
    errors: tuple[int, ...] = (),
) -> dict[str, Any]:
    good = {"description": summary, **_content("application/json", _reference(answer))}
    return {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {"200": good, **_errors(errors)},
    }


def _file(
    summary: str,
    kind: str,
    parameters: list[dict[str, Any]] | None = None,
    errors: tuple[int, ...] = (),
    more: tuple[int, ...] = (),
) -> dict[str, Any]:
    good = {"description": summary, **_content(kind, {"type": "string", "format": "binary"})}
    others = {str(code): {"description": "A part of the file, or a bad range."} for code in more}
    return {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {"200": good, **others, **_errors(errors)},
    }


def _command(summary: str, body: str, answer: str, errors: tuple[int, ...]) -> dict[str, Any]:
    operation = _operation(summary, answer, errors=(*errors, 413, 415))
    operation["requestBody"] = {"required": True, **_content("application/json", _reference(body))}
    return operation


def _post_labels() -> dict[str, Any]:
    summary = "Label items; the answer is given once it is on disk."
    operation = _command(summary, "Label", "Ack", (400, 404, 409, 507))
    either = {"oneOf": [_reference("Label"), _reference("LabelEach")]}
    return operation | {"requestBody": {"required": True, **_content("application/json", either)}}


def _labels() -> dict[str, Any]:
    choice = {"type": "string", "enum": ["csv", "jsonl"], "default": "csv"}
    query = {"name": "format", "in": "query", "required": False, "schema": choice}
    good = {
        "description": "One row an item.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/jsonl": {"schema": {"type": "string"}},
        },
    }
    return {
        "summary": "All labels.",
        "parameters": [query],
        "responses": {"200": good, **_errors((400,))},
    }
