"""The terms of equation 1, pure functions.

Each docstring states its reduction, because the loss weights depend on it.
"""

import math
from functools import reduce
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch.autograd.function import once_differentiable

from lodespace.models.dataset import Dataset
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.terms import TERMS, LossWeights

_PIXELS = 32 * 32


class _BernoulliLoss(torch.autograd.Function):
    """Binary cross-entropy from logits, summed.

    F.binary_cross_entropy_with_logits in a tenth of its time on the CPU: log(1 + exp(-|l|)) is
    -log(sigmoid(|l|)), whose functions are vectorised where log1p is not.
    """

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(logits, x)
        return (logits.clamp_min(0) - logits * x).sum() - logits.abs().sigmoid_().log_().sum()

    @staticmethod
    @once_differentiable
    # The decorator's stub has another signature.
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor, None]:
        logits, x = ctx.saved_tensors
        return logits.sigmoid().sub_(x).mul_(gradients[0]), None


def reconstruction_loss(reconstruction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """-log p(X given Z), summed over the item, mean over the batch, in nats. Scalar.

    Pictures (B, C, H, W): binary cross-entropy from logits, with pixels in 0..1 as probabilities.
    Vectors (B, F): half the squared error, a Gaussian of unit variance without its constant.
    """
    if x.ndim == 4:
        return cast(torch.Tensor, _BernoulliLoss.apply(reconstruction, x)) / len(x)
    return 0.5 * (reconstruction - x).square().sum() / len(x)


def kl_per_dimension(latent_mean: torch.Tensor, latent_log_variance: torch.Tensor) -> torch.Tensor:
    """KL(q(Z given X) || N(0, 1)) of each latent dimension, mean over the batch, in nats: (D,).

    Latent mean and log-variance are (B, D).
    """
    terms = latent_mean.square() + latent_log_variance.exp() - 1 - latent_log_variance
    return 0.5 * terms.mean(dim=0)


def classification_loss(
    class_logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Cross-entropy H(Y, Y~), weighted mean over the labelled items of the batch, in nats. Scalar.

    A batch without labels has 0, not nan.

    Args:
        class_logits: (B, C).
        labels: int64 (B,), UNLABELED for an item without a label.
        weights: (B,); by default 1.
    """
    labelled = labels != UNLABELED
    each = F.cross_entropy(class_logits, labels.clamp_min(0), reduction="none")
    weight = labelled.to(each.dtype) if weights is None else weights * labelled
    return (each * weight).sum() / weight.sum().clamp_min(1e-8)


def reconstruction_weight(dataset: Dataset) -> float:
    """Weight of the reconstruction: 1 up to 32 x 32 x 1.

    Larger pictures count as one of that size, so that the other weights, relative to a sum over
    pixels, have the same effect.
    """
    return min(1.0, _PIXELS / math.prod(dataset.item_shape)) if dataset.kind == "image" else 1.0


def total_loss(
    terms: dict[str, torch.Tensor],
    weights: LossWeights,
    kl_scale: float = 1.0,
    reconstruction_scale: float = 1.0,
) -> torch.Tensor:
    """The weighted sum of `terms`: equation 1, and the encoder term where it is present.

    Args:
        terms: scalars by the names of models/terms.py.
        weights: weights of the terms.
        kl_scale: share of beta_kl during the warm-up.
        reconstruction_scale: weight of the reconstruction, by the size of the items.
    """
    scale = {"kl": kl_scale, "reconstruction": reconstruction_scale}
    weighted = (
        (1.0 if term.weight is None else getattr(weights, term.weight))
        * scale.get(term.name, 1.0)
        * terms[term.name]
        for term in TERMS
        if term.name in terms
    )
    return reduce(torch.add, weighted)
