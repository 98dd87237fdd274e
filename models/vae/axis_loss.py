"""The axis term L_axis of the loss, which pulls items along an axis of the map to their value.

    L = 1/2 sum_i sum_a k_ia (u_a . z_i - s v_ia)^2

z_i is the latent mean of item i, relative to the mean of all items. u_a is the direction of the
named axis a, a vector of length 1. v_ia is the value of item i on this axis, with mean 0 and
deviation 1. s is the spread of the map, so that the axis is as long as the other axes. k_ia is the
stiffness; an item without a value has k_ia = 0. For particles, positions, stiffness and forces are
in kernel units (layout/particles.py). In the preset `paper`, there are no particles, and the
encoder is trained on this term. The term is then computed in latent units, from the means of the
items whose value is known. The term is the negative logarithm of a Gaussian of the value given the
latent mean, as in a generative model with partly observed, interpretable latent variables (N.
Siddharth, B. Paige and others 2017).
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from lodespace.models.checkpoints.tensors import Tensors


class AxisTargets(NamedTuple):
    """Values of N items on A named axes of a map with D dimensions. All tensors are on one
    device."""

    dimensions: tuple[int, ...]
    """Dimension of the shown map along which each axis is shown, ascending."""
    directions: torch.Tensor
    """Direction of each axis in the coordinates of the model, orthonormal, float32 (A, D)."""
    values: torch.Tensor
    """Value of each item on each axis, with mean 0 and deviation 1, float32 (N, A)."""
    stiffness: torch.Tensor
    """Stiffness of each item on each axis, float32 (N, A); 0 for an item without a value."""

    def of(self, items: torch.Tensor) -> "AxisTargets":
        """Return the targets of items int64 (K,)."""
        return self._replace(values=self.values[items], stiffness=self.stiffness[items])

    def to(self, device: torch.device) -> "AxisTargets":
        """Return the targets on another device."""
        return AxisTargets(self.dimensions, *(tensor.to(device) for tensor in self[1:]))

    def direction_of(self, dimension: int, values: torch.Tensor) -> torch.Tensor | None:
        """Return the direction (D,) of the axis that is shown along `dimension` and has `values`
        (N,).

        Returns None if there is no such axis.
        """
        for axis, own in enumerate(self.dimensions):
            if own == dimension and torch.equal(self.values[:, axis], values):
                return self.directions[axis]
        return None

    def tensors(self) -> Tensors:
        """Return the tensors under the names that they have in a saved state."""
        return {
            "map_axis_dimensions": torch.tensor(self.dimensions, dtype=torch.int64),
            "map_axis_directions": self.directions,
            "map_axis_values": self.values,
            "map_axis_stiffness": self.stiffness,
        }

    @classmethod
    def load(
        cls, tensors: Mapping[str, torch.Tensor], device: torch.device
    ) -> "AxisTargets | None":
        """Return the axes of a saved state; None if the state has no axes."""
        if "map_axis_values" not in tensors:
            return None
        return cls(
            tuple(tensors["map_axis_dimensions"].tolist()),
            *(
                tensors[f"map_axis_{name}"].clone().to(device)
                for name in ("directions", "values", "stiffness")
            ),
        )

    def weighted(self, beta_axis: float) -> "AxisTargets":
        """Return the targets with the stiffness multiplied by the weight of the term."""
        return self._replace(stiffness=beta_axis * self.stiffness)


def axis_loss(position: torch.Tensor, targets: AxisTargets, spread: float) -> torch.Tensor:
    """Return the axis term, a scalar.

    Args:
        position: latent mean of each item, relative to the mean of all items, (N, D).
        targets: values of the same items.
        spread: length on the map that stands for one standard deviation of the values.
    """
    off = position @ targets.directions.T - spread * targets.values
    return 0.5 * (targets.stiffness * off.square()).sum()


def axis_force(position: torch.Tensor, targets: AxisTargets, spread: float) -> torch.Tensor:
    """Return the axis force on each item, (N, D): minus the gradient of `axis_loss`."""
    off = spread * targets.values - position @ targets.directions.T
    return (targets.stiffness * off) @ targets.directions


def mean_axis_loss(latent_mean: torch.Tensor, targets: AxisTargets) -> torch.Tensor:
    """Return the axis term of a batch of encoded items, a scalar.

    The term is the mean over the items of the batch that have a value; 0 without such items.

    Args:
        latent_mean: latent means of the items, (B, D), whose prior has mean 0 and deviation 1.
        targets: values of the same items.
    """
    valued = (targets.stiffness > 0).any(dim=1).sum().clamp_min(1)
    return axis_loss(latent_mean, targets, 1.0) / valued
