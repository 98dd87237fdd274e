"""Decoding of JSON from outside: bodies, messages, files of a project, imported files.

All JSON that Lodespace reads is decoded here, so that each kind of wrong JSON raises the same
error. For values that are nested too deeply, the decoders of msgspec and of the standard library
raise RecursionError, which `except ValueError` would not catch.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn, TypeVar

import msgspec

MAX_DEPTH = 64
"""Largest depth of nested arrays and objects in a value that `json_value` decodes. Later code
prints or encodes the value, and would fail if the depth were near Python's recursion limit."""

T = TypeVar("T")


class JsonError(ValueError):
    """Text that is not JSON, is not of the expected type, or is nested too deeply."""

    @property
    def has_right_form(self) -> bool:
        """Whether the text has the expected fields and types, but breaks a rule that a JSON schema
        cannot state. An example is the rule that a message has as many classes as items.
        """
        # msgspec raises its error from the ValueError of a struct's __post_init__.
        return self.__cause__ is not None and isinstance(self.__cause__.__cause__, ValueError)


def json_value(text: bytes | str) -> Any:
    """Return the value of JSON text. Raises JsonError."""
    value = _decoded(json.loads, text)
    if _nesting(text) > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _too_deep()
    return value


def json_of(text: bytes | str, kind: type[T]) -> T:
    """Return the value of JSON text, checked as the type `kind`. Raises JsonError.

    A number such as 1.0 or 1e3 counts as an integer, as in JSON schemas.
    """
    try:
        return _decoded(msgspec.json.Decoder(kind).decode, text)
    except JsonError as error:
        if error.has_right_form or not isinstance(error.__cause__, msgspec.ValidationError):
            raise
        try:
            return _decoded(partial(_with_whole_floats, kind), text)
        except JsonError as second:
            if second.has_right_form:
                raise
            raise error from error.__cause__


def json_decoder(decoder: msgspec.json.Decoder[T]) -> Callable[[bytes | str], T]:
    """Return a function that decodes text with `decoder`. The function raises JsonError."""
    return lambda text: _decoded(decoder.decode, text)


def _with_whole_floats(kind: type[T], text: bytes | str) -> T:
    """Return the value of `text` as the type `kind`.

    A whole number becomes an int, even if the text writes the number as 1.0 or 1e3.
    """
    value = json.loads(text, parse_float=_number, parse_constant=_refuse)
    return msgspec.convert(value, kind)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= 1 << 53 else number


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


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
    """Return the number of opening brackets in JSON text.

    The value in `text` cannot be nested more deeply than this number. The number is much faster to
    compute than the depth.
    """
    if isinstance(text, str):
        return text.count("[") + text.count("{")
    return text.count(b"[") + text.count(b"{")


def _depth(value: Any) -> int:
    """Return how deeply arrays and objects are nested in `value`.

    A value that is not nested has depth 0. The counting ends at MAX_DEPTH + 1.
    """
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
