"""The terms of equation 1 as pure functions.

The docstring of each term states whether the term is a sum or a mean, because the loss weights
depend on it.
"""

import math
from functools import reduce
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch.autograd.function import once_differentiable

from lodespace.models.dataset import Dataset
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.loss_terms import TERMS, LossWeights

_PIXELS = 32 * 32


class _BernoulliLoss(torch.autograd.Function):
    """Binary cross-entropy from logits, summed.

    On the CPU, this class takes a tenth of the time of F.binary_cross_entropy_with_logits. For a
    logit l, it computes log(1 + exp(-|l|)) as -log(sigmoid(|l|)), because torch vectorises log and
    sigmoid, but not log1p.
    """

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(logits, x)
        return (logits.clamp_min(0) - logits * x).sum() - logits.abs().sigmoid_().log_().sum()

    @staticmethod
    @once_differentiable
    # The type stub of the decorator has another signature.
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor, None]:
        logits, x = ctx.saved_tensors
        return logits.sigmoid().sub_(x).mul_(gradients[0]), None


def reconstruction_loss(reconstruction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return -log p(X given Z) in nats, a scalar.

    The values of an item are summed. The items of the batch are averaged.

    Pictures (B, C, H, W): binary cross-entropy from logits, with pixels in 0..1 as probabilities.
    Vectors (B, F): half the squared error, which is the negative log-likelihood of a Gaussian of
    unit variance without the constant.
    """
    if x.ndim == 4:
        return cast(torch.Tensor, _BernoulliLoss.apply(reconstruction, x)) / len(x)
    return 0.5 * (reconstruction - x).square().sum() / len(x)


def kl_per_dimension(latent_mean: torch.Tensor, latent_log_variance: torch.Tensor) -> torch.Tensor:
    """Return KL(q(Z given X) || N(0, 1)) per latent dimension, (D,), in nats.

    The result is the mean over the batch.

    Latent mean and log-variance are (B, D).
    """
    terms = latent_mean.square() + latent_log_variance.exp() - 1 - latent_log_variance
    return 0.5 * terms.mean(dim=0)


def classification_loss(
    class_logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the cross-entropy H(Y, Y~) in nats, a scalar.

    The result is the weighted mean over the labelled items of the batch; 0 for a batch without
    labels.

    Args:
        class_logits: (B, C).
        labels: int64 (B,), UNLABELED for an item without a label.
        weights: weight of each item, (B,); by default 1.
    """
    labelled = labels != UNLABELED
    each = F.cross_entropy(class_logits, labels.clamp_min(0), reduction="none")
    weight = labelled.to(each.dtype) if weights is None else weights * labelled
    return (each * weight).sum() / weight.sum().clamp_min(1e-8)


def reconstruction_weight(dataset: Dataset) -> float:
    """Return the weight of the reconstruction.

    The weight is 1 for vectors, and for pictures of at most 32 x 32 x 1 values.

    For larger pictures, the weight scales the sum over all values to the size of a sum over
    32 x 32 x 1 values, so that the weights of the other terms have the same effect.
    """
    return min(1.0, _PIXELS / math.prod(dataset.item_shape)) if dataset.kind == "image" else 1.0


def total_loss(
    terms: dict[str, torch.Tensor],
    weights: LossWeights,
    kl_scale: float = 1.0,
    reconstruction_scale: float = 1.0,
    kl_capacity: float | None = None,
) -> torch.Tensor:
    """Return the weighted sum of `terms`: equation 1 of the paper, and the encoder term if present.

    Args:
        terms: name of a term (models/loss_terms.py) -> scalar value.
        weights: weights of the terms.
        kl_scale: share (0..1] of beta_kl that applies during the warm-up.
        reconstruction_scale: weight of the reconstruction (`reconstruction_weight`).
        kl_capacity: capacity C in nats. If it is not None, |KL - C| replaces the KL divergence
            (Burgess et al. 2018, equation 8).
    """
    if kl_capacity is not None:
        terms = {**terms, "kl": (terms["kl"] - kl_capacity).abs()}
    scale = {"kl": kl_scale, "reconstruction": reconstruction_scale}
    weighted = (
        (1.0 if term.weight is None else getattr(weights, term.weight))
        * scale.get(term.name, 1.0)
        * terms[term.name]
        for term in TERMS
        if term.name in terms
    )
    return reduce(torch.add, weighted)
