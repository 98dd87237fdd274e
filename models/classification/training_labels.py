"""The labels that the classifiers learn from, with the graph and the features of the items."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows


class TrainingLabels(NamedTuple):
    """Labels that the classifiers learn from, with the graph and the features of all items."""

    classes: torch.Tensor
    """All labels, int64 (N,), UNLABELED for an item without a label."""
    given: torch.Tensor
    """Labels that a person gave, int64 (N,), UNLABELED also for accepted predictions."""
    trained: torch.Tensor
    """Labels to train on, int64 (N,), UNLABELED also for held-out items."""
    verified: torch.Tensor
    """Whether a person looked at each item individually when labelling it, bool (N,)."""
    graph: Graph | None = None
    """Neighbour graph; None until it exists."""
    views: Sequence[torch.Tensor] = ()
    """Views of the items that do not depend on labels, each float32 (N, F) with a mean square of 1.
    Empty until the views are computed."""
    rows: GraphRows | None = None
    """The graph for compiled code; None if there is none."""
    weights: torch.Tensor | None = None
    """Weight of each label, float32 (N,), such as its probability; None for ones."""
    reviewed: torch.Tensor | None = None
    """Whether a person looked at the item after it had a label that nobody had verified, bool (N,);
    None for no items."""
    corrected: torch.Tensor | None = None
    """Whether the person replaced this label, bool (N,); None for no items."""

    @property
    def has_two_classes(self) -> bool:
        """Whether at least two classes have labels."""
        own = self.trained[self.trained != UNLABELED]
        return len(own) > 0 and bool((own != own[0]).any())
