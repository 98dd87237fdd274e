"""The patterns that the language check refuses, read from rules.toml."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pieces import Prose


@dataclass(frozen=True)
class Rule:
    """A pattern that is refused."""

    name: str
    """Short description of the fault, which the report prints."""
    pattern: re.Pattern[str]
    """Text that matches this pattern is refused."""
    instead: str
    """Advice that the report prints: the words to write instead."""
    passes_over: frozenset[str]
    """Kinds of prose in which matches are allowed, because there they are ordinary English."""


def _rules() -> Iterator[Rule]:
    table = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    for row in table["rules"]:
        yield _rule(row, table["words"])


def _rule(row: dict[str, Any], words: dict[str, str]) -> Rule:
    pattern = "|".join(row["patterns"])
    for name, meaning in words.items():
        pattern = pattern.replace("{" + name + "}", meaning.replace("\\\n", ""))
    pattern = pattern.replace("\\\n", "").replace(" ", r"\s")
    flags = 0 if row.get("case") else re.IGNORECASE
    passes_over = frozenset(row.get("passes_over", ()))
    return Rule(row["name"], re.compile(pattern, flags), row["instead"], passes_over)


RULES = tuple(_rules())


def refused(prose: Prose) -> Iterator[tuple[int, str, Rule]]:
    """Yield (line, matched text with a few words around it, rule) for each match in `prose`."""
    text = "\n".join(" ".join(line.split()) for line in prose.text.split("\n"))
    for rule in RULES:
        if prose.kind in rule.passes_over:
            continue
        for found in rule.pattern.finditer(text):
            begin = found.start() + len(found.group()) - len(found.group().lstrip())
            line = prose.line + text.count("\n", 0, begin)
            around = text[max(0, begin - 30) : found.end() + 30]
            yield line, " ".join(around.split()), rule
