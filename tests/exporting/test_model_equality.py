"""The exported model predicts the same classes as the page, and is as accurate on new items.

With --slow, each of the three data sets of the benchmark is tested with 27, with 100 and with 300
labels, textures and letters also on 1,000 new items each. Without --slow, there is one case: the
bundled digits with 27 labels, which start from the checkpoint of the demo.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from annotation_gain.data_sets import LabelledItems, MissingDataError, load
from lodespace.models import Dataset, PortableModel, Snapshot, Trainer, load_model, preset

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "assets" / "demo" / "checkpoints"
NEW = 1000
"""Number of items that the model is not trained on, for all data sets but the digits. The digits
use the model of a stored checkpoint."""
PER_SHEET = 27


class Figures(NamedTuple):
    """Comparison of the predictions that the page shows with those of the exported model."""

    page: float
    """Share of the items without labels for which the page's prediction is right."""
    exported: float
    """The same share for the exported model."""
    identical: float
    """Share of all items for which the page and the exported model predict the same class."""
    new: float | None
    """Share of new items for which the exported model is right."""


def at_rest(trainer: Trainer) -> Snapshot:
    return next(snapshot for snapshot in trainer.frames() if snapshot.resting)


def figures(trainer: Trainer, data: LabelledItems, labels: np.ndarray, folder: Path) -> Figures:
    """Compare predictions of the exported model with those that the page shows.

    The model is exported into `folder` and loaded again.
    """
    n = len(labels)
    snapshot = at_rest(trainer)
    folder.mkdir()
    PortableModel.of(trainer, [str(k) for k in range(data.n_classes)]).save(folder)
    model = load_model(folder)
    found = model.predict(data.items[:n]).class_ids
    others = labels < 0
    new = None
    if n < len(data):
        new = float((model.predict(data.items[n:]).class_ids == data.truth[n:]).mean())
    return Figures(
        float((snapshot.prediction == data.truth[:n])[others].mean()),
        float((found == data.truth[:n])[others].mean()),
        float((found == snapshot.prediction).mean()),
        new,
    )


@pytest.mark.parametrize("name", ["digits", "textures", "letters"])
def test_the_exported_model_predicts_as_the_page(name: str, slow: bool, tmp_path: Path) -> None:
    if name != "digits" and not slow:
        pytest.skip("runs with --slow")
    try:
        data = load(name)
    except MissingDataError as error:
        pytest.skip(str(error))
    known = len(data) if name == "digits" else len(data) - NEW
    dataset = Dataset.from_images(data.items[:known], data.content)
    if name == "digits":
        trainer = Trainer.load(DEMO, dataset, device="cpu")
        trainer.set_class_count(data.n_classes)
    else:
        trainer = Trainer(dataset, preset("default"), n_classes=data.n_classes, device="cpu")
    at_rest(trainer)
    order = np.random.default_rng(5).permutation(known)
    labels = np.full(known, -1, np.int16)
    for count in (27, 100, 300) if slow else (27,):
        while (labels >= 0).sum() < count:
            done = int((labels >= 0).sum())
            sheet = order[done : min(count, done + PER_SHEET)]
            labels[sheet] = data.truth[sheet]
            trainer.set_labels(labels, verified=labels >= 0)
            at_rest(trainer)
        found = figures(trainer, data, labels, tmp_path / str(count))
        assert found.identical >= 0.97, (count, found)
        assert abs(found.exported - found.page) <= 0.01, (count, found)
        assert found.new is None or found.new >= found.page - 0.05, (count, found)
