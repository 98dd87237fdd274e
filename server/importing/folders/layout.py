"""The layout of a folder: which of its subfolders are classes, splits, masks or wrappers.

The layout is decided from the relative paths of the files alone. The levels are examined from the
top. A folder that holds everything, or whose name has no meaning, is skipped. A level of splits is
stored. The first other level names the classes.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lodespace.importing.finding import Finding
from lodespace.importing.folders import folder_names
from lodespace.importing.folders.branches import (
    Branch,
    branch_of,
    example_of,
    level_below,
    option_of,
    without_fillers,
)
from lodespace.importing.folders.file_names import label_of_name, labels_in_names
from lodespace.importing.folders.folder_names import some
from lodespace.importing.folders.label_depth import depth_of, label_at
from lodespace.importing.folders.masks import MaskFiles, masks_of

_PRODUCT_SHARE = 0.75
"""Inner folders are the classes if at least this share of all pairs (outer, inner) exists.

The outer folders are then persons, cameras or places with the same classes.
"""
_MOST_SINGLE = 0.8
"""Folders are not classes if there are more than this many folder names per file."""
_FEW = 10
"""If there are fewer folders than this, a folder with a single file can be a class."""


@dataclass(frozen=True)
class Place:
    """Label and split of a file, from its folders."""

    label: str | None = None
    split: str | None = None


@dataclass
class Layout:
    """The meaning of the folders of a data set."""

    places: dict[str, Place]
    """Label and split of the files in each folder, by the folder's relative path."""
    masks: MaskFiles
    """Files that are masks of other files."""
    findings: list[Finding]
    """Where labels and splits come from."""


def layout_of(
    paths: Sequence[str], labels_at: str | None = None, *, masks: str = "apart"
) -> Layout:
    """Decide the meaning of the folders of `paths`.

    Args:
        paths: Relative paths of the files of the imported kind, with "/" between folders.
        labels_at: Value of --labels-at, which states what names the class of a file: "parent" (the
            folder that holds the file), "top", a depth (1 is the top), "name" (the words in the
            name of the file), or "none". None: decided here.
        masks: The option --masks (masks.py): which files are masks, and so are not items.

    Raises:
        DatasetError: `labels_at` has another value, or `masks` fits no file or all files.
    """
    depth = depth_of(labels_at)
    apart = masks_of(paths, masks)
    counts = Counter(path.rpartition("/")[0] for path in paths if not apart.holds(path))
    branches = [branch_of(folder, files) for folder, files in counts.items()]
    reading = _Reading()
    reading.read(branches)
    findings = reading.findings(branches)
    if labels_at is not None:
        for branch in branches:
            branch.label = label_at(branch.folder, branch.parts, depth)
        names = "file" if labels_at == "name" else "folder"
        text = f"from the {names} names, by --labels-at {labels_at}"
        findings = [f for f in findings if f.topic != "labels"]
        unnamed = labels_at == "name" and not any(map(label_of_name, paths))
        if unnamed:
            text = f"no file name is a class with a number, such as cat_12 (found: {paths[0]}); "
            text += "give a table with the columns file and label"
        option = "--labels-from FILE" if unnamed else ""
        if labels_at == "none":
            text = "the folder names are not read, because of --labels-at none"
        findings.append(Finding("labels", text, doubtful=unnamed, option=option))
    elif not any(branch.label for branch in branches):
        named = labels_in_names(path for path in paths if not apart.holds(path))
        if named:
            text = f"file names have words that may be classes: {', '.join(named[:4])}"
            found = Finding("labels", text, doubtful=True, option="--labels-at name")
            findings = [found, *(f for f in findings if f.topic != "labels" or f.doubtful)]
    return Layout(
        {branch.folder: Place(branch.label, branch.split) for branch in branches},
        apart,
        [*(f for f in apart.findings() if labels_at is None or f.topic != "labels"), *findings],
    )


