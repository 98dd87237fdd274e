"""Metrics of a training: one row per epoch, as a CSV file and for TensorBoard."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import TrainingError
from lodespace.models.loss_terms import TERMS
from lodespace.protocol import UNLABELED

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

    from lodespace.models.snapshot import Snapshot

METRICS_FILE = "metrics.csv"
"""Name of the file with one row per epoch."""
LOSSES = ("total", *(term.name for term in TERMS), "wide_classification", "self_supervision")
"""Losses of a row: the weighted sum, the terms of the loss, and losses of other networks."""
ACCURACIES = ("label_accuracy", "head_accuracy", "accuracy_unseen", "accuracy_given")
"""Accuracies of a row, 0 to 1."""
Row = dict[str, float | str]


class EpochMetrics:
    """Collects the losses of an epoch, and makes one row per epoch.

    The row of an epoch has, for each loss, the mean of all values since the previous row, or the
    newest value if there are no values since then. The last row has the values at the end of
    training.
    """

    def __init__(self, latent_dim: int, truth: "Truth") -> None:
        self.rows: list[Row] = []
        """Rows so far."""
        self._truth = truth
        self._kl = [f"kl_{number + 1}" for number in range(latent_dim)]
        self._sums: dict[str, list[float]] = {}
        """Sum and number of the values of each loss since the previous row."""
        self._newest: dict[str, float] = {}
        """Newest value of each loss."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return ["epoch", "step", "phase", *LOSSES, *self._kl, *ACCURACIES]

    def add(self, snapshot: "Snapshot") -> bool:
        """Add the losses of a snapshot of the training. Return whether this completed a row."""
        for name in LOSSES:
            value = snapshot.losses.get(name)
            # A unit of work trains only some of the networks. The losses of the others stay the
            # same.
            if value is not None and value != self._newest.get(name):
                self._newest[name] = value
                total = self._sums.setdefault(name, [0.0, 0])
                total[0] += value
                total[1] += 1
        epochs = len(self.rows)
        whole = math.floor(snapshot.epoch + 1e-9)
        if whole <= epochs and not snapshot.resting:
            return False
        row: Row = {"epoch": whole, "step": snapshot.step, "phase": snapshot.phase}
        means = {name: total / count for name, (total, count) in self._sums.items()}
        row |= self._newest | means
        kl = snapshot.kl_per_dimension.tolist()
        row |= dict(zip(self._kl, kl, strict=True))
        row |= {k: snapshot.metrics[k] for k in ACCURACIES if k in snapshot.metrics}
        row |= self._truth.accuracies(snapshot.prediction)
        self.rows.append({name: value for name, value in row.items() if _is_known(value)})
        self._sums.clear()
        return True

    def as_csv(self) -> str:
        """Return all rows as CSV. An unknown value is empty."""
        out = io.StringIO()
        writer = csv.DictWriter(out, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            writer.writerow({name: text(value) for name, value in row.items()})
        return out.getvalue()

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON, for a checkpoint."""
        return {"rows": self.rows, "sums": self._sums, "newest": self._newest}

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `to_json` returned."""
        self.rows = list(state["rows"])
        self._sums = {name: list(total) for name, total in state["sums"].items()}
        self._newest = dict(state["newest"])


class Truth:
    """The classes according to the data, with which predictions are compared."""

    def __init__(self, truth: npt.NDArray[np.int16] | None, given: npt.NDArray[np.int16]) -> None:
        """Compare predictions with `truth` (N,) and with the labels `given` to the training (N,).

        Both have UNLABELED (-1) for an item without a class. `truth` is None if the data have no
        classes.
        """
        self._truth = np.full_like(given, UNLABELED) if truth is None else truth
        self._given = given

    @property
    def classes(self) -> npt.NDArray[np.int16]:
        """Class of each item according to the data, (N,); UNLABELED for an item without a class."""
        return self._truth

    def accuracies(self, prediction: npt.NDArray[np.integer]) -> dict[str, float]:
        """Return the accuracies of `prediction` (N,), by name.

        `accuracy_unseen` is the share of right predictions among items whose class was not given to
        the training. `accuracy_given` is the share among items with a given label. A share without
        items is left out.
        """
        found: dict[str, float] = {}
        unseen = (self._given == UNLABELED) & (self._truth != UNLABELED)
        given = self._given != UNLABELED
        if not given.any():
            return found  # there are no predictions without labels
        for name, members, classes in (
            ("accuracy_unseen", unseen, self._truth),
            ("accuracy_given", given, self._given),
        ):
            if members.any():
                found[name] = float((prediction[members] == classes[members]).mean())
        return found


def _is_known(value: float | str) -> bool:
    return isinstance(value, str) or math.isfinite(value)


def text(value: object) -> str:
    """Return a value for a table: numbers with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class TensorBoard:
    """Writes rows of metrics as event files of TensorBoard, if a folder is given."""

    def __init__(self, folder: Path | None, first_row: int) -> None:
        """Write into `folder`; None to write nothing.

        If an earlier process has written rows from number `first_row` on, TensorBoard hides them.
        Raises TrainingError if TensorBoard is not installed.
        """
        self._writer = None if folder is None else _summary_writer(folder, first_row)

    def add(self, number: int, row: Row) -> None:
        """Write a row. `number` counts the rows from 0."""
        if self._writer is None:
            return
        for name, value in row.items():
            if not isinstance(value, str) and name not in ("epoch", "step"):
                self._writer.add_scalar(_group(name, ACCURACIES), value, number)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()


def _summary_writer(folder: Path, first_row: int) -> "SummaryWriter":
    check_tensorboard()
    from torch.utils.tensorboard.writer import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_row)


def _group(name: str, accuracies: Sequence[str]) -> str:
    return f"{'accuracy' if name in accuracies else 'loss'}/{name}"


def check_tensorboard() -> None:
    """Raise TrainingError if TensorBoard is not installed."""
    import importlib.util

    if importlib.util.find_spec("tensorboard") is None:
        raise TrainingError(
            "TensorBoard is not installed; install it with pip install 'lodespace[tensorboard]', "
            "or leave out --tensorboard. metrics.csv has the same values"
        )
