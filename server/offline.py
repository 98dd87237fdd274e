"""Looking at a project or a bake without serving it."""

import os
from collections.abc import Callable
from pathlib import Path

from lodespace import checkpoints, export
from lodespace.errors import ProjectError
from lodespace.project import MANIFEST, Project, open_project
from lodespace.protocol import UNLABELED
from lodespace.session import AnnotationSession
from lodespace.store import Store


def _open(path: Path) -> tuple[Project, AnnotationSession]:
    if not (path / MANIFEST).is_file():
        raise ProjectError(f"{path} is no project and no bake: it holds no {MANIFEST}")
    project = open_project(path)
    session = AnnotationSession(project.items, read_only=True)
    scene = project.baked_scene()
    if scene is not None:
        session.restore_scene(scene)
    newest = checkpoints.newest(project.checkpoints, len(project.items))
    if newest is not None:
        session.publish(newest.latent_mean, newest.prediction, newest.confidence, step=newest.step, resting=True)
    if project.labels_path.is_file():
        session.history.labels[:] = UNLABELED
        store = Store(project.labels_path)
        session.replay(store.events())
        store.close()
    return project, session


_WRITERS: dict[str, Callable[[AnnotationSession], bytes]] = {
    ".csv": lambda session: export.as_csv(export.Table.of(session)).encode(),
    ".jsonl": lambda session: export.as_jsonl(export.Table.of(session)).encode(),
    ".glb": AnnotationSession.scene_glb,
}


def export_file(path: Path, output: Path) -> int:
    """Write labels or scene of the project at `path` to `output`, whole or not at all. Returns the number of items.

    Raises ProjectError on another suffix or when it cannot be written.
    """
    if output.suffix not in _WRITERS:
        raise ProjectError(f"{output}: give a name that ends in .csv, .jsonl or .glb")
    project, session = _open(path)
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(_WRITERS[output.suffix](session))
        temporary.replace(output)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ProjectError(f"{output}: cannot be written: {error.strerror}") from error
    finally:
        project.close()
    return len(session.items)


def describe(path: Path) -> str:
    """A few lines for a person."""
    project, session = _open(path)
    project.close()
    labelled = int((session.labels != UNLABELED).sum())
    lines = [
        f"{path}: {project.manifest.kind} of {session.items.name} ({project.manifest.data})",
        f"items      {len(session.items):,} ({session.items.kind})",
        f"labelled   {labelled:,} in {len(session.history.gestures)} gestures",
        f"latent     {session.grid.latent_dim}D, step {session.grid.step:,}",
    ]
    for info in session.classes.classes:
        count = int((session.labels == info.class_id).sum())
        lines.append(f"  {info.name:<12} {count:>7,} labelled")
    return "\n".join(lines) + "\n"
