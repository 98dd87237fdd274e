"""Files that give names to numeric labels, beside the data: classes.json, class_names.txt."""

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import words
from lodespace.importing.label_text import number_key
from lodespace.json_input import JsonError, json_value

_NAMED = frozenset(
    (
        *(
            "class",
            "classes",
            "classnames",
            "label",
            "labels",
            "labelmap",
            "category",
            "categories",
        ),
        *("cat", "name", "names", "idx", "id2label", "label2id", "synset", "synsets", "wnids"),
        *("words", "meta", "map", "mapping"),
    )
)
"""Words in the names of files with lists of classes."""
_SUFFIXES = frozenset({".json", ".txt", ".names"})
_MOST_BYTES = 4 << 20
_MOST_FILES = 20
"""Largest number of files that are opened."""
_LISTED = 2000
"""Largest number of files in a folder that are listed."""
_CODE = re.compile(r"\d{1,9}|n\d{8}")
"""A label that is a number, or the number of a WordNet synset."""
_LINE = re.compile(r"(\d{1,9}|n\d{8})\s*[\s:,;=]\s*(\S.*)|(\S.*?)\s*[\s:,;=]\s*(\d{1,9})")
"""A line with the number and the name of a class, in either order."""
_MOST_UNUSED = 4
"""A list that is numbered from 0 may have at most this many names per class of the data.

A longer list probably belongs to other data, and is not used.
"""
_LONGEST = 200
"""Largest number of characters of a class name."""
_FIELDS = (("id", "name"), ("id", "label"), ("index", "name"), ("class_id", "name"))


class ClassNames(NamedTuple):
    """Names for labels that are numbers."""

    names: dict[str, str]
    """Class name of each label. Empty: the labels themselves are the class names."""
    findings: list[Finding]
    """Where the names come from, or which list of names is not used."""


def class_names_beside(
    data: Path | None, labels: Counter[str], *, several: bool = False
) -> ClassNames:
    """Return the names of the classes `labels` from a list in the data or beside them.

    If the data are a folder, the list is in the folder or in a subfolder. If the data are a file,
    the list is beside the file. Such a list is doubtful unless its name begins with the name of the
    file. Folders beside a file are not searched, because they may belong to other data.

    Args:
        data: Path of the data: a folder or a file. None: the data have no path.
        labels: Number of items per label. Only labels that are numbers can get names.
        several: Whether items have further labels, which cannot get names.
    """
    if data is None or len(labels) < 2 or not all(map(_CODE.fullmatch, labels)):
        return ClassNames({}, [])
    folder = data if data.is_dir() else data.parent
    misfits: list[Finding] = []
    for path in _candidates(data):
        found = _listed(path)
        if found is None:
            continue
        mapping, doubt = _mapping(found, labels)
        name = path.relative_to(folder).as_posix()
        if mapping and not several:
            first = min(mapping, key=lambda label: (len(label), label))
            if folder != data and not _is_of(path, data):
                doubt += f"; move the file elsewhere if it is not about {data.name}"
            text = f"names of the classes from {name} ({first} is {mapping[first]}){doubt}"
            return ClassNames(mapping, [Finding("labels", text, doubtful=bool(doubt))])
        missing = next((label for label in labels if number_key(label) not in found), "")
        why = f"it has no name for {missing}" if missing else f"it has {len(found):,} names"
        why = "items have several labels" if mapping else why
        text = f"{name} may name the classes, but is not used: {why}"
        misfits.append(Finding("labels", text, doubtful=True))
    return ClassNames({}, misfits[:1])


def _is_of(path: Path, data: Path) -> bool:
    """Whether the name of a list begins with the name of `data`, as a.classes.txt for a.csv."""
    stem = data.name.partition(".")[0]
    return bool(stem) and re.match(rf"{re.escape(stem)}[\W_]", path.name) is not None


def _candidates(data: Path) -> Iterator[Path]:
    """Yield the files that may list classes.

    If `data` is a folder, the files in the folder come before the files in subfolders. If `data` is
    a file, the files whose names begin with the name of `data` come first.
    """
    inside: list[Path] = []
    try:
        if data.is_dir():
            here = sorted(itertools.islice(data.iterdir(), _LISTED))
            inside = [
                path
                for inner in here
                if inner.is_dir() and not inner.is_symlink()
                for path in itertools.islice(sorted(inner.glob("*.*")), _LISTED)
                if path.suffix.lower() in _SUFFIXES
            ]
        else:
            listed = itertools.islice(data.parent.iterdir(), _LISTED)
            here = sorted(listed, key=lambda path: (not _is_of(path, data), path))
    except OSError:
        return
    files = (
        path
        for path in (*here, *inside)
        if path != data
        and path.suffix.lower() in _SUFFIXES
        and (set(words(path.stem)) & _NAMED or path.suffix.lower() == ".names")
        and path.is_file()
        and not path.is_symlink()
        and path.stat().st_size <= _MOST_BYTES
    )
    yield from itertools.islice(files, _MOST_FILES)


