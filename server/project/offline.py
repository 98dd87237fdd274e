"""Read access to a project or a bake without a server."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.errors import ProjectError
from lodespace.items.import_report import as_text
from lodespace.items.paths import printable
from lodespace.project import checkpoint_positions
from lodespace.project.baked_state import restore_scene
from lodespace.project.label_log import read_labels
from lodespace.project.opening import open_existing
from lodespace.project.project import MANIFEST, Project, refuse_lost_manifest
from lodespace.project.untrusted import unread_originals
from lodespace.protocol import UNLABELED
from lodespace.session.added_places import with_added
from lodespace.session.authors import IMPORT
from lodespace.session.session import AnnotationSession


def open_offline(path: Path, *, root: Path | None = None) -> tuple[Project, AnnotationSession]:
    """Return the project or bake at `path`, and a session with the newest labels and positions.

    The project may be open in a server at the same time. `root` is the folder from which original
    files may be read (`open_existing`). Raises ProjectError when `path` is neither a project nor a
    bake.
    """
    refuse_lost_manifest(path)
    if not (path / MANIFEST).is_file():
        raise ProjectError(f"{path} is neither a project nor a bake: it has no {MANIFEST}")
    project = open_existing(path, None, lock=False, root=root)
    session = AnnotationSession(project.items, read_only=True, settings=project.settings)
    restore_scene(project, session)
    if not project.is_bake:
        read_labels(project, session)
    newest = checkpoint_positions.newest(project.checkpoints, len(project.items))
    if newest is not None:
        shown = newest.latent_mean, newest.prediction, newest.confidence
        session.publish(*with_added(session.items, *shown), step=newest.step, resting=True)
    return project, session


def describe(path: Path) -> str:
    """Return a summary of the project or bake at `path`, as text for a terminal."""
    project, session = open_offline(path)
    project.close()
    lines = [
        f"{path}: {project.manifest.kind} of {session.items.name} ({project.manifest.data})",
        f"items      {len(session.items):,} ({session.items.kind})",
        *_origin(project),
        f"labelled   {_labelled(project, session)}",
        f"latent     {session.grid.latent_dim}D, step {session.grid.step:,}",
    ]
    notice = unread_originals(project.items, path)
    if notice:
        lines.append(f"originals  {notice.rstrip()}")
    for info in session.classes.classes:
        count = int((session.labels == info.class_id).sum())
        lines.append(f"  {info.name:<12} {count:>7,} labelled")
    report = as_text(session.items.report)
    text = printable("\n".join(lines)) + "\n"
    return f"{text}{_heading(session)}:\n{report}" if report else text


def _origin(project: Project) -> list[str]:
    """Return the line that states how a bake was made."""
    if not project.is_bake:
        return []
    if project.manifest.as_is:
        return ["baked      as is: the map and the session of a project"]
    return [f"baked      by training from seed {project.seed}"]


def _labelled(project: Project, session: AnnotationSession) -> str:
    labelled = int((session.labels != UNLABELED).sum())
    if project.is_bake:  # a bake has no label log
        return f"{labelled:,}"
    return f"{labelled:,} in {len(session.history.gestures)} gestures{_sources(session)}"


def _truth(session: AnnotationSession) -> npt.NDArray[np.int16]:
    """Return the labels that came with the imported data, (N,)."""
    truth = session.items.truth
    return np.full(len(session.items), UNLABELED, np.int16) if truth is None else truth


def _sources(session: AnnotationSession) -> str:
    """Return where the current labels come from, as text for a terminal.

    An example is ": 8 with the data, 4 given in the project". Return "" if there are no labels.
    """
    history, labelled = session.history, session.labels != UNLABELED
    numbers = [n for n, record in history.gestures.items() if record.client == IMPORT]
    imported = np.isin(session.owner, numbers)
    weighed = labelled & session.weighed
    given = (imported | (session.owner == 0)) & ~weighed
    with_data = labelled & given & (session.labels == _truth(session))
    later = labelled & imported & ~with_data
    people = labelled & ~with_data & ~later & ~weighed
    counts = (
        (with_data, "with the data"),
        (later, "imported with --labels-from"),
        (people, "given in the project"),
        (weighed, "weighed together from several votes"),
    )
    parts = [f"{int(which.sum()):,} {words}" for which, words in counts if which.any()]
    return f": {', '.join(parts)}" if parts else ""


def _heading(session: AnnotationSession) -> str:
    """Return the heading of the import's report.

    The report does not change after the import. If the labels have changed since then, the heading
    states this.
    """
    if (session.labels == _truth(session)).all():
        return "report of the import"
    return (
        "report of the import (its lines on labels are as old as the import; the lines above "
        "state the current labels)"
    )
