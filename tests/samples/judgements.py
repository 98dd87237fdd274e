"""Judgements for tests: items as rows of (label, verified, prediction, confidence, doubt)."""

import numpy as np

from lodespace.session.item_state import Judgement
from lodespace.session.uncertainty import least_doubt, least_margin


def judgement(
    labels: list[int] | np.ndarray,
    prediction: list[int] | np.ndarray,
    confidence: list[float] | np.ndarray,
    *,
    verified: list[int] | None = None,
    locked: list[int] | None = None,
    positions: np.ndarray | None = None,
    doubt: list[float] | np.ndarray | None = None,
) -> Judgement:
    """`verified`, `locked`: items that are. Margins, and doubts where none are given, are the least that go with the confidence."""
    n = len(labels)
    label, predicted = np.asarray(labels, np.int16), np.asarray(prediction, np.int16)
    sure = np.asarray(confidence, np.float32)
    likely = least_doubt(label, predicted, sure) if doubt is None else np.asarray(doubt, np.float32)
    at = np.zeros((n, 3), np.int32) if positions is None else positions.astype(np.int32)
    return Judgement(
        label, _mask(n, verified), predicted, sure, least_margin(sure), likely, _mask(n, locked), at
    )


def _mask(n: int, items: list[int] | None) -> np.ndarray:
    mask = np.zeros(n, np.bool_)
    mask[items or []] = True
    return mask


def random_judgement(seed: int, n: int = 300, axes: int = 3) -> Judgement:
    """Five blobs, labelled here and there, predicted well but not always."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 5, n)
    positions = 32768 + 3000 * (
        random.normal(0, 3, (5, axes))[truth] + random.normal(0, 0.5, (n, axes))
    )
    labels = np.where(
        random.random(n) < 0.4, np.where(random.random(n) < 0.9, truth, (truth + 1) % 5), -1
    )
    prediction = np.where(random.random(n) < 0.9, truth, random.integers(0, 5, n))
    verified = np.flatnonzero((labels != -1) & (random.random(n) < 0.3)).tolist()
    locked = np.flatnonzero(labels == 4).tolist()
    confidence = random.beta(5, 1, n)
    return judgement(
        labels, prediction, confidence, verified=verified, locked=locked, positions=positions
    )
