"""Predictions per item from class probabilities."""

import torch

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
