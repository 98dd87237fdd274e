"""Pictures that are masks of other pictures, such as x_mask.png or the files in ground_truth."""

import fnmatch
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.folders import folder_names, mask_names

_LEAST_PAIRS = 0.1
"""Files named like masks of other files are masks only if they are at least this share of all
files.
"""
_MATCHED = 0.8
"""A folder holds masks only if at least this share of its files is named like a picture in another
folder.
"""
_Verdict = Literal["yes", "perhaps", "no"]


@dataclass
class MaskFiles:
    """Folders and files of masks, by relative path."""

    folders: frozenset[str] = frozenset()
    """Folders whose files are masks, and all folders inside such folders."""
    files: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    """Number of masks, by the name of the folder of masks, such as "masks".

    The key "" has the number of masks that are in the same folder as the pictures.
    """
    doubtful: bool = False
    """Whether it is uncertain that the files are masks, because only the file names show it."""
    sequences: frozenset[str] = frozenset()
    """Folders of pictures whose masks are in a folder of the same number, as in 01 and 01_GT."""
    more: list[Finding] = field(default_factory=list[Finding])
    """Doubts about further files."""

    def holds(self, path: str) -> bool:
        """Whether the file `path` is a mask."""
        return path in self.files or path.rpartition("/")[0] in self.folders

    def findings(self) -> list[Finding]:
        """Return findings about masks, if it is doubtful which files are masks.

        The report also counts masks as left-out files.
        """
        found = list(self.more)
        if self.sequences:
            text = f"{folder_names.some(self.sequences)} may be sequences, not classes"
            found.append(Finding("labels", text, doubtful=True, option="--labels-at none"))
        if not self.doubtful:
            return found
        names = [f"in {name}/" if name else f"such as {min(self.files)}" for name in self.counts]
        text = f"files {', '.join(names)} are masks"
        return [Finding("items", text, doubtful=True, option="--masks items"), *found]


def masks_of(paths: Sequence[str], masks: str) -> MaskFiles:
    """Return which of the files `paths` are masks.

    Args:
        paths: Relative paths of the files, with "/" between folders.
        masks: The option --masks. "apart": masks are found by their names. "items": no file is a
            mask. Any other value is a list of patterns, separated by commas, for paths or for names
            of files and folders.

    Raises:
        DatasetError: No file fits a pattern, or all files do.
    """
    if masks == "items":
        return MaskFiles()
    if masks == "apart":
        return masks_among(paths)
    patterns = [pattern.strip().rstrip("/") for pattern in masks.split(",")]
    chosen = [path for path in paths if _fits(path, patterns)]
    if not chosen or len(chosen) == len(paths):
        fit = "all files fit" if chosen else "no file fits"
        raise DatasetError(
            f"--masks {masks}: {fit}; give `apart`, `items`, or a pattern such as '*_mask' or "
            "'masks/*'"
        )
    return MaskFiles(files=frozenset(chosen), counts=Counter({"": len(chosen)}))


