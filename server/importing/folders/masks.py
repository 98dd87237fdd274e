"""Pictures that are masks of other pictures: in folders such as ground_truth, or as x_mask.png."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lodespace.importing.finding import Finding
from lodespace.importing.folders import folder_names

_MASK_NAME = re.compile(
    r"(?P<base>.+?)[-_ .]?(?<![a-z])(mask|masks|gt|seg|segmentation|label|labels|labelids|"
    r"annotation|trimap)([-_ ]?\d+)?",
    re.IGNORECASE,
)
"""Name of a mask beside its picture: 000_mask, benign (1)_mask_1."""
_WEAK_NAMES = re.compile(r".*(label|labels|annotation)([-_ ]?\d+)?", re.IGNORECASE)
"""Names that a mask can have, and also a photograph, for example of the label of a bottle."""
_LEAST_PAIRS = 0.1
"""Files named as masks of other files are masks if they are at least this share of all files."""
_MATCHED = 0.8
"""Smallest share of the files in a folder of masks named like a picture outside of it."""
_Verdict = Literal["yes", "perhaps", "no"]


@dataclass
class MaskFiles:
    """Folders and files of masks, by relative path."""

    folders: frozenset[str] = frozenset()
    """Folders whose files are masks. A folder inside such a folder is listed, too."""
    files: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    """Number of masks per name of a folder of masks, such as "masks". The key "" has the number of
    masks that are in the folders of their pictures."""
    doubtful: bool = False
    """Whether it is uncertain that the files are masks, because only their names show it."""

    def holds(self, path: str) -> bool:
        """Whether the file `path` is a mask."""
        return path in self.files or path.rpartition("/")[0] in self.folders

    def findings(self) -> list[Finding]:
        """Which files are masks, if that is doubtful. The report also counts them as left out."""
        if not self.doubtful:
            return []
        names = [f"in {name}/" if name else f"such as {min(self.files)}" for name in self.counts]
        text = f"files {', '.join(names)} are masks"
        return [Finding("items", text, doubtful=True, option="--masks items")]


def masks_among(paths: Sequence[str]) -> MaskFiles:
    """The masks among the files `paths`, which are relative and separated by "/"."""
    stems: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        stems[folder].append(name.rpartition(".")[0])
    found = _mask_folders(stems)
    if len(found.folders) == len(stems):
        return MaskFiles()  # only masks: these are the items
    _add_masks_beside(found, paths, stems)
    return found


def _mask_folders(stems: Mapping[str, Sequence[str]]) -> MaskFiles:
    """The folders of masks. `stems` has the names of the files in each folder, without suffix."""
    children: defaultdict[str, set[str]] = defaultdict(set)
    for folder in stems:
        for parent, name in _steps(folder):
            children[parent].add(name)
    verdicts: dict[tuple[str, str], _Verdict] = {}
    masks: set[str] = set()
    counts: Counter[str] = Counter()
    doubtful = False
    for folder, names in stems.items():
        for step in _steps(folder):
            if step not in verdicts:
                parent, name = step
                verdicts[step] = _verdict(parent, name, children[parent], stems)
            if verdicts[step] != "no":
                masks.add(folder)
                counts[step[1]] += len(names)
                doubtful |= verdicts[step] == "perhaps"
                break
    return MaskFiles(frozenset(masks), counts=counts, doubtful=doubtful)


def _steps(folder: str) -> Iterator[tuple[str, str]]:
    """Yield each parent of `folder`, with the name of the folder in it that leads to `folder`."""
    parts = folder.split("/") if folder else []
    for i, part in enumerate(parts):
        yield "/".join(parts[:i]), part


def _verdict(
    parent: str, name: str, siblings: Collection[str], stems: Mapping[str, Sequence[str]]
) -> _Verdict:
    """Whether the folder `name` in `parent`, beside the folders `siblings`, holds masks."""
    if not folder_names.is_mask(name):
        return "no"
    others = {sibling for sibling in siblings if not folder_names.is_mask(sibling)}
    splits = folder_names.split_names(others) if others else frozenset[str]()
    if others and all(other in splits or folder_names.is_filler(other) for other in others):
        return "yes"
    # Classes may be called mask and no_mask.
    if any("mask" in other.lower() or "without" in other.lower() for other in others):
        return "no"
    if others and not folder_names.is_surely_mask(name):
        return "no"
    top = f"{parent}/{name}" if parent else name
    pictures = {
        stem.lower()
        for folder, names in stems.items()
        if (not parent or folder == parent or folder.startswith(f"{parent}/"))
        and not (folder == top or folder.startswith(f"{top}/"))
        for stem in names
    }
    masks = [
        stem.lower()
        for folder, names in stems.items()
        if folder == top or folder.startswith(f"{top}/")
        for stem in names
    ]
    matched = sum(stem in pictures or _base(stem) in pictures for stem in masks)
    if matched < _MATCHED * len(masks):
        return "no"
    return "perhaps" if others else "yes"


def _base(stem: str) -> str | None:
    """The name of the picture to which a mask belongs. None if the name is not that of a mask."""
    match = _MASK_NAME.fullmatch(stem)
    return match["base"] if match else None


def _add_masks_beside(
    found: MaskFiles, paths: Sequence[str], stems: Mapping[str, Sequence[str]]
) -> None:
    """Add masks that are in the folder of their pictures: x.png and x_mask.png."""
    known = {folder: frozenset(names) for folder, names in stems.items()}
    masks: set[str] = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        base = _base(name.rpartition(".")[0])
        if base is not None and base in known[folder] and folder not in found.folders:
            masks.add(path)
    if len(masks) >= max(2, _LEAST_PAIRS * len(paths)):
        found.files = frozenset(masks)
        found.counts[""] = len(masks)
        # Masks are stored without loss.
        lossy = any(path.lower().endswith((".jpg", ".jpeg")) for path in masks)
        weak = any(_WEAK_NAMES.fullmatch(path.rpartition(".")[0]) for path in masks)
        found.doubtful |= lossy or weak
