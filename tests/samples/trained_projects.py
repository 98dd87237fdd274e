"""A small project with a trained model and a recorded session of two people."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.project.opening import open_project
from lodespace.recording.recorder import Recorder
from lodespace.scene.glb import Scene
from lodespace.service.service import Service
from lodespace.session.commands.registry import Command
from lodespace.session.commands.rule_commands import PreparedRule
from lodespace.session.rule_events import StoredVotes
from lodespace.training.dataset import to_dataset
from lodespace.training.inspection import losses_of
from lodespace.training.shared_frames import TrainerFrame
from samples.event_logs import anchor, command_id, label, label_each, undo
from samples.trainings import quick
from samples.vectors import write_small_data

OWNER, DEVICE = "annas-laptop-page", "d3v1ce7f3a.bernds-phone-page"
"""Authors of the gestures."""
CAMERA = 0.123456789
"""Number in the camera matrix of each drawn region. Tests search files for this number."""


class TrainedProject(NamedTuple):
    """A project that is not served any more."""

    folder: Path
    """The project folder."""
    info: protocol.SessionInfo
    """Session that the page of the owner showed at the end."""
    scene: Scene
    """Scene that the page showed at the end."""


def commands() -> list[tuple[Command, str]]:
    """Return labels, an undo, a new class, a pin, a sheet and a rule, with their authors."""
    region = protocol.Region(
        polygon=[-0.5, -0.5, 0.5, -0.5, 0.5, 0.5], clip_from_latent=[CAMERA] * 16
    )
    drawn = protocol.Provenance(tool="lasso", regions=[region])
    lasso = protocol.Label(
        command_id=command_id(1),
        items=[0, 4, 8, 12, 16],
        class_id=0,
        revision=0,
        provenance=drawn,
    )
    rule = protocol.AddRule(command_id=command_id(12), kind="votes", items=[70, 71], class_id=3)
    return [
        (lasso, OWNER),
        (label(2, [1, 5, 9, 13], 1), DEVICE),
        (label(3, [2, 6, 10], 3), OWNER),
        (undo(4), OWNER),
        (label(5, [2, 6, 10], 2), OWNER),
        (protocol.AddClass(command_id=command_id(6), name="new", colour="#112233"), DEVICE),
        (protocol.EditClass(command_id=command_id(7), class_id=1, colour="#445566"), DEVICE),
        (anchor(8, [20, 21], 0.5), OWNER),
        (label_each(9, {item: item % 4 for item in range(40, 60)}), DEVICE),
        (label(10, [60, 61], 4), OWNER),
        (
            protocol.SetAxis(
                command_id=command_id(11),
                axis="y",
                few=list(range(100, 110)),
                many=list(range(111, 121)),
                name="size",
            ),
            OWNER,
        ),
        (PreparedRule(rule, StoredVotes(np.array([70, 71], np.uint32), seen=200)), DEVICE),
    ]


async def make_trained_project(folder: Path, data: Path | None = None) -> TrainedProject:
    """Make a project in `folder` on `data`, and train it until it rests. `data` None:
    `write_small_data`."""
    data = data or write_small_data(folder)
    project = open_project(data, project_folder=folder / "project", labels="none")
    service = Service(project, ServerConfig(train=False))
    assert isinstance(service.recorder, Recorder)
    await service.start()
    trainer = Trainer(
        to_dataset(project.items),
        quick(),
        n_classes=max(1, len(project.items.class_names)),
        seed=3,
        device="cpu",
    )
    service.recorder.frame_seconds, service.recorder.patient = 0.0, True  # record each frame
    for snapshot in _until_rest(trainer):
        _show(service, snapshot)
    for command, client in commands():
        await service.commands.carry_out(command, client)
    session = service.session
    trainer.state_id = session.undo_log.state_id
    trainer.set_class_count(len(session.classes))
    trainer.set_labels(session.labels, None, session.verified, session.accepted)
    trainer.set_anchors(*(np.asarray(part) for part in session.held()))
    trainer.set_axes(*session.axes.inputs())
    for snapshot in _until_rest(trainer):
        _show(service, snapshot)
    service.training_events.on_axes(list(trainer.loop.axis_left_out))
    trainer.save(project.checkpoints)
    await service.review.stop()
    # `start` estimates the quality of the newest labels at once.
    await service.review.start()
    shown = TrainedProject(project.folder, service.info(OWNER, "owner"), session.encoder.scene())
    await service.stop()
    return shown


def _until_rest(trainer: Trainer) -> Iterator[Snapshot]:
    for snapshot in trainer.frames():
        yield snapshot
        if snapshot.resting:
            return


def _show(service: Service, snapshot: Snapshot) -> None:
    """Publish a frame of the trainer as a served project does."""
    frame = TrainerFrame(
        snapshot.frame,
        snapshot.step,
        snapshot.latent_mean,
        snapshot.predictions,
        snapshot.resting,
        snapshot.resting,
        None,
    )
    service.training_events.on_frame(frame)
    service.training_events.on_losses(losses_of(snapshot))
