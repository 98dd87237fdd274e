"""Votes of sources on items: the input of the label model."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import ProtocolError


class Source(msgspec.Struct, frozen=True):
    """A source of votes: a rule, a person, a model, or a column of labels."""

    name: str
    """Name that users see; unique among the sources of a label model."""
    accuracy: float = 0.8
    """Expected share of right votes, before any vote is compared with others; between 0 and 1."""
    strength: float = 10.0
    """The expected accuracy counts as much as this number of votes."""
    looks: bool = False
    """Whether the source looks at each item, as a person does who labels items one by one.

    Such a vote is *verified*: no other vote can outvote it. Two such sources are independent of
    each other.
    """


class Votes(NamedTuple):
    """Votes of S sources. A source has at most one vote on an item; without a vote, it abstains."""

    items: npt.NDArray[np.int64]
    """Number of the item of each vote (V,)."""
    sources: npt.NDArray[np.int64]
    """Number of the source of each vote (V,)."""
    classes: npt.NDArray[np.int64]
    """Class of each vote (V,), from 0."""

    @classmethod
    def of(
        cls, votes: Sequence[tuple[npt.NDArray[np.integer], npt.NDArray[np.integer] | int]]
    ) -> "Votes":
        """Return the votes of several sources.

        Args:
            votes: Per source, the items that it votes on (K,), and their classes: (K,), or one
                class for all items.
        """
        items = [np.asarray(chosen, np.int64) for chosen, _ in votes]
        classes = [
            np.broadcast_to(np.asarray(given, np.int64), chosen.shape)
            for chosen, (_, given) in zip(items, votes, strict=True)
        ]
        lengths = [len(chosen) for chosen in items]
        return cls(
            np.concatenate(items or [np.empty(0, np.int64)]),
            np.repeat(np.arange(len(votes)), lengths),
            np.concatenate(classes or [np.empty(0, np.int64)]),
        )

    def check(self, n_items: int, n_classes: int, n_sources: int) -> None:
        """Raise ProtocolError unless all votes are valid.

        Items must be below `n_items`, classes below `n_classes` and sources below `n_sources`. A
        source must have at most one vote on an item.
        """
        limits = (
            ("item", self.items, n_items),
            ("class", self.classes, n_classes),
            ("source", self.sources, n_sources),
        )
        for what, numbers, limit in limits:
            wrong = (numbers < 0) | (numbers >= limit)
            if wrong.any():
                first = int(numbers[wrong][0])
                raise ProtocolError(
                    f"a vote has {what} {first}, but the numbers are 0 to {limit - 1}",
                )
        pairs = np.sort(self.items * n_sources + self.sources)
        twice = pairs[1:][pairs[1:] == pairs[:-1]]
        if len(twice):
            item, source = divmod(int(twice[0]), n_sources)
            raise ProtocolError(
                f"source {source} has several votes on item {item}; it can have one",
            )
