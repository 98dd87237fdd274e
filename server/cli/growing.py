"""New files in the folder of a project: `lodespace serve --add` and `--watch`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lodespace.cli.options import agrees, at_terminal
from lodespace.errors import LodespaceError, ProjectError
from lodespace.items.paths import printable

if TYPE_CHECKING:
    from lodespace.project.project import Project


def add_new_files(project: "Project", options: argparse.Namespace) -> None:
    """State how the folder of an existing project has changed, and add the new files.

    They are added with --add or --watch, or after a yes on the terminal. Raises LodespaceError.
    """
    if project.report is not None:  # the data were imported just now
        return
    folder = _folder(project)
    if folder is None:
        if options.add:
            raise _no_folder(project, "--add")
        return
    from lodespace.project.folder_changes import compare_with_folder
    from lodespace.project.project import data_folder

    data = data_folder(project.manifest.data, project.folder)
    changes = compare_with_folder(project.items, data, folder)
    if changes is None:
        return
    sys.stderr.write(changes.summary(printable(str(folder))))
    if not changes.new or project.read_only:
        return
    allowed = options.add or options.watch
    if not (allowed or (at_terminal() and agrees("Add the new files to the project?"))):
        sys.stderr.write("lodespace: to add the new files, give --add\n")
        return
    from lodespace.importing.source import ImportOptions
    from lodespace.project.growth import add_to_project, give_labels

    try:
        added = add_to_project(project, str(folder), ImportOptions(), progress=True)
    except LodespaceError as error:
        # The project can be served without the new files.
        sys.stderr.write(f"lodespace: no file was added. {printable(str(error))}\n")
        return
    added = give_labels(project, added)
    project.items = added.items
    sys.stdout.write(added.summary(project.items.name))


def watched_folder(project: "Project", options: argparse.Namespace) -> Path | None:
    """Return the folder to watch; None without --watch.

    Raises ProjectError if the items of the project are not files of a folder.
    """
    if not options.watch:
        return None
    folder = _folder(project)
    if folder is None or project.read_only:
        raise _no_folder(project, "--watch")
    return folder


def _folder(project: "Project") -> Path | None:
    """Return the folder of the project's files; None if its items are not files of a folder."""
    root = project.items.root
    if root is None or not root.is_dir() or project.items.kind == "vector":
        return None
    from lodespace.project.folder_changes import of_videos

    return None if of_videos(project.items) else root


def _no_folder(project: "Project", option: str) -> ProjectError:
    if project.read_only:
        return ProjectError(f"{option}: nothing can be added to {project.folder}")
    from lodespace.project.folder_changes import of_videos

    if of_videos(project.items):
        return ProjectError(
            f"{option}: the items of {project.folder} are frames of videos. Add new videos with "
            "`lodespace import PROJECT --add FOLDER`"
        )
    return ProjectError(
        f"{option}: the items of {project.folder} are not files of a folder that this computer may "
        "read. Add other data with `lodespace import PROJECT --add DATA`"
    )
