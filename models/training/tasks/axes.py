"""Named axes of the map of particles: unknown values are predicted, then the map turns and moves.

An axis pulls each item along one direction of the map to the item's value. For an item without a
known value, the value is predicted from the item's features (features/value_regression.py). The
stiffness of such an item is multiplied by the share of the variance that left-out predictions
explain. If the features do not predict the value, only the items with a known value move.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.dataset import Dataset
from lodespace.models.features.item_views import PixelComponents
from lodespace.models.features.value_regression import ValueRegression
from lodespace.models.hidden_values import rank_correlation
from lodespace.models.layout.particle_map import ParticleMap
from lodespace.models.training.axis_choice import chosen_axes
from lodespace.models.training.loop_state import LoopState
from lodespace.models.training.map_guide import MapGuide
from lodespace.models.training.tasks.graph import GraphTask
from lodespace.models.training.tasks.task import Task
from lodespace.models.work_units import items_per_unit

AXIS_STIFFNESS = 1.5
"""Stiffness of an item with a known value, in kernel units (vae/axis_loss.py)."""
PREDICTED_AT_ONCE = 4096
"""Number of items whose values are predicted at once. A unit of work has one or more such batches
(work_units.py)."""


class AxisTask(Task):
    """Predicts the values of all items on each named axis, and then passes them to the map."""

    def __init__(
        self,
        dataset: Dataset,
        state: LoopState,
        particle_map: ParticleMap,
        guide: MapGuide,
        graph: GraphTask,
    ) -> None:
        self._dataset = dataset
        self._state = state
        self._map = particle_map
        self._guide = guide
        self._graph = graph
        self._pixels: PixelComponents | None = None
        self._regression: ValueRegression | None = None
        self._axis = 0
        self._position = 0
        self._values = self._stiffness = torch.empty(len(state.labels.classes), 0)
        self._left_out: list[tuple[int, float]] = []
        self._pending = False

    @property
    def left_out(self) -> Sequence[tuple[int, float]]:
        """Per axis, the number of left-out predictions and their rank correlation with the values.

        Empty before all values are predicted.
        """
        return () if self._pending else self._left_out

    def values_changed(self) -> None:
        """Predict the values again, because axes, values or the number of dimensions changed.

        The map keeps its current axes until the new values are known.
        """
        given = self._state.axes.trained.to(self._state.device)
        self._values = given.nan_to_num(0.0)
        self._stiffness = AXIS_STIFFNESS * (~given.isnan()).float()
        self._left_out, self._regression = [], None
        self._axis = self._position = 0
        self._pending = True

    def due(self) -> bool:
        return self._pending and self._map.particles is not None

    def unit(self) -> bool:
        """Predict some values of an axis. After the last value, pass all axes to the map."""
        axes, n = self._state.axes, len(self._values)
        if self._axis < len(axes.dimensions):
            if self._regression is None:
                self._regression = self._fitted()
            stop = min(self._position + items_per_unit(n, PREDICTED_AT_ONCE), n)
            for rows in torch.arange(self._position, stop).split(PREDICTED_AT_ONCE):
                self._predict(self._regression, rows)
            self._position = stop
            if self._position == n:
                known = self._values[self._regression.items, self._axis]
                left_out = self._regression.left_out.cpu().numpy()
                correlation = rank_correlation(left_out, known.cpu().numpy())
                self._left_out.append((len(known), correlation))
                self._axis += 1
                self._position, self._regression = 0, None
        if self._axis == len(axes.dimensions):
            self._pending = False
            self._pass_to_map()
        return False

    def _fitted(self) -> ValueRegression:
        """Return the regression of the current axis.

        It is fitted to the features that the neighbour graph uses, and to the pixels of pictures.
        """
        known = ~self._state.axes.trained[:, self._axis].isnan()
        items = torch.nonzero(known).squeeze(1).to(self._state.device)
        features, pixels = self._graph.features, self._pixel_components()

        def views(items: torch.Tensor) -> list[torch.Tensor]:
            own = [] if pixels is None else [pixels(items)]
            return [*own, features[items]]

        return ValueRegression(views, items, self._values[items, self._axis])

    def _pixel_components(self) -> PixelComponents | None:
        if self._dataset.kind == "image" and self._pixels is None:
            self._pixels = PixelComponents(self._dataset)
        return self._pixels

    def _predict(self, regression: ValueRegression, rows: torch.Tensor) -> None:
        """Set the values and the stiffness of the items `rows`, except for items with a trained
        value."""
        unknown = rows[self._state.axes.trained[rows, self._axis].isnan()].to(self._state.device)
        if len(unknown):
            self._values[unknown, self._axis] = regression.predict(unknown)
            self._stiffness[unknown, self._axis] = AXIS_STIFFNESS * regression.explained

    def _pass_to_map(self) -> None:
        """Set the axes of the map, and plan the motion of the items to their new positions."""
        particles = self._map.particles
        assert particles is not None
        self._map.set_axes(
            chosen_axes(
                self._state.axes, particles.centred, self._values, self._stiffness, self._map.axes
            )
        )
        if not self._state.axes.dimensions:
            self._state.losses.pop("axis", None)
        self._map.hold_positions()
        self._guide.plan_axes()

    # Checkpoints ------------------------------------------------------------------------------

    def tensors(self) -> Tensors:
        if not self._pending:
            return {}
        return {"axis_predicted": self._values, "axis_predicted_stiffness": self._stiffness}

    def counters(self) -> dict[str, Any]:
        return {
            "axis_pending": self._pending,
            "axis": self._axis,
            "axis_position": self._position,
            "axis_left_out": list(self._left_out),
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._regression = None
        self._pending = counters.get("axis_pending", False)
        self._axis, self._position = counters.get("axis", 0), counters.get("axis_position", 0)
        self._left_out = [(n, found) for n, found in counters.get("axis_left_out", [])]
        if self._pending:
            self._values = tensors["axis_predicted"].clone().to(self._state.device)
            self._stiffness = tensors["axis_predicted_stiffness"].clone().to(self._state.device)
