"""The HTTP API as OpenAPI 3.1, made from the route table and the structs of the protocol."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lodespace import protocol
from lodespace.config import VERSION
from lodespace.web.body_checks import UPLOAD
from lodespace.web.route_record import Content, Parameter, Route

_GUARD_ERRORS = (400, 401, 403, 421)
"""Status codes with which http_server.py and request_guard.py refuse requests on every route."""
_BODY_ERRORS = (408, 413, 415)
"""Status codes with which bodies.py and request_guard.py refuse a body, besides 400."""


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of `routes`, as JSON values."""
    described = [route for route in routes if route.answer is not None]
    paths: dict[str, dict[str, Any]] = {}
    for route in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lodespace",
            "version": VERSION,
            "description": (protocol.__doc__ or "").split("\n")[0],
        },
        "paths": paths,
        "components": {"schemas": _schemas(described)},
    }


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    structs: set[type[protocol.Message]] = {protocol.ErrorBody}
    for route in routes:
        structs.update(route.body)
        if isinstance(route.answer, type):
            structs.add(route.answer)
    template = "#/components/schemas/{name}"
    schemas = msgspec.json.schema_components(structs, ref_template=template)[1]
    for route in routes:
        if route.body:
            _make_op_optional(schemas[route.body[0].__name__])
    return schemas


def _make_op_optional(schema: dict[str, Any]) -> None:
    """Make the field `op` optional in the schema of an operation."""
    schema["required"] = [name for name in schema.get("required", ()) if name != "op"]


def _operation(route: Route) -> dict[str, Any]:
    parts = {
        str(code): {
            "description": "The requested part of the file (206), or an invalid range (416)."
        }
        for code in route.parts
    }
    operation: dict[str, Any] = {
        "summary": route.summary,
        "parameters": [_parameter(parameter) for parameter in route.parameters],
        "responses": {
            "200": {"description": route.summary, **_answer(route.answer)},
            **parts,
            **_errors(route),
        },
    }
    if route.body:
        references = [_reference(struct) for struct in route.body]
        schema = references[0] if len(references) == 1 else {"oneOf": references}
        operation["requestBody"] = {"required": True, **_content("application/json", schema)}
    if route.upload:
        file = {"type": "string", "format": "binary"}
        operation["requestBody"] = {"required": True, **_content(UPLOAD, file)}
    return operation


def _answer(answer: type[protocol.Message] | Content | None) -> dict[str, Any]:
    if isinstance(answer, Content):
        return {"content": {kind: {"schema": answer.schema} for kind in answer.kinds}}
    assert answer is not None
    return _content("application/json", _reference(answer))


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described = {"description": parameter.description} if parameter.description else {}
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        **described,
        "schema": parameter.schema,
    }


def _errors(route: Route) -> dict[str, Any]:
    body = _content("application/json", _reference(protocol.ErrorBody))
    codes = sorted(
        {*route.errors, *(_BODY_ERRORS if route.body or route.upload else ()), *_GUARD_ERRORS}
    )
    return {
        str(code): {"description": "The request is refused. The body gives the reason.", **body}
        for code in codes
    }


def _content(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


def _reference(struct: type[protocol.Message]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{struct.__name__}"}
