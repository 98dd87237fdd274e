"""Baking of a project as it is: its map, labels, predictions, pins, recording and model.

Nothing is trained. A server may serve the project at the same time. This module imports torch.
"""

import dataclasses
import logging
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from lodespace.baking.baked_data import copy_data, data_of, is_project
from lodespace.baking.parts import MORPH_TARGETS, SCENE_ID, write_parts
from lodespace.errors import ProjectError
from lodespace.importing.source import ImportOptions, Source
from lodespace.models.checkpoints.checkpoint import numbered
from lodespace.models.training.trainer import Trainer
from lodespace.predict.project_model import trainer_of
from lodespace.project.baked_state import write_review
from lodespace.project.label_log import read_labels
from lodespace.project.opening import finish_bake, new_bake, open_existing
from lodespace.project.project import Project, refuse_lost_manifest
from lodespace.recording.published import SourceRecording
from lodespace.session.session import AnnotationSession
from lodespace.session.settings_file import write_settings

log = logging.getLogger(__name__)


def publish(
    data: "str | Path | Source", root: Path | None, folder: Path, parts: Collection[str]
) -> None:
    """Write the project at the path `data` as a bake into the empty folder `folder`.

    The same project gives the same bytes.

    Args:
        data: Path of the project.
        root: Folder from which original files may be read. None: the folder that was approved for
            this project on this computer, if there is one.
        folder: Folder of the bake.
        parts: Parts to write, as names from PARTS. The scene is always written.

    Raises:
        ProjectError: `data` is not a project, or no model can be read.
        DatasetError: The data set is damaged.
    """
    project = _opened(data, root)
    # The model is read before the labels. A running server saves labels before it saves the model
    # that learned from them, so the labels that are read here include all labels of the model.
    trainer = _trainer(project)
    session = AnnotationSession(
        project.items, read_only=True, scene_id=SCENE_ID, settings=project.settings
    )
    read_labels(project, session)
    _warn_of_newer_labels(trainer, session)
    items, kept = copy_data(data_of(project), folder, ImportOptions(), False)
    items = dataclasses.replace(items, root=project.items.root)
    baked = new_bake(folder, kept, items, seed=project.seed, settings=session.settings, as_is=True)
    with tempfile.TemporaryDirectory(prefix="lodespace-") as temporary:
        source = _recording(project, Path(temporary))
        if source.last is not None:
            # Points must not jump between the end of the recording and the published map.
            session.grid.continue_from(source.last)
        snapshot = trainer.snapshot()
        session.publish(
            snapshot.latent_mean, snapshot.predictions, step=snapshot.step, resting=True
        )
        session.axes.measure(session.grid.latent_mean(), list(trainer.loop.axis_left_out))
        final = session.encoder.scene()
        if "recording" in parts and source.last is not None:
            source.write(baked.recording_path, final)
        moments = source.latent_means(MORPH_TARGETS + 1, final) if "training" in parts else []
    if "checkpoint" in parts:
        trainer.save(baked.checkpoints)
    write_settings(folder, session.settings, {"seed": project.seed})
    write_review(baked, session)
    write_parts(baked, session, moments, trainer, parts, metrics=snapshot.metrics)
    finish_bake(baked)


def _opened(data: "str | Path | Source", root: Path | None) -> Project:
    """Open the project at the path `data`, without locking the project."""
    path = Path(data) if isinstance(data, str | Path) else None
    if path is not None:
        refuse_lost_manifest(path)
    if path is None or not is_project(path):
        what = "these data" if path is None else path
        raise ProjectError(
            f"{what}: not a project, so there is no map to publish. --as-is needs a project that "
            "`lodespace serve` has made. To train on data and bake the result, leave out --as-is"
        )
    project = open_existing(path, None, lock=False, root=root)
    if project.is_bake:
        raise ProjectError(
            f"{path} is a bake already: copy the folder, or bake the project that it was made from"
        )
    return project


def _trainer(project: Project) -> Trainer:
    """Return a trainer with the newest model that can be read."""
    try:
        return trainer_of(project)
    except ProjectError as error:
        if not any(numbered(project.checkpoints)):
            raise ProjectError(
                f"{project.folder}: there is no map to publish yet, because no model has been "
                "trained. Serve the project until training rests, then bake it again; or leave out "
                "--as-is to train now"
            ) from error
        raise ProjectError(
            f"{project.folder}: no checkpoint can be read, so there is no map to publish "
            f"({error.__cause__}). No label is affected. Serve the project: it trains again. Bake "
            "it when training rests"
        ) from error


def _warn_of_newer_labels(trainer: Trainer, session: AnnotationSession) -> None:
    if trainer.state_id != session.undo_log.state_id:
        log.warning(
            "the newest gestures are published, but the model has not learned from them yet. To "
            "publish the model with them, bake again when training rests"
        )


def _recording(project: Project, temporary: Path) -> SourceRecording:
    """Return the recording of the project, from a copy that a running server does not change."""
    copy = temporary / project.recording_path.name
    if project.recording_path.is_file():
        shutil.copyfile(project.recording_path, copy)
    return SourceRecording(copy, len(project.items))
