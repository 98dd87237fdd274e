"""Decoding of JSON from outside: bodies, messages, files of a project, imported files.

All JSON that Lodespace reads is decoded here, so that each kind of wrong JSON raises the same
error. The decoders of msgspec and of the standard library raise RecursionError for values that are
nested too deeply, which a handler of ValueError does not catch.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

MAX_DEPTH = 64
"""Largest number of nested arrays and objects in a value without a type. Later code prints or
encodes such values, and would fail on a value near the recursion limit of Python."""

T = TypeVar("T")


class JsonError(ValueError):
    """Text that is not JSON, is not of the expected type, or is nested too deeply."""


def json_value(text: bytes | str) -> Any:
    """Return the value of JSON text. Raises JsonError."""
    value = _decoded(json.loads, text)
    if _nesting(text) > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _too_deep()
    return value


def json_of(text: bytes | str, kind: type[T]) -> T:
    """Return the value of JSON text, checked as the type `kind`. Raises JsonError."""
    return _decoded(msgspec.json.Decoder(kind).decode, text)


def json_decoder(decoder: msgspec.json.Decoder[T]) -> Callable[[bytes | str], T]:
    """Return a function that decodes text with `decoder`. The function raises JsonError."""
    return lambda text: _decoded(decoder.decode, text)


def _decoded(decode: Callable[[bytes | str], T], text: bytes | str) -> T:
    try:
        return decode(text)
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, msgspec.MsgspecError) as error:  # a UnicodeDecodeError is a ValueError
        raise JsonError(str(error)) from error


def _too_deep() -> JsonError:
    return JsonError("the JSON has too many nested arrays or objects")


def _nesting(text: bytes | str) -> int:
    """Return an upper limit of the depth, which is much faster to compute than the depth."""
    if isinstance(text, str):
        return text.count("[") + text.count("{")
    return text.count(b"[") + text.count(b"{")


def _depth(value: Any) -> int:
    """Return the number of nested arrays and objects, at most MAX_DEPTH + 1."""
    depth, level = 0, _containers([value])
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in _containers(outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def _containers(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    return [value for value in values if isinstance(value, dict | list)]
