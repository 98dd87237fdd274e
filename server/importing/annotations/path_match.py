"""Matching of the names in an annotation file to the paths or ids of items.

A name matches the path with which it shares the longest end, if there is only one such path.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

How = Literal["full", "end", "name", "upload", "stem", "folder"]
WORDS: dict[How, str] = {
    "full": "by full id",
    "end": "by the end of the path",
    "name": "by the file name alone",
    "upload": "by the name of an upload",
    "stem": "by the name without suffix",
    "folder": "by the folder",
}
"""How a name was matched, in words."""
_MOST_PARTS = 12
"""Largest number of parts of a path that are compared: the file name and the last folders."""
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_UPLOAD = re.compile(r"[0-9a-f]{8}-(.+)", re.DOTALL)


@dataclass(frozen=True)
class Match:
    """The path that was found for a name."""

    index: int
    """Index of the path. -1 if several paths match equally well."""
    how: How
    parts: int = 0
    """Number of parts that the path and the name have in common, counted from the end.

    The parts are the file name and the folders.
    """
    several: tuple[int, ...] = ()
    """Indices of the first few paths that match equally well."""
    elsewhere: bool = False
    """Whether the path is in another folder than the name states, so the name may mean another
    file.
    """


def match_paths(
    names: Iterable[str], paths: Sequence[str], stated: Collection[str] | None = None
) -> dict[str, Match]:
    """Return the match of each name. Names without a match are left out.

    A name matches the path that is equal to it. Otherwise it matches the path with which it shares
    the longest end: the file name and as many of the last folders as possible. If no path has the
    same file name, three more comparisons follow. The first ignores case and the Unicode form of
    accents. The second ignores what Label Studio changes in the name of an uploaded file, such as
    the added prefix of 8 hexadecimal digits. The third ignores the suffix. `index` of the match is
    -1 if several paths share the longest end. It is also -1 if several names with different folders
    match the same path, and only by the file name.

    If any name in `stated` (default: all names) matches a path including a folder, the folders in
    the names are taken literally: a name with another folder means another file. Otherwise, a
    name may match a path in another folder.
    """
    numbers = {path: index for index, path in enumerate(paths)}
    found: dict[str, Match] = {}
    open_names: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(names):
        if name in numbers:
            found[name] = Match(numbers[name], "full")
        else:
            parts = path_parts(name)
            if parts:
                open_names[name] = parts
    split = [path_parts(path) for path in paths] if open_names else []
    for of_name, of_path, how in _STEPS:
        if not open_names:
            break
        wanted = {name: of_name(parts) for name, parts in open_names.items()}
        for name, match in _by_tail(wanted, map(of_path, split), how).items():
            found[name] = match
            del open_names[name]
    found = _without_weaker(found, split)
    return _without_rivals(_without_other_folders(found, split, stated))


def path_parts(path: str) -> tuple[str, ...]:
    r"""Return the file name and the folders in a path, a Windows path or a URL, last part first.

    "C:\data\a.wav" has the parts ("a.wav", "data").
    """
    path = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", path)
    path = re.sub(r"^[A-Za-z]:(?=[\\/])", "", path)
    parts = [part for part in re.split(r"[\\/]", path) if part not in ("", ".")]
    return tuple(reversed(parts))


def _same(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts


def _folded(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)


def _uploaded(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return `parts` with the file name as Label Studio changes it at an upload, without prefix.

    Label Studio replaces spaces by "_", and keeps only letters, digits, "_", "-" and ".". It also
    adds a prefix, which is removed if the file name has it.
    """
    match = _UPLOAD.fullmatch(parts[0])
    last = match[1] if match is not None else parts[0]
    return (re.sub(r"[^-\w.]", "", last.strip().replace(" ", "_")), *parts[1:])


def _without_suffix(parts: tuple[str, ...]) -> tuple[str, ...]:
    folded = _folded(parts)
    return (_SUFFIX.sub("", folded[0]), *folded[1:])


_Change = Callable[[tuple[str, ...]], tuple[str, ...]]
_STEPS: tuple[tuple[_Change, _Change, How], ...] = (
    (_same, _same, "end"),
    (_folded, _folded, "end"),
    (_uploaded, _uploaded, "upload"),
    (_folded, _without_suffix, "stem"),
    (_without_suffix, _without_suffix, "stem"),
)
"""The comparisons, in this order.

Each comparison applies its first function to the names and its second function to the paths, and
compares the results. Its text states how a match was found.
"""


