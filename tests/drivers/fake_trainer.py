"""A trainer process for tests, without torch. The first argument names the behaviour."""

import os
import signal
import sys
import time

import numpy as np

from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import Phase, Settings
from lodespace.training import messages as m
from lodespace.training.shared_frames import SharedFrames, TrainerFrame


def send(message: object) -> None:
    sys.stdout.buffer.write(m.packed(message))  # type: ignore[arg-type]
    sys.stdout.buffer.flush()


def state(
    settings: Settings, event: int = 0, running: bool = True, phase: Phase = "interactive"
) -> m.State:
    return m.State(running, event, phase, 1.0, 5, 20.0, settings, [])


def main() -> None:
    behaviour = sys.argv[1]
    if behaviour == "exits at start":
        sys.exit(3)
    start = m.read_command(sys.stdin.buffer)
    assert isinstance(start, m.Start)
    if behaviour == "slow":
        # The main loop is busy for a second. A heartbeat every 10 ms shows that the process
        # computes.
        for beat in range(100):
            send(m.Alive(0, processor_seconds=2.0 * beat))
            time.sleep(0.01)
    if behaviour == "stuck":
        send(m.Alive())
        os.kill(os.getpid(), signal.SIGSTOP)
    if behaviour == "fatal":
        send(m.Failed("these data cannot be learned", fatal=True))
        return
    with os.fdopen(start.frames_fd, "r+b") as file:
        ring = SharedFrames(file, start.n_items)
    mean = np.full((start.n_items, 3), os.getpid(), np.float32)
    nothing = np.zeros(start.n_items, np.float32)
    ring.write(
        TrainerFrame(
            1, 5, mean, ItemPredictions(nothing.astype(np.int16), nothing, nothing, nothing), False
        )
    )
    send(m.FrameReady(1))
    send(state(start.settings))
    if behaviour == "failing":
        send(m.Failed("no longer finite: latent means", fatal=False))
        return
    if behaviour == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "hang":
        os.kill(os.getpid(), signal.SIGSTOP)
    if behaviour == "deaf":
        time.sleep(1000)
    event = 0
    if behaviour == "rested":
        send(state(start.settings, phase="resting"))
    while (command := m.read_command(sys.stdin.buffer)) is not None and not isinstance(
        command, m.Stop
    ):
        if behaviour == "rested":
            if isinstance(command, m.TrainingInputs) and command.event > event:
                # Report rest once more, like a trainer that has not read the new inputs yet.
                for number, phase in (
                    (event, "resting"),
                    (command.event, "interactive"),
                    (command.event, "resting"),
                ):
                    send(state(start.settings, number, phase=phase))
                event = command.event
            continue
        if isinstance(command, m.TrainingInputs):
            event = command.event
            labels = np.frombuffer(command.labels, "<i2").astype(np.int16)
            ring.write(
                TrainerFrame(2, 6, mean, ItemPredictions(labels, nothing, nothing, nothing), False)
            )
            send(m.FrameReady(2))
        send(state(start.settings, event, running=not isinstance(command, m.Pause)))


if __name__ == "__main__":
    main()
