"""Building a neighbour graph in small units of work, so that training can continue between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.dataset import Dataset
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.principal_components import principal_components, standardised
from lodespace.models.layout.fuzzy_graph import FuzzyGraph
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.neighbour_search import OwnSearch
from lodespace.models.layout.shared_search import SharedSearch
from lodespace.models.shared_items import ALIKE
from lodespace.models.work_units import items_per_unit
from lodespace.models.workers.jobs import OutputJob
from lodespace.models.workers.team import Team

Neighbours = tuple[torch.Tensor, torch.Tensor]
"""Indices and distances of the nearest neighbours of all items, each (N, K), nearest first."""
FEATURE_COMPONENTS = 32
"""Number of principal components to which each set of learned features is reduced."""
LEARNED_OF_SIGNS = 0.5
"""Factor of the self-supervised features if the pictures show symbols, such as digits. All other
features have the factor 1."""
_ITEMS_AT_ONCE = 1000
"""Number of items that pass through the feature network at once, in about 15 ms. A unit of work has
one or more such batches (work_units.py)."""


class GraphFeatures:
    """Collects the features from which a graph is built. Call `unit` until it returns them.

    The features are up to three sets: principal components, self-supervised features of pictures,
    and the features of a trained classifier. All sets are scaled to the same variance, because each
    set adds information. If the pictures show symbols, their self-supervised features are then
    halved (docs/gain.md).
    """

    def __init__(
        self,
        dataset: Dataset,
        network: FeatureNetwork | None,
        components: torch.Tensor,
        classifier_features: Callable[[], torch.Tensor] | None,
    ) -> None:
        """Prepare to collect features.

        Args:
            dataset: the items.
            network: self-supervised network; None to use no self-supervised features.
            components: principal components of the items, (N, F).
            classifier_features: function that returns the features of the classifier, (N, WIDTH).
                It is called when all other features are known. None to use no features of the
                classifier.
        """
        self.dataset = dataset
        self.network = network
        self.components = components
        self.classifier_features = classifier_features
        self.learned: list[torch.Tensor] = []

    @torch.no_grad()
    def unit(self) -> torch.Tensor | None:
        """Compute features of one or more batches of items.

        Returns:
            All features (N, F) after the last batch, else None.
        """
        n = len(self.dataset)
        parts = [standardised(self.components)]
        if self.network is not None:
            start = len(self.learned) * _ITEMS_AT_ONCE
            self._learn(self.network, start)
            if start < n:
                return None
            learned = standardised(
                principal_components(torch.cat(self.learned), FEATURE_COMPONENTS)
            )
            parts.append(
                LEARNED_OF_SIGNS * learned if self.dataset.content == "symbols" else learned
            )
        if self.classifier_features is not None:
            parts.append(
                standardised(principal_components(self.classifier_features(), FEATURE_COMPONENTS))
            )
        return torch.cat(parts, dim=1)

    def _learn(self, network: FeatureNetwork, start: int) -> None:
        """Compute the learned features of some items from number `start` on."""
        n, team = len(self.dataset), self.dataset.team
        count = items_per_unit(n, _ITEMS_AT_ONCE) * (1 if team is None else team.size)
        stop = min(start + count, n)
        if team is not None and start < stop:
            team.held[NETWORK] = network
            found = team.do(FeaturesJob(torch.arange(start, stop), _ITEMS_AT_ONCE))
            self.learned += found.split(_ITEMS_AT_ONCE)
            return
        for first in range(start, stop, _ITEMS_AT_ONCE):
            rows = slice(first, min(first + _ITEMS_AT_ONCE, n))
            self.learned.append(network(self.dataset.batch(rows)))


NETWORK = "features of the graph"
"""Name of the feature network in `Team.held`."""


@dataclass
class FeaturesJob(OutputJob):
    """Computes features of items."""

    network = NETWORK

    def built(self, team: Team) -> FeatureNetwork:
        return FeatureNetwork(team.held[ALIKE])

    def rows(self, team: Team, network: FeatureNetwork, items: torch.Tensor) -> torch.Tensor:
        return network(team.held[ALIKE].batch(items))


class GraphBuilding:
    """Builds the k-NN graph of features (N, F). Call `unit` until it returns the graph."""

    def __init__(
        self,
        features: torch.Tensor,
        k: int,
        known: Neighbours | None = None,
        team: Team | None = None,
    ) -> None:
        """Prepare to find the `k` nearest neighbours of each item, or to use `known` neighbours.

        Of K known neighbours per item, the nearest `k` are used, or all if `k` is larger. The
        processes of `team` search together.
        """
        n = len(features)
        self.team = team
        self.features = features
        self.k = min(k, n - 1 if known is None else known[0].shape[1])
        self.search: OwnSearch | SharedSearch | None = None
        """The search for neighbours; None before the search starts, and after it ends."""
        self.done = 0
        """Number of rows whose neighbours are known."""
        self.indices = torch.empty(n, self.k, dtype=torch.int32, device=features.device)
        self.distances = torch.empty(n, self.k, device=features.device)
        if known is not None:
            self.indices[:], self.distances[:] = (values[:, : self.k] for values in known)
            self.done = n
        self._ready = False
        self._weighting: FuzzyGraph | None = None

    @property
    def progress(self) -> float:
        """Share (0..1) of the rows whose neighbours are known."""
        return self.done / len(self.features)

    def unit(self) -> Graph | None:
        """Do one unit of work. The last call returns the graph; earlier calls return None.

        The first units find the neighbours of one block of rows each. Later units compute the
        weights of some of the edges each.
        """
        n = len(self.features)
        if self.done < n:
            self._find()
            return None
        if self.search is not None:
            self.search.close()
        self.search = None
        if self._weighting is None:
            self._weighting = FuzzyGraph(self.indices, self.distances)
        return self._weighting.unit()

    def _find(self) -> None:
        """Prepare the search, or find the neighbours of the next block of rows."""
        if self.search is None:
            shared = self.team and SharedSearch(self.features, self.k, self.team)
            self.search = shared or OwnSearch(self.features, self.k)
        if not self._ready:
            self._ready = self.search.prepare()
            if not self._ready:
                return
        rows = slice(self.done, min(self.done + self.search.rows_per_unit, len(self.features)))
        self.indices[rows], self.distances[rows] = self.search.nearest(rows)
        self.done = rows.stop

    def tensors(self) -> Tensors:
        """Return the tensors to save: the neighbours found so far. The features are not saved.

        The weights of edges are not saved, only the number of units that computed them.
        """
        weighting = {}
        if self._weighting is not None:
            weighting["graph_weighting_units"] = torch.tensor(self._weighting.units_done)
        return weighting | {
            "neighbour_indices": self.indices[: self.done],
            "neighbour_distances": self.distances[: self.done],
        }

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Restore what the method `tensors` returned."""
        found = tensors["neighbour_indices"]
        self.done = len(found)
        self.indices[: self.done] = found.to(self.indices.device)
        self.distances[: self.done] = tensors["neighbour_distances"].to(self.distances.device)
        for _ in range(int(tensors.get("graph_weighting_units", 0))):
            self.unit()


