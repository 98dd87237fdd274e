"""Progress of a bake: a bar on a terminal, otherwise a line after each tenth of the training."""

import sys
from types import TracebackType
from typing import NoReturn, Self

from tqdm import tqdm

from lodespace.models.snapshot import Snapshot

_STEPS = 1000
"""Number of steps of the progress bar."""


class Progress:
    """Shows progress on standard error, because standard output has the result of the command."""

    def __init__(self, title: str, *, shown: bool) -> None:
        self.title = title
        self.shown = shown
        self._reported = -1
        self._bar: tqdm[NoReturn] | None = None
        if shown and sys.stderr.isatty():
            self._bar = tqdm(
                total=_STEPS,
                desc=title,
                bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining} {postfix}",
            )

    def update(self, snapshot: Snapshot) -> None:
        """Show the completed fraction, the phase and the reconstruction loss of the training."""
        state = snapshot.phase
        if "reconstruction" in snapshot.losses:
            state += f", reconstruction {snapshot.losses['reconstruction']:.1f}"
        done = 1.0 if snapshot.resting else snapshot.progress
        if self._bar is not None:
            self._bar.set_postfix_str(state, refresh=False)
            self._bar.update(max(0, int(done * _STEPS) - self._bar.n))
        elif self.shown and int(done * 10) > self._reported:
            self._reported = int(done * 10)
            sys.stderr.write(f"{self.title}: {10 * self._reported} % ({state})\n")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