def _listed(path: Path) -> dict[str, str] | None:
    """Return the name of each class number in a file. None if the file has other content.

    If a list states no numbers, its names are numbered from 0.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        value = json_value(text) if path.suffix.lower() == ".json" else text.splitlines()
    except (OSError, UnicodeDecodeError, JsonError):
        return None
    if path.suffix.lower() != ".json":
        return _of_lines([line.strip() for line in value if line.strip()])
    if isinstance(value, dict) and len(value) < 10:
        inner = (value.get(key) for key in ("id2label", "categories", "classes", "names", "labels"))
        value = next((part for part in inner if isinstance(part, dict | list)), value)
    if isinstance(value, dict):
        return _of_object(value)
    if isinstance(value, list):
        return _of_list(value)
    return None


def _of_list(value: list[Any]) -> dict[str, str] | None:
    if value and all(isinstance(part, str) for part in value):
        return _checked(dict(zip(map(str, range(len(value))), value, strict=True)))
    if not all(isinstance(part, dict) for part in value):
        return None
    for number, name in _FIELDS:
        if value and all({number, name} <= part.keys() for part in value):
            return _checked({str(part[number]): part[name] for part in value})
    return None


def _of_object(value: dict[str, Any]) -> dict[str, str] | None:
    """Return class names by class number, from an object; None if the object has another form.

    The forms are {"0": "cat"}, {"cat": 0} and {"0": ["n02123045", "tabby"]}.
    """
    if all(map(_CODE.fullmatch, value)):
        last = {
            key: part[-1] if isinstance(part, list) and part else part
            for key, part in value.items()
        }
        return _checked(last)
    numbers = list(value.values())
    if all(type(part) is int for part in numbers) and len(set(numbers)) == len(numbers):
        return _checked({str(part): name for name, part in value.items()})
    return None


def _of_lines(lines: list[str]) -> dict[str, str] | None:
    numbered = [_LINE.fullmatch(line) for line in lines]
    if lines and all(numbered):
        pairs = [(m[1], m[2]) if m[1] else (m[4], m[3]) for m in numbered if m is not None]
        if len({number for number, _ in pairs}) == len(pairs):
            return _checked(dict(pairs))
    return _checked({str(number): line for number, line in enumerate(lines)})


def _checked(names: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the class names by class number; None if a value cannot be the name of a class.

    In the result, the class numbers have no leading zeros.
    """
    texts = {number_key(key): name.strip() for key, name in names.items() if isinstance(name, str)}
    short = all(name and len(name) <= _LONGEST for name in texts.values())
    # A text without letters is not a class name. The file may have one label per item, or boxes.
    letters = all(any(map(str.isalpha, name)) for name in texts.values())
    return texts if len(texts) == len(names) > 1 and short and letters else None


def _mapping(found: dict[str, str], labels: Collection[str]) -> tuple[dict[str, str], str]:
    """Return the name of each label, and the reason for a doubt about the names.

    The reason is empty if there is no doubt. Both are empty if the names do not fit the labels.
    `found` has the name of each class number in a list.
    """
    numbers = [int(label) for label in labels if label.isdecimal()]
    count = len(found)
    counted = set(found) == set(map(str, range(count)))
    if counted and numbers and min(numbers) == 1 and max(numbers) == count:
        mapping = {label: found[str(int(label) - 1)] for label in labels}
        return mapping, "; the numbers count from 1"
    mapping = {label: found[key] for label in labels if (key := number_key(label)) in found}
    if len(mapping) < len(labels) or len(set(mapping.values())) < len(mapping):
        return {}, ""
    if not counted or not numbers or (max(numbers) == count - 1 and min(numbers) == 0):
        return mapping, ""
    if count > _MOST_UNUSED * (max(numbers) + 1):
        return {}, ""  # the names are probably not those of these classes
    if min(numbers) > 0 and len(labels) == count - 1:
        return mapping, f"; no item has the label 0 ({found['0']})"
    return mapping, f"; it has {count:,} names for numbers up to {max(numbers):,}"
