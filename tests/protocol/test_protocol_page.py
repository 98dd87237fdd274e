"""docs/protocol.md lists all operations, opcodes and error codes."""

import re
from pathlib import Path
from typing import get_args

import pytest

from lodespace import protocol
from lodespace.protocol import frames, item_sets, selection_frames

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "protocol.md").read_text()
OPERATIONS = [
    op.__struct_config__.tag
    for op in (*get_args(protocol.ClientOperation), *get_args(protocol.ServerOperation))
]
CODES = sorted(
    {
        code
        for path in (ROOT / "server").rglob("*.py")
        for code in re.findall(r'\bcode(?:: str)? ?= ?"([a-z_]{3,})"', path.read_text())
    }
)
NOT_SENT = {"error", "collapse"}
"""Codes that no error message has: `error` is the code of the base class, and `collapse` is the
code of a notice."""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_described(operation: str) -> None:
    assert f"`{operation}`" in PAGE


@pytest.mark.parametrize("opcode", frames.Opcode, ids=lambda o: o.name)
def test_every_opcode_is_described(opcode: frames.Opcode) -> None:
    assert f"{opcode.value} {opcode.name}" in PAGE


def test_error_codes_of_the_protocol_are_those_of_the_server() -> None:
    assert set(get_args(protocol.ErrorCode)) == set(CODES) - NOT_SENT


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_listed(code: str) -> None:
    assert f"`{code}`" in PAGE or code in ("bad_request", *NOT_SENT)


@pytest.mark.parametrize(
    ("first", "size"),
    [
        ("bytes", frames.HEADER.size),
        ("bytes of a frame", selection_frames.PART_HEADER.size),
        ("bytes of a set", item_sets.HEADER.size),
    ],
)
def test_header_has_the_size_of_the_table(first: str, size: int) -> None:
    table = PAGE.partition(f"| {first} | type | meaning |\n")[2].partition("\n\n")[0]
    at = 0
    for offset, bits in re.findall(r"^\| (\d+) \| u(8|16|32) \|", table, re.MULTILINE):
        assert int(offset) == at
        at += int(bits) // 8
    assert at == size


def test_numbers_of_selections_are_those_of_the_server() -> None:
    kinds = ", ".join(f"{kind.value} {kind.name.lower()}" for kind in item_sets.Coding)
    assert f"coding of the items: {kinds}" in PAGE
    assert f"at most {selection_frames.PART_BYTES:,} bytes |" in PAGE
    assert f"lists at most {protocol.MAX_LISTED_ITEMS:,} items" in PAGE
    assert f"more than {protocol.MAX_LISTED_NEWS:,} items" in PAGE
