"""Class names from the labels of a source: missing values, numbers, several labels per item."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from lodespace.importing.finding import Finding, counted
from lodespace.json_input import json_value

MISSING = frozenset(
    {
        "NaN",
        "nan",
        "NAN",
        "-nan",
        "-NaN",
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "#NA",
        "<NA>",
        "NULL",
        "Null",
        "null",
        "None",
        "NaT",
        "\\N",
        "1.#QNAN",
        "-1.#IND",
    }
)
"""Texts that programs write for a missing value. `none` may be a class."""
_MAYBE_MISSING = frozenset({"none", "unknown", "?", "-", "-1", "unlabeled", "unlabelled", "na"})
"""Class names that may mean a missing value."""
_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_LISTED = re.compile(r"\[.*\]", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_PYTHON_LIST = re.compile(r"\[\s*(('[^']*'|\"[^\"]*\")[\s,]*)*\]")
"""Text that Python or numpy prints for a list of texts."""
_HYPHEN = re.compile(r"(?!^-\d)[-_]")
"""A hyphen or underscore, but not the minus of a number: -1 and 1 are different classes."""
_MOST_COUNTED = 2000
"""Largest number of distinct class names that are kept to find doubtful names."""


class LabelReader:
    """Reads class names, and counts what is doubtful about them."""

    def __init__(self, missing: str | None = None, separators: str = "|") -> None:
        """Set how texts are read.

        Args:
            missing: Texts that mean a missing value, separated by commas. None: NaN, NA, None and
                the like.
            separators: Characters between several labels in a text.
        """
        self._missing = (
            MISSING if missing is None else frozenset(text.strip() for text in missing.split(","))
        )
        self._separators = separators
        self._left_out: Counter[str] = Counter()
        self._bars = ""
        self._several = 0
        self._first_several = ""
        self._names: Counter[str] = Counter()
        self.read = False
        """Whether any value had a label."""

    def __call__(self, value: Any) -> list[str]:
        """Return the class names in a value. The first is the class of the item."""
        labels = self._all_of(value)
        self.read |= bool(labels)
        if len(labels) > 1:
            self._several += 1
            self._first_several = self._first_several or ", ".join(labels)[:80]
        if labels and (len(self._names) < _MOST_COUNTED or labels[0] in self._names):
            self._names[labels[0]] += 1
        return labels

    def _all_of(self, value: Any) -> list[str]:
        """All class names in a value, each once, in the order in which they occur."""
        if isinstance(value, str) and _LISTED.fullmatch(value.strip()):
            value = _list_in(value.strip())
        parts: Sequence[Any]
        if isinstance(value, dict):
            value = _in_object(value)
        if isinstance(value, list | tuple):
            parts = [_in_object(part) if isinstance(part, dict) else part for part in value]
        elif isinstance(value, str) and any(mark in value for mark in self._separators):
            parts = re.split(f"[{re.escape(self._separators)}]", value)
        else:
            parts = [value]
            if isinstance(value, str) and "|" in value:
                self._bars = self._bars or value.strip()[:80]
        names = (self._name(part) for part in parts)
        return list(dict.fromkeys(name for name in names if name is not None))

    def _name(self, value: Any) -> str | None:
        name = name_of(value)
        if name is None:
            return None
        if name in self._missing:
            self._left_out[name] += 1
            return None
        return name

    def findings(self) -> list[Finding]:
        """Return findings about missing values, values with several labels, and doubtful names."""
        found = self.left_out()
        if self._several:
            number = counted(self._several, "item")
            text = f"{number} with several labels, such as {self._first_several}"
            found.append(Finding("labels", f"{text}; the first is the class", doubtful=True))
        found += self.bars()
        maybe = [name for name in self._names if name.lower() in _MAYBE_MISSING]
        if maybe:
            text = f"the class {', '.join(maybe)} may mean that a label is missing"
            option = f"--missing {','.join(maybe)}"
            found.append(Finding("labels", text, doubtful=True, option=option))
        return found

    def left_out(self) -> list[Finding]:
        """Return the texts that were taken as missing values."""
        if not self._left_out:
            return []
        texts = ", ".join(f"{text} ({n:,})" for text, n in self._left_out.most_common(5))
        return [Finding("labels", f"values without a label: {texts}", option='--missing ""')]

    def bars(self) -> list[Finding]:
        """A finding about labels that contain the character `|` but are read as one class each."""
        if not self._bars:
            return []
        text = f"a label with a bar, such as {self._bars}, is read as one class"
        parts = Counter(
            part for name in self._names if "|" in name for part in set(_parts_of(name))
        )
        shared = [part for part, count in parts.items() if count > 1 or part in self._names]
        if not shared:
            return [Finding("labels", f"{text}, because no other label has its parts")]
        text += f", but other labels have {len(shared):,} of the {len(parts):,} parts, such as"
        text += f' {shared[0][:80]}; write several labels as a list, such as ["a", "b"]'
        return [Finding("labels", text, doubtful=True)]


def composed(name: str) -> str:
    """Return the name in the Unicode form NFC.

    Some systems store an accented letter as two characters.
    """
    return unicodedata.normalize("NFC", name)


def _in_object(value: dict[Any, Any]) -> Any:
    """Return the label in a JSON object, or the object unchanged if it has no label.

    The label is the field `name`, `label`, `class` or `category`, or else the list of the keys with
    the value 1, if all values are 0 or 1.
    """
    for key in ("name", "label", "class", "category"):
        if isinstance(value.get(key), str | int):
            return value[key]
    if value and all(cell in (0, 1) for cell in value.values()):
        return [key for key, cell in value.items() if cell == 1]
    return value


def alike(names: Iterable[str]) -> list[Finding]:
    """A finding about classes whose names differ so little that they may be the same class."""
    by_look: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        plain = unicodedata.normalize("NFKC", name).casefold()
        plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
        by_look[" ".join(_HYPHEN.sub(" ", plain).split())].append(name)
    twins = [name for names in by_look.values() if len(names) > 1 for name in names]
    if not twins:
        return []
    text = f"classes differ only in capitals or spaces: {', '.join(twins[:6])}"
    return [Finding("labels", f"{text}; merge them on the page", doubtful=True)]


def number_key(name: str) -> str:
    """Return the name without leading zeros if it is a whole number, so that 00007 equals 7."""
    return (name.lstrip("0") or "0") if name.isascii() and name.isdecimal() else name


def spellings(sources: Iterable[Collection[str]]) -> dict[str, str]:
    """Return the spelling of each class in the first source that has the class.

    The keys are `number_key` of the classes.

    A number that one source writes in several ways, such as 1 and 01, is not in the result.
    """
    found: dict[str, str] = {}
    several: set[str] = set()
    for names in sources:
        keys = Counter(map(number_key, names))
        several |= {key for key, count in keys.items() if count > 1}
        for name in names:
            found.setdefault(number_key(name), name)
    return {key: name for key, name in found.items() if key not in several}


def bars_separate(texts: Iterable[str]) -> bool:
    """Whether "|" in `texts` is between several labels, and not a part of class names.

    "|" separates labels if at least half of the parts between bars occur in more than one text.
    """
    different = {text.strip() for text in texts}
    if not any("|" in text for text in different):
        return True
    parts = Counter(part for text in different for part in set(_parts_of(text)))
    separated = {part for text in different if "|" in text for part in _parts_of(text)}
    return 2 * sum(parts[part] > 1 for part in separated) >= len(separated)


def _parts_of(text: str) -> list[str]:
    return [part.strip() for part in text.split("|")]


def name_of(value: Any) -> str | None:
    """Return the class name for a value, without spaces around it; None for an empty value.

    The name for 1.0 is "1".
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = composed(str(value).strip())
    whole = _WHOLE.fullmatch(text)
    return (whole[1] if whole else text) or None


def _list_in(text: str) -> Any:
    """Return the list in a text such as "['a', 'b']" or '["a"]', or the text itself."""
    try:
        found = json_value(text)
    except ValueError:
        quoted = _PYTHON_LIST.fullmatch(text)
        return [a or b for a, b in _QUOTED.findall(text)] if quoted else text
    return found if isinstance(found, list) else text
