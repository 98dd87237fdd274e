"""Which runs there are, and running them: each in a process of its own, a few at once, and not again where its course is there."""

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
"""Items that one-by-one labelling goes on to."""
SUGGESTED = 30
"""Gestures of a person who does what is suggested, unless nothing is any more."""
SIZES = (1000, 20000)
"""Numbers of digits beside the bundled 5,000, to see how the gain grows."""


@dataclass(frozen=True)
class Run:
    """`method` on `data` with `seed`, for `gestures` of them."""

    method: str
    data: str
    seed: int
    gestures: int

    @property
    def name(self) -> str:
        return f"{self.method}--{self.data}--{self.seed}--{self.gestures}"


def runs(seeds: int, only: str = "") -> list[Run]:
    """Everything that the report tells of, the runs of one seed together, so that a part of it is of use."""
    planned = []
    for seed in range(seeds):
        planned += [Run(method, "digits", seed, 50) for method in ("sheets", "regions", "umap", "static-vae")]
        planned += [Run(method, "digits", seed, 75) for method in ("careful", "umap-careful")]
        planned += [Run(method, "digits", seed, 50) for method in ("umap-described", "umap-described-samples")]
        planned += [Run("samples", "digits", seed, SUGGESTED), Run("sheets", "textures", seed, 100)]
        planned += [Run("umap", "textures", seed, 50), Run("umap", "sklearn", seed, 30)]
        for data in ("digits", "sklearn", "textures"):
            planned += [Run("suggested", data, seed, SUGGESTED), Run("umap-samples", data, seed, 50)]
            planned += [Run("margin", data, seed, SINGLES), Run("random", data, seed, SINGLES)]
            planned += [Run("paper", data, seed, 25)]
        planned += [
            Run(method, data, seed, 30) for method in ("regions", "static-vae") for data in ("sklearn", "textures")
        ]
    for size in SIZES:
        name = f"digits-{size}"
        planned += [Run(method, name, 0, SUGGESTED) for method in ("suggested", "umap-samples")]
        planned += [Run("margin", name, 0, SINGLES)]
    return [run for run in planned if only in run.name]


def carry_out(run: Run) -> Course:
    """In this process."""
    data = data_sets.load(run.data)
    return METHODS[run.method](data, run)


def _ours(make: str, **options: object) -> Callable[[data_sets.LabelledPictures, Run], Course]:
    def method(data: data_sets.LabelledPictures, run: Run) -> Course:
        from annotation_gain import ours

        return asyncio.run(getattr(ours, make)(data, run.seed, run.gestures, **options))

    return method


def _umap(name: str, **options: object) -> Callable[[data_sets.LabelledPictures, Run], Course]:
    def method(data: data_sets.LabelledPictures, run: Run) -> Course:
        from annotation_gain import opponents

        points = opponents.umap_positions(opponents.pixels(data), run.seed)
        return opponents.lasso_on(name, points, data, run.seed, run.gestures, **options)  # pyright: ignore[reportArgumentType]

    return method


def _umap_described(name: str, *, samples: bool) -> Callable[[data_sets.LabelledPictures, Run], Course]:
    def method(data: data_sets.LabelledPictures, run: Run) -> Course:
        from annotation_gain import opponents

        rows = opponents.described(data)
        points = opponents.umap_positions(rows, run.seed)
        return opponents.lasso_on(name, points, data, run.seed, run.gestures, samples=samples, rows=rows)

    return method


def _static_vae(data: data_sets.LabelledPictures, run: Run) -> Course:
    from annotation_gain import opponents, ours

    points = asyncio.run(ours.static_positions(data, run.seed))
    return opponents.lasso_on("static VAE", points, data, run.seed, run.gestures, samples=False)


def _one_by_one(*, margin: bool) -> Callable[[data_sets.LabelledPictures, Run], Course]:
    def method(data: data_sets.LabelledPictures, run: Run) -> Course:
        from annotation_gain import opponents

        return opponents.one_by_one(data, run.seed, run.gestures, margin=margin)

    return method


METHODS: dict[str, Callable[[data_sets.LabelledPictures, Run], Course]] = {
    "suggested": _ours("as_suggested"),
    "sheets": _ours("regions_then_sheets"),
    "samples": _ours("regions_then_sheets", samples=True),
    "regions": _ours("regions_only", purity=0.95, preset="default"),
    "careful": _ours("regions_only", purity=0.99, preset="default"),
    "paper": _ours("regions_only", purity=0.95, preset="paper"),
    "umap": _umap("static UMAP", samples=False),
    "umap-careful": _umap("static UMAP, careful", samples=False, purity=0.99),
    "umap-samples": _umap("static UMAP, samples", samples=True),
    "umap-described": _umap_described("static UMAP of our descriptor", samples=False),
    "umap-described-samples": _umap_described("static UMAP of our descriptor, samples", samples=True),
    "static-vae": _static_vae,
    "margin": _one_by_one(margin=True),
    "random": _one_by_one(margin=False),
}


def carry_out_all(planned: list[Run], folder: Path, jobs: int, *, fresh: bool) -> None:
    """Each run that has no course in `folder` yet (`fresh`: all), `jobs` at once. A run that fails is told, and the others go on."""

    def one(run: Run) -> None:
        course = folder / f"{run.name}.json"
        if course.exists() and not fresh:
            return
        command = [sys.executable, str(Path(__file__).parent), "--run", run.method, run.data, str(run.seed)]
        done = subprocess.run(  # this very program
            [*command, str(run.gestures), "--results", str(folder)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        print(f"{run.name}: {'done' if done.returncode == 0 else 'FAILED: ' + done.stderr.strip()[-400:]}", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, planned))
