"""A small project with gestures of every kind, as a stopped or a killed server leaves it."""

import shutil
from pathlib import Path

import numpy as np

from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.models.checkpoints import checkpoint
from lodespace.models.config import TrainingConfig
from lodespace.models.item_predictions import ItemPredictions
from lodespace.project.opening import open_project
from lodespace.scene.glb import encode_scene
from lodespace.service.service import Service
from lodespace.session.commands.registry import Command
from samples.event_logs import anchor, command_id, dial, label, label_each, undo

N = 40
EVENTS = 15
"""Number of events in the label log: 3 for labels that came with the data, 12 for `commands`."""


def commands() -> list[Command]:
    """Return twelve commands: labels, undo, classes, settings, pins."""
    each = label_each(2, {item: item % 3 for item in range(12, 20)})
    return [
        label(1, [0, 1, 2, 30], 0),
        each,
        label(3, [4, 5, 6], 2),
        undo(4),
        protocol.AddClass(command_id=command_id(5), name="new", colour="#112233"),
        label(6, [20, 21, 22], 3),
        dial(7, beta_kl=2.5),
        anchor(8, [7, 8], 0.5),
        protocol.EditClass(command_id=command_id(9), class_id=1, name="other name"),
        protocol.MergeClass(command_id=command_id(10), class_id=2, into=0),
        label(11, [23, 24], -1),
        label(12, [25, 26, 27], 1),
    ]


async def make_projects(folder: Path) -> tuple[Path, Path]:
    """Make a project in `folder`. Returns two copies: as a stopped server leaves the project, and
    as a killed server leaves it.

    In the second copy, the labels are only in the write-ahead log.
    """
    truth = np.repeat([0, 1, 2, -1], N // 4)
    data = folder / "data.npz"
    random = np.random.default_rng(1)
    names = np.array(["a", "b", "c", ""])[truth]
    np.savez(data, X=random.normal(size=(N, 4)).astype(np.float32), y=names)
    stopped, killed = folder / "stopped", folder / "killed"
    project = open_project(data, project_folder=stopped, labels="all")
    scene = Service(project, ServerConfig(train=False))
    await scene.start()
    _publish(scene, random)
    scene.recorder.positions(0.0)
    for number, command in enumerate(commands()):
        await scene.commands.carry_out(command, f"client-{number % 2}")
        _publish(scene, random)
        scene.recorder.positions(float(number + 1), last=True)
    assert scene.session.sequence == EVENTS
    _write_states(stopped, scene)
    (stopped / "scene.glb").write_bytes(encode_scene(scene.session.encoder.scene()))
    await scene.timeline()  # the call returns when everything is recorded
    shutil.copytree(stopped, killed)
    await scene.stop()
    return stopped, killed


def _publish(service: Service, random: np.random.Generator) -> None:
    means = random.normal(size=(N, 3)).astype(np.float32)
    none = ItemPredictions(np.full(N, -1, np.int16), np.zeros(N, np.float32))
    service.session.publish(means, none, step=1, resting=True)


def _write_states(folder: Path, service: Service) -> None:
    """Write the files of a trainer: a checkpoint, and the undo snapshot before the newest event."""
    session = service.session
    tensors = {
        "latent_mean": np.zeros((N, 3), np.float32),
        "prediction": np.full(N, -1, np.int16),
        "confidence": np.zeros(N, np.float32),
        "labels": session.labels,
        "verified": session.verified,
    }
    meta = {"tag": EVENTS, "step": 7, "seed": 5, "config": TrainingConfig().to_json()}
    earlier = tensors["labels"].copy()
    earlier[[25, 26, 27]] = 2
    large = {"labels": earlier, "edge_head": np.zeros(300_000, np.int32)}
    checkpoint.write(folder / "moments", tensors | large, meta, number=EVENTS, share=True)
    checkpoint.write(folder / "checkpoints", tensors, meta)
