"""Conversion of a project's items to tensors. Imports torch."""

import torch

from lodespace.items.item_set import ItemSet
from lodespace.models.dataset import Dataset, Standardisation


def to_dataset(items: ItemSet) -> Dataset:
    """Convert `items` to the data set of the model.

    Raises ValueError for arrays that the model cannot read.
    """
    if items.kind == "vector":
        known = None
        if items.standardisation is not None:
            mean, deviation = torch.from_numpy(items.standardisation.copy())
            known = Standardisation(mean, deviation)
        dataset = Dataset.from_vectors(items.data, known)
    else:
        dataset = Dataset.from_images(items.data, items.content)
    if items.features is not None:
        pretrained = "features" in items.details
        dataset = dataset.with_features(items.features, one_scale=pretrained)
    return dataset if items.knn is None else dataset.with_neighbours(*items.knn)
