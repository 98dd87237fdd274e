"""Labels in the names of files: cat.0.jpg, Abyssinian_12.jpg, "benign (3).png"."""

import re
from collections import Counter
from collections.abc import Iterable

from lodespace.importing.folders.folder_names import is_filler, is_split

_NAMED = re.compile(r"(?P<label>[^\W\d_]+(?:[ _.-][^\W\d_]+)*)[ _.-]*\(?\d+\)?")
"""A word or more, followed by a number."""
_SHARE = 0.5
"""Labels are read from file names only if at least this share of the names has a label."""
_EACH = 2
"""Labels are read from file names only if a label has at least this many files on average."""


def label_of_name(path: str) -> str | None:
    """Return the words before the number in a file's name. None if words or number are missing."""
    name = path.rpartition("/")[2]
    match = _NAMED.fullmatch(name.rpartition(".")[0] or name)
    return match["label"] if match else None


def labels_in_names(paths: Iterable[str]) -> list[str]:
    """Return the labels that the names of files seem to contain, the most frequent first."""
    labels = [label_of_name(path) for path in paths]
    counts = Counter(label for label in labels if label is not None)
    if all(is_split(label) or is_filler(label) for label in counts):
        return []
    whole = counts.total() >= _SHARE * len(labels) and counts.total() >= _EACH * len(counts)
    return [label for label, _ in counts.most_common()] if whole and len(counts) > 1 else []
