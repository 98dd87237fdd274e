"""`lodespace import`: create a project from data, or import labels into a project."""

import argparse
import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lodespace.cli.options import (
    add_data_options,
    add_label_options,
    data_options_from,
    natural,
)
from lodespace.cli.report import ClassCount, add_json_option
from lodespace.errors import LodespaceError
from lodespace.importing.source import ImportOptions
from lodespace.items.paths import printable, shown

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lodespace.items.item_set import ItemSet
    from lodespace.project.label_import import LabelImport
    from lodespace.project.project import Project
    from lodespace.protocol import ReportLine
    from lodespace.session.session import AnnotationSession


DESCRIPTION = """\
Create a project from data, as `serve` does, without serving it. For an existing project,
add items with --add, or import labels with --labels-from or --votes-from."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="DATA", help="data, or a project")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PROJECT",
        help="project folder (default: lodespace-NAME)",
    )
    parser.add_argument(
        "--seed", type=natural, default=0, help="seed of the new project (default: 0)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="print how the data would be read, without importing them: classes, sizes, and files "
        "that would be left out",
    )
    parser.add_argument(
        "--add",
        metavar="DATA",
        help="add the items of DATA that the project does not have yet",
    )
    add_json_option(parser)
    add_data_options(parser)
    add_label_options(parser)
    parser.set_defaults(run=_import)


def _check(options: argparse.Namespace) -> int:
    """Print the report of an import, without importing."""
    from lodespace.importing.check import check_items
    from lodespace.project.initial_labels import choose_labels
    from lodespace.project.offline import describe, open_offline
    from lodespace.project.project import MANIFEST

    labels = LabelsFrom(options)
    path = Path(options.path)
    if (path / MANIFEST).is_file():
        sys.stdout.write(describe(path))
        project, session = open_offline(path)
        try:
            sys.stdout.write(labels.check(project.items, session)[0])
            options.report.describe(session)
        finally:
            project.close()
        return 0
    report, items = check_items(options.path, data_options_from(options, ask=False))
    current = choose_labels(items, options.labels, options.seed)
    text, report.lines = labels.check(items, current, report.lines)
    counts = [int((current == number).sum()) for number in range(len(items.class_names))]
    told = options.report
    told.name, told.items, told.left_out = items.name, report.imported, report.left_out
    told.classes = list(map(ClassCount, items.class_names, counts))
    told.lines = list(report.lines)
    sys.stdout.write(report.summary(checked=True) + text)
    return 0


def _import(options: argparse.Namespace) -> int:
    if options.add is not None:
        return _add(options)
    if options.check:
        return _check(options)
    from lodespace.project.opening import open_project

    labels = LabelsFrom(options)
    project = open_project(
        options.path,
        project_folder=options.output,
        seed=options.seed,
        options=data_options_from(options),
        labels=options.labels,
        finish=labels.complete,
        progress=True,
    )
    try:
        if project.report is None and not labels.given:
            raise LodespaceError(
                f"{project.folder} is already a project; serve it with "
                f"`lodespace serve {project.folder}`"
            )
        if project.report is not None:
            sys.stdout.write(project.report.summary())
        labels.report(project)
    finally:
        project.close()
    told = options.report
    told.output, told.kind, told.name = str(project.folder), "project", project.items.name
    told.items = len(project.items)
    told.lines = list(project.items.report)
    sys.stdout.write(f"project {project.folder}: open it with `lodespace serve {project.folder}`\n")
    return 0


def _add(options: argparse.Namespace) -> int:
    """Add the items of --add to the project."""
    from lodespace.project.growth import add_to_project, give_labels
    from lodespace.project.opening import open_existing
    from lodespace.project.project import MANIFEST

    if options.check:
        raise LodespaceError(
            "--add and --check cannot be given together; to see how the new data would be read: "
            f"`lodespace import {options.add} --check`"
        )
    if options.labels_from or options.votes_from:
        raise LodespaceError(
            "--add adds items; import labels of the project with a second command, after it"
        )
    if options.output is not None or options.labels is not None:
        raise LodespaceError(
            f"--add adds items to {options.path}; leave out -o and --labels, which are for new "
            "projects"
        )
    folder = Path(options.path)
    if not (folder / MANIFEST).is_file():
        raise LodespaceError(
            f"{folder} is not a project; give the folder of a project, and the new data after --add"
        )
    project = open_existing(folder, None)
    try:
        added = add_to_project(project, options.add, data_options_from(options), progress=True)
        added = give_labels(project, added)
        project.items = added.items
    finally:
        project.close()
    sys.stdout.write(added.summary(project.items.name))
    told = options.report
    told.output, told.kind, told.name = str(folder), "project", project.items.name
    told.items, told.left_out = len(project.items), added.report.left_out
    told.lines = [*project.items.report, *added.note_lines]
    return 0


class LabelsFrom:
    """The labels of --labels-from or --votes-from, which are read before anything is written."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Read the labels. Raises LodespaceError."""
        self._conflicts = options.conflicts
        self._labels = None
        self._text: str | None = None
        self._source = ""
        path = options.labels_from or options.votes_from
        self.given = path is not None
        """Whether labels are imported."""
        if path is not None:
            self._source = shown(os.fsencode(path.resolve().name))
        if options.labels_from is not None:
            if options.votes_from is not None:
                raise LodespaceError(
                    "--labels-from and --votes-from: give one of them, and import the other with a "
                    "second command"
                )
            from lodespace.project.labels_from import read_labels

            self._labels = read_labels(options.labels_from, data_options_from(options, ask=False))
        elif options.votes_from is not None:
            from lodespace.project.votes_from import ABOVE, read_votes

            above = ABOVE if options.above is None else options.above
            reading = data_options_from(options, ask=False)
            self._labels = read_votes(options.votes_from, reading, above)
        elif options.above is not None:
            raise LodespaceError("--above needs --votes-from")

    def complete(self, project: "Project") -> None:
        """Import the labels into a new project.

        The first label of an item is its class. Further labels are stored in a column.
        Raises LodespaceError if there are conflicts and --conflicts is not given.
        """
        from lodespace.project.label_import import add_to_report, keep_other_labels

        result = self._take(project, is_new=True)
        if result is not None:
            keep_other_labels(project, result)
            add_to_report(project, result, self._source)

    def report(self, project: "Project") -> None:
        """Import the labels, unless `complete` has already imported them, and print the result.

        Raises LodespaceError if there are conflicts and --conflicts is not given.
        """
        if self._text is None:
            self._take(project)
        sys.stdout.write(printable(self._text or ""))

    def check(
        self,
        items: "ItemSet",
        current: "AnnotationSession | npt.NDArray[np.int16]",
        lines: tuple["ReportLine", ...] = (),
    ) -> tuple[str, tuple["ReportLine", ...]]:
        """Return what an import of the labels would give, without importing the labels.

        The result is a pair: the text that the import would print, and the lines that the report
        would then have.

        Args:
            items: The items.
            current: The session of a project, or the class ids of the items of new data (N,).
            lines: The lines of the import report of new data; empty for a project.

        Raises:
            LodespaceError: There are conflicts and --conflicts is not given.
        """
        if self._labels is None:
            return "", lines
        from lodespace.project import label_import

        result = label_import.check_labels(items, current, self._labels, self._conflicts)
        text = label_import.summary(result, self._conflicts, is_new=bool(lines), checked=True)
        if result.conflicts and self._conflicts is None:
            raise LodespaceError(text.strip())
        if result.labelled:
            lines = tuple(label_import.answered(lines, self._source))
        return printable(text), lines

    def _take(self, project: "Project", *, is_new: bool = False) -> "LabelImport | None":
        from lodespace.project import label_import

        if self._labels is None:
            return None
        if project.read_only:
            raise LodespaceError(
                f"no labels can be imported: {project.obstacle}"
                if project.obstacle
                else f"{project.folder} is a bake; labels can be imported only into a project"
            )
        result = label_import.take_labels(project, self._labels, self._conflicts)
        text = label_import.summary(result, self._conflicts, is_new=is_new)
        if result.conflicts and self._conflicts is None:
            raise LodespaceError(text.strip())
        self._text = text
        return result


def warn_of_unused(project: "Project", options: argparse.Namespace) -> None:
    """Warn if options about the data have no effect, because the project already exists."""
    given = dataclasses.replace(data_options_from(options, ask=False), root=None)
    if project.report is None and (given != ImportOptions() or options.labels is not None):
        sys.stderr.write(
            f"lodespace: {project.folder} is an existing project, so the options about the data "
            "have no effect. To import the data again, give another folder\n"
        )
