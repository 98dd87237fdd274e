"""The space in which similar items are searched, for items that are vectors or have features.

For other items, the trainer searches (models/training/similarity.py).
"""

import numpy as np

from lodespace.features.registry import family_of_texts, reads_words
from lodespace.items.item_set import ItemSet
from lodespace.models.features.nearest import Rows, SearchSpace

NO_WORDS = (
    "The items cannot be searched by words. This needs texts, or pictures with features of a "
    "network that also reads words."
)
_TINY_DEVIATION = 1e-8


def space_of(items: ItemSet) -> SearchSpace | None:
    """Return the space of the imported features or, without these, of the items as vectors.

    Features of a pretrained network have length 1, so the nearest items have the largest cosine
    similarity. Other features and vectors are standardised, as for the neighbour graph. Returns
    None for pictures without imported features. Their features are learned in training.
    """
    network = items.details.get("features")
    if items.features is not None:
        if isinstance(network, dict):
            return SearchSpace(f"features by {network.get('name')}", items.features)
        return _standardised("features", items.features)
    if items.kind != "vector":
        return None
    network = items.details.get("text_network")
    name = f"texts by {network.get('name')}" if isinstance(network, dict) else "vectors"
    if items.standardisation is None:
        return _standardised(name, items.data)
    mean, deviation = items.standardisation
    return SearchSpace(name, items.data, mean, 1 / deviation)


def searches_files(items: ItemSet) -> bool:
    """Return whether an example file can be compared with `items`.

    It cannot if the features of the items came from a file, because nobody knows how to compute the
    same features of the example.
    """
    return items.features is None or isinstance(items.details.get("features"), dict)


def searches_words(items: ItemSet) -> bool:
    """Return whether words can be compared with `items`."""
    text, picture = (items.details.get(key) for key in ("text_network", "features"))
    if isinstance(text, dict):
        found = family_of_texts(str(text.get("name")))
        return found is not None and found.installed()
    return isinstance(picture, dict) and reads_words(str(picture.get("name")))


def _standardised(name: str, rows: Rows) -> SearchSpace:
    """Return a space in which each feature has mean 0 and deviation 1; constant features are 0."""
    deviation = rows.std(axis=0, dtype=np.float64)
    scale = 1 / np.where(deviation > _TINY_DEVIATION, deviation, 1)
    mean = rows.mean(axis=0, dtype=np.float64)
    return SearchSpace(name, rows, mean.astype(np.float32), scale.astype(np.float32))
