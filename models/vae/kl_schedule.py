"""The KL term over the epochs of a training: warm-up of its weight, growth of its capacity."""

from typing import NamedTuple

from lodespace.models.config import TrainingConfig


class KLSchedule(NamedTuple):
    """The KL term at one time: scale · beta_kl · KL, or beta_kl · |KL - capacity|."""

    scale: float = 1.0
    """Share (0..1] of beta_kl that applies: below 1 during the KL warm-up."""
    capacity: float | None = None
    """Capacity C in nats; None for a plain KL term."""

    @classmethod
    def at(cls, config: TrainingConfig, epochs: float) -> "KLSchedule":
        """Return the KL term after `epochs` epochs (above 0) of warm-up or growth."""
        if config.kl_capacity is not None:
            grown = min(1.0, epochs / config.kl_capacity_epochs)
            return cls(capacity=config.kl_capacity * grown)
        warm_up = config.kl_warmup_epochs
        return cls(scale=min(1.0, epochs / warm_up) if warm_up > 0 else 1.0)

    def direction(self, kl: float) -> int:
        """Return 1 if the term decreases a KL divergence of `kl` nats, -1 if it increases it."""
        return -1 if self.capacity is not None and kl < self.capacity else 1