@dataclass
class _Reading:
    """Finds the meaning of the folders, level by level, and collects the doubtful meanings."""

    doubts: list[tuple[str, str]] = field(default_factory=list)
    """Doubtful readings of labels, each with the option that sets another reading."""
    split_doubts: list[str] = field(default_factory=list)

    def read(self, branches: Sequence[Branch]) -> None:
        """Set label and split of the branches, from the first level that is not read yet."""
        while any(branch.is_open for branch in branches):
            if not self._pass_level(branches):
                self._read_classes([branch for branch in branches if branch.is_open])
                return

    def _pass_level(self, branches: Sequence[Branch]) -> bool:
        """Interpret the next level of folders, and return True.

        If the folders are classes, change nothing and return False.
        """
        here = [branch for branch in branches if branch.is_open]
        names = {branch.name for branch in here}
        if self._pass_splits(here, names):
            return True
        if len(names) == 1:
            loose = any(not branch.is_open for branch in branches)
            nested = any(branch.below is not None for branch in here)
            if loose and not nested and not folder_names.is_filler(here[0].name):
                return False
            if not nested and not folder_names.is_filler(here[0].name):
                text = f"all files are in one folder, {here[0].name}, so it is not used as a class"
                self.doubts.append((text, "--labels-at parent"))
        elif folder_names.are_parts(names):
            is_folds = folder_names.are_folds(names)
            for branch in here:
                branch.split = branch.split or (branch.name if is_folds else None)
            self.doubts.append((f"{some(names)} are parts, not classes", option_of(here)))
        elif folder_names.are_dates(names):
            text = f"{some(names)} are dates or folders of cameras, not classes"
            self.doubts.append((text, option_of(here)))
        elif not all(map(folder_names.is_filler, names)):
            return False
        elif not any(branch.below is not None for branch in here):
            self.doubts.append((f"{some(names)} are not classes", "--labels-at parent"))
        for branch in here:
            branch.at += 1
        return True

    def _pass_splits(self, here: Sequence[Branch], names: set[str]) -> bool:
        """If the folders of the level are splits, store them. Return whether they are splits."""
        splits = folder_names.split_names(names)
        others = names - splits
        kinds = {folder_names.kind_of_split(name) for name in splits}
        if not splits or (others and (len(kinds) < 2 or len(others) > len(splits))):
            return self._pass_one_split(here, splits, others)
        if len(names) == 1:
            below = folder_names.split_names({b.below for b in here if b.below is not None})
            if len(set(map(folder_names.kind_of_split, below))) > 1:
                for branch in here:
                    branch.at += 1  # for example, Development_Set contains Training_Set
                return True
        apart: defaultdict[str, list[Branch]] = defaultdict(list)
        for branch in here:
            if branch.name in others:
                apart[branch.name].append(branch)
            branch.split = branch.split or branch.name
            branch.at += 1
        classes: dict[str, tuple[str, str]] = {}
        if not any(branch.is_open for branch in here):
            classes, doubtful = folder_names.class_in_split(names)
            for branch in here:
                name = branch.parts[branch.at - 1]
                branch.label, branch.split = classes.get(name, (None, branch.split))
            if doubtful:
                self.doubts.append((f"{some(names)} are class and split", "--labels-at parent"))
        for name, inside in apart.items():
            if any(b.is_open and folder_names.is_split(b.name) for b in inside):
                for branch in inside:
                    branch.split = None
                self.read(inside)  # this folder contains the same splits again
                for branch in inside:
                    branch.at = len(branch.parts)
                text = f"{name} has the same splits again; if its files are copies of those beside"
                text += f" it, give the folder {name} as DATA"
                self.split_doubts.append(text)
            elif not classes:
                text = f"{name} is taken for a split, because it is beside {some(splits)}"
                self.split_doubts.append(text)
        return True

    def _pass_one_split(
        self, here: Sequence[Branch], splits: frozenset[str], others: set[str]
    ) -> bool:
        """Treat a single folder such as "test" beside the classes as a split.

        Returns False, because the other folders of the level are still to be read.
        """
        if len(splits) != 1 or len(others) < 2 or "train" in next(iter(splits)).lower():
            return False
        for branch in here:
            if branch.name in splits:
                branch.split = branch.name
                branch.label = branch.below if branch.below in others else None
                branch.at = len(branch.parts)
        text = f"{some(splits)} beside the classes is read as a split without labels"
        self.split_doubts.append(text)
        return False

    def _read_classes(self, here: Sequence[Branch]) -> None:
        """Decide which of the next levels of folders names the classes, and set the labels."""
        here = self._without_copies(without_fillers(here))
        outer = {branch.name for branch in here}
        pairs = {(branch.name, branch.below) for branch in here if branch.below is not None}
        inner = frozenset(below for _, below in pairs)
        if not inner or all(map(folder_names.is_filler, inner)):
            return self._label(here)
        if inner == folder_names.split_names(inner):
            deeper = {name for branch in here for name in branch.parts[branch.at + 2 :][:1]}
            if len({name for name in deeper if not folder_names.is_filler(name)}) < 2:
                for branch in here:
                    branch.split = branch.split or branch.below
                return self._label(here)
        elif folder_names.are_above(inner, {b.parts[b.at + 2 :][:1] for b in here}):
            return self._read_below(here, inner)
        elif folder_names.are_parts(inner) or folder_names.are_dates(inner):
            is_folds = folder_names.are_folds(inner)
            for branch in here:
                branch.split = branch.split or (branch.below if is_folds else None)
            return self._label(here)
        elif not self._is_product(here, pairs, outer, inner):
            deep = next((b for b in here if b.below not in (None, b.name)), None)
            if deep is not None:
                level, option = level_below(here, deep)
                text = f"files in {deep.folder} get the class {deep.name}, not {deep.parts[level]}"
                self.doubts.append((text, option))
            return self._label(here)
        text = f"{some(outer)} contain the same folders, which are read as classes"
        self.doubts.append((text, option_of(here)))
        for branch in here:
            branch.at += 1
        return self.read(here)

    def _read_below(self, here: Sequence[Branch], inner: frozenset[str]) -> None:
        """Read the classes as if the level of folders below the next level did not exist.

        `inner` are the names of the folders on the level that is left out.
        """
        branches = [replace(b, parts=b.parts[: b.at + 1] + b.parts[b.at + 2 :]) for b in here]
        certain = len(self.doubts)
        self._read_classes(branches)
        if len(self.doubts) == certain:
            self.doubts.append((f"{some(inner)} are not classes", "--labels-at parent"))
        for branch, read in zip(here, branches, strict=True):
            branch.label, branch.split, branch.at = read.label, read.split, len(branch.parts)

    def _without_copies(self, here: Sequence[Branch]) -> list[Branch]:
        """Return the branches that are not copies of other folders.

        A folder is a copy if each of its subfolders has the same name as a folder of this level.
        """
        inside: defaultdict[str, set[str]] = defaultdict(set)
        for branch in here:
            inside[branch.name] |= {branch.below} if branch.below is not None else set()
        copies = {
            name
            for name, inner in inside.items()
            if len(inner - {name}) > 1 and inner - {name} <= inside.keys()
        }
        others = [branch for branch in here if branch.name not in copies]
        for name in copies:
            copy = [branch for branch in here if branch.name == name]
            for branch in copy:
                branch.at += 1
            self.read(copy)
            for branch in copy:
                branch.at = len(branch.parts)
            self.doubts.append(
                (f"{name} and its parent have the same folders", "--labels-at parent")
            )
        return others

    @staticmethod
    def _is_product(
        here: Sequence[Branch],
        pairs: set[tuple[str, str]],
        outer: set[str],
        inner: frozenset[str],
    ) -> bool:
        """Whether nearly all outer folders have the same inner folders.

        The inner folders are then the classes. `pairs` has the names (outer, inner) of the folders.
        """
        loose = any(branch.below is None for branch in here)
        if loose or len(outer) < 2 or len(inner) < 2:
            return False
        if folder_names.are_numbers(inner) and not folder_names.are_numbers(outer):
            return False
        if folder_names.are_numbered(inner) and not folder_names.are_numbered(outer):
            return False
        return len(pairs) >= _PRODUCT_SHARE * len(outer) * len(inner)

    def _label(self, here: Sequence[Branch]) -> None:
        names = {branch.name for branch in here}
        files = sum(branch.files for branch in here)
        if len(names) >= _FEW and len(names) > _MOST_SINGLE * files:
            text = f"folders such as {example_of(here)} hold one file each, and are not classes"
            self.doubts.append((text, "--labels-at parent"))
            return
        albums = {name for name in names if folder_names.is_album_of_year(name)}
        albums = albums if len(albums) > 1 else set()
        if albums:
            text = f"{some(albums)} are years, not classes"
            self.doubts.append((text, "--labels-at parent"))
        for branch in here:
            branch.label = None if branch.name in albums else branch.name
        if folder_names.are_individuals(names):
            text = f"{some(names)} may be persons, places or times, not classes"
            self.doubts.append((text, "--labels-at none"))
        fillers = {name for name in names - albums if folder_names.is_filler(name)}
        if fillers and len(names - albums - fillers) > 1:
            text = f"{some(fillers)} may not be a class; files in _unlabelled/ have no label"
            self.doubts.append((text, ""))

    def findings(self, branches: Sequence[Branch]) -> list[Finding]:
        """Findings on where labels and splits come from, and on what is doubtful about them."""
        found: list[Finding] = []
        labelled = next((branch for branch in branches if branch.label is not None), None)
        if labelled is not None and not self.doubts:
            text = f"from the folder names ({labelled.folder}: {labelled.label})"
            found.append(Finding("labels", text))
        for text, option in dict.fromkeys(self.doubts):
            if labelled is not None:
                text = f"from the folder names ({labelled.folder}: {labelled.label}); {text}"
            found.append(Finding("labels", text, doubtful=True, option=option))
        if labelled is None and not self.doubts:
            found.append(Finding("labels", "no folder names a class", option="--labels-at parent"))
        split = next((branch for branch in branches if branch.split is not None), None)
        if split is not None:
            text = f"from the folder names ({split.folder}: {split.split})"
            doubtful = bool(self.split_doubts)
            text = "; ".join([text, *self.split_doubts])
            found.append(Finding("splits", text, doubtful=doubtful))
        return found
