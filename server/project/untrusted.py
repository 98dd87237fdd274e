"""The checks of a project that another person may have made.

Opening such a project reads and writes no file outside of its folder, with one exception: original
files are read from a folder that a person has approved on this computer. A person approves a folder
by importing the data on this computer, or by giving --root.
"""

import dataclasses
import logging
import os
import shlex
from pathlib import Path

from lodespace.errors import LodespaceError, ProjectError
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import shown
from lodespace.items.root_approval import approve

log = logging.getLogger(__name__)


def refuse_links(folder: Path) -> None:
    """Raise ProjectError if the project contains a pipe, or a link that leads out of `folder`.

    Through such a link, the project could read or write any file of this computer. A program that
    opens a pipe would wait forever.
    """
    top = os.path.realpath(os.fsencode(folder))
    waiting = [top]
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(inner) as found:
                entries = list(found)
        except OSError:
            continue  # a folder that cannot be listed cannot be read either
        for entry in entries:
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                if target != top and not target.startswith(top + b"/"):
                    name = shown(os.path.relpath(entry.path, top))
                    raise ProjectError(
                        f"{folder}: {name} is a symbolic link that leads out of the project, to "
                        f"{shown(target)}. A project reads and writes only its own files: replace "
                        "the link with a copy of its target"
                    )
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif not entry.is_file(follow_symlinks=False):
                name = shown(os.path.relpath(entry.path, top))
                raise ProjectError(
                    f"{folder}: {name} is not a regular file, but a pipe, socket or device; "
                    "remove it"
                )


def approve_root(items: ItemSet, data: Path, root: Path) -> ItemSet:
    """Let the data set in the folder `data` read original files in `root`, and store this approval.

    Returns the items with this root. If the approval cannot be stored, a warning is logged, and the
    approval is valid until the process ends.
    """
    try:
        approve(data, items.table, root)
    except (OSError, LodespaceError) as error:
        log.warning(
            "the folder of the original files cannot be remembered (%s). Give --root again next "
            "time",
            error,
        )
    return dataclasses.replace(items, root=root)


def unread_originals(items: ItemSet, folder: Path) -> str:
    """Return a notice if the project in `folder` may not read its original files, else ""."""
    if items.root is not None or items.table is None or not items.table.has_paths:
        return ""
    if items.stated_root is None:
        stated, root = "", "FOLDER"
    else:
        text = shown(os.fsencode(items.stated_root))
        stated, root = f" in {text}", shlex.quote(text)
    kept = "Sounds are not played" if items.kind == "sound" else "The stored copies are shown"
    return (
        f"the original files{stated} are not read, because this project was made or copied "
        f"elsewhere. {kept}. If you trust the project and it should read files in that folder: "
        f"lodespace serve {shlex.quote(str(folder))} --root {root}\n"
    )
