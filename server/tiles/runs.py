"""A set of items, stored as runs of consecutive numbers. Even a set of millions has few runs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """A set of items, as R disjoint runs in ascending order."""

    starts: Numbers
    """First item of each run (R,)."""
    ends: Numbers
    """Number after the last item of each run (R,)."""

    @classmethod
    def of_items(cls, items: npt.NDArray[np.integer]) -> "Runs":
        """Return the set of `items` (K,), which are strictly ascending."""
        items = items.astype(np.int64)
        new = np.flatnonzero(np.diff(items, prepend=-2) != 1)
        last = np.append(new[1:], len(items)) - 1
        return cls(items[new], items[last] + 1 if len(items) else items)

    @classmethod
    def union(cls, starts: Numbers, ends: Numbers) -> "Runs":
        """Return the union of R runs (R,) in any order, which may overlap."""
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], np.maximum.accumulate(ends[order])
        new = np.flatnonzero(starts > np.concatenate([[-1], ends[:-1]]))
        return cls(starts[new], ends[np.append(new[1:], len(starts)) - 1] if len(new) else ends)

    @property
    def count(self) -> int:
        """Number of items."""
        return int((self.ends - self.starts).sum())

    @property
    def nbytes(self) -> int:
        """Size of the arrays, in bytes."""
        return self.starts.nbytes + self.ends.nbytes

    def items(self) -> npt.NDArray[np.uint32]:
        """Return all items (K,), ascending."""
        return self.at(np.arange(self.count))

    def sample(self, most: int) -> npt.NDArray[np.uint32]:
        """Return at most `most` items, evenly spaced, ascending."""
        n = min(most, self.count)
        return self.at((np.arange(n) * self.count + self.count // 2) // max(1, n))

    def at(self, numbers: Numbers) -> npt.NDArray[np.uint32]:
        """Return the items at the indices `numbers` (K,) of the ascending list of all items."""
        lengths = self.ends - self.starts
        before = np.cumsum(lengths) - lengths
        run = np.searchsorted(before, numbers, side="right") - 1
        return (self.starts[run] + numbers - before[run]).astype(np.uint32)

    def mask(self, first: int, count: int) -> npt.NDArray[np.bool_]:
        """Return a mask (count,): which of the `count` items from `first` on are in the set."""
        changes = np.zeros(count + 1, np.int64)
        within = (self.ends > first) & (self.starts < first + count)
        np.add.at(changes, np.maximum(self.starts[within] - first, 0), 1)
        np.add.at(changes, np.minimum(self.ends[within] - first, count), -1)
        return np.cumsum(changes[:-1]) > 0
