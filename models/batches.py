"""Selection of the items of a batch."""

from collections.abc import Mapping

import torch

from lodespace.models.item_predictions import UNLABELED

MANY = 100_000
"""The permutations of more than this number of items are drawn from seeds of their own. A saved
state then has the seed. The permutation of a million items would take 2.3 MB in it."""


class Epochs:
    """Random minibatches without replacement, one permutation per epoch."""

    def __init__(self, n: int, batch_size: int, generator: torch.Generator) -> None:
        """Prepare batches of `batch_size` items out of `n`. `generator` is on the CPU."""
        self.n = n
        self.batch_size = min(batch_size, n)
        self.generator = generator
        self.order = torch.empty(0, dtype=torch.int64)
        """The permutation of the current epoch, int64 (N,)."""
        self.position = 0
        """Number of items of the current epoch that have been in a batch."""
        self.batches_per_epoch = -(-n // self.batch_size)
        self._seed: int | None = None
        """The seed of the permutation; None if it has no seed of its own."""

    def next(self) -> torch.Tensor:
        """Return the items of the next batch, int64 (B,).

        The last batch of an epoch may be smaller.
        """
        if self.position >= len(self.order):
            if self.n > MANY:
                self._permute(drawn_seed(self.generator))
            else:
                self.order = torch.randperm(self.n, generator=self.generator)
                self._seed = None
            self.position = 0
        batch = self.order[self.position : self.position + self.batch_size]
        self.position += self.batch_size
        return batch

    def _permute(self, seed: int) -> None:
        self._seed = seed
        self.order = permutation(self.n, seed)

    def tensors(self, name: str) -> dict[str, torch.Tensor]:
        """Return the permutation, or its seed, for a saved state. The names begin with `name`."""
        if self._seed is not None:
            return {f"{name}_seed": torch.tensor(self._seed)}
        return {f"{name}_order": self.order.to(torch.int32)}

    def load(self, name: str, tensors: Mapping[str, torch.Tensor], position: int) -> None:
        """Restore what `tensors` returned, at `position` of the epoch.

        States of older versions have the permutation of any number of items. Raises KeyError if
        both are missing.
        """
        self.position = position
        if f"{name}_seed" in tensors:
            self._permute(int(tensors[f"{name}_seed"]))
            return
        self.order = tensors[f"{name}_order"].to(torch.int64, copy=True)
        self._seed = None


def permutation(n: int, seed: int) -> torch.Tensor:
    """Return the permutation of `n` items that has the seed `seed`, int64 (N,), on the CPU."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def drawn_seed(generator: torch.Generator) -> int:
    """Draw a seed for the random numbers of several processes. `generator` is on the CPU."""
    return int(torch.randint(1 << 62, (), generator=generator))


def class_balanced(
    labels: torch.Tensor,
    batch_size: int,
    generator: torch.Generator,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Draw labelled items with replacement, all classes equally often.

    Without this balance, a class with many labels moves far away from the others.

    Args:
        labels: int64 (N,), UNLABELED for an item without a label.
        batch_size: number of items to draw.
        generator: random generator on the CPU.
        weights: relative frequency with which an item is drawn within its class, (N,). By default
            all items of a class are drawn equally often.

    Returns:
        Items int64 (batch_size,); empty if no item has a label.
    """
    labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
    if len(labelled) == 0:
        return labelled
    weight = torch.ones(len(labelled)) if weights is None else weights[labelled].clamp_min(1e-9)
    frequency = class_frequency(labels[labelled], weight.double())
    return labelled[drawn(frequency, batch_size, generator)]


def class_frequency(classes: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return how often each item is drawn if all classes are drawn equally often, float64 (K,).

    Args:
        classes: class of each item, int64 (K,).
        weight: relative frequency of each item within its class, float64 (K,).
    """
    # Double precision is needed, because a sum of ones in single precision stops growing at 2^24.
    count = int(classes.max()) + 1 if len(classes) else 0
    per_class = torch.zeros(count, dtype=torch.float64).index_add_(0, classes, weight)
    return weight / per_class[classes]


def drawn(frequency: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Draw `count` indices with replacement. The probability of index i is proportional to
    `frequency[i]`.

    `frequency` is float64 (K,). torch.multinomial does the same, but for at most 2^24 values.
    """
    reached = frequency.cumsum(0)
    at = torch.rand(count, generator=generator, dtype=torch.float64) * reached[-1]
    return torch.searchsorted(reached, at).clamp_max_(len(reached) - 1)


def evenly(items: torch.Tensor, count: int) -> torch.Tensor:
    """Return at most `count` of `items` (K,), evenly spaced in their order."""
    count = min(count, len(items))
    return items[(torch.arange(count) * len(items)) // max(count, 1)]
