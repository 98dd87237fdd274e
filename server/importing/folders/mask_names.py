"""Search for the picture that a mask belongs to, by the names of the two files."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from lodespace.importing.folders.folder_names import is_filler, words

_MASK_WORDS = frozenset(
    (
        *("mask", "masks", "gt", "gts", "groundtruth", "truth", "seg", "segm", "segmentation"),
        *("label", "labels", "labelids", "lbl", "annotation", "annot", "anno", "trimap", "manual"),
    )
)
_OTHER_WORDS = frozenset(
    (
        *("ground", "cp", "cell", "cells", "nuclei", "nucleus", "tissue", "object", "binary"),
        *("instance", "instances", "semantic", "fine", "coarse", "color", "colour", "st", "nd"),
        *("man", "track", "err", "class", "ids"),
    )
)
"""Further words in the name of a mask with one of _MASK_WORDS, such as nuclei in p_nuclei_masks."""
_WEAK_WORDS = frozenset({"label", "labels", "annotation", "anno", "annot", "manual"})
"""Words in names of masks that names of photographs can also have: "label" for a bottle's label."""
_END = re.compile(r"(?<=[^-_ .])(?=[-_ .])|(?<=[a-z0-9)])(?=[A-Z])|(?<=[0-9)])(?=[a-z])")
"""Places in a name at which the part that marks a mask can begin, as in p_mask, p0GT or 12gt."""
_PREFIX = re.compile(r"(?P<words>[^\W\d]*?[^\W\d_]+)[-_ .]?(?P<rest>\d.*)")
"""A name that begins with words, followed by a number: mask_12, man_seg000."""
_LEAST_OTHER = 0.8
"""Files with the same unknown ending may be masks if their number is at least this share of the
number of other files.
"""


def bases(stem: str) -> Iterator[str]:
    """Yield the possible names of the picture to which the mask `stem` belongs, without suffix."""
    for place in _END.finditer(stem):
        if _means_mask(stem[place.start() :]):
            yield stem[: place.start()]


def _means_mask(text: str) -> bool:
    found = [word for word in words(text) if not word.isdigit()]
    return any(word in _MASK_WORDS for word in found) and all(
        word in _MASK_WORDS or word in _OTHER_WORDS for word in found
    )


def is_weak(stem: str) -> bool:
    """Whether `stem` is a name that both masks and photographs can have, such as "label"."""
    found = set(words(stem)) & _MASK_WORDS
    return bool(found) and found <= _WEAK_WORDS


def without_filler(stem: str) -> str:
    """Return `stem` without its last word, if the word can be in the name of any picture.

    For example, return 000 for 000_img. Other names are returned unchanged.
    """
    begin, mark, end = stem.rpartition("_")
    return begin if mark and begin and is_filler(end) else stem


def with_mask_word_first(stems: Collection[str]) -> set[str]:
    """Return the names of masks that differ from the name of a picture only in the words before a
    number.

    For example, mask_12 is a mask if there is also img_12, t12 or 12. The result is empty if the
    pictures begin with different words, because these may be classes: mask_12, hat_12, glasses_12.
    """
    masks: dict[str, str] = {}
    rests: dict[str, set[str]] = {}
    for stem in stems:
        match = _PREFIX.fullmatch(stem)
        begin, rest = ("", stem) if match is None else (match["words"], match["rest"])
        if _means_mask(begin):
            masks[stem] = rest
        else:
            rests.setdefault(begin, set()).add(rest)
    if len(rests) != 1 or "mask" in next(iter(rests)).lower():
        return set()
    of_pictures = next(iter(rests.values()))
    return {stem for stem, rest in masks.items() if rest in of_pictures}


def follows(name: str, siblings: Collection[str]) -> str | None:
    """Return the folder in `siblings` with the pictures of the masks in the folder `name`.

    For example, return 01 for 01_GT. Return None if there is no such folder.
    """
    for place in _END.finditer(name):
        base, rest = name[: place.start()], name[place.start() :]
        found = [word for word in words(rest) if not word.isdigit()]
        numbered = base.isdigit() and set(found) <= {"st", "res", "err", "seg"}
        if base in siblings and found and (numbered or _means_mask(rest)):
            return base
    return None


def unknown_ending(stems: Mapping[str, Collection[str]]) -> tuple[str, str] | None:
    """Return the ending that many file names add to the name of another file, and an example.

    For p1.png, p1_1stHO.png, p2.png and p2_1stHO.png, the ending is "_1stHO", and the example is
    "p1_1stHO" with its folder. Return None if there is no such ending. `stems` has the names of the
    files in each folder, without suffix.
    """
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for folder, names in stems.items():
        known = set(names)
        for name in sorted(names):
            for place in _END.finditer(name):
                end = name[place.start() :]
                if name[: place.start()] in known and any(c.isalpha() for c in end):
                    counts[end] += 1
                    examples.setdefault(end, f"{folder}/{name}" if folder else name)
    whole = sum(map(len, stems.values()))
    for end, count in counts.most_common(1):
        if count > 2 and count >= _LEAST_OTHER * (whole - count):
            return end, examples[end]
    return None
