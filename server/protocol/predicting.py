"""Predictions for new items."""

from typing import Annotated

import msgspec

from lodespace.protocol.base import Message

MAX_PREDICTED = 4096
"""Largest number of new items in one request."""

Base64 = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
Row = Annotated[list[float], msgspec.Meta(min_length=1)]
Rows = Annotated[list[Row], msgspec.Meta(max_length=MAX_PREDICTED)]


class Predict(Message):
    """Body of POST /api/predict: new items, either pictures or vectors."""

    pictures: Annotated[list[Base64], msgspec.Meta(max_length=MAX_PREDICTED)] = msgspec.field(
        default_factory=list
    )
    """Picture files (PNG, JPEG, WebP, TIFF, GIF), each as base64, of any size."""
    vectors: Rows = msgspec.field(default_factory=list)
    """Vectors, each with as many numbers as a vector of the project."""
    features: Rows = msgspec.field(default_factory=list)
    """Features of each item; only for a project whose items were imported with features."""
    probabilities: bool = False
    """Whether the answer states the probability of every class."""


class Predictions(Message):
    """Answer of POST /api/predict, with the items in the order of the request."""

    classes: list[str]
    """Names of all classes, by class id."""
    prediction: list[int]
    """Predicted class of each item."""
    confidence: list[float]
    """Probability of the predicted class of each item, 0..1."""
    step: int
    """Training step of the newest checkpoint, whose model made the predictions."""
    probabilities: list[list[float]] = msgspec.field(default_factory=list)
    """Probabilities of all classes per item, if the request asks for them; else empty."""
