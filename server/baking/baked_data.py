"""The data and labels of a bake, which come from data to import or from a project.

This module does not import torch.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions, Source
from lodespace.items.item_set import ItemSet, amend, bundled_digits_folder, load, load_digits
from lodespace.project.offline import open_offline
from lodespace.project.project import BUNDLED, DATA_FOLDER, MANIFEST, Project, data_folder
from lodespace.protocol import ClassInfo, Settings


class GivenLabels(NamedTuple):
    """Labels to train with."""

    labels: npt.NDArray[np.int16]
    """Class ids, (N,)."""
    verified: npt.NDArray[np.bool_]
    """Whether a person has looked at each item, (N,)."""
    accepted: npt.NDArray[np.bool_]
    """Whether each label is an accepted prediction, (N,)."""
    classes: Sequence[ClassInfo] | None
    """Classes of the labels. None: the classes of the data set."""


class ProjectState(NamedTuple):
    """Current state of the project that is baked."""

    data: str
    """Path of the data set."""
    root: Path | None
    """Folder from which original files may be read."""
    given: GivenLabels
    """Labels and classes of the project."""
    settings: Settings
    """Settings of the training."""


def is_project(data: "str | Path | Source") -> bool:
    """Return whether `data` is the path of a project or a bake."""
    return isinstance(data, str | Path) and (Path(data) / MANIFEST).is_file()


def project_state(data: "str | Path | Source", root: Path | None) -> ProjectState | None:
    """Return the state of the project at the path `data`; None if `data` is not a project.

    `root` is the folder from which the project may read original files. If `root` is None, the
    project may read the folder that was approved for it on this computer, if there is one.
    """
    if not isinstance(data, str | Path) or not is_project(data):
        return None
    project, session = open_offline(Path(data), root=root)
    project.close()
    labels = session.labels.copy()
    classes = list(session.classes.classes)
    given = GivenLabels(labels, session.verified, session.accepted, classes)
    return ProjectState(data_of(project), project.items.root, given, session.settings)


def data_of(project: Project) -> str:
    """Return the path of the data set of `project`."""
    if project.manifest.data == BUNDLED:
        return str(bundled_digits_folder())
    return str(data_folder(project.manifest.data, project.folder))


def copy_data(
    data: "str | Path | Source", folder: Path, options: ImportOptions, progress: bool
) -> tuple[ItemSet, str]:
    """Import `data` into the bake `folder`.

    The bundled digits are part of the package, so they are not copied. All other data are copied
    into the bake.

    Returns:
        The items, and the value of the field `data` in the bake's manifest.
    """
    if isinstance(data, Path):
        data = str(data)
    if isinstance(data, str) and Path(data).resolve() == bundled_digits_folder().resolve():
        return load_digits(), BUNDLED
    report = import_data(data, folder / DATA_FOLDER, options, progress=progress)
    if progress:
        sys.stderr.write(report.summary())
    items = load(folder / DATA_FOLDER, root=report.root)
    # A bake is made to be shared, so it must not contain a path of this machine.
    amend(folder / DATA_FOLDER, lambda manifest: manifest.pop("root", None))
    return items, DATA_FOLDER
