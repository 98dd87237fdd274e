"""The camera of a drawn picture. It computes the pixel at which each item appears."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FIELD_OF_VIEW = 40.0
"""Vertical angle of view of a perspective camera in degrees, as on the page."""
PAGE_AZIMUTH = float(np.degrees(np.arctan2(0.55, 1.9)))
"""Azimuth of the page's camera when the page opens, in degrees (scene/stage.ts)."""
PAGE_ELEVATION = float(np.degrees(np.arctan2(0.38, np.hypot(0.55, 1.9))))
"""Angle of the page's camera above the horizontal plane when the page opens, in degrees."""
_FIT = 0.97
"""Distance of the camera from the cloud, as a share of the distance at which the cloud's bounding
box fits into the picture. The share can be less than 1, because a cloud has no items in the corners
of its box."""
_OUTLIERS = 0.4
"""Percentage of the items that count as outliers at each end of each axis.

The distance of the camera from the cloud does not depend on the outliers.
"""


class Projected(NamedTuple):
    """Where N items appear on a picture."""

    pixels: npt.NDArray[np.float64]
    """Place of each item (N, 2): x to the right and y down from the picture's corner, in pixels."""
    depth: npt.NDArray[np.float64]
    """Distance from the camera along its line of sight (N,), in latent units."""
    scale: npt.NDArray[np.float64]
    """Pixels per latent unit at each item (N,)."""


class Area(NamedTuple):
    """The part of a picture in which the cloud is drawn, in pixels."""

    left: int
    """Left edge."""
    top: int
    """Upper edge."""
    right: int
    """Right edge."""
    bottom: int
    """Lower edge."""


class Extent(NamedTuple):
    """Where a cloud is, without outliers."""

    centre: npt.NDArray[np.float64]
    """Middle of the cloud (3,), in latent units."""
    half: npt.NDArray[np.float64]
    """Half of the cloud's size along each axis (3,), in latent units."""


def extent_of(latent_mean: npt.NDArray[np.floating]) -> Extent:
    """Return where the cloud `latent_mean` (N, D) is. A 2D cloud has the size 0 along z."""
    low, high = np.percentile(latent_mean.astype(np.float64), [_OUTLIERS, 100 - _OUTLIERS], axis=0)
    pad = (0, 3 - latent_mean.shape[1])
    return Extent(np.pad((low + high) / 2, pad), np.pad((high - low) / 2, pad))


@dataclass(frozen=True)
class Camera:
    """A camera at the distance at which a cloud fits into an area of the picture.

    A cloud in 3D is seen in perspective. A cloud in 2D is seen from the front, without perspective.
    """

    extent: Extent
    """The cloud to look at."""
    area: Area
    """Part of the picture into which the cloud is fitted."""
    azimuth: float = PAGE_AZIMUTH
    """Direction from the cloud to the camera about the vertical axis, in degrees; 0 is in front."""
    elevation: float = PAGE_ELEVATION
    """Angle of the camera above the horizontal plane, in degrees."""
    flat: bool = False
    """Whether the cloud is in 2D."""

    def project(self, latent_mean: npt.NDArray[np.floating]) -> Projected:
        """Return the places of `latent_mean` (N, D) on the picture."""
        left, top, right, bottom = self.area
        width, height = right - left, bottom - top
        middle = np.array([(left + right) / 2, (top + bottom) / 2])
        points = np.zeros((len(latent_mean), 3))
        points[:, : latent_mean.shape[1]] = latent_mean
        points -= self.extent.centre
        half = np.maximum(self.extent.half, 1e-6)
        if self.flat:
            scale = min(width / half[0], height / half[1]) / 2 / _FIT
            pixels = middle + points[:, :2] * (scale, -scale)
            return Projected(pixels, np.zeros(len(points)), np.full(len(points), scale))
        axes = self._axes()
        seen = points @ axes.T
        # `size[2]` is half of the depth of the cloud's box. A box would need the whole `size[2]` as
        # additional distance. As on the page (scene/camera-frame.ts), only 0.45 of `size[2]` is
        # added, because clouds are round.
        size = np.abs(axes) @ half
        focal = height / 2 / np.tan(np.radians(FIELD_OF_VIEW / 2))
        distance = _FIT * focal * max(size[0] / width, size[1] / height) * 2 + 0.45 * size[2]
        depth = np.maximum(distance - seen[:, 2], 0.05 * distance)
        scale = focal / depth
        return Projected(middle + seen[:, :2] * scale[:, None] * (1, -1), depth, scale)

    def _axes(self) -> npt.NDArray[np.float64]:
        """Return the unit vectors to the right, up, and towards the camera (3, 3), as rows."""
        azimuth, elevation = np.radians(self.azimuth), np.radians(self.elevation)
        towards = np.array(
            [
                np.sin(azimuth) * np.cos(elevation),
                np.sin(elevation),
                np.cos(azimuth) * np.cos(elevation),
            ]
        )
        right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
        return np.array([right, np.cross(towards, right), towards])
