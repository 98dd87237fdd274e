"""The files of a folder. The names of the subfolders are labels and splits."""

from collections.abc import Sequence
from pathlib import Path

from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.file_names import label_of_name
from lodespace.importing.folders.item_lists import ItemLists
from lodespace.importing.folders.layout import layout_of
from lodespace.importing.folders.unread_formats import kind_and_remedy
from lodespace.importing.label_text import composed
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown, suffix_of, walk


class FolderFiles:
    """Paths of the files in a folder. The names of subfolders are labels and splits."""

    def __init__(
        self,
        root: Path,
        suffixes: frozenset[str],
        labels_at: str | None = None,
        *,
        masks: str = "items",
        used: frozenset[bytes] = frozenset(),
    ) -> None:
        """List the files below `root` with one of the `suffixes`. Read the names of the folders.

        `labels_at` and `masks` have the same meaning as in `layout_of`. Files in `used` are read
        in another way, and are not reported. Raises DatasetError.
        """
        self.paths: list[bytes] = []
        """Files with one of the `suffixes`, relative to `root`."""
        self.bad: list[BadItem] = []
        """Files that are left out, with the reasons."""
        others: list[bytes] = []
        for found in walk(root):
            if isinstance(found, BadItem):
                self.bad.append(found)
            elif suffix_of(found) in suffixes:
                self.paths.append(found)
            elif found not in used:
                others.append(found)
        self.bad += [_passed_over(path) for path in sorted(others, key=suffix_of)]
        names = [shown(path) for path in self.paths]
        self.by_name = labels_at == "name"
        """Whether the labels are in the names of the files."""
        self.layout = layout_of(names, labels_at, masks=masks)
        apart = self.layout.masks
        if apart.counts:
            self.paths = [
                path for path, name in zip(self.paths, names, strict=True) if not apart.holds(name)
            ]
            self.bad += [_apart(name, count) for name, count in apart.counts.items()]
        self.lists = ItemLists(root, others, self.paths, classes=labels_at is None)
        """Text files that list splits or classes of the items."""
        if labels_at not in ("none", "name"):
            self.lists.read_labels(lambda path: self.label_and_split(path)[0])
        read = {shown(path) for path in self.lists.used}
        self.bad = [bad for bad in self.bad if bad.name not in read]

    def findings(self) -> Sequence[Finding]:
        """Where labels and splits come from, and which files are masks."""
        found = self.layout.findings
        if self.lists.sidecars:
            found = [finding for finding in found if finding.topic != "labels"]
        return [*found, *self.lists.findings]

    def label_and_split(self, path: bytes) -> tuple[str | None, str | None]:
        """Return (label, split) of a file, from its folders or from lists beside the files."""
        name = shown(path)
        place = self.layout.places[name.rpartition("/")[0]]
        label = label_of_name(name) if self.by_name else place.label
        label = self.lists.sidecars.get(path, label)
        label = self.lists.labels.get(path) if label is None else label
        split = place.split or self.lists.splits.get(path)
        return None if label is None else composed(label), split


def _passed_over(path: bytes) -> BadItem:
    """Return the report's entry for a file that is not of the imported kind."""
    kind, remedy = kind_and_remedy(suffix_of(path))
    return BadItem(shown(path), "not imported as an item", 1, kind, remedy)


def _apart(folder: str, count: int) -> BadItem:
    """Return the report's entry for `count` masks in `folder`.

    If `folder` is "", the entry names no folder.
    """
    name = counted(count, "file") + (f" in {folder}/" if folder else "")
    reason = "no items of their own; --masks items imports them"
    return BadItem(name, reason, count, "masks", expected=True)