def _by_tail(
    wanted: dict[str, tuple[str, ...]], paths: Iterable[tuple[str, ...]], how: How
) -> dict[str, Match]:
    """Return a match of the kind `how` for each name in `wanted` that ends like a path.

    The match is the path with the longest equal end. Names without a match are left out.
    """
    tails: dict[tuple[str, ...], list[int]] = {}
    for parts in wanted.values():
        for count in range(1, min(len(parts), _MOST_PARTS) + 1):
            tails.setdefault(parts[:count], [])
    for index, parts in enumerate(paths):
        for count in range(1, min(len(parts), _MOST_PARTS) + 1):
            holders = tails.get(parts[:count])
            if holders is None:
                break
            if len(holders) < 4:
                holders.append(index)
    found: dict[str, Match] = {}
    for name, parts in wanted.items():
        for count in range(min(len(parts), _MOST_PARTS), 0, -1):
            holders = tails[parts[:count]]
            if holders:
                alone = count == 1 and how == "end" and len(parts) > 1
                index = holders[0] if len(holders) == 1 else -1
                found[name] = Match(index, "name" if alone else how, count, tuple(holders))
                break
    return found


def _without_weaker(found: dict[str, Match], split: Sequence[tuple[str, ...]]) -> dict[str, Match]:
    """Remove matches whose path fits another name better.

    A match is kept if its name has the same folders as the path.
    """
    best: dict[int, int] = {}
    for match in found.values():
        if match.index >= 0:
            parts = 1 << 20 if match.how == "full" else match.parts
            best[match.index] = max(best.get(match.index, 0), parts)
    kept: dict[str, Match] = {}
    for name, match in found.items():
        if match.index >= 0 and match.how != "full" and match.parts < best[match.index]:
            parts = path_parts(name)
            differs = match.parts < min(len(parts), len(split[match.index]))
            if differs:
                continue
        kept[name] = match
    return kept


def _without_other_folders(
    found: dict[str, Match], split: Sequence[tuple[str, ...]], stated: Collection[str] | None
) -> dict[str, Match]:
    """Remove or mark the matches of names whose folder differs from the folder of the path.

    If some names agree with their paths including a folder, the folders in the names are taken
    literally. A name with another folder then means another file, and its match is removed.
    Otherwise the match is kept and marked, because somebody may have renamed the folder.
    """
    moved: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    agree = False
    for name, match in found.items():
        if match.index < 0 or match.how == "upload":
            continue
        parts = path_parts(name)
        if match.how == "full" or match.parts == min(len(parts), len(split[match.index])):
            several = match.parts > 1 or (match.how == "full" and len(parts) > 1)
            agree |= several and (stated is None or name in stated)
        else:
            moved[name] = parts[match.parts :], split[match.index][match.parts :]
    if agree:
        return {name: match for name, match in found.items() if name not in moved}
    # If all names differ from their paths only in the same topmost folder, this folder is the root
    # of the data, and somebody may have renamed the root.
    one_root = len(set(moved.values())) == 1 and all(found[name].parts > 1 for name in moved)
    return {
        name: replace(match, elsewhere=name in moved and not one_root)
        for name, match in found.items()
    }


def _without_rivals(found: dict[str, Match]) -> dict[str, Match]:
    """Return `found`, with -1 as `index` of matches that compete for the same path.

    Matches compete if their names have different folders, and only the file name matches the path.
    """
    longest: dict[int, tuple[str, ...]] = {}
    rivals: set[int] = set()
    folders: dict[str, tuple[str, ...]] = {}
    for name, match in found.items():
        if match.index < 0 or match.parts != 1 or match.how in ("full", "upload"):
            continue
        own = folders[name] = _folded(path_parts(name)[1:])
        other = longest.get(match.index, ())
        if own[: len(other)] != other[: len(own)]:
            rivals.add(match.index)
        longest[match.index] = max(own, other, key=len)
    return {
        name: replace(match, index=-1, several=(match.index,), elsewhere=False)
        if match.index in rivals and folders.get(name)
        else match
        for name, match in found.items()
    }


def counts_text(how: Counter[How]) -> str:
    """Return how names were matched, such as "612 by full id, 88 by the end of the path"."""
    return ", ".join(f"{how[key]:,} {words}" for key, words in WORDS.items() if how[key])
