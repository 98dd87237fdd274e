"""The supervisor: the session continues and keeps its labels whatever the trainer does.

A notice states each problem.
"""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from drivers.servers import eventually
from lodespace import protocol
from lodespace.project.opening import open_project
from lodespace.project.project import Project
from lodespace.training import supervisor as module
from lodespace.training import trainer_process, turn_watch
from lodespace.training.shared_frames import TrainerFrame
from lodespace.training.supervisor import TrainerSupervisor
from samples.training_inputs import BRIEF, inputs

FAKE = Path(__file__).parents[1] / "drivers" / "fake_trainer.py"


class Listener:
    """Records the frames, states and notices that a supervisor reports."""

    def __init__(self) -> None:
        self.frames: list[TrainerFrame] = []
        self.states: list[str] = []
        self.notices: list[protocol.Notice] = []

    def on_frame(self, frame: TrainerFrame) -> None:
        self.frames.append(frame)

    def on_losses(self, losses: protocol.Losses) -> None:
        pass

    def on_training(self, training: protocol.Training) -> None:
        if self.states[-1:] != [training.state]:
            self.states.append(training.state)

    def on_axes(self, left_out: list[tuple[int, float]]) -> None:
        pass

    def on_notice(self, notice: protocol.Notice) -> None:
        self.notices.append(notice)


Start = Callable[[str], Awaitable[tuple[TrainerSupervisor, Listener]]]


@pytest.fixture
def project(tmp_path: Path, small_data: Path) -> Project:
    opened = open_project(small_data, project_folder=tmp_path / "project", labels="none")
    yield opened
    opened.close()


