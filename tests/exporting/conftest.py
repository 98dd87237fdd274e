"""Projects with labels from gestures and a briefly trained model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lodespace import protocol
from lodespace.models.training.trainer import Trainer
from lodespace.project.opening import open_project
from lodespace.project.project import Project
from lodespace.session.commands.registry import plan
from lodespace.session.event_log import EventLog
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import configuration
from lodespace.training.dataset import to_dataset
from samples.pictures import draw


def worked_on(
    project: Project, labels: dict[int, list[int]], train: Callable[[Trainer, Path], None] | None
) -> Path:
    """Label items of `project` by gestures, make a checkpoint, and close the project.

    `labels` has the items of each class. `train` makes the checkpoint. Returns the folder of the
    project."""
    session = AnnotationSession(project.items, read_only=False, settings=project.settings)
    event_log = EventLog(project.labels_path)
    session.replay(event_log.events())
    for number, (class_id, items) in enumerate(labels.items()):
        command = protocol.Label(
            command_id=f"command-{number:04d}",
            items=items,
            class_id=class_id,
            revision=3,
            provenance=protocol.Provenance(tool="lasso"),
        )
        event = plan(session, command, "anna-anna")
        assert event is not None
        session.apply(event_log.append_now(event))
    if train is not None:
        trainer = Trainer(
            to_dataset(project.items),
            configuration(project.settings),
            n_classes=max(1, len(session.classes)),
        )
        trainer.set_labels(session.labels.copy())
        train(trainer, project.checkpoints)
    event_log.close()
    project.close()
    return project.folder


@pytest.fixture(scope="session")
def train_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Callable]:
    """Return a function: project name -> the argument `train` of `worked_on`.


    The first project with a name is trained briefly. Other projects with this name have the same
    items and labels, and get a copy of the first project's checkpoint.
    """
    kept = tmp_path_factory.mktemp("trained")

    def of(name: str) -> Callable[[Trainer, Path], None]:
        def train(trainer: Trainer, checkpoints: Path) -> None:
            if not (kept / name).exists():
                for _ in zip(range(60), trainer.frames(1), strict=False):
                    pass
                trainer.save(kept / name)
            shutil.copytree(kept / name, checkpoints, dirs_exist_ok=True)

        return train

    return of


@pytest.fixture
def pictures(tmp_path: Path, train_once: Callable[[str], Callable]) -> Path:
    """A project on a table of 24 pictures with three more columns. A person labelled eight."""
    root = tmp_path / "raw"
    root.mkdir()
    lines = ["id,path,label,note,count\n"]
    for i in range(24):
        draw(i, (28, 28)).save(root / f"{i}.png")
        note = ["=1+1", "+2", "@x", "plain, with comma", 'a "quote"', "two\nlines"][i % 6]
        escaped = note.replace('"', '""')
        lines.append(f'n{i},{i}.png,{"ab"[i % 2] if i < 4 else ""},"{escaped}",{i}\n')
    (root / "table.csv").write_text("".join(lines))
    project = open_project(root / "table.csv", project_folder=tmp_path / "work")
    return worked_on(project, {0: [4, 6, 8], 1: [5]}, train_once("pictures"))


@pytest.fixture
def vectors(tmp_path: Path, small_data: Path, train_once: Callable[[str], Callable]) -> Path:
    """A project on 200 vectors, eight of them labelled."""
    project = open_project(small_data, project_folder=tmp_path / "work", labels="none")
    labels = {0: [0, 4], 1: [1, 5], 2: [2, 6], 3: [3, 7]}
    return worked_on(project, labels, train_once("vectors"))


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A project on two sound files of 6 s in windows of 1 s. Four windows are labelled."""
    root = tmp_path / "recordings"
    (root / "north").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("north/a.wav", "north/b.flac"):
        soundfile.write(root / name, rng.normal(0, 0.1, 6 * 8000).astype(np.float32), 8000)
    from lodespace.importing.source import ImportOptions

    project = open_project(
        root,
        project_folder=tmp_path / "work",
        options=ImportOptions(window=1.0, labels_at="top"),
        labels="none",
    )
    return worked_on(project, {0: [0, 2, 7, 11]}, None)
