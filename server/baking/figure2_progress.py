"""Progress of the nine trainings of figure 2: a bar on a terminal, else a line per panel."""

import sys
from types import TracebackType
from typing import NoReturn, Self

from tqdm import tqdm


class EpochProgress:
    """Shows progress on standard error, because standard output has the result of the command."""

    def __init__(self, epochs: int, *, shown: bool) -> None:
        self.epochs, self.shown = epochs, shown
        self._done = 0
        self._bar: tqdm[NoReturn] | None = None
        if shown and sys.stderr.isatty():
            self._bar = tqdm(total=epochs, desc="figure 2", unit="epoch")

    def begin(self, title: str) -> None:
        """Show the panel that is trained now."""
        if self._bar is not None:
            self._bar.set_postfix_str(title)
        elif self.shown:
            sys.stderr.write(f"figure 2: {self._done} of {self.epochs} epochs, now: {title}\n")
            sys.stderr.flush()

    def advance(self) -> None:
        """Count one epoch."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(1)

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