def _fits(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern fits the path, a folder, or the file name with or without its suffix."""
    *folders, name = path.split("/")
    texts = [path, name, name.rpartition(".")[0], *folders]
    return any(fnmatch.fnmatchcase(text, pattern) for text in texts for pattern in patterns)


def masks_among(paths: Sequence[str]) -> MaskFiles:
    """Return the masks among the files `paths`, by the names of files and folders."""
    stems: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        stems[folder].append(name.rpartition(".")[0])
    found = _mask_folders(stems)
    if len(found.folders) == len(stems):
        return MaskFiles()  # all files look like masks, so they are the items
    _add_masks_beside(found, paths, stems)
    _add_doubts(found, paths)
    return found


def _mask_folders(stems: Mapping[str, Sequence[str]]) -> MaskFiles:
    """Return the folders of masks. `stems` has the names of files without suffix, by folder."""
    children: defaultdict[str, set[str]] = defaultdict(set)
    for folder in stems:
        for parent, name in _steps(folder):
            children[parent].add(name)
    verdicts: dict[tuple[str, str], _Verdict] = {}
    masks: set[str] = set()
    counts: Counter[str] = Counter()
    doubtful = False
    sequences: set[str] = set()
    for folder, names in stems.items():
        for step in _steps(folder):
            if step not in verdicts:
                parent, name = step
                verdicts[step] = _verdict(parent, name, children[parent], stems)
            if verdicts[step] != "no":
                masks.add(folder)
                counts[step[1]] += len(names)
                doubtful |= verdicts[step] == "perhaps"
                base = mask_names.follows(step[1], children[step[0]])
                sequences |= {base} if base is not None and base.isdigit() else set()
                break
    return MaskFiles(
        frozenset(masks), counts=counts, doubtful=doubtful, sequences=frozenset(sequences)
    )


def _steps(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the parent and the name of each folder in the path `folder`, from the top.

    For a/b: ("", "a") and ("a", "b").
    """
    parts = folder.split("/") if folder else []
    for i, part in enumerate(parts):
        yield "/".join(parts[:i]), part


def _verdict(
    parent: str, name: str, siblings: Collection[str], stems: Mapping[str, Sequence[str]]
) -> _Verdict:
    """Whether the folder `name` in `parent`, beside the folders `siblings`, holds masks."""
    base = mask_names.follows(name, siblings)
    if base is not None and base.isdigit():
        return "yes"
    if base is None and not folder_names.is_mask(name):
        return "no"
    others = {sibling for sibling in siblings if not folder_names.is_mask(sibling)}
    splits = folder_names.split_names(others) if others else frozenset[str]()
    if others and all(other in splits or folder_names.is_filler(other) for other in others):
        return "yes"
    # Classes may be called mask and no_mask.
    if any("mask" in other.lower() or "without" in other.lower() for other in others):
        return "no"
    if others and base is None and not folder_names.is_surely_mask(name):
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
    pictures |= set(map(mask_names.without_filler, pictures))
    matched = sum(
        not pictures.isdisjoint((stem, mask_names.without_filler(stem), *mask_names.bases(stem)))
        for stem in masks
    )
    if matched < _MATCHED * len(masks):
        return "no"
    return "perhaps" if others else "yes"


def _add_masks_beside(
    found: MaskFiles, paths: Sequence[str], stems: Mapping[str, Sequence[str]]
) -> None:
    """Add masks that are in the folder of their pictures: x.png and x_mask.png."""
    known = {
        folder: {*names, *map(mask_names.without_filler, names)} for folder, names in stems.items()
    }
    first = {folder: mask_names.with_mask_word_first(names) for folder, names in stems.items()}
    masks: set[str] = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        named = stem in first[folder] or not known[folder].isdisjoint(mask_names.bases(stem))
        if named and folder not in found.folders:
            masks.add(path)
    if len(masks) >= max(2, _LEAST_PAIRS * len(paths)):
        found.files = frozenset(masks)
        found.counts[""] = len(masks)
        # Masks are usually stored without loss, so JPEG files may not be masks.
        lossy = any(path.lower().endswith((".jpg", ".jpeg")) for path in masks)
        names = {path.rpartition("/")[2].rpartition(".")[0] for path in masks}
        begun = any(not names.isdisjoint(of_folder) for of_folder in first.values())
        found.doubtful |= lossy or begun or any(map(mask_names.is_weak, names))


def _add_doubts(found: MaskFiles, paths: Sequence[str]) -> None:
    """Add findings about files that are items, but may be masks or other views of other files."""
    stems: defaultdict[str, set[str]] = defaultdict(set)
    for path in paths:
        if not found.holds(path):
            folder, _, name = path.rpartition("/")
            stems[folder].add(name.rpartition(".")[0])
    ending = mask_names.unknown_ending(stems)
    if ending is not None:
        text = f"files such as {ending[1]} have the name of another picture with {ending[0]} added;"
        text += " they are items, but may be masks"
        option = f"--masks '*{ending[0]}'"
        found.more.append(Finding("items", text, doubtful=True, option=option))
    levels: defaultdict[str, list[str]] = defaultdict(list)
    for folder in stems:
        levels[folder.rpartition("/")[0]].append(folder)
    twins = (_twin(folder, stems, levels) for folder in stems if folder)
    twin = next((found for found in twins if found is not None), None)
    if twin is not None:
        text = f"the files in {twin[0]} have the same names as in {twin[1] or 'the top folder'};"
        text += " they are items, but may be masks"
        option = f"--masks '{twin[0]}/*'"
        found.more.append(Finding("items", text, doubtful=True, option=option))


def _twin(
    folder: str, stems: Mapping[str, Collection[str]], levels: Mapping[str, Sequence[str]]
) -> tuple[str, str] | None:
    """Return `folder` and a folder of pictures that have the same names as the files in `folder`.

    Return None if there is no such folder.

    The other folder is the parent of `folder`. It can also be the only folder beside `folder`, if
    that folder has a general name such as images.

    Args:
        folder: Path of a folder.
        stems: Names of the files in each folder, without suffix.
        levels: Subfolders of each folder.
    """
    parent, _, name = folder.rpartition("/")
    names = set(stems[folder])
    if folder_names.is_filler(name) or len(names) < 2:
        return None
    level = [other for other in levels[parent] if other]
    fillers = [other for other in level if folder_names.is_filler(other.rpartition("/")[2])]
    for other in [parent, *(fillers if len(level) == 2 else ())]:
        if names <= set(stems.get(other, ())):
            return folder, other
    return None
