"""Estimation from left-out labels: the exponents and weights of voices.

A voice is one source of class probabilities. Its left-out probabilities are its predictions of
labelled items, each made without the label of that item.
"""

import math

import torch

EXPONENTS = tuple(round(10 ** ((k - 8) / 16), 3) for k in range(17))
"""Candidate exponents of `fitted_exponent`, 0.3 to 3.

An exponent below 1 reduces overconfidence.
"""
EXPONENT_STRENGTH = 0.6
"""Weight of the prior that prefers the exponent 1, per class. An exponent e costs the weight of all
classes times (log e)^2, in nats.
"""
FEWEST_COUNTED = 10
"""The priors count at least this number of classes."""
CLASS_COUNTS = 2
"""The priors count each class above FEWEST_COUNTED as this number of classes
(benchmarks/many_classes.py)."""
LEAST_PROBABILITY = 1e-3
"""Lower bound of the probability that a prediction gives to a label, because a label may be
wrong.
"""
_ROUNDS = 50


def tempered(probabilities: torch.Tensor, exponent: float) -> torch.Tensor:
    """Return probabilities (..., C), raised to the power of `exponent` and normalised."""
    powers = probabilities.clamp_min(1e-6).pow(exponent)
    return powers / powers.sum(dim=-1, keepdim=True)


def own_probability(probabilities: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return, for each row of `probabilities` (L, C), the probability of its class, (L,).

    `classes` has the class of each row, int64 (L,).
    """
    return probabilities.gather(1, classes[:, None]).squeeze(1)


def fitted_exponent(left_out: torch.Tensor, classes: torch.Tensor, weights: torch.Tensor) -> float:
    """Return the exponent with which left-out probabilities predict the labels best.

    The left-out probabilities of an item are predicted without the item's own label. If the item's
    class has few labels, they are much worse than the predictions of unlabelled items. So the prior
    grows with the number of classes (docs/model.md), and no label counts more than
    LEAST_PROBABILITY allows.

    The exponent is an inverse temperature (C. Guo et al. 2017). It maximises the log-likelihood of
    the labels, with a prior that prefers the exponent 1.

    Args:
        left_out: left-out class probabilities of L labelled items, float32 (L, C).
        classes: labels, int64 (L,).
        weights: weight of each label, (L,).
    """
    exponents = torch.tensor(EXPONENTS, device=left_out.device)
    logarithm = left_out.clamp_min(1e-6).log()
    scaled = exponents[:, None, None] * logarithm
    own = scaled.gather(2, classes[None, :, None].expand(len(exponents), -1, 1)).squeeze(2)
    least = math.log(LEAST_PROBABILITY)
    likelihood = (own - scaled.logsumexp(dim=2)).clamp_min(least) @ weights
    strength = EXPONENT_STRENGTH * classes_counted(left_out.shape[1])
    return EXPONENTS[int((likelihood - strength * exponents.log().square()).argmax())]


def classes_counted(n_classes: int) -> int:
    """Return the number of classes by which the strength of the exponents' prior is multiplied.

    The evidence from left-out labels is biased if there are few labels per class. With a strength
    per class, this evidence counts as little with 200 classes as with ten.
    """
    return FEWEST_COUNTED + CLASS_COUNTS * max(0, n_classes - FEWEST_COUNTED)


def voice_weights(
    own: torch.Tensor, prior: torch.Tensor, strength: float, weights: torch.Tensor
) -> torch.Tensor:
    """Return weights (V,), with sum 1, of V voices (sources of class probabilities).

    The voices are the distributions of a mixture. The weights maximise the likelihood of the
    labels, with a Dirichlet prior. They are computed by expectation maximisation.

    Args:
        own: probability that each voice gives to each label, predicted without this label, (L, V).
        prior: expected weights (V,), with sum 1.
        strength: the prior counts as much as this number of labels.
        weights: weight of each label, (L,).
    """
    found = prior.clone()
    bounded = own.clamp_min(LEAST_PROBABILITY)
    for _ in range(_ROUNDS):
        shares = bounded * found
        shares = shares / shares.sum(dim=1, keepdim=True)
        found = weights @ shares + strength * prior
        found = found / found.sum()
    return found
