"""The order in which a sweep predicts the items."""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.tensors import Tensors


class SweepOrder:
    """Order of a sweep: chosen items come first, and all others follow in ascending order."""

    def __init__(self, n: int) -> None:
        """Prepare the order of `n` items. There is no order before `start`."""
        self.items = self._first = torch.empty(0, dtype=torch.int64)
        """Items in their order, int64 (N,), on the CPU; empty before the first sweep."""
        self._n = n

    @property
    def first_count(self) -> int:
        """Number of items that come first."""
        return len(self._first)

    def start(self, first: torch.Tensor) -> None:
        """Order the items. The items `first`, int64 (K,) on the CPU, come first."""
        rest = torch.ones(self._n, dtype=torch.bool)
        rest[first] = False
        self._first, self.items = first, torch.cat([first, torch.nonzero(rest).squeeze(1)])

    def tensors(self) -> Tensors:
        """Return what `load` needs: the items that come first."""
        return {"sweep_first": self._first.to(torch.int32)} if len(self.items) else {}

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Restore what `tensors` returned. States of older versions have the whole order."""
        self.items = self._first = self._first[:0]
        if "sweep_first" in tensors:
            self.start(tensors["sweep_first"].to(torch.int64))
        elif len(tensors.get("sweep_order", self._first)):
            order = tensors["sweep_order"]
            descents = torch.nonzero(order[1:] < order[:-1]).squeeze(1)
            self.start(order[: int(descents[-1]) + 1 if len(descents) else 0].clone())
