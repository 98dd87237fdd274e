"""Which items a batch holds: all of them in epochs, the labelled ones class by class, or a few of many."""

import torch

from lodespace.models.item_predictions import UNLABELED


class Epochs:
    """Random minibatches without replacement, one permutation an epoch. `generator` lives on the CPU."""

    def __init__(self, n: int, batch_size: int, generator: torch.Generator) -> None:
        self.n = n
        self.batch_size = min(batch_size, n)
        self.generator = generator
        self.order = torch.empty(0, dtype=torch.int64)
        self.position = 0
        self.batches_per_epoch = -(-n // self.batch_size)

    def next(self) -> torch.Tensor:
        """Items int64 (B,); the last batch of an epoch may be smaller."""
        if self.position >= len(self.order):
            self.order = torch.randperm(self.n, generator=self.generator)
            self.position = 0
        batch = self.order[self.position : self.position + self.batch_size]
        self.position += self.batch_size
        return batch


def class_balanced(
    labels: torch.Tensor,
    batch_size: int,
    generator: torch.Generator,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Labelled items, each class as often as every other: int64 (batch_size,), with replacement; empty without labels.

    Sampled as they come, a class with many labels flies off. labels int64 (N,), UNLABELED for none. `weights` (N,)
    favour items within their class.
    """
    labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
    if len(labelled) == 0:
        return labelled
    own = labels[labelled]
    weight = torch.ones(len(labelled)) if weights is None else weights[labelled].clamp_min(1e-9)
    per_class = torch.zeros(int(own.max()) + 1).index_add_(0, own, weight)
    probability = weight / per_class[own]
    return labelled[
        torch.multinomial(probability, batch_size, replacement=True, generator=generator)
    ]


def evenly(items: torch.Tensor, count: int) -> torch.Tensor:
    """At most `count` of `items` (K,), evenly spaced."""
    count = min(count, len(items))
    return items[(torch.arange(count) * len(items)) // max(count, 1)]