class GraphRefresh:
    """Collects features, then builds a graph. Call `unit` until it returns the graph."""

    def __init__(self, features: GraphFeatures, k: int, known: Neighbours | None = None) -> None:
        """Prepare to find the `k` nearest neighbours of each item, or to use `known` neighbours."""
        self.features = features
        self.k = k
        self.known = known
        self.building: GraphBuilding | None = None

    def unit(self) -> Graph | None:
        """Do one unit of work. Return the graph after the last unit; None after the other units."""
        if self.building is not None:
            return self.building.unit()
        features = self.features.unit()
        if features is not None:
            self.building = GraphBuilding(features, self.k, self.known, self.features.dataset.team)
        return None

    @property
    def uses_classifier(self) -> bool:
        """Whether features of the classifier are among the features of the graph."""
        return self.features.classifier_features is not None

    @property
    def label_free_features(self) -> torch.Tensor:
        """The features of the finished graph, (N, F), without the features of the classifier."""
        assert self.building is not None
        features = self.building.features
        return features[:, :-FEATURE_COMPONENTS] if self.uses_classifier else features

    def tensors(self) -> Tensors:
        """Return the features collected so far.

        Once the search for neighbours has begun, return all features, and the neighbours found so
        far.
        """
        if self.building is not None:
            return {**self.building.tensors(), "graph_features": self.building.features}
        return {"graph_learned": torch.cat(self.features.learned)} if self.features.learned else {}

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Restore what the method `tensors` returned."""
        device = self.features.components.device
        if "graph_features" in tensors:
            found = tensors["graph_features"].clone().to(device)
            self.building = GraphBuilding(found, self.k, self.known, self.features.dataset.team)
            self.building.load(tensors)
        elif "graph_learned" in tensors:
            self.features.learned = list(
                tensors["graph_learned"].clone().to(device).split(_ITEMS_AT_ONCE)
            )
