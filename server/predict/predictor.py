"""Predictions for new items, made as the page predicts a project's items. Imports torch."""

import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError, ProjectError
from lodespace.features.preparation import SOUND_BATCH
from lodespace.importing.features import read_features
from lodespace.importing.importer import source_of
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, Source
from lodespace.models.portable import DESCRIPTION, PortableModel, Predicted
from lodespace.models.portable import load_model as load_portable
from lodespace.predict.networks import Networks
from lodespace.predict.project_model import model_of
from lodespace.predict.reading import NewItems, doubts, read_batches
from lodespace.project.offline import open_offline
from lodespace.project.project import MANIFEST

_BATCH = 500
"""Number of items that are predicted together."""


class PredictedItems(NamedTuple):
    """A batch of new items with their predictions."""

    items: NewItems
    predicted: Predicted


class Predictor:
    """Reads new items in the same way as the items of the project, and predicts their classes."""

    def __init__(self, model: PortableModel) -> None:
        """Use `model`. Raises ValueError if the model does not state how items are read."""
        self.model = model
        stated = model.description.get("data")
        if stated is None:
            raise ValueError(
                "the model was exported by an older version, which did not store how items are "
                "read; export it again"
            )
        self.reading = Reading.of(stated)
        self.networks = Networks(self.reading)

    @property
    def class_names(self) -> list[str]:
        """Name of each class."""
        return self.model.class_names

    def predict(self, data: Any, features: npt.ArrayLike | None = None) -> Predicted:
        """Return the predictions for all items of `data`.

        Args:
            data: arrays, a path, or a map-style Dataset of torch, as for `lodespace.serve`.
            features: features (N, K), if the items of the project were imported with features.

        Raises:
            DatasetError: the data cannot be read, or an item of an array cannot be read.
            ValueError: the data do not have the shape that the model reads.
        """
        given = None if features is None else np.asarray(features)
        if self._fits(data) and (given is not None or not self.computes_features):
            return self.model.predict(data, given)
        report = ImportReport("data")
        batches = self.batches(source_of(data, None, None, "data")[0], report, given)
        parts = [batch.predicted for batch in batches]
        for line in report.lines:
            warnings.warn(line.text, stacklevel=2)
        if report.left_out:
            bad = report.bad[0]
            raise DatasetError(
                f"{report.left_out} items cannot be read, such as {bad.name}: {bad.reason}"
            )
        return _joined(parts, len(self.class_names))

    def batches(
        self,
        data: "str | Source",
        report: ImportReport,
        features: npt.NDArray[Any] | None = None,
        options: ImportOptions | None = None,
    ) -> Generator[PredictedItems]:
        """Yield the items of `data` with their predictions, batch by batch.

        Args:
            data: a path, torchvision:NAME, or a source.
            report: receives the number of items, the items that were left out, and doubts about
                the value range of pictures.
            features: features of the items in their order, (N, K), if the model needs them. None:
                they are read from the file in `options`, or computed by the network that computed
                those of the project.
            options: options for reading the data, among them the file of the features.

        Raises:
            DatasetError: the data cannot be read, or are of another kind than the project's.
        """
        options = options or ImportOptions()
        source = open_new(data, self.reading, options)
        report.lines = doubts(source)
        by_id = None
        computed = self.computes_features and features is None and options.features is None
        if self.model.given_features and features is None and not computed:
            if options.features is None:
                raise DatasetError(
                    f"the project was imported with {self.model.given_features} features per item, "
                    "and the model needs them for new items too: give them with --features FILE"
                )
            by_id = read_features(Path(options.features), options)
        network = self.networks.family if computed else None
        done, size = 0, SOUND_BATCH if network is not None and network.rate else _BATCH
        for items in read_batches(source, self.reading, report, size, network):
            rows = None
            if computed:
                rows = self.networks.features_of(items.prepared)
            elif by_id is not None:
                rows = by_id.of(items.ids, done)
            elif features is not None:
                rows = features[done : done + len(items)]
            done += len(items)
            if items.texts:
                items.values = list(self.networks.of_texts.features(items.texts))
            try:
                yield PredictedItems(items, self.model.predict(items.array(), rows))
            except ValueError as error:
                raise DatasetError(f"{source.name}: {error}") from error

    @property
    def computes_features(self) -> bool:
        """Whether the model needs features that a pretrained network computes."""
        return bool(self.model.given_features and self.reading.network)

    def _fits(self, data: Any) -> bool:
        """Return whether `data` is an array that the model reads without a conversion."""
        if not isinstance(data, np.ndarray):
            return False
        if self.reading.frame is None:
            return data.ndim == 2 and bool(np.isfinite(data).all())
        pictures = data.dtype == np.uint8 and data.shape[1:3] == self.reading.frame
        return pictures and (data.ndim == 3 or (data.ndim == 4 and data.shape[3] == 3))


def load_model(path: str | Path) -> Predictor:
    """Load an exported model, or the newest model of a project or bake.

    Raises:
        ProjectError: the project has no model yet, or is damaged.
        ValueError: the model cannot be read. The message states the reason.
    """
    path = Path(path)
    if (path / DESCRIPTION).is_file():
        return Predictor(load_portable(path))
    if (path / MANIFEST).is_file():
        project, session = open_offline(path)
        project.close()
        model = model_of(project, [c.name for c in session.classes.classes])
        if model.student is None and not bool((session.labels >= 0).any()):
            raise ProjectError(f"{path}: no item has a label yet, so no class can be predicted")
        return Predictor(model)
    raise ValueError(f"{path} is neither an exported model nor a project: {DESCRIPTION} is missing")


def _joined(parts: list[Predicted], n_classes: int) -> Predicted:
    if not parts:
        none = np.zeros(0, np.float32)
        return Predicted([], none.astype(np.int64), none, np.zeros((0, n_classes), np.float32))
    return Predicted(
        [name for part in parts for name in part.classes],
        *(np.concatenate(arrays) for arrays in zip(*(part[1:] for part in parts), strict=True)),
    )
