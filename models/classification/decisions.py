"""Predictions per item from class probabilities."""

import torch

from lodespace.models.classification.calibration import own_probability
from lodespace.models.classification.label_noise import LabelNoise, supported
from lodespace.models.item_predictions import UNLABELED, ItemPredictions


def no_predictions(n: int, device: torch.device) -> ItemPredictions[torch.Tensor]:
    """Return predictions for `n` items before there are labels: no item has a predicted class."""
    zeros = torch.zeros(n, device=device)
    return ItemPredictions(
        torch.full((n,), UNLABELED, dtype=torch.int16, device=device),
        zeros,
        zeros.clone(),
        torch.ones(n, device=device),
    )


def predictions_from(
    probabilities: torch.Tensor, labels: torch.Tensor
) -> ItemPredictions[torch.Tensor]:
    """Return the most probable class of each item, with its confidence, margin and doubt.

    Args:
        probabilities: class probabilities, float32 (N, C).
        labels: int64 (N,), UNLABELED for items without a label.
    """
    best, classes = probabilities.topk(min(2, probabilities.shape[1]), dim=1)
    confidence = best[:, 0]
    margin = confidence - best[:, 1] if best.shape[1] > 1 else confidence
    labels = labels.to(probabilities.device)
    own = probabilities.gather(1, labels.clamp_min(0)[:, None]).squeeze(1)
    doubt = 1 - torch.where(labels != UNLABELED, own, confidence)
    return ItemPredictions(classes[:, 0].to(torch.int16), confidence, margin, doubt)


def given_labels(
    probabilities: torch.Tensor, labels: torch.Tensor, noise: LabelNoise
) -> torch.Tensor:
    """Return class probabilities (N, C) that take each item's own label into account.

    Args:
        probabilities: class probabilities that do not depend on the item's own label, (N, C).
        labels: int64 (N,), UNLABELED for items without a label.
        noise: frequency of wrong labels.
    """
    items = torch.nonzero(labels != UNLABELED).squeeze(1)
    result = probabilities.clone()
    if len(items) == 0:
        return result
    own, rows, before = own_left_out(probabilities, labels)
    doubt = noise.doubts(own, probabilities.shape[1])
    # The other classes keep their proportions.
    result[rows] *= (doubt / (1 - before).clamp_min(1e-9))[:, None]
    result[rows, labels[items].to(rows.device)] = 1 - doubt
    return result


def own_left_out(
    probabilities: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the probability of each of L labels, predicted without this label.

    Args:
        probabilities: class probabilities that do not depend on the item's own label, (N, C).
        labels: int64 (N,), UNLABELED for items without a label.

    Returns:
        The probabilities corrected for classes with few labels (L,), the labelled items int64
        (L,), and the probabilities before the correction (L,).
    """
    labels = labels.to(probabilities.device)
    items = torch.nonzero(labels != UNLABELED).squeeze(1)
    classes = labels[items]
    own = own_probability(probabilities[items], classes)
    others = torch.bincount(classes, minlength=probabilities.shape[1])[classes] - 1
    return supported(own, others), items, own


def with_classes(probabilities: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Return the probabilities as (N, `n_classes`); new classes have probability 0."""
    kept = min(probabilities.shape[1], n_classes)
    wider = probabilities.new_zeros(len(probabilities), n_classes)
    wider[:, :kept] = probabilities[:, :kept]
    return wider
