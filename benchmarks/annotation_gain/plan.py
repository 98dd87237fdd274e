"""The list of runs, and their execution in separate processes, several at once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from annotation_gain import data_sets, register, run_files, views
from annotation_gain.course import Course
from lodespace.protocol import SHEET_SIZE

SINGLES = 400
"""A run of one-by-one labelling ends with the training that has at least this number of labels."""
BUDGETS = {"textures": 50, "classes-200": 50}
"""Largest number of gestures of a run, by data set. SINGLES limits one-by-one labelling instead."""
BUDGET = 30
"""Largest number of gestures of a run on a data set that is not in BUDGETS."""
CAREFUL = 75
SHEETS_OF_SUSPECTS = 2
"""Number of gestures of a run in which the person corrects wrong labels.

Each gesture is a sheet.
"""
EVERYWHERE = (
    *("suggested", "named", "sheets-alone"),
    *("suspects", "suspects-folds", "umap-samples"),
)
"""Methods that run on every data set, in addition to the methods that `one_by_one_on` returns."""
MORE_ON = {
    "digits": (
        "suggested-server",
        "sheets",
        "regions",
        "samples",
        "umap",
        "umap-described",
        "umap-described-samples",
        "static-vae",
        "margin",
        "margin-described",
        "random",
        "paper",
    ),
    "sklearn": (
        *("sheets", "regions", "umap", "static-vae"),
        *("margin", "margin-described", "random", "paper"),
    ),
    "textures": (
        *("sheets", "regions", "umap", "static-vae"),
        *("margin", "margin-described", "random", "paper"),
    ),
    "segments": ("suggested-server",),
    "letters": ("sheets", "umap", "margin", "margin-described"),
    "photos": ("margin", "margin-described"),
    "signs": ("margin", "margin-described"),
}
"""Additional methods of a data set, by name of the data set."""
SIZES = (1000, 20000)
"""Sizes N of the data sets `digits-N`, in addition to `digits` with 5,000 items."""
WITH_SIZE = ("suggested", "umap-samples", "margin", "margin-described")


@dataclass(frozen=True)
class Run:
    """One run of a method: at most `gestures` gestures on the data set `data` with `seed`."""

    method: str
    data: str
    seed: int
    gestures: int

    @property
    def name(self) -> str:
        return f"{self.method}--{self.data}--{self.seed}--{self.gestures}"

    @property
    def key(self) -> run_files.Key:
        """The key of the run among the stored runs on its data set."""
        return self.method, self.seed, self.gestures

    @property
    def arguments(self) -> tuple[str, str, str, str]:
        """The values of the option --run."""
        return self.method, self.data, str(self.seed), str(self.gestures)


def one_by_one_on(kind: data_sets.Kind) -> tuple[str, ...]:
    """Return the methods that label single items. Each learns from one view: the items of `kind`
    as rows of numbers, such as pixels or spectra (views.py)."""
    of_kind = views.OF_KIND[kind]
    margin = [f"{learner}-margin-{view}" for learner in ("lr", "svc") for view in of_kind]
    return (*margin, f"lr-random-{of_kind[0]}")


def methods_on(data: str) -> tuple[str, ...]:
    """Return the methods that are measured on a data set."""
    return (
        *EVERYWHERE,
        *one_by_one_on(data_sets.sources()[data].kind),
        *MORE_ON.get(data, ()),
    )


def runs(seeds: int, only: Sequence[str] = (), gestures: int | None = None) -> list[Run]:
    """Return the runs whose names contain one of the texts `only`.

    If `only` is empty, return all runs of the report.

    With `gestures`, each run has at most this number of gestures. A run that labels one by one then
    labels at most the number of items on `gestures` contact sheets.

    All runs of one seed come before the runs of the next seed, because a report of one seed is
    already useful.
    """
    planned = []
    for seed in range(seeds):
        planned += [
            _run(method, data, seed) for data in data_sets.sources() for method in methods_on(data)
        ]
        planned += [Run(method, "digits", seed, CAREFUL) for method in ("careful", "umap-careful")]
        planned += [_run(method, f"digits-{size}", seed) for size in SIZES for method in WITH_SIZE]
    if gestures is not None:
        planned = [replace(run, gestures=_at_most(run, gestures)) for run in planned]
    return [run for run in planned if not only or any(text in run.name for text in only)]


def is_one_by_one(method: str) -> bool:
    """Return whether a gesture of a method labels one item."""
    return "margin" in method or "random" in method


def _at_most(run: Run, gestures: int) -> int:
    return min(run.gestures, gestures * SHEET_SIZE if is_one_by_one(run.method) else gestures)


def _run(method: str, data: str, seed: int) -> Run:
    if method.startswith("suspects"):
        return Run(method, data, seed, SHEETS_OF_SUSPECTS)
    budget = BUDGETS.get(data.partition("-")[0] if data.startswith("digits") else data, BUDGET)
    return Run(method, data, seed, SINGLES if is_one_by_one(method) else budget)


def carry_out(run: Run, folder: Path, register_path: Path = register.REGISTER) -> Course:
    """Carry out a run in this process, store its course in `folder`, and register it.

    Raises MissingDataError, without an entry in the register, if the data set is not installed.
    """
    data = data_sets.load(run.data)
    commit = register.commit()
    try:
        course = METHODS[run.method](data, run, data_sets.CACHE)
    except BaseException as error:
        ended = Course(run.method, run.data, run.seed, len(data), commit)
        register.record(ended, f"{type(error).__name__}: {error}"[:200], register_path)
        raise
    course.method, course.commit = run.method, commit
    run_files.store(folder, course, run.gestures)
    register.record(course, "done", register_path)
    return course


Method = Callable[[data_sets.LabelledItems, Run, Path], Course]


def _ours(make: str, **options: object) -> Method:
    def method(data: data_sets.LabelledItems, run: Run, _: Path) -> Course:
        from annotation_gain import ours

        return asyncio.run(getattr(ours, make)(data, run.seed, run.gestures, **options))

    return method


def _umap(name: str, *, described: bool = False, **options: object) -> Method:
    def method(data: data_sets.LabelledItems, run: Run, folder: Path) -> Course:
        from annotation_gain import opponents

        rows = opponents.described(data) if described else views.first_view(data)
        kept = folder / f"umap{'-described' if described else ''}--{data.name}--{run.seed}.npy"
        points = opponents.umap_positions(rows, run.seed, kept)
        given = {"rows": rows, **options}
        return opponents.lasso_on(name, points, data, run.seed, run.gestures, **given)

    return method


def _static_vae(data: data_sets.LabelledItems, run: Run, _: Path) -> Course:
    from annotation_gain import opponents, ours

    points = asyncio.run(ours.static_positions(data, run.seed))
    return opponents.lasso_on("static VAE", points, data, run.seed, run.gestures, samples=False)


def _one_by_one(*, margin: bool, described: bool = False) -> Method:
    def method(data: data_sets.LabelledItems, run: Run, _: Path) -> Course:
        from annotation_gain import opponents

        learner = (
            opponents.Machine(opponents.described(data), data.n_classes)
            if described
            else opponents.AugmentedNetwork(data, run.seed)
        )
        return opponents.one_by_one(data, run.seed, run.gestures, learner, margin=margin)

    return method


def _on_view(learner: str, view: str, *, margin: bool) -> Method:
    def method(data: data_sets.LabelledItems, run: Run, _: Path) -> Course:
        from annotation_gain import opponents

        make = opponents.Regression if learner == "lr" else opponents.Machine
        made = make(views.VIEWS[view](data), data.n_classes)
        return opponents.one_by_one(data, run.seed, run.gestures, made, margin=margin)

    return method


def _suspects(data: data_sets.LabelledItems, run: Run, _: Path) -> Course:
    from annotation_gain import suspects

    return asyncio.run(suspects.of_lodespace(data, run.seed, run.gestures))


def _suspects_by_folds(data: data_sets.LabelledItems, run: Run, _: Path) -> Course:
    from annotation_gain import suspects

    return suspects.by_folds(data, run.seed, run.gestures)


METHODS: dict[str, Method] = {
    "suggested": _ours("as_suggested"),
    "suggested-server": _ours("as_suggested", server=True),
    "named": _ours("as_suggested", known=False),
    "sheets-alone": _ours("sheets_alone"),
    "suspects": _suspects,
    "suspects-folds": _suspects_by_folds,
    "sheets": _ours("regions_then_sheets"),
    "samples": _ours("regions_then_sheets", samples=True),
    "regions": _ours("regions_only", purity=0.95, preset="default"),
    "careful": _ours("regions_only", purity=0.99, preset="default"),
    "paper": _ours("regions_only", purity=0.95, preset="paper"),
    "umap": _umap("static UMAP", samples=False),
    "umap-careful": _umap("static UMAP, careful", samples=False, purity=0.99),
    "umap-samples": _umap("static UMAP, samples", samples=True),
    "umap-described": _umap("static UMAP of our descriptor", described=True, samples=False),
    "umap-described-samples": _umap(
        "static UMAP of our descriptor, samples", described=True, samples=True
    ),
    "static-vae": _static_vae,
    "margin": _one_by_one(margin=True),
    "margin-described": _one_by_one(margin=True, described=True),
    "random": _one_by_one(margin=False),
    **{
        f"{learner}-margin-{view}": _on_view(learner, view, margin=True)
        for learner in ("lr", "svc")
        for view in views.VIEWS
    },
    **{
        f"lr-random-{of_kind[0]}": _on_view("lr", of_kind[0], margin=False)
        for of_kind in views.OF_KIND.values()
    },
}
OPPONENTS = tuple(
    name
    for name in METHODS
    if name in ("umap-samples", "margin", "random") or name.startswith(("lr-", "svc-"))
)
"""Methods that use no part of Lodespace, and whose duration is measured."""


MISSING = 3
"""Exit status of a run whose data set is not installed."""


def carry_out_all(
    planned: list[Run],
    folder: Path,
    jobs: int,
    *,
    fresh: bool,
    register_path: Path = register.REGISTER,
) -> list[Run]:
    """Carry out the planned runs in separate processes, `jobs` at once.

    If `fresh` is False, runs whose result is already stored in `folder` are skipped. If a run
    fails, the error is printed and the other runs continue. A data set that is not installed is
    skipped.

    Returns:
        The runs that failed.
    """
    failed: list[Run] = []
    skipped: set[str] = set()
    stored = {data: run_files.stored(folder, data) for data in {run.data for run in planned}}

    def one(run: Run) -> None:
        if (run.key in stored[run.data] and not fresh) or run.data in skipped:
            return
        command = [sys.executable, str(Path(__file__).parent), "--run", *run.arguments]
        done = subprocess.run(  # runs this program with the option --run
            [*command, "--results", str(folder), "--register", str(register_path)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        said = done.stderr.strip()[-400:]
        if done.returncode == MISSING:
            if run.data not in skipped:
                skipped.add(run.data)
                print(f"{run.data}: skipped: {said}", flush=True)
            return
        if done.returncode != 0:
            failed.append(run)
        print(f"{run.name}: {f'FAILED: {said}' if done.returncode else 'done'}", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, planned))
    return failed
