"""Labels come in increments (paper, section 5).

New classes are learned in addition to the old ones.
"""

import numpy as np
import pytest

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, Trainer, preset
from lodespace.models.features.descriptor import described
from lodespace.models.features.principal_components import principal_components


@pytest.mark.slow
def test_old_classes_are_kept_while_new_ones_come(slow: bool) -> None:
    """Classes 0 to 4 are labelled, then 5 to 9, in one gesture per class with --slow, otherwise in
    one gesture per five classes.

    Accuracy on 0 to 4 falls by at most 2 points. Unless `slow`, the items are descriptors of the
    digits, as vectors: the networks for vectors are smaller. The accuracy is then that of about 200
    items, and falls by 1 to 3 points, depending on the seed.
    """
    shown, per_class = (1500, 50) if slow else (600, 20)
    items = load_digits()
    assert items.truth is not None
    data, truth = items.data[:shown], items.truth[:shown]
    config = preset("default").replace(feature_steps=120, encoder_epochs=2, least_steps=1)
    dataset = Dataset.from_images(data)
    if not slow:
        dataset = Dataset.from_vectors(principal_components(described(dataset), 30).numpy())
    trainer = Trainer(dataset, config, n_classes=10, seed=0, device="cpu")
    labels = np.full(shown, -1, np.int16)
    old = truth < 5
    accuracy = []
    for classes in (range(5), range(5, 10)):
        for label in classes:
            labels[np.flatnonzero(truth == label)[:per_class]] = label
            if not slow and label + 1 < classes.stop:
                continue
            trainer.set_labels(labels)
            for snapshot in trainer.frames():
                if snapshot.resting:
                    break
        asked = old & (labels == -1)
        accuracy.append(float((snapshot.prediction[asked] == truth[asked]).mean()))
        named = float((snapshot.prediction == truth)[truth < classes.stop].mean())
        assert named > 0.85, "the new classes are not learned"
    assert accuracy[1] >= accuracy[0] - (0.02 if slow else 0.04), accuracy
