"""Undo with the real trainer: the earlier layout is restored exactly.

The layout is also restored after a restart, and if the trainer is killed during the undo.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import pytest_asyncio

from drivers.servers import eventually
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.errors import RequestError
from lodespace.models.checkpoints import checkpoint
from lodespace.project.opening import open_project
from lodespace.service.service import Service

pytestmark = pytest.mark.slow

ANNA, BEN = "anna-0001", "ben-00001"
MILLI = 1e-3


class Session:
    """A service on a small project, and the actions of a person."""

    def __init__(self, folder: Path) -> None:
        """Open the project `folder`."""
        self.project = open_project(folder)
        self.service = Service(self.project, ServerConfig(), device="cpu", threads=1)
        self.notices: list[protocol.Notice] = []
        show = self.service.notices.show
        self.service.notices.show = lambda notice: (self.notices.append(notice), show(notice))[1]
        self.commands = 0

    async def rest(self) -> np.ndarray:
        """Wait until training rests, and return the positions (N, D)."""
        trainer = self.service.trainer
        await eventually(lambda: trainer.training.state == "resting", 240)
        return self.service.session.grid.latent_mean()

    async def do(self, make: Callable[[str], object], client: str = ANNA) -> protocol.Ack:
        self.commands += 1
        command = make(f"command-{os.urandom(6).hex()}")
        return await self.service.commands.carry_out(command, client)  # type: ignore[arg-type]

    async def label(self, items: range, class_id: int, client: str = ANNA) -> protocol.Ack:
        provenance = protocol.Provenance(tool="lasso")
        return await self.do(
            lambda id: protocol.Label(
                command_id=id,
                items=list(items),
                class_id=class_id,
                revision=0,
                provenance=provenance,
            ),
            client,
        )

    async def undo(self, client: str = ANNA) -> protocol.Ack:
        return await self.do(lambda id: protocol.Undo(command_id=id), client)

    async def redo(self, client: str = ANNA) -> protocol.Ack:
        return await self.do(lambda id: protocol.Redo(command_id=id), client)

    async def dial(self, **changes: object) -> protocol.Ack:
        return await self.do(
            lambda id: protocol.SetTraining(command_id=id, settings=protocol.Settings(**changes))
        )

    async def drag(
        self, items: list[int], to: tuple[float, float, float], *, keep: bool
    ) -> protocol.Ack:
        return await self.do(
            lambda id: protocol.Anchor(
                command_id=id, items=items, targets=[to] * len(items), keep=keep, revision=0
            )
        )

    def step_of_grid(self) -> float:
        return self.service.session.grid.box.size / 65535

    def kill_trainer(self) -> None:
        assert self.service.trainer.pid is not None
        os.kill(self.service.trainer.pid, signal.SIGKILL)


class Worked(NamedTuple):
    """A project folder after gestures, and the positions (N, D) before the first gesture."""

    folder: Path
    before: np.ndarray


@pytest.fixture(scope="module")
def worked(copy_rested_project: Callable[[], Path]) -> Worked:
    """A copy of `rested_project` in which Anna labelled 60 items and then changed a setting.

    Training rested after each gesture, so the disk has an undo snapshot for each gesture.
    """
    folder = copy_rested_project()

    async def work() -> np.ndarray:
        session = Session(folder)
        await session.service.start()
        try:
            before = await session.rest()
            await session.label(range(0, 60), 1)
            await session.rest()
            await session.dial(beta_kl=20.0)
            await session.rest()
            return before
        finally:
            await session.service.stop()

    return Worked(folder, asyncio.run(work()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_session(copy_rested_project: Callable[[], Path]) -> AsyncIterator[Session]:
    session = Session(copy_rested_project())
    await session.service.start()
    yield session
    await session.service.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def session(shared_session: Session) -> AsyncIterator[Session]:
    """A session on a copy of `rested_project`, for tests that do not stop the trainer.

    These tests come first in this module, because the event loop of the session stands still
    during tests with another event loop. After a test, its gestures are undone."""
    shared_session.notices.clear()
    yield shared_session
    for client in (ANNA, BEN):
        with contextlib.suppress(RequestError):  # there is no action to undo
            while True:
                await shared_session.undo(client)


@pytest.fixture
async def begin(
    tmp_path: Path, worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], object]]:
    """Return a function that stops the previous session and begins one on the same project.

    The project is a copy of `worked.folder`.
    """
    from lodespace.training import supervisor

    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (0.0, 0.0, 0.0))
    shutil.copytree(worked.folder, tmp_path / "project")
    sessions: list[Session] = []

    async def one() -> Session:
        if sessions:
            await sessions[-1].service.stop()
        session = Session(tmp_path / "project")
        sessions.append(session)
        await session.service.start()
        return session

    yield one
    await sessions[-1].service.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_cloud_after_undo_is_the_cloud_before_the_gesture(session: Session) -> None:
    before = await session.rest()
    await session.label(range(0, 80), 1)
    after = await session.rest()
    assert np.abs(after - before).max() > 50 * session.step_of_grid()
    seen: list[np.ndarray] = []
    on_frame = session.service.training_events.on_frame

    def watch(frame: object) -> None:
        on_frame(frame)  # type: ignore[arg-type]
        seen.append(session.service.session.grid.latent_mean())

    session.service.training_events.on_frame = watch
    await session.undo()
    back = await session.rest()
    session.service.training_events.on_frame = on_frame
    assert np.abs(back - before).max() <= session.step_of_grid()
    assert (session.service.session.labels == -1).all()
    far = [float(np.abs(one - before).mean()) for one in seen]
    assert len(far) > 8, "the points jumped instead of moving backward"
    assert far[-1] <= session.step_of_grid() and far[1] > 0.5 * float(np.abs(after - before).mean())
    await session.redo()
    again = await session.rest()
    assert np.abs(again - after).max() <= session.step_of_grid()
    assert not any(n.topic == "undo" and n.code for n in session.notices)


@pytest.mark.asyncio(loop_scope="module")
async def test_dials_and_drags_undo_like_labels(session: Session) -> None:
    before = await session.rest()
    await session.dial(beta_neighbour=0.2, stiffness=0.9)
    await session.rest()
    await session.drag([5, 6, 7], (1.5, 0.0, 0.0), keep=True)
    pinned = await session.rest()
    assert session.service.session.held()[0].tolist() == [5, 6, 7]
    assert np.linalg.norm(pinned[[5, 6, 7]].mean(axis=0) - (1.5, 0, 0)) < 0.6
    await session.undo()
    await session.undo()
    back = await session.rest()
    assert np.abs(back - before).max() <= session.step_of_grid()
    assert session.service.session.settings.stiffness == 0.3
    assert session.service.session.held()[0].tolist() == []


async def carry(session: Session, items: np.ndarray, by: float) -> None:
    """Drag items (K,) by `by` latent units along two axes.

    Wait until the shown points have followed.
    """
    service = session.service
    before = service.session.grid.latent_mean()
    for share in np.linspace(0, 1, 12):
        targets = before[items] + share * np.array([by, by, 0.0])
        service.trainer.drag(items, targets.astype(np.float32))
        await asyncio.sleep(0.05)

    def followed() -> bool:
        moved = service.session.grid.latent_mean()
        return bool(np.abs(moved[items] - before[items]).max() > 0.4 * by)

    await eventually(followed, message="the map does not follow the cluster while it is dragged")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_drag_is_undone_to_the_moment_before_it_began(session: Session) -> None:
    before = await session.rest()
    items = np.array([3, 4], np.uint32)
    await carry(session, items, 1.0)
    await session.drag(items.tolist(), (0.0, 0.0, 0.0), keep=False)
    free = await session.rest()
    assert np.abs(free[items] - before[items]).max() < 0.3, "the items stayed in the hand"
    await session.undo()
    back = await session.rest()
    assert np.abs(back - before).max() <= session.step_of_grid()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.only_slow("models are tested")
async def test_items_labelled_in_the_hand_rest_as_after_a_touch(session: Session) -> None:
    before = await session.rest()
    items = np.arange(0, 40, dtype=np.uint32)
    await session.label(range(0, 40), 1)
    touched = await session.rest()
    await session.undo()
    await session.rest()
    await carry(session, items, 2.0)
    await session.label(range(0, 40), 1)
    session.service.trainer.drag(items[:0], np.empty((0, 3), np.float32))
    dropped = await session.rest()
    off = np.linalg.norm((dropped - touched)[items].mean(axis=0))
    assert off < 0.4, f"the items rest {off:.2f} latent units beside the place after a touch"
    await session.undo()
    back = await session.rest()
    assert np.abs(back - before).max() <= session.step_of_grid()


@pytest.mark.asyncio(loop_scope="module")
async def test_undo_below_a_later_gesture_of_another_client(session: Session) -> None:
    await session.rest()
    await session.label(range(0, 40), 1, ANNA)
    await session.label(range(40, 60), 2, BEN)
    ack = await session.undo(ANNA)
    assert "not restored" in ack.message
    assert session.service.session.labels[:60].tolist() == [-1] * 40 + [2] * 20
    await session.rest()
    ack = await session.undo(BEN)
    assert "not restored" in ack.message, (
        "the map was restored although it changed after Anna's undo"
    )


async def test_undo_works_over_a_restart(begin: Callable, worked: Worked) -> None:
    session = await begin()
    assert session.service.session.settings.beta_kl == 20
    await session.rest()
    await session.undo()
    await session.undo()
    back = await session.rest()
    assert np.abs(back - worked.before).max() <= session.step_of_grid() + MILLI, (
        "the map is not restored up to the grid step of the new server"
    )
    assert session.service.session.settings.beta_kl == 3
    assert not any(n.topic == "undo" and n.code for n in session.notices)


async def test_a_trainer_killed_during_an_undo_continues_it(
    begin: Callable, worked: Worked
) -> None:
    session = await begin()
    await session.rest()
    await session.undo()
    await session.undo()
    session.kill_trainer()
    back = await session.rest()
    assert np.abs(back - worked.before).max() <= session.step_of_grid() + MILLI
    assert (session.service.session.labels == -1).all()


async def test_undo_reports_a_missing_snapshot(begin: Callable, tmp_path: Path) -> None:
    for file in (tmp_path / "project" / "moments").iterdir():
        file.write_bytes(b"nothing")
    session = await begin()
    await session.rest()
    await session.undo()
    await session.undo()
    await eventually(lambda: any(n.code == "not_turned_back" for n in session.notices))
    await session.rest()
    assert (session.service.session.labels == -1).all()


async def test_undo_reports_a_snapshot_of_another_version(begin: Callable, tmp_path: Path) -> None:
    """The tensors of the snapshot do not fit: training continues, and a notice reports this."""
    folder = tmp_path / "project" / "moments"
    for path in list(folder.glob("*.safetensors")):
        found = checkpoint.read(path)
        tensors = {
            name: array
            for name, array in found.tensors.items()
            if not name.startswith("classifier")
        }
        del tensors["vae.head.layers.0.weight"]
        checkpoint.write(
            folder,
            tensors,
            {k: v for k, v in found.meta.items() if k != "format"},
            number=int(path.stem),
        )
    session = await begin()
    await session.rest()
    await session.undo()
    await session.undo()
    await eventually(lambda: any(n.code == "not_turned_back" for n in session.notices))
    moved = await session.rest()
    assert np.isfinite(moved).all() and (session.service.session.labels == -1).all()
