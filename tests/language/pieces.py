"""`Prose`, a text that people read, and functions that detect prose and replace code in prose."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["comment", "docstring", "string", "text", "heading", "table", "test name"]

_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*(?:\n[^`\n]*)?`", re.DOTALL)
# Matches two words in a row. A string without a match is a key, a name or a format.
_WORDS = re.compile(r"[^\W\d_]{2,}[,;:.]?\s+[^\W\d_]+")


@dataclass(frozen=True)
class Prose:
    """Text that people read."""

    line: int
    """Number of the first line of the text in the file, from 1."""
    text: str
    """The text without comment markers, with line breaks. The word `code` replaces code in
    backticks."""
    kind: Kind
    """Kind of prose: some rules do not apply to a heading or a table, for example."""


def without_code(text: str) -> str:
    """Replace text in backticks by the word `code`, and keep the number of lines."""
    return _CODE.sub(lambda found: "code" + "\n" * found.group().count("\n"), text)


def is_prose(string: str) -> bool:
    """Return whether a string literal contains at least two words in a row."""
    return _WORDS.search(string) is not None
