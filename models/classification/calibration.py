"""Estimation from left-out labels: exponents and weights of voices, and the share of wrong labels.

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
LEAST_PROBABILITY = 1e-3
"""Lower bound of the probability that a prediction gives to a label, because a label may be
wrong.
"""
EXPECTED_NOISE = 0.02
"""Share of wrong labels that is assumed before there is evidence."""
NOISE_STRENGTH = 20.0
"""The assumption EXPECTED_NOISE counts as much as this number of labels."""
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
    grows with the number of classes (docs/gain.md), and no label counts more than
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
    """Return the number of classes by which the strength of a prior is multiplied.

    The evidence from left-out labels is biased if there are few labels per class. With a strength
    per class, this evidence counts as little with 200 classes as with ten.
    """
    return max(FEWEST_COUNTED, n_classes)


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


def supported(own: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return `own` (L,), corrected for classes with few labels.

    If a label is the only one of its class, a prediction without this label has no such class, and
    `own` is 0 although the label may be right. The correction adds to each class one label whose
    own probability is 0.5.

    Args:
        own: probability of each label, predicted without this label, (L,).
        others: number of other labels of the same class, (L,).
    """
    return (others * own + 0.5) / (others + 1)


def wrong_share(own: torch.Tensor, classes: int) -> float:
    """Return the estimated share (0..1) of wrong labels.

    The share is the mean of `doubts`, with EXPECTED_NOISE as a prior. The doubts depend on the
    share, so both are computed in turn (expectation maximisation).

    Args:
        own: probability of each label, predicted without this label, (L,).
        classes: number of classes.
    """
    share, own = EXPECTED_NOISE, own.cpu()
    for _ in range(_ROUNDS):
        total = float(doubts(own, share, classes).sum(dtype=torch.float64))
        share = (total + NOISE_STRENGTH * EXPECTED_NOISE) / (len(own) + NOISE_STRENGTH)
    return share


def doubts(own: torch.Tensor, share: float, classes: int) -> torch.Tensor:
    """Return the probability that each label is wrong, by Bayes' rule, (L,).

    The label itself is evidence, because most labels are right, even those of items that are hard
    to predict. The formula assumes that a wrong label can be any class that the voices (the sources
    of predictions) do not exclude. The sum of these probabilities over a contact sheet can be too
    large where the voices predict badly (docs/model.md).

    The voices predict labels, not true classes: they have learned from wrong labels, too. With two
    classes and 5 % wrong labels, a calibrated voice gives at least 0.05 to a wrong label. The
    function subtracts this part.

    Args:
        own: probability of each label, predicted without this label, (L,).
        share: share of wrong labels.
        classes: number of classes.
    """
    by_mistake = share / max(1, classes - 1)
    without = max(1 - share - by_mistake, LEAST_PROBABILITY)
    true = ((own - by_mistake) / without).clamp(LEAST_PROBABILITY, 1)
    wrong = share * (1 - true)
    return wrong / (wrong + (1 - share) * true).clamp_min(1e-12)
