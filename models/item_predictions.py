"""A record of the predictions per item. This module does not import torch."""

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

UNLABELED = -1
"""Class of an item that has no label, or for which nothing is predicted."""

A = TypeVar("A")
B = TypeVar("B")


class ItemPredictions(NamedTuple, Generic[A]):
    """Predictions of N items: torch tensors in training, numpy arrays elsewhere."""

    prediction: A
    """Predicted class, int16 (N,); UNLABELED where nothing is predicted."""
    confidence: A
    """Probability of the predicted class, float32 (N,), 0 to 1."""
    margin: A | None = None
    """Difference between the probabilities of the most and the second most probable class, float32
    (N,); 0 where nothing is predicted. None if only prediction and confidence are known.
    """
    doubt: A | None = None
    """Probability that the label is wrong or, without a label, that the prediction is wrong,
    float32 (N,); 1 for an item without a prediction. None if only `prediction` and `confidence` are
    known."""

    def map(self, convert: Callable[[A], B]) -> "ItemPredictions[B]":
        """Return the record with `convert` applied to each array that is not None."""
        margin = None if self.margin is None else convert(self.margin)
        doubt = None if self.doubt is None else convert(self.doubt)
        return ItemPredictions(convert(self.prediction), convert(self.confidence), margin, doubt)
