"""Fit of the classification head to fixed latent means, after the encoder has been trained.

The head is small, and its loss on fixed means has (without hidden layers) one minimum. L-BFGS
reaches this minimum in 0.2 s. The training of head and encoder together, with Adam, ends long
before the head reaches the minimum.
"""

from typing import cast

import torch
import torch.nn.functional as F

from lodespace.models.vae.head import ClassificationHead

ITERATIONS_PER_UNIT = 8
"""Iterations of L-BFGS per unit of work: about 20 ms for 2,048 items and 10 classes."""
MOST_UNITS = 20
"""Number of units after which the fit ends even if the loss still decreases."""
SUFFICIENT = 1e-3
"""The fit ends when one unit decreases the loss by less than this share."""
DECAY = 1e-4
"""Weight of half the squared norm of the weights, relative to the mean cross-entropy.

The weights of a head that separates all labels would otherwise grow without limit.
"""


class HeadFit:
    """Minimises the cross-entropy of a head on fixed latent means.

    Call `unit` until it returns True.
    """

    def __init__(self, units: int = 0, loss: float | None = None) -> None:
        """Start a fit.

        To continue an earlier fit, pass its number of finished `units`, and its `loss` after these
        units.
        """
        self.units = units
        """Number of units done."""
        self.loss = loss
        """Loss after the last unit, in nats; None before the first unit."""

    def unit(
        self,
        head: ClassificationHead,
        latent_mean: torch.Tensor,
        target: torch.Tensor,
        weight: torch.Tensor,
    ) -> bool:
        """Do some iterations. Returns whether the fit is complete.

        Args:
            head: the head to change.
            latent_mean: means, (M, D).
            target: class probabilities of each item, (M, C).
            weight: weight of each item, (M,), with the sum 1.
        """
        parameters = list(head.parameters())
        optimiser = torch.optim.LBFGS(
            parameters, max_iter=ITERATIONS_PER_UNIT, line_search_fn="strong_wolfe"
        )

        def loss() -> torch.Tensor:
            each = F.cross_entropy(head(latent_mean), target, reduction="none")
            norm = torch.stack([p.square().sum() for p in parameters if p.ndim > 1]).sum()
            return (each * weight).sum() + 0.5 * DECAY * norm

        def closure() -> float:
            optimiser.zero_grad(set_to_none=True)
            value = loss()
            value.backward()
            return float(value.detach())

        # torch's type stub allows only closures that return a float. torch itself also allows
        # closures that return a tensor.
        cast(torch.optim.Optimizer, optimiser).step(closure)
        for parameter in parameters:
            parameter.grad = None
        with torch.no_grad():
            last, self.loss = self.loss, float(loss())
        self.units += 1
        slow = last is not None and self.loss > last * (1 - SUFFICIENT)
        return slow or self.units >= MOST_UNITS
