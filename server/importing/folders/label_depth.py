"""The option --labels-at: which folder of a path names the class."""

from collections.abc import Sequence

from lodespace.errors import DatasetError


def depth_of(labels_at: str | None) -> int | None:
    """Return which folder of a path names the class, as an index; None if no folder does.

    Index 0 is the top folder, and -1 is the folder that holds the file.
    Raises DatasetError if `labels_at` is not a value of the option `--labels-at`.
    """
    match labels_at:
        case None | "none" | "name":
            return None
        case "top":
            return 0
        case "parent":
            return -1
        case _ if labels_at.isdecimal() and 0 < int(labels_at) < 1000:
            return int(labels_at) - 1
        case _:
            raise DatasetError(
                f"--labels-at {labels_at}: give parent, top, none, name, or a depth such as 2 (1 "
                "is the top)"
            )


def label_at(folder: str, parts: Sequence[str], depth: int | None) -> str | None:
    """Return the name of the folder at index `depth` of the relative path `folder`.

    Returns None if there is no such folder.

    `parts` are the names of the folders in the path. If one of them is a folder for unlabelled
    items, `parts` ends before this folder, and there is no label.
    """
    if depth is None or folder.count("/") + 1 > len(parts):
        return None  # the file is in a folder for unlabelled items
    try:
        return parts[depth]
    except IndexError:
        return None
