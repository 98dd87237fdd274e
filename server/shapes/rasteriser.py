"""Pictures of meshes and point clouds, drawn on the processor with a depth buffer.

No display is needed.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.shapes.shape import Shape

_TURN = np.radians(35)
"""Angle by which the camera is turned about the vertical axis."""
_TILT = np.radians(25)
"""Angle by which the camera looks down."""
_MARGIN = 0.94
"""Share of the picture's width that a shape covers at most."""
_FINER = 2
"""Number of samples per pixel along each axis."""
_DARKEST = 70
"""Brightness of a surface that faces away from the light. The background has 0."""
_LIGHT = np.array((-0.45, 0.6, 0.66))
"""Direction to the light, seen from the camera."""
_TESTS_AT_ONCE = 2_000_000
"""Number of pixels that are tested against triangles at a time."""
_POINT = 0.018
"""Half the width of a point of a cloud, as a share of the picture."""

Depths = npt.NDArray[np.float32]


def picture_of(shape: Shape, side: int) -> npt.NDArray[np.uint8]:
    """Return a grey picture of a shape, (side, side). The background is 0."""
    fine = side * _FINER
    seen = shape.points @ _view().T
    reach = float(np.abs(seen[:, :2]).max())
    # `reach` is 0 for a line that points at the camera.
    seen = seen * (_MARGIN / reach if reach > 0 else 1)
    depth = np.full(fine * fine, -np.inf, np.float32)
    shade = np.zeros(fine * fine, np.float32)
    if shape.is_mesh:
        _draw_triangles(seen, shape.triangles, fine, depth, shade)
    if not (depth > -np.inf).any():
        _draw_points(seen, fine, depth, shade)
    image = Image.fromarray(shade.reshape(fine, fine).round().clip(0, 255).astype(np.uint8))
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def _view() -> npt.NDArray[np.float64]:
    """Return the rotation from the shape to the camera, (3, 3): x right, y up, z to the camera."""
    turn, tilt = _TURN, _TILT
    about_y = np.array(
        [[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    )
    return about_x @ about_y


def _draw_triangles(
    seen: npt.NDArray[np.float64],
    triangles: npt.NDArray[np.int64],
    fine: int,
    depth: Depths,
    shade: npt.NDArray[np.float32],
) -> None:
    """Draw triangles (T, 3) of points (V, 3) in -1..1 into `depth` and `shade`, (fine * fine,)."""
    at = np.empty((len(seen), 3), np.float32)
    at[:, 0] = (seen[:, 0] + 1) * (fine / 2) - 0.5
    at[:, 1] = (1 - seen[:, 1]) * (fine / 2) - 0.5
    at[:, 2] = seen[:, 2]
    brightness = _brightness(seen, triangles)
    corners = at[triangles]
    low = np.ceil(corners[:, :, :2].min(axis=1)).astype(np.int32)
    high = np.floor(corners[:, :, :2].max(axis=1)).astype(np.int32)
    low, high = low.clip(0, fine - 1), high.clip(0, fine - 1)
    size = (high - low + 1).clip(0)
    tests = size[:, 0].astype(np.int64) * size[:, 1]
    kept = np.flatnonzero(tests)
    ends = np.cumsum(tests[kept])
    start = 0
    while start < len(kept):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _TESTS_AT_ONCE, side="right")))
        part = kept[start:stop]
        _draw_part(corners[part], low[part], size[part], brightness[part], fine, depth, shade)
        start = stop


def _draw_part(
    corners: npt.NDArray[np.float32],
    low: npt.NDArray[np.int32],
    size: npt.NDArray[np.int32],
    brightness: npt.NDArray[np.float32],
    fine: int,
    depth: Depths,
    shade: npt.NDArray[np.float32],
) -> None:
    """Test all pixels in the rectangle around each triangle, and draw those inside."""
    tests = size[:, 0].astype(np.int64) * size[:, 1]
    of = np.repeat(np.arange(len(corners)), tests)
    place = np.arange(len(of)) - np.repeat(np.cumsum(tests) - tests, tests)
    x = low[of, 0] + place % size[of, 0]
    y = low[of, 1] + place // size[of, 0]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = (1 / area)[of]
        ax, ay = x - a[of, 0], y - a[of, 1]
        ab, ac = (b - a)[of], (c - a)[of]
        second = (ax * ac[:, 1] - ay * ac[:, 0]) * scale
        third = (ay * ab[:, 0] - ax * ab[:, 1]) * scale
        inside = (second >= 0) & (third >= 0) & (second + third <= 1)
        z = a[of, 2] + second * ab[:, 2] + third * ac[:, 2]
    pixel, z, of = (y * fine + x)[inside], z[inside], of[inside]
    _keep_nearest(pixel, z, brightness[of], depth, shade)


def _keep_nearest(
    pixel: npt.NDArray[np.integer],
    z: npt.NDArray[np.floating],
    brightness: npt.NDArray[np.float32],
    depth: Depths,
    shade: npt.NDArray[np.float32],
) -> None:
    """Write the nearest of several values per pixel, if it is nearer than the depth buffer."""
    np.maximum.at(depth, pixel, z.astype(np.float32))
    nearest = depth[pixel] == z.astype(np.float32)
    shade[pixel[nearest]] = brightness[nearest]


def _brightness(
    seen: npt.NDArray[np.float64], triangles: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return the brightness of each triangle, (T,). Both sides are lit, because many files have
    triangles whose corners run in both directions."""
    corners = seen[triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1)
    normal = normal / np.where(length > 0, length, 1)[:, None]
    # The normal of the visible side points to the camera.
    normal *= np.where(normal[:, 2:] < 0, -1, 1)
    lit = (normal @ (_LIGHT / np.linalg.norm(_LIGHT))).clip(0)
    return (_DARKEST + (255 - _DARKEST) * lit).astype(np.float32)


def _draw_points(
    seen: npt.NDArray[np.float64], fine: int, depth: Depths, shade: npt.NDArray[np.float32]
) -> None:
    """Draw points (V, 3) in -1..1 as small squares, which are darker the farther they are."""
    half = max(1, round(_POINT * fine))
    x = np.rint((seen[:, 0] + 1) * (fine / 2) - 0.5).astype(np.int64)
    y = np.rint((1 - seen[:, 1]) * (fine / 2) - 0.5).astype(np.int64)
    z = seen[:, 2].astype(np.float32)
    near = (z - z.min()) / max(1e-9, float(z.max() - z.min()))
    brightness = (_DARKEST + (255 - _DARKEST) * near).astype(np.float32)
    for dx in range(-half, half):
        for dy in range(-half, half):
            pixel = (y + dy).clip(0, fine - 1) * fine + (x + dx).clip(0, fine - 1)
            _keep_nearest(pixel, z, brightness, depth, shade)
