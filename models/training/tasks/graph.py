"""Building the neighbour graph of the map."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.calibration import classes_counted
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.principal_components import standardise, standardised
from lodespace.models.features.views import ViewName, view_features, view_names
from lodespace.models.free_memory import return_free_memory
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows
from lodespace.models.layout.incremental_graph import (
    GraphBuilding,
    GraphFeatures,
    GraphRefresh,
    Neighbours,
)
from lodespace.models.layout.particle_map import ParticleMap
from lodespace.models.layout.representatives import RepresentativeSearch
from lodespace.models.training.loop_state import LoopState
from lodespace.models.training.map_guide import MapGuide
from lodespace.models.training.tasks.task import Task

CLEARLY_BETTER = 0.5
"""The graph is built from another view if that view's log-likelihood of the left-out labels is
larger by at least this number of nats per class (`classes_counted`)."""

LEAST_WEIGHT = 0.1
"""The graph uses features of the classifier only if the learned classifiers have at least this
weight in the predictions. With few labels per class, these features are worse than those that need
no labels."""


class FirstGraphTask(Task):
    """Builds the first graph from principal components, and starts the particles on this graph."""

    def __init__(
        self, state: LoopState, particle_map: ParticleMap, guide: MapGuide, graph: "GraphTask"
    ) -> None:
        self._state = state
        self._map = particle_map
        self._guide = guide
        self._graph = graph
        self._building: GraphBuilding | None = self._new_building()
        """None after the graph is built. The neighbours of a million items take 120 MB."""

    def _new_building(self) -> GraphBuilding:
        neighbours, team = self._state.config.neighbours, self._graph.team
        return GraphBuilding(self._map.components, neighbours, self._graph.known, team)

    @property
    def progress(self) -> float:
        """Share (0..1) of the items whose neighbours are known."""
        return 1.0 if self._building is None else self._building.progress

    def due(self) -> bool:
        return self._map.particles is None

    def unit(self) -> bool:
        assert self._building is not None
        graph = self._building.unit()
        if graph is None:
            return False
        self._building = None
        self._map.begin(graph, self._state.config.layout_rounds)
        self._graph.first_graph_built()
        if self._map.large:
            return_free_memory()
        self._guide.update_stiffness()
        self._guide.update_agreement()
        return True

    def tensors(self) -> Tensors:
        return {} if self._building is None or not self.due() else self._building.tensors()

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._building = self._new_building() if self.due() else None
        if self._building is not None and "start" in tensors:
            self._building.load(tensors)


class RepresentativesTask(Task):
    """Chooses the representatives of a large map on each new graph."""

    def __init__(self, state: LoopState, particle_map: ParticleMap, guide: MapGuide) -> None:
        self._state = state
        self._map = particle_map
        self._guide = guide
        self._search: RepresentativeSearch | None = None
        self._units = 0

    def due(self) -> bool:
        return self._map.lacks_representatives

    def unit(self) -> bool:
        if self._search is None:
            particles, k = self._map.particles, self._state.config.neighbours
            assert particles is not None
            self._search = RepresentativeSearch(
                particles.graph, self._map.components, k, particles.rows
            )
            self._units = 0
        found = self._search.unit()
        self._units += 1
        if found is not None:
            self._search = None
            self._map.set_representatives(found)
            return_free_memory()
            self._guide.update_agreement()
        return False

    def counters(self) -> dict[str, Any]:
        return {} if self._search is None else {"representative_units": self._units}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._search = None
        for _ in range(counters.get("representative_units", 0)):
            self.unit()


class GraphTask(Task):
    """Builds new graphs from learned features, and later also from features of the classifier."""

    def __init__(
        self,
        state: LoopState,
        features: FeatureNetwork,
        learning: LabelLearning,
        particle_map: ParticleMap,
        guide: MapGuide,
        known: Neighbours | None = None,
    ) -> None:
        self.known = known
        """Neighbours that were imported with the items; None if they are searched."""
        self.requested = False
        """Whether the next unit of the task starts to build a new graph."""
        self.features_in_graph = False
        """Whether the current graph uses all features that can be learned without labels.

        Always True for vectors, because no features are learned from vectors.
        """
        self._network = features
        self._state = state
        self._learning = learning
        self._map = particle_map
        self._guide = guide
        self._building: GraphRefresh | None = None
        self._gestures = 0
        self._view = 0
        self._learned: torch.Tensor | None = None
        self._features: torch.Tensor | None = None
        dataset = learning.dataset
        self.team = dataset.team
        """Processes that search neighbours together; None without a team."""
        self._names = view_names(dataset)
        self._further = [view_features(dataset, name) for name in self._names]

    @property
    def learns_features(self) -> bool:
        """Whether features are learned from the items: True for pictures, False for vectors."""
        return self._learning.dataset.kind == "image"

    @property
    def current(self) -> Graph | None:
        """The graph of the map; None until the first graph exists."""
        return self._map.graph

    @property
    def rows(self) -> GraphRows | None:
        """`current` for compiled code; None if there is none."""
        return None if self._map.particles is None else self._map.particles.rows

    @property
    def learned(self) -> torch.Tensor | None:
        """Features that were learned from the items, (N, L); None before, and for vectors."""
        return self._learned

    @property
    def features(self) -> torch.Tensor:
        """Label-free features of the items, (N, F), with a mean square of 1.

        The graph is built on these features and, later, also on features of the classifier.
        """
        if self._learned is None:
            return self._map.components
        found = self._features
        if found is None:
            together = torch.cat([standardised(self._map.components), self._learned], dim=1)
            self._features = found = standardise(together).mul_(together.shape[1] ** 0.5)
        return found

    @property
    def has_learned(self) -> bool:
        """Whether `features` contain features that a network has learned."""
        return self._learned is not None

    @property
    def views(self) -> list[torch.Tensor]:
        """Views of the items that the classifiers use: `features`, then the other views."""
        return [self.features, *self._further]

    @property
    def view(self) -> ViewName | None:
        """The view (views.py) from which the map's graph is built; None for `features`."""
        return self._names[self._view - 1] if self._view else None

    def follow(self, likelihoods: Sequence[float]) -> None:
        """Request a graph of another view, if left-out labels show clearly that this view is
        better.

        `likelihoods` are the log-likelihoods of left-out labels in each of `views`, in nats.
        """
        if not likelihoods or self._building is not None:
            return
        best = max(range(len(likelihoods)), key=likelihoods.__getitem__)
        needed = CLEARLY_BETTER * classes_counted(self._state.n_classes)
        if likelihoods[best] - likelihoods[self._view] > needed:
            self._view = best
            self._gestures = 0
            self.requested = True

    def _set_learned(self, learned: torch.Tensor | None) -> None:
        self._learned, self._features = learned, None

    def first_graph_built(self) -> None:
        """Set `features_in_graph` after the first graph, which uses only principal components."""
        self.features_in_graph = not self.learns_features

    def count_gesture(self) -> None:
        """Count one change of labels. The count starts again with each request for a new graph."""
        self._gestures += 1

    def request_after_gestures(self) -> None:
        """Request a new graph if enough changes of labels were counted since the last request."""
        if self._gestures >= self._state.config.gestures_per_graph and self.features_in_graph:
            self._gestures = 0
            self.requested = True

    def due(self) -> bool:
        return self._building is not None or self.requested

    def unit(self) -> bool:
        if self._building is None:
            self.requested = False
            self._building = self._refresh(with_classifier=self._classifier_helps)
            return False
        graph = self._building.unit()
        if graph is not None:
            self._keep_features(self._building)
            self._building = None
            self.features_in_graph = True
            self._map.set_graph(graph)
            self._guide.update_agreement()
        return False

    @property
    def _classifier_helps(self) -> bool:
        predictions = self._learning.predictions
        return predictions.complete and predictions.learned_weight >= LEAST_WEIGHT

    def _keep_features(self, built: GraphRefresh) -> None:
        if self.learns_features:
            width = self._map.components.shape[1]
            self._set_learned(built.label_free_features[:, width:].clone())

    def _refresh(self, *, with_classifier: bool) -> GraphRefresh:
        features = GraphFeatures(
            self._learning.dataset,
            self._network if self.learns_features else None,
            self.views[self._view] if self._view else self._map.components,
            self._learning.classifier_features if with_classifier else None,
        )
        return GraphRefresh(features, self._state.config.neighbours, self.known)

    def tensors(self) -> Tensors:
        tensors = {} if self._building is None else self._building.tensors()
        if self._learned is not None:
            tensors["learned_features"] = self._learned
        return tensors

    def counters(self) -> dict[str, Any]:
        return {
            "graph_due": self.requested,
            "gestures_since_graph": self._gestures,
            "features_in_graph": self.features_in_graph,
            "graph_view": self._view,
            "building_graph": self._building is not None,
            "graph_uses_classifier": self._building is not None and self._building.uses_classifier,
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._building = None
        view = counters.get("graph_view", 0)
        self._view = view if view <= len(self._further) else 0
        if counters.get("building_graph"):
            self._building = self._refresh(with_classifier=counters["graph_uses_classifier"])
            self._building.load(tensors)
        self.requested = counters["graph_due"]
        self._gestures = counters["gestures_since_graph"]
        self.features_in_graph = counters["features_in_graph"]
        learned = tensors.get("learned_features")
        self._set_learned(None if learned is None else learned.clone().to(self._state.device))
        if learned is None and self.features_in_graph and self.learns_features:
            # States of older versions lack the learned features, so these are computed again.
            old = self._refresh(with_classifier=False)
            while old.building is None:
                old.unit()
            self._keep_features(old)
