"""Generator of the TypeScript types of the protocol.

python -m lodespace.protocol.typescript            writes webxr_client/src/protocol/messages.ts
python -m lodespace.protocol.typescript --check    exits with 1 when the file is not up to date
"""

import ast
import dataclasses
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from lodespace import protocol
from lodespace.models.loss_terms import TERMS, Term
from lodespace.protocol import frames, item_sets, selection_frames

TARGET = Path(__file__).parents[2] / "webxr_client" / "src" / "protocol" / "messages.ts"
_FIRST_LINES = (
    "// Written by `python -m lodespace.protocol.typescript` from server/protocol/. Do not edit.\n"
)


def generate() -> str:
    """Return the whole text of messages.ts."""
    parts = [_FIRST_LINES, _constants()]
    for struct in _structs():
        parts.append(_interface(struct))
    parts.append(_union("ClientOperation", protocol.ClientOperation))
    parts.append(_union("ServerOperation", protocol.ServerOperation))
    return "\n".join(parts)


def _structs() -> list[type[msgspec.Struct]]:
    found = [
        value
        for value in vars(protocol).values()
        if isinstance(value, type)
        and issubclass(value, protocol.Message)
        and value not in (protocol.Message, protocol.Operation)
    ]
    return sorted(found, key=lambda struct: (struct.__module__, inspect.getsourcelines(struct)[1]))


def _constants() -> str:
    opcodes = _numbers("OPCODE", frames.Opcode)
    codes = "\n".join(f'  | "{code}"' for code in get_args(protocol.ErrorCode))
    return f"""export const PROTOCOL_VERSION = "{protocol.PROTOCOL_VERSION}";
export const UNLABELED = {protocol.UNLABELED};
export const MAX_MESSAGE_BYTES = {protocol.MAX_MESSAGE_BYTES};
export const MAX_NAME_LENGTH = {protocol.MAX_NAME_LENGTH};
export const MAX_CLASS_NAME_LENGTH = {protocol.MAX_CLASS_NAME_LENGTH};
export const MAX_LISTED_ITEMS = {protocol.MAX_LISTED_ITEMS};
export const MAX_ANCHORED = {protocol.MAX_ANCHORED};
export const MAX_PROBED = {protocol.MAX_PROBED};
export const MAX_REGIONS = {protocol.MAX_REGIONS};
export const SHEET_SIZE = {protocol.SHEET_SIZE};
export const MAX_SHEET_SIZE = {protocol.MAX_SHEET_SIZE};
export const SIMILAR = {protocol.SIMILAR};
export const MAX_SIMILAR = {protocol.MAX_SIMILAR};
export const MAX_SHOWN_SELECTED = {protocol.MAX_SHOWN_SELECTED};
export const MAX_EXAMPLE_BYTES = {protocol.MAX_EXAMPLE_BYTES};
/** WebSocket close code of a stream whose device the owner has revoked. */
export const CLOSE_REVOKED = {protocol.CLOSE_REVOKED};
/** Names of the training presets, in the order in which menus list them. */
export const PRESETS = {_names(protocol.PRESETS)};
export const FORCE_TERMS = {_names(protocol.FORCE_TERMS)};
/** Terms of the loss, in the order of the charts, with the fields of Term (loss_terms.py). */
export const LOSS_TERMS = {_rows(TERMS)};
/** Number of grid steps along each axis of the scene's box. */
export const GRID_STEPS = {frames.GRID_STEPS};
export const OPCODE_SELECTION = {selection_frames.OPCODE_SELECTION};
/** Largest number of bytes of a part of a selection, without the header of the frame. */
export const PART_BYTES = {selection_frames.PART_BYTES};
/** Codings of packed sets of items. */
{_numbers("CODING", item_sets.Coding)}
/** Values per item in packed sets of items. */
{_numbers("VALUES", item_sets.ValueKind)}
export const FRAME_HEADER_BYTES = {frames.HEADER.size};
{opcodes}
export const FLAG_RESTING = {frames.FLAG_RESTING};
/** Codes of errors; docs/protocol.md groups them. */
export type ErrorCode =
{codes};
"""


def _numbers(prefix: str, numbers: type[IntEnum]) -> str:
    """Return one constant per member of an enumeration, in TypeScript."""
    return "\n".join(f"export const {prefix}_{member.name} = {member.value};" for member in numbers)


def _names(names: Sequence[str]) -> str:
    """Return a constant array of strings in TypeScript."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "] as const"


def _rows(rows: Sequence[Term]) -> str:
    """Return the TypeScript source of a constant array of objects."""
    text = json.dumps([dataclasses.asdict(row) for row in rows], ensure_ascii=False, indent=2)
    return re.sub(r'^( *)"(\w+)":', r"\1\2:", text, flags=re.MULTILINE) + " as const"


def _interface(struct: type[msgspec.Struct]) -> str:
    hints = get_type_hints(struct)
    comments = _field_comments(struct)
    lines = [_comment(inspect.getdoc(struct) or "", ""), f"export interface {struct.__name__} {{"]
    if issubclass(struct, protocol.Operation):
        lines.append(f'  op: "{struct.__struct_config__.tag}";')
    for field in msgspec.structs.fields(struct):
        if field.name in comments:
            lines.append(_comment(comments[field.name], "  "))
        optional = "" if field.required else "?"
        lines.append(f"  {field.name}{optional}: {_type(hints[field.name])};")
    return "\n".join([*lines, "}", ""])


def _field_comments(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the docstring of each field (the string that follows the field), by field name."""
    tree = ast.parse(inspect.getsource(struct)).body[0]
    assert isinstance(tree, ast.ClassDef)
    comments: dict[str, str] = {}
    previous: ast.stmt | None = None
    for statement in tree.body:
        after_field = isinstance(previous, ast.AnnAssign) and isinstance(previous.target, ast.Name)
        if (
            after_field
            and isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
        ):
            assert isinstance(previous, ast.AnnAssign) and isinstance(previous.target, ast.Name)
            comments[previous.target.id] = inspect.cleandoc(str(statement.value.value))
        previous = statement
    return comments


def _comment(text: str, indent: str) -> str:
    lines = text.strip().splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */"
    body = "\n".join(f"{indent} * {line}".rstrip() for line in lines)
    return f"{indent}/**\n{body}\n{indent} */"


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " | ".join(
            f'"{value}"' if isinstance(value, str) else str(value) for value in arguments
        )
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type(argument) for argument in arguments)
    if origin is list:
        inner = _type(arguments[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(_type(argument) for argument in arguments)}]"
    if origin is dict:
        return f"Record<string, {_type(arguments[1])}>"
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint.__name__
    return {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}[
        hint
    ]


def _union(name: str, union: Any) -> str:
    members = "".join(f"\n  | {member.__name__}" for member in get_args(union))
    return f"export type {name} ={members};\n"


def main() -> int:
    text = generate()
    if "--check" in sys.argv[1:]:
        current = TARGET.is_file() and TARGET.read_text() == text
        if not current:
            sys.stderr.write(
                f"{TARGET.name} is stale: run `python -m lodespace.protocol.typescript`\n"
            )
        return 0 if current else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
