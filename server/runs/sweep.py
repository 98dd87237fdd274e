"""`lodespace sweep`: trainings over a grid of settings. This module imports torch."""

import contextlib
import csv
import dataclasses
import io
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any

from lodespace.baking.baked_data import GivenLabels, copy_data, project_state
from lodespace.errors import LodespaceError, ProjectError, SettingsError
from lodespace.files import atomic_folder, atomic_write
from lodespace.importing.source import ImportOptions
from lodespace.items.item_set import ItemSet
from lodespace.project.initial_labels import choose_labels
from lodespace.project.project import load_items
from lodespace.protocol import Settings
from lodespace.runs.grid import Grid, Point
from lodespace.runs.metrics import text
from lodespace.runs.run_folder import RunFolder, Start, read_start, write_start
from lodespace.runs.stopping import Stopped
from lodespace.runs.sweep_page import write_page
from lodespace.runs.sweep_result import Result, Sweep
from lodespace.runs.sweep_table import SHOWN
from lodespace.runs.train import MACHINE, chosen_labels
from lodespace.runs.training_run import RunOptions, run_training
from lodespace.session.settings import merge, settings_from, values_in, with_defaults
from lodespace.session.settings_file import (
    GRID,
    SEEDS,
    SETTINGS_FILE,
    GivenSettings,
    toml_value,
    write_settings,
)

TABLE_FILE = "sweep.csv"
"""Name of the table with one row per run."""
_SHARED, _RUNS = "shared", "runs"


def sweep(
    data: str,
    reference: str,
    output: Path,
    given: GivenSettings,
    grid: Grid,
    import_options: ImportOptions,
    options: RunOptions,
    *,
    force: bool = False,
) -> Sweep:
    """Train once for each point of the grid, and write a table and a page with all figures.

    Finished runs in `output` are kept, and an unfinished run is continued. A run that fails does
    not stop the others.

    Args:
        data: Path of data to import, or path of a project.
        reference: Reference to the data, as in the manifest of a project.
        output: Folder of the sweep.
        given: Settings of all runs.
        grid: Settings that differ.
        import_options: How to read the data.
        options: Options that do not change the results.
        force: Remove an earlier sweep in `output` first.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written, or has other content.
        SettingsError: The sweep in `output` has other settings.
        Stopped: A signal stopped the sweep. Table and page show the runs so far.
    """
    points = grid.points()
    shared = output / _SHARED
    _check_output(output, force=force)
    if not shared.exists():
        _begin(shared, data, reference, given, import_options, progress=options.progress)
    start, labels = read_start(shared)
    _check_same(output, start, reference, given)
    items = load_items(start.data, shared)
    _write_settings(output, given, grid)
    runs = _Runs(output, start, labels, items, given, options)
    results = [Result(point, f"{_RUNS}/{point.folder}", "missing") for point in points]
    made = Sweep(output, items.name, grid, results)
    try:
        for number, point in enumerate(points):
            results[number] = runs.run(point, f"run {number + 1} of {len(points)}: {point.title}")
            _write_table(made)
    except Stopped as stopped:
        raise Stopped(
            "the sweep was stopped; to continue it, give the same command again", stopped.status
        ) from None
    finally:
        _write_table(made)
        write_page(made)
    return made


class _Runs:
    """The runs of a sweep, on the same items."""

    def __init__(
        self,
        output: Path,
        start: Start,
        labels: GivenLabels,
        items: ItemSet,
        given: GivenSettings,
        options: RunOptions,
    ) -> None:
        self._output, self._start, self._labels, self._items = output, start, labels, items
        self._given, self._options = given, options

    def run(self, point: Point, title: str) -> Result:
        """Start or continue a run, or read its result if it is finished."""
        folder = RunFolder(self._output / _RUNS / point.folder)
        name = f"{_RUNS}/{point.folder}"
        try:
            if folder.state == "finished":
                return Result(point, name, "finished", folder.result())
            folder.check_own()
            measures = self._train(folder, point, title)
        except LodespaceError as error:
            sys.stderr.write(f"lodespace: {title}: {error}\n")
            return Result(point, name, "failed", error=str(error))
        except Exception as error:
            # Errors of other types, such as too little memory, also concern only this run.
            traceback.print_exc(file=sys.stderr)
            return Result(point, name, "failed", error=f"{type(error).__name__}: {error}")
        return Result(point, name, "finished", measures)

    def _train(self, folder: RunFolder, point: Point, title: str) -> dict[str, Any]:
        settings, run_values = self._settings(point)
        run = GivenSettings(None, run_values).run_settings()
        labels = self._labels
        if run.labels is not None or self._labels.classes is None:
            labels = chosen_labels(choose_labels(self._items, run.labels, run.seed))
        folder.path.mkdir(parents=True, exist_ok=True)
        write_settings(folder.path, settings, dataclasses.asdict(run))
        options = dataclasses.replace(self._options, title=title)
        return run_training(folder, self._items, labels, settings, run, options).measures

    def _settings(self, point: Point) -> tuple[Settings, dict[str, Any]]:
        """Return the hyperparameters and the values of RunSettings of a run."""
        given = self._given
        values = {} if given.settings is None else values_in(given.settings)
        own = GivenSettings.of(point.values)
        values |= {} if own.settings is None else values_in(own.settings)
        settings = with_defaults(merge(self._start.settings, settings_from(values)))
        return settings, {**given.run, **own.run, "seed": point.seed}


