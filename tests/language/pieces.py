"""A piece of prose, and how code inside it is set apart."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["comment", "docstring", "string", "text", "heading", "table", "test name"]

_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*(?:\n[^`\n]*)?`", re.DOTALL)
# Two words in a row: a string without them is a key, a name or a format.
_WORDS = re.compile(r"[^\W\d_]{2,}[,;:.]?\s+[^\W\d_]+")


@dataclass(frozen=True)
class Prose:
    """Text that people read."""

    line: int
    """The number of its first line in the file, from 1."""
    text: str
    """Without comment markers, with its line breaks. Code in backticks is the word `code`."""
    kind: Kind
    """Where it stands: some rules do not hold for a heading or a table."""


def without_code(text: str) -> str:
    """Replace what stands in backticks by the word `code`, and keep the number of lines."""
    return _CODE.sub(lambda found: "code" + "\n" * found.group().count("\n"), text)


def is_prose(string: str) -> bool:
    """Return whether a string literal contains at least two words in a row."""
    return _WORDS.search(string) is not None
