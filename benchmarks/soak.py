"""Memory, disk use and latency while several people label for a long time.

    python benchmarks/soak.py [--minutes 15] [--people 3] [--rate 2]

The benchmark starts a real server and trainer. Simulated people label regions, undo and redo
gestures, and drag items, at a constant rate of gestures. They read all frames, as pages do. At the
end the benchmark stops the server as Ctrl-C does, starts the server again, and compares the labels.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np
import psutil

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from soak_figures import Sample, Soak, table  # noqa: E402

from drivers.servers import ServerProcess, eventually  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402
from lodespace import protocol  # noqa: E402
from lodespace.protocol import TrainingChanged  # noqa: E402

ACTIONS = {"label": 70, "undo": 15, "redo": 5, "drag": 10}
"""Share of each action, in percent."""
REGION = 40
"""Number of items of a labelled region."""
DRAGGED = 20
DRAG_MESSAGES = 10
WANTED_GROWTH = 1.2
WANTED_STOP_SECONDS = 5.0
START_SECONDS = 600
"""Longest time until the server answers. A million items are imported in about a minute if the
machine has other work."""


class Person:
    """A simulated person."""

    def __init__(self, client: StreamClient, truth: np.ndarray, seed: int) -> None:
        self.client = client
        self.truth = truth
        self.dice = random.Random(seed)

    def command(self) -> tuple[str, protocol.ClientOperation]:
        """Choose an action, and return its name and command."""
        command_id = uuid.UUID(int=self.dice.getrandbits(128)).hex
        action = self.dice.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        if action == "undo":
            return action, protocol.Undo(command_id=command_id)
        if action == "redo":
            return action, protocol.Redo(command_id=command_id)
        if action == "drag":
            items = self.dice.sample(range(len(self.truth)), DRAGGED)
            return action, protocol.Anchor(
                command_id=command_id,
                items=items,
                targets=[(1.0, 0.5, 0.0)] * DRAGGED,
                keep=self.dice.random() < 0.2,
                revision=self.client.revision,
            )
        class_id = self.dice.randrange(int(self.truth.max()) + 1)
        members = np.flatnonzero(self.truth == class_id).tolist()
        items = self.dice.sample(members, min(REGION, len(members)))
        return action, self.client.label_operation(items, class_id, command_id)

    async def act(self) -> tuple[str, float, protocol.Ack | protocol.Refused]:
        """Carry out one action. Returns its name, the seconds to its answer, and the answer."""
        action, command = self.command()
        if isinstance(command, protocol.Anchor):
            for step in range(DRAG_MESSAGES):
                share = (step + 1) / DRAG_MESSAGES
                targets = [tuple(share * x for x in target) for target in command.targets]
                await self.client.send(protocol.Drag(items=command.items, targets=targets))
                await asyncio.sleep(0.03)
        began = time.perf_counter()
        answer = await self.client.command(command)
        return action, time.perf_counter() - began, answer


class Run:
    """One run: simulated people who label, and samples of the server and the trainer."""

    def __init__(self, server: ServerProcess, project: Path, *, sample_seconds: float) -> None:
        self.server = server
        self.project = project
        self.sample_seconds = sample_seconds
        self.found = Soak()
        self.clients: list[StreamClient] = []
        self._began = time.monotonic()

    def sample(self) -> None:
        """Measure memory and disk use. Delete the messages that clients have received so far."""
        assert self.server.process is not None
        process = psutil.Process(self.server.process.pid)
        trainers = process.children()
        self.found.trainers.update(trainer.pid for trainer in trainers)
        self.found.samples.append(
            Sample(
                time.monotonic() - self._began,
                process.memory_info().rss,
                sum(trainer.memory_info().rss for trainer in trainers),
                disk_use(self.project),
            )
        )
        for client in self.clients:
            client.operations.clear()
            client.frames.clear()

    async def keep_sampling(self) -> None:
        while True:
            await asyncio.sleep(self.sample_seconds)
            self.sample()

    async def work(self, person: Person, gestures: int, interval: float) -> None:
        """Let `person` make `gestures` gestures, one per `interval` seconds."""
        for number in range(gestures):
            await asyncio.sleep(max(0.0, self._began + number * interval - time.monotonic()))
            action, seconds, answer = await person.act()
            self.found.answered.append((time.monotonic() - self._began, action, seconds))
            if isinstance(answer, protocol.Refused) and not answer.code.startswith("nothing_to_"):
                self.found.refused.append(answer.code)

    async def people(
        self, count: int, rate: float, gestures: int, truth: np.ndarray, *, at_rest: bool = True
    ) -> np.ndarray:
        """Let `count` people make `gestures` gestures, `rate` per second in all.

        They begin when training is `at_rest`, or else when the first layout is complete. Returns
        the labels (N,) that the people see at the end.
        """
        async with StreamClient(self.server.url) as watcher:

            def ready() -> bool:
                seen = [one.training for one in watcher.seen(TrainingChanged)]
                if at_rest:
                    return any(training.state == "resting" for training in seen)
                return any(training.phase != "layout" for training in seen)

            await eventually(ready, 600)
        people = [
            await StreamClient(self.server.url, client_id=f"person-{k}").__aenter__()
            for k in range(count)
        ]
        self.clients = people
        self._began = time.monotonic()
        self.sample()
        sampling = asyncio.create_task(self.keep_sampling())
        try:
            await asyncio.gather(
                *(
                    self.work(Person(client, truth, seed), -(-gestures // count), count / rate)
                    for seed, client in enumerate(people)
                )
            )
            sampling.cancel()
            self.sample()
            newest = max(client.sequence for client in people)
            await eventually(lambda: all(client.sequence == newest for client in people))
            self.found.agree = all((c.labels == people[0].labels).all() for c in people)
            return people[0].labels.copy()
        finally:
            sampling.cancel()
            for client in people:
                await client.__aexit__()

    def stop(self) -> None:
        """Stop the server, and note how long it takes and whether the trainer saves its work."""
        before = time.time()
        began = time.monotonic()
        self.server.stop()
        self.found.stop_seconds = time.monotonic() - began
        newest = max(p.stat().st_mtime for p in (self.project / "checkpoints").glob("*.json"))
        self.found.saved_at_stop = newest >= before


def disk_use(folder: Path) -> dict[str, int]:
    """Return the bytes per file or folder of `folder`, and their sum as "all"."""
    sizes: dict[str, int] = {}
    for path in folder.rglob("*"):
        try:
            size = path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # a temporary file
        name = path.relative_to(folder).parts[0]
        sizes[name] = sizes.get(name, 0) + size
    sizes["all"] = sum(sizes.values())
    return sizes


async def labels_of(url: str) -> np.ndarray:
    """Return the labels (N,) that a new client receives."""
    async with StreamClient(url) as client:
        return client.labels


def soak(
    project: Path,
    truth: np.ndarray,
    *arguments: str,
    gestures: int,
    people: int = 3,
    rate: float = 2.0,
    sample_seconds: float = 5.0,
    at_rest: bool = True,
) -> Soak:
    """Run the simulation on a new project, and return what it measured.

    Args:
        project: Folder of the new project.
        truth: Class per item, (N,).
        arguments: More arguments of `lodespace serve`, for example the data.
        gestures: Number of gestures of all people.
        people: Number of people.
        rate: Gestures per second of all people.
        sample_seconds: Seconds between two samples.
        at_rest: Whether people begin when training rests, or when the first layout is complete.
    """
    server = ServerProcess(*arguments, "--project", str(project), "--labels", "none")
    server.forks = False  # the trainer is then a child of the server
    run = Run(server, project, sample_seconds=sample_seconds)
    server.start()
    try:
        server.wait_until_ready(START_SECONDS)
        seen = asyncio.run(run.people(people, rate, gestures, truth, at_rest=at_rest))
        run.stop()
        server.start()
        server.wait_until_ready(START_SECONDS)
        run.found.kept = bool((asyncio.run(labels_of(server.url)) == seen).all())
    finally:
        server.stop()
    return run.found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--rate", type=float, default=2, help="gestures per second of all people")
    parser.add_argument("--threads", default="1", help="threads of the trainer")
    options = parser.parse_args()
    from lodespace.items.item_set import load_digits

    truth = load_digits().truth
    assert truth is not None
    with tempfile.TemporaryDirectory() as folder:
        found = soak(
            Path(folder) / "project",
            truth,
            "--threads",
            options.threads,
            gestures=int(60 * options.minutes * options.rate),
            people=options.people,
            rate=options.rate,
        )
    print("\n".join(table(found)))
    actions = [action for _, action, _ in found.answered]
    counts = ", ".join(f"{actions.count(action)} {action}" for action in ACTIONS)
    print(f"answered: {counts}; refused: {len(found.refused)} {sorted(set(found.refused))}")
    print(f"trainers: {len(found.trainers)} (wanted: 1)")
    print(f"trainer memory, end divided by start: {found.growth:.2f} (wanted: <= {WANTED_GROWTH})")
    print(
        f"stop: {found.stop_seconds:.1f} s (wanted: < {WANTED_STOP_SECONDS:.0f}), "
        f"trainer saved at the stop: {found.saved_at_stop}"
    )
    print(f"all people saw the same labels: {found.agree}; after a restart: {found.kept}")


if __name__ == "__main__":
    main()
