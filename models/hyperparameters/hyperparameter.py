"""One value of a configuration: its type, range and text, made from the field of a dataclass.

The type of a field may be bool, int, float, str, a Literal, or a tuple of integers. `Annotated`
adds the range (limits.py). The docstring of a field is the string that follows the field.
"""

import ast
import dataclasses
import inspect
import textwrap
import types
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from lodespace.models.hyperparameters.limits import Adjustable, InSessions, Limits

NONE = "none"
"""Text for the value None of a number that can be None."""
Value = bool | int | float | str | tuple[int, ...] | None


@dataclass(frozen=True)
class Hyperparameter:
    """One value of a configuration."""

    name: str
    """Name in commands, files and functions: the name of the field. For a field of ModelConfig,
    "model_" is put before the name."""
    kind: type
    """Type of the value: bool, int, float, str or tuple (of integers)."""
    owner: type
    """Dataclass that has the field."""
    field: str
    """Name of the field in `owner`."""
    choices: tuple[Any, ...] = ()
    """All possible values, if there are only a few."""
    limits: Limits | None = None
    """Range of the number, or of each number of a tuple."""
    adjustable: bool = False
    """Whether the value can change during training. If not, it is fixed when training starts."""
    in_sessions: bool = False
    """Whether only sessions use the value. Trainings without a screen, such as bakes, ignore it."""
    optional: bool = False
    """Whether the value can be None."""

    @cached_property
    def description(self) -> str:
        """The docstring of the field, without its indentation."""
        return docstrings(self.owner).get(self.field, "")

    @property
    def summary(self) -> str:
        """The first paragraph of the description, on one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    @property
    def range(self) -> str:
        """The possible values in words; "" for any text."""
        if self.kind is bool:
            return "true or false"
        if self.choices:
            return _listed([text_of(value) for value in self.choices])
        if self.limits is None:
            return ""
        return (
            f"1 to {self.limits.most} numbers, each {self.limits}"
            if self.limits.most
            else (str(self.limits))
        )

    def checked(self, value: object) -> Any:
        """Return `value` in the type of this hyperparameter.

        Raises ValueError if `value` has another type or is out of range. The message begins with
        the name, and states what is possible.
        """
        if self.optional and (value is None or (value == NONE and self.kind is not str)):
            return None
        found = _as_kind(self.kind, value)
        if found is None:
            raise ValueError(f"{self.name} must be {_KINDS[self.kind]}, not {value!r}")
        numbers: Iterable[Any] = found if isinstance(found, tuple) else (found,)
        wrong = bool(self.choices) and found not in self.choices
        if self.limits is not None:
            wrong = wrong or not all(map(self.limits.allows, numbers))
            wrong = wrong or (self.kind is tuple and not 1 <= len(found) <= self.limits.most)
        if wrong:
            raise ValueError(f"{self.name} must be {self.range}, not {text_of(found)}")
        return found

    def parse(self, text: str) -> Any:
        """Return the value that `text` states, for example "0.5" or "8,16,32".

        Raises ValueError as `checked` does.
        """
        if self.optional and text == NONE and self.kind is not str:
            return None
        try:
            if self.kind is tuple:
                return self.checked([int(part) for part in text.split(",")])
            if self.kind is bool:
                return self.checked({"true": True, "false": False}.get(text.lower(), text))
            return self.checked(text if self.kind is str else _number(text))
        except (ValueError, OverflowError) as error:
            if str(error).startswith(self.name):
                raise
            raise ValueError(f"{self.name} must be {_KINDS[self.kind]}, not '{text}'") from error


_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list of whole numbers",
}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _as_kind(kind: type, value: object) -> Any:
    """Return `value` as `kind`; None if it has another type."""
    match value:
        case bool():
            return value if kind is bool else None
        case int() | float() if kind is int:
            return int(value) if float(value).is_integer() else None
        case int() | float() if kind is float:
            return float(value)
        case str() if kind is str:
            return value
        case list() | tuple() if kind is tuple:
            numbers = [_as_kind(int, entry) for entry in value]
            return None if None in numbers else tuple(numbers)
        case _:
            return None


def text_of(value: object) -> str:
    """Return a value as `Hyperparameter.parse` reads it, for example "0.5" or "8,16,32"."""
    match value:
        case bool() | None:
            return str(value).lower()
        case tuple():
            return ",".join(map(str, value))
        case float():
            return f"{value:.15g}" if float(f"{value:.15g}") == value else repr(value)
        case _:
            return str(value)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


@cache
def fields_of(owner: type, prefix: str = "") -> tuple[Hyperparameter, ...]:
    """Return a hyperparameter for each field of the dataclass `owner` that has a plain value.

    The name of a hyperparameter is `prefix` and the name of its field.
    """
    found: list[Hyperparameter] = []
    hints = get_type_hints(owner, include_extras=True)
    for field in dataclasses.fields(owner):
        hint, metadata = hints[field.name], ()
        if get_origin(hint) is Annotated:
            hint, *metadata = get_args(hint)
        options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
        plain = [option for option in options if option is not types.NoneType]
        choices = get_args(plain[0]) if get_origin(plain[0]) is Literal else ()
        kind = type(choices[0]) if choices else get_origin(plain[0]) or plain[0]
        if len(plain) > 1 or kind not in _KINDS:
            continue
        limits = next((one for one in metadata if isinstance(one, Limits)), None)
        found.append(
            Hyperparameter(
                name=prefix + field.name,
                kind=kind,
                owner=owner,
                field=field.name,
                choices=choices or _few(kind, limits),
                limits=limits,
                adjustable=any(isinstance(one, Adjustable) for one in metadata),
                in_sessions=any(isinstance(one, InSessions) for one in metadata),
                optional=len(options) > len(plain),
            )
        )
    return tuple(found)


def check_fields(instance: Any) -> None:
    """Raise ValueError if a field of the dataclass `instance` is out of range."""
    for row in fields_of(type(instance)):
        value, limits = getattr(instance, row.field), row.limits
        # `checked` is slow. Opening a log with 10,000 changes of settings needs 10,000 checks.
        usual = type(value) is row.kind and row.kind is not tuple
        if not (usual and (limits is None or limits.allows(value)) and not row.choices):
            row.checked(value)


def _few(kind: type, limits: Limits | None) -> tuple[int, ...]:
    """Return all integers of a range, ascending. Return () if the range is long, or has other
    numbers than integers.
    """
    if kind is not int or limits is None or limits.above or not limits.high - limits.low < 5:
        return ()
    return tuple(range(int(limits.low), int(limits.high) + 1))


@cache
def docstrings(owner: type) -> dict[str, str]:
    """Return the docstring of each field of a class: the string that follows the field."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    except (OSError, TypeError):  # the source code is not installed
        return {}
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for field, after in zip(tree.body, tree.body[1:], strict=False):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found