def _check_output(output: Path, *, force: bool) -> None:
    """Raise ProjectError if `output` has other content than a sweep. With `force`, clear it."""
    if not output.exists() or not any(output.iterdir()):
        return
    if not (output / _SHARED).is_dir():
        raise ProjectError(f"{output} exists and is not a sweep; give another folder with -o")
    if force:
        for name in (_RUNS, _SHARED):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(output / name)


def _begin(
    shared: Path,
    data: str,
    reference: str,
    given: GivenSettings,
    import_options: ImportOptions,
    *,
    progress: bool,
) -> None:
    """Import the data of all runs, and write data, labels and settings of the sweep."""
    state = project_state(data, import_options.root)
    if state is not None:
        import_options = dataclasses.replace(import_options, root=None)
    with atomic_folder(shared, lambda: None) as making:
        items, kept = copy_data(state.data if state else data, making, import_options, progress)
        none = chosen_labels(choose_labels(items, "none", 0))
        labels = none if state is None else state.given
        start = Start(
            source=reference,
            data=kept,
            settings=Settings() if state is None else state.settings,
            given=given.settings,
            run=dict(given.run),
            classes=labels.classes,
        )
        write_start(making, start, labels)


def _check_same(output: Path, start: Start, reference: str, given: GivenSettings) -> None:
    """Raise if the sweep in `output` has other data or other settings."""
    if start.source != reference:
        raise ProjectError(
            f"{output} has a sweep of other data, {start.source}; give another folder with -o"
        )

    def compared(settings: Settings | None, run: Any) -> dict[str, Any]:
        values = {**(values_in(settings_from(values_in(settings or Settings())))), **run}
        return {name: value for name, value in values.items() if name not in (*MACHINE, "seed")}

    before, now = compared(start.given, start.run), compared(given.settings, given.run)
    differing = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if differing:
        raise SettingsError(
            f"the sweep in {output} began with other values of {', '.join(differing)}; give "
            "another folder with -o, or remove the sweep with --force. You can only extend a "
            "sweep, with more grid values or more seeds"
        )


def as_csv(made: Sweep) -> str:
    """Return the table of a sweep: one row per run."""
    names = dict.fromkeys(name for r in made.results for name in r.measures)
    measured = [*(k for k in SHOWN if k in names), *(k for k in names if k not in SHOWN)]
    columns = [*made.grid.axes, "seed", "state", *measured, "folder", "error"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for result in made.results:
        values = [text(result.measures[k]) if k in result.measures else "" for k in measured]
        row = [*result.point.texts().values(), result.state, *values, result.folder, result.error]
        writer.writerow(row)
    return out.getvalue()


def _write_table(made: Sweep) -> None:
    made.folder.mkdir(parents=True, exist_ok=True)
    atomic_write(made.folder / TABLE_FILE, as_csv(made).encode(), sync=False)


def _write_settings(output: Path, given: GivenSettings, grid: Grid) -> None:
    """Write the given settings and the grid to a file that `lodespace sweep --settings` reads."""
    values = {} if given.settings is None else values_in(given.settings)
    values |= {name: value for name, value in given.run.items() if name != "seed"}
    lines = [f"{name} = {toml_value(value)}" for name, value in values.items()]
    lines += [f"{SEEDS} = {toml_value(grid.seeds)}", "", f"[{GRID}]"]
    lines += [f"{name} = {toml_value(list(axis))}" for name, axis in grid.axes.items()]
    atomic_write(output / SETTINGS_FILE, "\n".join([*lines, ""]).encode())
