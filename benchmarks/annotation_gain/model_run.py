"""A project of Lodespace in this process: import, session, review and training, without a server.

A run with this page does not depend on the speed of the machine. After each gesture, training
continues until no work is left, and waiting is measured in seconds of the processor.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from annotation_gain.data_sets import LabelledItems
from annotation_gain.import_files import write_import_files
from annotation_gain.page import Classes, Page
from annotation_gain.person import Points
from lodespace import protocol
from lodespace.cli.options import add_data_options, data_options_from
from lodespace.importing.importer import import_data
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.models import Trainer, TrainingConfig
from lodespace.review import contact_sheets, suggestion
from lodespace.review import quality as review_quality
from lodespace.review.calibration import Calibration, evidence
from lodespace.session.commands import registry
from lodespace.session.session import AnnotationSession
from lodespace.training.dataset import to_dataset

CONFIG = dataclasses.replace(TrainingConfig(), encoder_epochs=1, least_steps=1)
"""Configuration of the training.

It differs from the default only in the training of the encoder, on which neither the map nor the
predictions depend.
"""


class ModelPage(Page):
    """A page of a project whose session and training are in this process."""

    def __init__(self, items: ItemSet, seed: int) -> None:
        super().__init__()
        self.session = AnnotationSession(items, scene_id=1)
        self.trainer = Trainer(to_dataset(items), CONFIG, n_classes=1, seed=seed, device="cpu")
        self._calibration = Calibration()
        self._changed = True

    @property
    def points(self) -> Points:
        return self.trainer.snapshot().latent_mean

    @property
    def labels(self) -> Classes:
        return self._classes[self.session.labels]

    @property
    def prediction(self) -> Classes:
        return self._classes[self.session.item_state().prediction]

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        return self.session.item_state().confidence

    async def rest(self) -> float:
        """Train until no work is left, if labels or classes have changed.

        Returns the seconds of the processor.
        """
        began = time.process_time()
        if self._changed:
            session, trainer = self.session, self.trainer
            count = max(trainer.n_classes, len(session.classes.classes))
            trainer.set_class_count(count)
            trainer.set_labels(session.labels, None, session.verified, session.accepted)
            found = next(snapshot for snapshot in trainer.frames() if snapshot.resting)
            session.publish(found.latent_mean, found.predictions, step=found.step, resting=True)
            self._changed = False
        return time.process_time() - began

    async def predicted(self) -> float:
        return await self.rest()

    async def sheet(self, kind: Any, size: int = protocol.SHEET_SIZE) -> protocol.Sheet:
        state = self._calibration.applied(self.session.item_state())
        return contact_sheets.sheet(state, kind, size)

    async def suggestion(self) -> protocol.Suggestion:
        return suggestion.suggest(self._calibration.applied(self.session.item_state()), str)

    async def quality(self) -> protocol.Quality:
        return review_quality.quality(
            self.session.item_state(),
            held_out_accuracy=None,
            held_out=0,
            calibration=self._calibration,
        )

    async def _command(self, command: Any) -> None:
        event = registry.plan(self.session, command, "simulated")
        if event is None:
            return
        self.session.apply(msgspec.structs.replace(event, sequence=self.session.sequence + 1))
        self._calibration = Calibration(evidence(self.session))
        self._changed = True

    async def _listed(self) -> list[protocol.ClassInfo]:
        return list(self.session.classes.classes)

    @property
    def _revision(self) -> int:
        return 0


@asynccontextmanager
async def page_of(
    data: LabelledItems, seed: int, *, known: bool = True
) -> AsyncIterator[ModelPage]:
    """Context manager that imports `data`, and yields a page after the first training.

    The project receives the items, but not the true classes. With `known`, it receives the list of
    classes.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    add_data_options(parser)
    with tempfile.TemporaryDirectory() as folder:
        options = parser.parse_args(write_import_files(data, Path(folder)))
        target = Path(folder) / "items"
        report = import_data(options.path, target, data_options_from(options), in_order=True)
        items = item_set.load(target, root=report.root)
        if len(items) != len(data):
            raise RuntimeError(f"{len(items)} of {len(data)} items were imported")
        page = ModelPage(items, seed)
        if known:
            await page.make_classes(range(data.n_classes))
        await page.rest()
        yield page
