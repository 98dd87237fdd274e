"""The folder of a training run: the trained model, its settings and metrics.

While a run is not finished, the folder has the subfolder `unfinished/`, with the checkpoint from
which the run can be resumed. The model appears only when it is complete.
"""

import contextlib
import json
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from lodespace.baking.baked_data import GivenLabels
from lodespace.errors import ProjectError
from lodespace.files import atomic_folder, atomic_write
from lodespace.json_input import JsonError, json_of
from lodespace.protocol import ClassInfo, Settings
from lodespace.runs.metrics import METRICS_FILE
from lodespace.session.settings_file import SETTINGS_FILE

MODEL_FILES = ("model.safetensors", "model.json")
"""Files of the model. The JSON file is written last, so a folder without this file has no model."""
RESULT_FILE = "result.json"
"""Name of the file with the measures of a finished run."""
FIGURE_FILE = "figure.png"
"""Name of the figure of a finished run."""
TENSORBOARD_FOLDER = "tensorboard"
"""Name of the folder with TensorBoard's files."""
_UNFINISHED, _START, _LABELS = "unfinished", "run.json", "labels.npz"
_OWN = {*MODEL_FILES, RESULT_FILE, FIGURE_FILE, TENSORBOARD_FOLDER, SETTINGS_FILE, METRICS_FILE}
State = Literal["new", "unfinished", "finished", "foreign"]


class Start(msgspec.Struct, kw_only=True):
    """Data and settings of an unfinished run: the content of unfinished/run.json."""

    source: str
    """Reference to the data, as in the manifest of a project."""
    data: str
    """The value of `data` for a manifest: "bundled:digits", or the data set folder beside the
    manifest."""
    settings: Settings
    """Hyperparameters of the run. For a sweep of a project: the hyperparameters of the project."""
    given: Settings | None = None
    """Hyperparameters that the user gave for all runs of a sweep; None for a single run."""
    run: dict[str, int | str | None]
    """Values of RunSettings by name."""
    classes: Sequence[ClassInfo] | None = None
    """Classes of the labels. None: the classes of the data set."""


class RunFolder:
    """The folder of one training run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unfinished = path / _UNFINISHED
        """Folder with everything that is removed when the run is finished."""
        self.checkpoints = self.unfinished / "checkpoints"
        """Folder of the checkpoints."""
        self.results = self.unfinished / "result"
        """Folder in which the model and other results are made before they are published."""

    @property
    def state(self) -> State:
        """State of the folder: "new", "unfinished", "finished" or "foreign".

        A folder with only the remains of a failed run is "new". A folder with other files is
        "foreign".
        """
        if not self.path.exists():
            return "new"
        if not self.path.is_dir():
            return "foreign"
        names = {path.name for path in self.path.iterdir() if not _remains(path)}
        if not names <= _OWN | {_UNFINISHED}:
            return "foreign"
        if _UNFINISHED in names:
            return "unfinished"
        return "finished" if MODEL_FILES[-1] in names else "new"

    def check_own(self) -> None:
        """Raise ProjectError if the folder has files that a training run does not make."""
        if self.state == "foreign":
            raise ProjectError(
                f"{self.path} exists and is not the folder of a trained model; give another folder "
                "with -o"
            )

    def clear(self) -> None:
        """Remove the result of an earlier run. Raises ProjectError for a folder with other files.

        The JSON file of the model is removed first, because a folder with this file counts as a
        complete model.
        """
        self.check_own()
        for name in (MODEL_FILES[-1], _UNFINISHED, *_OWN):
            _remove(self.path / name)
        self._remove_remains()

    def _remove_remains(self) -> None:
        for path in [path for path in self.path.glob(".*") if _remains(path)]:
            _remove(path)

    @contextlib.contextmanager
    def beginning(self) -> Generator[Path]:
        """Yield a folder that becomes `unfinished` when the `with` block ends.

        Raises ProjectError if `unfinished` exists, or cannot be written.
        """

        def check() -> None:
            if self.unfinished.exists():
                raise ProjectError(f"another process has started a training in {self.path}")

        with atomic_folder(self.unfinished, check) as making:
            yield making

    def write_metrics(self, text: str) -> None:
        """Write the table of metrics. The table is only for display, so it may get lost in a power
        cut."""
        self.path.mkdir(parents=True, exist_ok=True)
        atomic_write(self.path / METRICS_FILE, text.encode(), sync=False)

    def publish(self) -> None:
        """Move the complete results into the folder, the description of the model last."""
        made = sorted(self.results.iterdir(), key=lambda path: path.name == MODEL_FILES[-1])
        for path in made:
            path.replace(self.path / path.name)
        shutil.rmtree(self.unfinished)
        self._remove_remains()

    def result(self) -> dict[str, Any]:
        """Return the content of result.json. Raises ProjectError if it is damaged."""
        path = self.path / RESULT_FILE
        try:
            return json_of(path.read_bytes(), dict[str, Any])
        except (OSError, JsonError) as error:
            raise ProjectError(f"{path}: damaged: {error}") from error


def _remains(path: Path) -> bool:
    """Return whether a process that was killed left this file or folder while it wrote another.

    The names are those of `files.atomic_write` and `files.atomic_folder`.
    """
    return any(path.name.startswith(f".{name}.") for name in (*_OWN, _UNFINISHED))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_result(folder: Path, result: dict[str, Any]) -> None:
    """Write result.json into `folder`."""
    (folder / RESULT_FILE).write_text(json.dumps(result, indent=2) + "\n")


def write_start(making: Path, start: Start, given: GivenLabels) -> None:
    """Write data, settings and labels of a new run into `making`, the folder of
    RunFolder.beginning."""
    arrays = {"labels": given.labels, "verified": given.verified, "accepted": given.accepted}
    np.savez(making / _LABELS, allow_pickle=False, **arrays)
    atomic_write(making / _START, msgspec.json.encode(start))


def read_start(folder: Path) -> tuple[Start, GivenLabels]:
    """Return what `write_start` wrote. Raises ProjectError if it is damaged."""
    try:
        start = json_of((folder / _START).read_bytes(), Start)
        with np.load(folder / _LABELS, allow_pickle=False) as arrays:
            labels, verified, accepted = arrays["labels"], arrays["verified"], arrays["accepted"]
            return start, GivenLabels(labels, verified, accepted, start.classes)
    except (OSError, JsonError, KeyError, ValueError) as error:
        raise ProjectError(
            f"{folder}: damaged, so the training cannot be continued: {error}; start it again with "
            "--force"
        ) from error
