"""Figures of a long run (soak.py): memory, disk use and times of answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

MEGA = 1e6


@dataclass
class Sample:
    """State of the processes and of the project folder at one time."""

    seconds: float
    """Time since the first gesture, in seconds."""
    server: float
    """Resident memory of the server, in bytes."""
    trainer: float
    """Resident memory of the trainer, in bytes; 0 while there is no trainer."""
    disk: dict[str, int]
    """Bytes per file or folder of the project."""


@dataclass
class Soak:
    """Figures of one run."""

    samples: list[Sample] = field(default_factory=list[Sample])
    """Samples, in the order of time."""
    answered: list[tuple[float, str, float]] = field(default_factory=list[tuple[float, str, float]])
    """Per command: seconds since the first gesture, name of the action, seconds to the answer."""
    refused: list[str] = field(default_factory=list[str])
    """Codes of refused commands, without the refusals “nothing to undo” and “nothing to redo”."""
    trainers: set[int] = field(default_factory=set[int])
    """Process numbers of all trainers; a single one if no trainer was restarted."""
    agree: bool = False
    """Whether all people saw the same labels at the end."""
    stop_seconds: float = 0.0
    """Time from Ctrl-C to the end of the server process, in seconds."""
    saved_at_stop: bool = False
    """Whether the trainer saved its state after Ctrl-C and then ended by itself."""
    kept: bool = False
    """Whether the restarted server has the labels that the people saw."""

    @property
    def growth(self) -> float:
        """Largest memory of the trainer in the last tenth of the run, relative to the start."""
        last = self.samples[-max(1, len(self.samples) // 10) :]
        return max(sample.trainer for sample in last) / self.samples[0].trainer


def table(found: Soak) -> Iterator[str]:
    """Yield the lines of a Markdown table with the figures at start, middle and end."""
    samples = found.samples
    chosen = [samples[0], samples[len(samples) // 2], samples[-1]]
    end = samples[-1].seconds
    yield "| | start | middle | end | most |"
    yield "|---|---|---|---|---|"
    yield _row("time, min", [f"{sample.seconds / 60:.1f}" for sample in chosen] + [""])
    for name, values in (
        ("server, MB", [sample.server for sample in samples]),
        ("trainer, MB", [sample.trainer for sample in samples]),
    ):
        picked = [values[0], values[len(values) // 2], values[-1], max(values)]
        yield _row(name, [f"{value / MEGA:.0f}" for value in picked])
    names = sorted(
        {name for sample in samples for name in sample.disk},
        key=lambda name: -samples[-1].disk.get(name, 0),
    )
    for name in names:
        values = [sample.disk.get(name, 0) for sample in samples]
        if max(values) > MEGA / 10:
            picked = [values[0], values[len(values) // 2], values[-1], max(values)]
            yield _row(f"disk: {name}, MB", [f"{value / MEGA:.1f}" for value in picked])
    for name, share in (("median", 0.5), ("99 %", 0.99)):
        cells = []
        for third in range(3):
            times = [
                seconds
                for at, action, seconds in found.answered
                if action == "label" and int(min(2, 3 * at / max(end, 1e-9))) == third
            ]
            cells.append(f"{1000 * float(np.quantile(times, share)):.0f}" if times else "")
        times = [seconds for _, action, seconds in found.answered if action == "label"]
        yield _row(f"label to answer, {name}, ms", [*cells, f"{1000 * max(times):.0f}"])


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
