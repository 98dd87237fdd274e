"""Items as the data set of the model."""

import numpy as np
import pytest

from lodespace.items.item_set import ItemSet
from lodespace.training.dataset import to_dataset


@pytest.mark.parametrize(("details", "factor"), [({}, 1), ({"features": {"name": "clip"}}, 10)])
def test_features_of_a_network_keep_their_proportions(details: dict, factor: float) -> None:
    """Features of a pretrained network that vary more mean more. Other features have units."""
    features = np.random.default_rng(0).normal(size=(50, 1)).astype(np.float32) * [1, 10]
    items = ItemSet(
        "x", "vector", np.zeros((50, 3), np.float32), features=features, details=details
    )
    given = to_dataset(items).features
    assert given is not None
    deviation = given.stored.std(dim=0, correction=0)
    assert float(deviation[1] / deviation[0]) == pytest.approx(factor, rel=1e-3)
