"""Guess of the encoding of a text that is not Unicode, by the letters that each encoding gives."""

import codecs
import unicodedata
from collections.abc import Callable

SAMPLE_BYTES = 1 << 16
"""Largest part of a text that is compared in all encodings, in bytes."""
_UNLIKELY = 0.7
"""An encoding is likely only if at least this share of the non-ASCII letters is usual in texts with
the encoding.
"""
_WEST = set("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœ")
_CENTRE = set("ąćęłńóśźżáčďéěíňřšťúůýžőűöüäôľĺŕăâîşţßë")
_TURKISH = set("çğıöşüâîû")
_BALTIC = set("ąčęėįšųūžāēģīķļņõäöüå")


def _among(letters: set[str]) -> Callable[[str], bool]:
    return lambda letter: letter.lower().replace("i̇", "i") in letters or letter == "İ"


def _in(*blocks: tuple[int, int]) -> Callable[[str], bool]:
    return lambda letter: any(low <= ord(letter) <= high for low, high in blocks)


def _is_usual_han(encoding: str, last: int) -> Callable[[str], bool]:
    """Return a function that tests whether a letter is Japanese, or usual Chinese in `encoding`.

    Usual Chinese characters are those whose first byte in `encoding` is at most `last`.
    """

    def check(letter: str) -> bool:
        if 0x3000 <= ord(letter) <= 0x30FF or 0xFF01 <= ord(letter) <= 0xFF5E:
            return True
        return 0x4E00 <= ord(letter) <= 0x9FFF and letter.encode(encoding)[0] <= last

    return check


_EXPECTED: dict[str, Callable[[str], bool]] = {
    "cp1252": _among(_WEST),
    "cp1250": _among(_CENTRE),
    "cp1254": _among(_TURKISH),
    "cp1257": _among(_BALTIC),
    "cp1251": _in((0x0400, 0x045F), (0x0490, 0x0491), (0x2116, 0x2116)),
    "cp1253": _in((0x0384, 0x03CE)),
    "mac-roman": _among(_WEST),
    "euc-kr": _in((0xAC00, 0xD7A3)),
    "cp932": _is_usual_han("cp932", 0x97),
    "gb18030": _is_usual_han("gb18030", 0xD7),
}
"""Function per encoding that returns whether a non-ASCII letter is usual in texts with the
encoding.

If two encodings fit a text equally well, the first of them is used.
"""


_SCRIPTS = frozenset({"cp1251", "cp1253", "euc-kr", "cp932", "gb18030"})
"""Encodings of ASCII and of a script other than Latin."""


def likely(data: bytes) -> list[str]:
    """Return up to three likely encodings of `data`, most likely first; empty if there are none.

    In a likely encoding, most non-ASCII letters of the text are usual.
    """
    shares = {name: expected_share(data, name) for name in _EXPECTED}
    good = [name for name, share in shares.items() if share >= _UNLIKELY]
    return sorted(good, key=lambda name: -shares[name])[:3]


def is_unlikely(data: bytes, encoding: str) -> bool:
    """Whether `data` is probably not in `encoding`.

    This holds if `data` is not valid in `encoding`, or if the text would have control characters or
    too few usual letters.
    """
    text = _decoded(data, encoding)
    if text is None:
        return True
    foreign = [letter for letter in text if not letter.isascii()]
    if any(unicodedata.category(letter) in ("Cc", "Cn", "Co") for letter in foreign):
        return True
    name = codecs.lookup(encoding).name
    known = next((key for key in _EXPECTED if codecs.lookup(key).name == name), None)
    return known is not None and bool(foreign) and expected_share(data, known) < _UNLIKELY


def expected_share(data: bytes, encoding: str) -> float:
    """Return the share of the non-ASCII letters in `data` that are usual in texts with `encoding`.

    Return 0 if `data` cannot be decoded or has no such letters.
    """
    text = _decoded(data, encoding)
    if text is None:
        return 0.0
    is_expected = _EXPECTED[encoding]
    number = good = 0
    for before, letter, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if letter.isascii():
            continue
        number += 1
        # A capital letter within a word, or a word in two scripts, is a sign of another encoding.
        inside = before.islower() or (before.isalpha() and after.islower())
        mixed = encoding in _SCRIPTS and (_is_latin(before) or _is_latin(after))
        good += is_expected(letter) and not (letter.isupper() and inside) and not mixed
    return good / number if number else 0.0


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


def _decoded(data: bytes, encoding: str) -> str | None:
    """Return `data` as text, without an incomplete last character; None if `data` is not valid."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(data[:SAMPLE_BYTES])
    except (UnicodeDecodeError, LookupError):
        return None


def foreign_lines(block: bytes) -> bytes:
    """Return the lines of a text that contain bytes other than ASCII."""
    return b"\n".join(line for line in block.split(b"\n") if not line.isascii())