@pytest.fixture
async def start(project: Project, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Return a function that starts a supervisor, given the behaviour of the trainer.

    With "real", the supervisor starts the real trainer. With any other behaviour, it starts a fake
    trainer that behaves in this way. Restarts have no delay.
    """
    monkeypatch.setattr(module, "BACKOFF_SECONDS", (0.0, 0.0, 0.0))
    started: list[TrainerSupervisor] = []

    async def begin(behaviour: str) -> tuple[TrainerSupervisor, Listener]:
        listener = Listener()
        supervisor = TrainerSupervisor(
            project, listener, inputs(200, settings=BRIEF), device="cpu", threads=1
        )
        if behaviour != "real":
            supervisor.command = (sys.executable, str(FAKE), behaviour)
        started.append(supervisor)
        await supervisor.start()
        return supervisor, listener

    yield begin
    for supervisor in started:
        await supervisor.stop()


def pid_of(frame: TrainerFrame) -> int:
    """Process number of a fake trainer, which is the first number of each of its frames."""
    return int(frame.latent_mean[0, 0])


async def test_frames_and_state_arrive(start: Start) -> None:
    supervisor, listener = await start("well")
    await eventually(lambda: listener.frames and supervisor.training.state == "running")
    assert listener.states[0] == "starting"
    assert pid_of(listener.frames[0]) == supervisor.pid
    assert listener.frames[0].latent_mean.shape == (200, 3)


async def test_supervisor_waits_while_the_system_cannot_start_a_process(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer_process, "START_AGAIN_SECONDS", 0.0)
    real, refused = trainer_process.TrainerProcess.start, 0

    async def short_of_files(*arguments: Any) -> trainer_process.TrainerProcess:
        nonlocal refused
        refused += 1
        # After fewer than 12 ends of the trainer, the supervisor would give up.
        if refused <= 12:
            raise (
                OSError(errno.EMFILE, "Too many open files")
                if refused % 2
                else RuntimeError("can't start new thread")
            )
        return await real(*arguments)

    monkeypatch.setattr(trainer_process.TrainerProcess, "start", short_of_files)
    supervisor, listener = await start("well")
    await eventually(lambda: listener.frames and supervisor.training.state == "running")
    assert listener.states[:2] == ["starting", "restarting"] and "failed" not in listener.states
    told = [notice.message for notice in listener.notices if notice.code == "trainer_died"]
    assert "Too many open files" in told[0] and "labels are safe" in told[0]
    assert listener.notices[-1].code == ""


async def test_a_killed_trainer_is_started_again_with_the_labels(
    start: Start, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = 100 if slow else 4
    monkeypatch.setattr(module, "HEALTHY_SECONDS", -1.0)  # each trainer counts as healthy
    supervisor, listener = await start("well")
    labels = (np.arange(200) % 4).astype(np.int16)
    supervisor.learn_from(inputs(200, labels, step=(1, 0, 1)))
    for _ in range(kills):
        await eventually(lambda: bool(listener.frames) and supervisor.training.state == "running")
        killed = supervisor.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda before=killed: supervisor.pid not in (None, before))
        listener.frames.clear()
        await eventually(
            lambda: any((f.predictions.prediction == labels).all() for f in listener.frames)
        )
        await eventually(lambda: listener.notices[-1].code == "")
        assert listener.notices[-2].code == "trainer_died"
    assert listener.states.count("restarting") == kills


async def test_a_stopped_trainer_is_noticed_and_replaced(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_watch, "TICK_SECONDS", 0.1)
    supervisor, listener = await start("hang")
    await eventually(lambda: listener.frames)
    # Only now: on a busy machine, the start of a process takes longer.
    monkeypatch.setattr(turn_watch, "HANG_SECONDS", 0.5)
    supervisor.command = (sys.executable, str(FAKE), "well")
    await eventually(lambda: "restarting" in listener.states)
    monkeypatch.setattr(turn_watch, "HANG_SECONDS", 600.0)
    await eventually(lambda: len({pid_of(f) for f in listener.frames}) == 2)
    assert not psutil.pid_exists(pid_of(listener.frames[0]))


@pytest.mark.slow
async def test_a_trainer_stuck_while_it_starts_is_noticed_too(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_watch, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(turn_watch, "HANG_SECONDS", 0.3)
    supervisor, listener = await start("stuck")
    await eventually(lambda: supervisor.training.state == "failed")
    assert listener.frames == []
    assert listener.notices[-1].code == "trainer_died"


async def test_a_failing_trainer_is_restarted_a_few_times(start: Start) -> None:
    supervisor, listener = await start("failing")
    await eventually(lambda: supervisor.training.state == "failed")
    # The trainer was started once, and restarted once per entry of BACKOFF_SECONDS.
    assert len({pid_of(f) for f in listener.frames}) == 4
    assert any("no longer finite" in n.message for n in listener.notices)
    assert listener.notices[-1].code == "trainer_died"
    assert "labels are safe" in listener.notices[-1].message


async def test_a_trainer_that_is_killed_again_and_again_is_given_up(start: Start) -> None:
    """A machine without memory for the trainer is not kept busy with restarts."""
    supervisor, listener = await start("killed")
    await eventually(lambda: supervisor.training.state == "failed")
    assert len({pid_of(f) for f in listener.frames}) == 4
    assert "Press Run to try again" in listener.notices[-1].message


async def test_a_slow_trainer_is_not_killed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The main thread is busy, so only heartbeats arrive."""
    monkeypatch.setattr(turn_watch, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(turn_watch, "SLOW_SECONDS", 0.04)
    supervisor, listener = await start("slow")
    await eventually(lambda: any(n.code == "trainer_slow" for n in listener.notices))
    await eventually(lambda: supervisor.training.state == "running")
    assert "restarting" not in listener.states
    assert listener.notices[-1].code == ""  # the turn is finished


async def test_a_trainer_that_cannot_start_is_given_up(start: Start) -> None:
    supervisor, listener = await start("exits at start")
    await eventually(lambda: supervisor.training.state == "failed")
    assert listener.frames == []
    assert listener.notices[-1].code == "trainer_died"


async def test_a_fatal_error_is_not_retried(start: Start) -> None:
    supervisor, listener = await start("fatal")
    await eventually(lambda: supervisor.training.state == "failed")
    assert [n.code for n in listener.notices] == ["training_failed"]
    assert "these data cannot be learned" in listener.notices[0].message
    assert "restarting" not in listener.states


async def test_run_tries_again_after_giving_up(start: Start) -> None:
    supervisor, listener = await start("fatal")
    await eventually(lambda: supervisor.training.state == "failed")
    supervisor.command = (sys.executable, str(FAKE), "well")
    supervisor.run()
    await eventually(lambda: supervisor.training.state == "running")
    assert listener.notices[-1].code == ""


async def test_a_setting_on_its_way_is_not_overwritten_by_an_older_report(start: Start) -> None:
    """A new process gets the newest settings, although the killed process reported older ones."""
    supervisor, _ = await start("deaf")
    await eventually(lambda: supervisor.training.state == "running")
    supervisor.learn_from(inputs(200, settings=protocol.Settings(stiffness=0.75), step=(1, 0, 1)))
    supervisor.command = (sys.executable, str(FAKE), "well")
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    await eventually(lambda: supervisor.training.settings.stiffness == 0.75)


async def test_training_rests_only_when_it_has_taken_the_newest_inputs(start: Start) -> None:
    """Training counts as running once new inputs are sent; reports on older inputs are ignored."""
    supervisor, listener = await start("rested")
    await eventually(lambda: supervisor.training.state == "resting")
    listener.states.clear()
    supervisor.learn_from(inputs(200, np.zeros(200), step=(1, 0, 1)))
    assert supervisor.training.state == "running"
    assert listener.states == ["running"]
    await eventually(lambda: supervisor.training.state == "resting")
    assert listener.states == ["running", "resting"]


@pytest.mark.slow
async def test_pause_is_kept_over_a_restart(start: Start) -> None:
    supervisor, _ = await start("real")
    await eventually(lambda: supervisor.training.state in ("running", "resting"), 120)
    supervisor.pause()
    await eventually(lambda: supervisor.training.state == "paused")
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    await eventually(lambda: supervisor.training.state == "restarting")
    await eventually(lambda: supervisor.training.state == "paused", 120)


@pytest.mark.slow
async def test_the_real_trainer_learns_rests_saves_and_goes_on(
    start: Start, project: Project
) -> None:
    supervisor, listener = await start("real")
    supervisor.learn_from(
        inputs(200, np.where(np.arange(200) < 40, np.arange(200) % 4, -1), settings=BRIEF)
    )
    await eventually(lambda: supervisor.training.state == "resting", 240)
    assert listener.frames[-1].resting
    assert (listener.frames[-1].predictions.prediction >= 0).all()
    await eventually(lambda: bool(list(project.checkpoints.glob("*.json"))))
    assert supervisor.pid is not None
    at_rest = psutil.Process(supervisor.pid).cpu_times()
    frames = len(listener.frames)
    await asyncio.sleep(1.2)
    later = psutil.Process(supervisor.pid).cpu_times()
    assert len(listener.frames) == frames, "frames were published at rest"
    assert later.user - at_rest.user < 0.5
    os.kill(supervisor.pid, signal.SIGKILL)
    await eventually(lambda: len(listener.frames) > frames, 120)
    # The new process continues from the checkpoint, so the map stays the same.
    np.testing.assert_allclose(
        listener.frames[frames].latent_mean, listener.frames[frames - 1].latent_mean, atol=0.1
    )


@pytest.mark.slow
async def test_stop_ends_the_process_and_saves(start: Start, project: Project) -> None:
    supervisor, listener = await start("real")
    await eventually(lambda: bool(listener.frames), 120)
    pid = supervisor.pid
    assert pid is not None
    await supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert list(project.checkpoints.glob("*.json"))


async def test_added_items_are_trained_when_memory_for_frames_is_full(
    start: Start, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainer starts again with another file, which can be on disk."""
    supervisor, listener = await start("well")
    await eventually(lambda: listener.frames and supervisor.training.state == "running")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "enlarge", full)
    monkeypatch.setattr(project, "items", range(203))
    assert supervisor.grow() is False
    await eventually(lambda: listener.frames[-1].latent_mean.shape == (203, 3))
    assert "restarting" not in listener.states, "this is not a failure"


async def test_items_added_during_the_start_are_trained(
    start: Start, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, waiting, go = trainer_process.TrainerProcess.start, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> trainer_process.TrainerProcess:
        process = await real(*arguments)
        waiting.set()
        await go.wait()
        return process

    monkeypatch.setattr(trainer_process.TrainerProcess, "start", slow)
    supervisor, listener = await start("well")
    await waiting.wait()
    monkeypatch.setattr(project, "items", range(203))
    assert supervisor.grow() is False
    go.set()
    await eventually(lambda: bool(listener.frames))
    assert listener.frames[0].latent_mean.shape == (203, 3)


@pytest.mark.slow
async def test_a_trainer_ends_with_its_server(tmp_path: Path, small_data: Path) -> None:
    """A trainer ends by itself after `kill -9` of its server."""
    script = f"""
import asyncio, sys
sys.path.insert(0, {str(FAKE.parents[1])!r})
from pathlib import Path
from samples.training_inputs import inputs
from lodespace.project.opening import open_project
from lodespace.training.supervisor import TrainerSupervisor

class Listener:
    def on_frame(self, frame): print(supervisor.pid, flush=True)
    def on_losses(self, losses): pass
    def on_training(self, training): pass
    def on_axes(self, left_out): pass
    def on_notice(self, notice): pass

async def main():
    global supervisor
    data, folder = Path({str(small_data)!r}), Path({str(tmp_path / "p")!r})
    project = open_project(data, project_folder=folder, labels="none")
    supervisor = TrainerSupervisor(project, Listener(), inputs(200), device="cpu", threads=1)
    await supervisor.start()
    await asyncio.sleep(1000)

asyncio.run(main())
"""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    trainer = int(await asyncio.wait_for(server.stdout.readline(), 120))
    server.kill()
    await server.communicate()
    await eventually(lambda: not psutil.pid_exists(trainer))


async def test_stop_kills_a_trainer_that_does_not_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.2)
    supervisor, _ = await start("stuck")
    await eventually(lambda: supervisor._process is not None)
    running = supervisor._process
    assert running is not None
    process = running._process
    await eventually(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
    await supervisor.stop()
    assert process.returncode == -signal.SIGKILL  # the process has ended
