"""The list of runs, and their execution in separate processes, several at once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from annotation_gain import data_sets
from annotation_gain.course import Course

SINGLES = 400
"""Largest number of items labelled in a run of one-by-one labelling."""
BUDGETS = {"digits": 50, "sklearn": 30, "textures": 100, "letters": 50}
"""Largest number of gestures of a run, by data set, except for one-by-one labelling."""
CAREFUL = 75
METHODS_ON = {
    "digits": (
        "suggested",
        "sheets",
        "regions",
        "samples",
        "umap",
        "umap-samples",
        "umap-described",
        "umap-described-samples",
        "static-vae",
        "margin",
        "margin-described",
        "random",
        "paper",
    ),
    "sklearn": (
        "suggested",
        "sheets",
        "regions",
        "umap",
        "umap-samples",
        "static-vae",
        "margin",
        "margin-described",
        "random",
        "paper",
    ),
    "textures": (
        "suggested",
        "sheets",
        "regions",
        "umap",
        "umap-samples",
        "static-vae",
        "margin",
        "margin-described",
        "random",
        "paper",
    ),
    "letters": ("suggested", "sheets", "umap", "umap-samples", "margin", "margin-described"),
}
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


def runs(seeds: int, only: str = "") -> list[Run]:
    """Return the runs of the report whose name contains `only`.

    All runs of one seed come before the runs of the next seed, because a report of one seed is
    already useful.
    """
    planned = []
    for seed in range(seeds):
        planned += [
            _run(method, data, seed) for data, methods in METHODS_ON.items() for method in methods
        ]
        planned += [Run(method, "digits", seed, CAREFUL) for method in ("careful", "umap-careful")]
        planned += [_run(method, f"digits-{size}", seed) for size in SIZES for method in WITH_SIZE]
    return [run for run in planned if only in run.name]


def _run(method: str, data: str, seed: int) -> Run:
    one_by_one = method.startswith("margin") or method == "random"
    return Run(method, data, seed, SINGLES if one_by_one else BUDGETS[data.partition("-")[0]])


def carry_out(run: Run, folder: Path) -> Course:
    """Carry out a run in this process. `folder` caches maps that several runs use."""
    return METHODS[run.method](data_sets.load(run.data), run, folder)


Method = Callable[[data_sets.LabelledPictures, Run, Path], Course]


def _ours(make: str, **options: object) -> Method:
    def method(data: data_sets.LabelledPictures, run: Run, _: Path) -> Course:
        from annotation_gain import ours

        return asyncio.run(getattr(ours, make)(data, run.seed, run.gestures, **options))

    return method


def _umap(name: str, *, described: bool = False, **options: object) -> Method:
    def method(data: data_sets.LabelledPictures, run: Run, folder: Path) -> Course:
        from annotation_gain import opponents

        rows = (opponents.described if described else opponents.pixels)(data)
        kept = folder / f"umap{'-described' if described else ''}--{data.name}--{run.seed}.npy"
        points = opponents.umap_positions(rows, run.seed, kept)
        given = {"rows": rows, **options}
        return opponents.lasso_on(name, points, data, run.seed, run.gestures, **given)

    return method


def _static_vae(data: data_sets.LabelledPictures, run: Run, _: Path) -> Course:
    from annotation_gain import opponents, ours

    points = asyncio.run(ours.static_positions(data, run.seed))
    return opponents.lasso_on("static VAE", points, data, run.seed, run.gestures, samples=False)


def _one_by_one(*, margin: bool, described: bool = False) -> Method:
    def method(data: data_sets.LabelledPictures, run: Run, _: Path) -> Course:
        from annotation_gain import opponents

        learner = (
            opponents.DescribedMachine(data)
            if described
            else opponents.AugmentedNetwork(data, run.seed)
        )
        return opponents.one_by_one(data, run.seed, run.gestures, learner, margin=margin)

    return method


METHODS: dict[str, Method] = {
    "suggested": _ours("as_suggested"),
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
}


def carry_out_all(planned: list[Run], folder: Path, jobs: int, *, fresh: bool) -> None:
    """Carry out the planned runs in separate processes, `jobs` at once.

    A run that already has a course in `folder` is skipped, unless `fresh`. If a run fails, the
    error is printed and the other runs continue.
    """

    def one(run: Run) -> None:
        course = folder / f"{run.name}.json"
        if course.exists() and not fresh:
            return
        command = [
            sys.executable,
            str(Path(__file__).parent),
            "--run",
            run.method,
            run.data,
            str(run.seed),
        ]
        done = subprocess.run(  # this program, with the option --run
            [*command, str(run.gestures), "--results", str(folder)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        failed = done.returncode != 0
        result = f"FAILED: {done.stderr.strip()[-400:]}" if failed else "done"
        print(f"{run.name}: {result}", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, planned))
