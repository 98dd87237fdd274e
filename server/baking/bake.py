"""Bakes: folders with a finished scene, made by headless training or from a project.

`lodespace serve` shows a bake read-only. The folder is built under a temporary name and then
renamed, so an interrupted bake leaves nothing behind. This module imports torch.
"""

import contextlib
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lodespace.baking.as_is import publish
from lodespace.baking.baked_data import GivenLabels, copy_data, project_state
from lodespace.baking.output_folder import check_output
from lodespace.baking.parts import DEFAULT_PARTS, check_parts
from lodespace.baking.progress import Progress
from lodespace.baking.site_page import PAGE, check_base_url, set_base_url
from lodespace.baking.training_bake import TrainingBake
from lodespace.errors import TrainingError
from lodespace.files import atomic_folder
from lodespace.importing.source import ImportOptions, Source
from lodespace.models.device import limited_threads
from lodespace.models.workers.launch import threads_of_worker
from lodespace.models.workers.team import WorkerLostError
from lodespace.project.initial_labels import choose_labels
from lodespace.project.knn_check import check_neighbours
from lodespace.project.opening import finish_bake, new_bake
from lodespace.protocol import Settings
from lodespace.session.run_settings import RunSettings
from lodespace.session.settings import merge
from lodespace.session.settings_file import write_settings
from lodespace.training.workers import team_for

DEFAULTS = RunSettings()
_NOTHING_TRAINED = (
    "a project that is baked as it is (--as-is) is neither trained nor imported, so leave out"
)


def bake(
    data: "str | Path | Source",
    output: Path,
    *,
    epochs: int = DEFAULTS.epochs,
    seed: int = DEFAULTS.seed,
    settings: Settings | None = None,
    labels: str | None = None,
    options: ImportOptions | None = None,
    parts: Sequence[str] = DEFAULT_PARTS,
    device: str = "auto",
    threads: int = 0,
    workers: int = 1,
    ray: str | None = None,
    force: bool = False,
    progress: bool = False,
    as_is: bool = False,
    base_url: str = "",
) -> Path:
    """Train and write the bake `output`. A failed bake leaves nothing behind.

    The same data, seed, settings, threads and kind of processor give the same bytes.

    With `as_is`, nothing is trained: the bake shows the project `data` as it is (as_is.py).

    Args:
        data: Path of data to import, a Source object, or path of a project. A project is trained
            again, with the labels that are in the project.
        output: Folder of the bake.
        epochs: Number of times that the encoder is trained on all data.
        seed: Seed of the training.
        settings: Settings of the training. A setting that is not given has the value of the
            project, or the default.
        labels: Which labels of the data to train with: "none", "all" or a number of labels per
            class. None: the labels of the project. For data without a project, None means "all" if
            the labels are a person's work, else "none".
        options: How to read the data.
        parts: Parts to write, as names from PARTS. The scene is always written.
        device: "auto", "cpu", "cuda" or "mps".
        threads: Processor threads, of each worker. 0: all.
        workers: Processes that train together (docs/scale.md).
        ray: Address of the Ray cluster on which they run; None for this machine.
        force: Replace `output` if it is a bake.
        progress: Show a progress bar, and notes about the bake, on standard error.
        as_is: Publish the map, the session and the model of the project `data`. The arguments
            about training and import then have no meaning, and must have their default values.
        base_url: Address at which the site will be, for previews of links; "" if the address is
            not known.

    Returns:
        `output`.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written, `data` cannot be published as it is, or a video
            cannot be encoded on this computer.
        TrainingError: The training failed.
    """
    check_parts(parts)
    if base_url:
        check_base_url(base_url)
    if epochs < 1:
        raise TrainingError(f"epochs must be at least 1, not {epochs}")
    with (
        # `export --format model` uses torch's default number of threads. A bake with `as_is` uses
        # the same number, so that both write the same model.
        contextlib.nullcontext()
        if as_is and threads == 0
        else limited_threads(threads_of_worker(threads, workers)),
        atomic_folder(output, lambda: check_output(output, force=force)) as folder,
    ):
        options = options or ImportOptions()
        if as_is:
            if (epochs, seed, settings, labels) != (DEFAULTS.epochs, DEFAULTS.seed, None, None):
                raise TrainingError(f"{_NOTHING_TRAINED} epochs, seed, settings and labels")
            if dataclasses.replace(options, root=None) != ImportOptions():
                raise TrainingError(f"{_NOTHING_TRAINED} options of the import")
            publish(data, options.root, folder, parts)
            _finish_site(folder, base_url)
            return output
        state = project_state(data, options.root)
        if state is not None:
            options = dataclasses.replace(options, root=None)
            if progress:
                sys.stderr.write(
                    f"{data}: the map is trained again from seed {seed}, with the labels of the "
                    "project. To publish the map and the session as they are, add --as-is\n"
                )
        items, kept = copy_data(state.data if state else data, folder, options, progress)
        if state is not None:
            items = dataclasses.replace(items, root=state.root)
        if state is not None and labels is None:
            given = state.given
        else:
            chosen = choose_labels(items, labels, seed)
            none = np.zeros(len(chosen), np.bool_)
            given = GivenLabels(chosen, none, none, None)
        if state is not None:
            settings = merge(state.settings, settings or Settings())
        check_neighbours(items, settings)
        project = new_bake(folder, kept, items, seed=seed, settings=settings or Settings())
        try:
            with (
                Progress(f"baking {items.name}", shown=progress) as shown,
                team_for(workers, device, threads, ray) as team,
            ):
                TrainingBake(project, given, epochs, device, frozenset(parts), team).run(shown)
        except WorkerLostError as error:
            raise TrainingError(f"{error}. Nothing was written; start the bake again") from error
        run = {"epochs": epochs, "seed": seed, "labels": labels}
        machine = {"device": device, "threads": threads, "workers": workers}
        write_settings(folder, project.settings, {**run, **machine})
        finish_bake(project)
        _finish_site(folder, base_url)
    return output


def _finish_site(folder: Path, base_url: str) -> None:
    if base_url and (folder / PAGE).is_file():
        set_base_url(folder, base_url)
