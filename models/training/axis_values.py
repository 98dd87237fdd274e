"""The values on named axes of the map, and which of them are hidden from training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.hidden_values import LEAST_VALUES, hidden_values


@dataclass(frozen=True, eq=False)
class AxisValues:
    """Values of N items on A named axes, on the CPU."""

    dimensions: tuple[int, ...]
    """Dimension of the shown map along which each axis is shown, ascending."""
    values: torch.Tensor
    """Value of each item on each axis, float32 (N, A), NaN for an unknown value.

    The known values of an axis have mean 0 and deviation 1.
    """
    rotation: torch.Tensor
    """Rotation (D, D) from the model to the map that was shown when the axes were set."""

    @classmethod
    def none(cls, n_items: int) -> "AxisValues":
        """Return an empty set of axes for `n_items` items."""
        return cls((), torch.empty(n_items, 0), torch.empty(0, 0))

    @classmethod
    def checked(
        cls, dimensions: Sequence[int], values: npt.NDArray[np.float32], n_items: int
    ) -> "AxisValues":
        """Check and return axes with values (N, A), NaN for an unknown value.

        Raises:
            ValueError: when the values have another shape or are infinite, when an axis has fewer
                than LEAST_VALUES values or only equal values, or when dimensions are not ascending
                numbers from 0 to 2.
        """
        if list(dimensions) != sorted(set(dimensions) & {0, 1, 2}):
            raise ValueError("the dimensions of the axes must be ascending numbers from 0 to 2")
        if values.shape != (n_items, len(dimensions)):
            wanted = f"({n_items}, {len(dimensions)})"
            raise ValueError(f"the values of axes must have the shape {wanted}, not {values.shape}")
        given = torch.from_numpy(values.astype(np.float32))
        for column in given.T:
            known = column[~column.isnan()]
            if not bool(known.isfinite().all()):
                raise ValueError("the values of an axis must be finite")
            if len(known) < LEAST_VALUES or len(known.unique()) < 2:
                raise ValueError(
                    f"an axis needs at least {LEAST_VALUES} known values that are not all equal"
                )
        return cls(tuple(dimensions), given, torch.empty(0, 0))

    def seen_in(self, rotation: torch.Tensor) -> "AxisValues":
        """Return the same axes for a shown map with another rotation (D, D) from the model."""
        return replace(self, rotation=rotation.cpu())

    def seen_along(self, dimension: int, latent_dim: int) -> torch.Tensor:
        """Return the direction (latent_dim,) of the model that was shown along `dimension`."""
        same = self.rotation.shape == (latent_dim, latent_dim)
        return (self.rotation if same else torch.eye(latent_dim))[:, dimension]

    def equals(self, other: "AxisValues") -> bool:
        """Whether dimensions and values equal those of `other`."""
        return self.dimensions == other.dimensions and torch.equal(
            self.values.nan_to_num(torch.inf), other.values.nan_to_num(torch.inf)
        )

    @cached_property
    def hidden(self) -> torch.Tensor:
        """Which known values are hidden from training to measure the correlation, bool (N, A).

        See `hidden_values`.
        """
        columns = [hidden_values(column.numpy()) for column in self.values.T]
        return torch.from_numpy(np.stack(columns, axis=1)) if columns else self.values.isnan()

    @cached_property
    def trained(self) -> torch.Tensor:
        """Values to train on, float32 (N, A): NaN for unknown and hidden values."""
        return torch.where(self.hidden, torch.nan, self.values)

    def tensors(self) -> Tensors:
        """Return the arrays under the names that they have in a saved state."""
        if not self.dimensions:
            return {}
        known = ~self.values.isnan()
        return {
            "axis_dimensions": torch.tensor(self.dimensions, dtype=torch.int64),
            "axis_values": self.values.nan_to_num(0.0),
            "axis_known": known,
            "axis_rotation": self.rotation,
        }

    @classmethod
    def load(cls, tensors: Mapping[str, torch.Tensor], n_items: int) -> "AxisValues":
        """Return the axes of a saved state. States of older versions have no axes."""
        if "axis_values" not in tensors:
            return cls.none(n_items)
        values = torch.where(tensors["axis_known"], tensors["axis_values"], torch.nan)
        return cls(
            tuple(tensors["axis_dimensions"].tolist()), values, tensors["axis_rotation"].clone()
        )
