"""What a model thinks of every item, as numbers a person can act on: what it is, how sure, how near the next class, how doubtful."""

from typing import NamedTuple

import torch

from lodespace.models.dataset import UNLABELED


class Opinion(NamedTuple):
    """Of N items. `prediction` int16 (N,), UNLABELED where there is none; `confidence` float32 (N,), the probability of it.

    `margin` float32 (N,): how much likelier than the next class it is; 0 where nothing is predicted. `doubt` float32 (N,): the probability
    that what stands is wrong: of a labelled item its label, of any other the prediction; 1 where nothing is predicted.
    """

    prediction: torch.Tensor
    confidence: torch.Tensor
    margin: torch.Tensor
    doubt: torch.Tensor


def no_opinion(n: int, device: torch.device) -> Opinion:
    """Of a model that has seen no label yet."""
    nothing = torch.zeros(n, device=device)
    return Opinion(
        torch.full((n,), UNLABELED, dtype=torch.int16, device=device),
        nothing,
        nothing.clone(),
        torch.ones(n, device=device),
    )


def opinion_of(probabilities: torch.Tensor, labels: torch.Tensor) -> Opinion:
    """probabilities (N, C), labels int64 (N,) with UNLABELED for none."""
    best, classes = probabilities.topk(min(2, probabilities.shape[1]), dim=1)
    confidence = best[:, 0]
    margin = confidence - best[:, 1] if best.shape[1] > 1 else confidence
    labels = labels.to(probabilities.device)
    own = probabilities.gather(1, labels.clamp_min(0)[:, None]).squeeze(1)
    doubt = 1 - torch.where(labels != UNLABELED, own, confidence)
    return Opinion(classes[:, 0].to(torch.int16), confidence, margin, doubt)
