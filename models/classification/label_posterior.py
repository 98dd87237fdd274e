"""Class probabilities of items of which some have labels."""

import torch

from lodespace.models.classification.wide_classifier import LABEL_CERTAINTY
from lodespace.models.item_predictions import UNLABELED


def posterior_of(
    every: torch.Tensor,
    labels: torch.Tensor,
    items: torch.Tensor | None = None,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return class probabilities (N, C), given labels.

    For a labelled item, the label has the weight 0.9, and the predicted probabilities 0.1. With
    `weights`, the label has 0.9 times its weight, and the predicted probabilities the rest.

    Args:
        every: predicted class probabilities of all items, (N, C).
        labels: labels int64 (N,), on the CPU.
        items: items int64 (K,), on the CPU, of which the probabilities (K, C) are returned; None
            for all items.
        weights: probability of each label (N,); None for ones.
    """
    posterior = every.clone() if items is None else every[items.to(every.device)]
    labels = labels if items is None else labels[items]
    labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
    sure = torch.full((len(labelled),), LABEL_CERTAINTY, dtype=torch.float64)
    if weights is not None:
        sure *= (weights if items is None else weights[items])[labelled].clamp_max(1)
    rest = (1 - sure).to(posterior)
    own = labels[labelled].to(posterior.device)
    labelled = labelled.to(posterior.device)
    posterior[labelled] *= rest[:, None]
    posterior[labelled, own] += sure.to(posterior)
    return posterior
