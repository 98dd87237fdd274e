"""Class labels in file names: cat.0.jpg, "benign (3).png", "XC12 - Great Tit - Parus major.mp3"."""

import re
from collections import Counter
from collections.abc import Iterable

from lodespace.importing.folders.folder_names import is_filler, is_split

_NAMED = re.compile(r"(?P<label>[^\W\d_]+(?:[ _.-][^\W\d_]+)*)[ _.-]*\(?\d+\)?")
"""One or more words, followed by a number."""
_AFTER_ID = re.compile(r"[^\W\d_]{0,4}\d+ - (?P<label>(?=.*[^\W\d_]).+?)(?: - .*)?")
"""Words after an id, as in the recordings of xeno-canto."""
_DOUBLE = re.compile(r"(?P<label>[^\W_]*[^\W\d_][^\W_]*)__\d+")
"""A word, which may contain digits, then two underscores and a number: obj1__0."""
_SHARE = 0.5
"""Labels are read from file names only if at least this share of the names has a label."""
_EACH = 2
"""Labels are read from file names only if a label has at least this many files on average."""


def label_of_name(path: str) -> str | None:
    """Return the class in a file's name. None if the name has another form.

    The class consists of the words before the number, or of the words after an id.
    """
    name = path.rpartition("/")[2]
    name = name.rpartition(".")[0] or name
    matches = (pattern.fullmatch(name) for pattern in (_NAMED, _AFTER_ID, _DOUBLE))
    return next((match["label"] for match in matches if match), None)


def labels_in_names(paths: Iterable[str]) -> list[str]:
    """Return the labels that the names of files seem to contain, the most frequent first."""
    labels = [label_of_name(path) for path in paths]
    counts = Counter(label for label in labels if label is not None)
    if all(is_split(label) or is_filler(label) for label in counts):
        return []
    whole = counts.total() >= _SHARE * len(labels) and counts.total() >= _EACH * len(counts)
    return [label for label, _ in counts.most_common()] if whole and len(counts) > 1 else []
