"""A mesh or point cloud, and its reading from a file."""

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lodespace.items.errors import ItemError
from lodespace.shapes.limits import check_size
from lodespace.shapes.stated_size import check_stated_size

SUFFIXES = frozenset({".ply", ".obj", ".stl", ".glb", ".off"})
"""Suffixes of the files that are read, in lower case."""
Y_UP = frozenset({".obj", ".glb"})
"""Suffixes of files whose vertical axis is y. In all other files, it is z."""
_TINY = 1e-12

Points = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """A mesh or point cloud, centred at the origin, with the vertical axis y."""

    points: Points
    """Vertices of the mesh, or points of the cloud, (V, 3). The farthest has the distance 1."""
    triangles: Triangles
    """Vertices of each triangle, (T, 3); (0, 3) for a point cloud."""

    @property
    def is_mesh(self) -> bool:
        """Whether the shape has triangles."""
        return len(self.triangles) > 0


def read_shape(file: BinaryIO, suffix: str) -> Shape:
    """Return the shape in `file`, whose kind is `suffix`, in lower case.

    All meshes of a scene are joined. Textures and files beside `file` are not read. Raises
    ItemError.
    """
    check_stated_size(file, suffix)
    points, triangles = _joined(_loaded(file, suffix))
    if len(points) == 0:
        raise ItemError("the file has no triangles and no points; export the shape again")
    wrong = int((~np.isfinite(points)).any(axis=1).sum())
    if wrong:
        raise ItemError(
            f"{wrong:,} of {len(points):,} points have coordinates that are not finite (NaN or "
            "infinity); repair the shape first"
        )
    if len(triangles):
        if int(triangles.min()) < 0 or int(triangles.max()) >= len(points):
            raise ItemError("the file is damaged: a triangle has a vertex that does not exist")
        points, triangles = on_surface(points, triangles)
    return Shape(_normalised(points, z_up=suffix not in Y_UP), triangles)


def on_surface(points: Points, triangles: Triangles) -> tuple[Points, Triangles]:
    """Return points (V, 3) and triangles (T, 3) without the points that belong to no triangle."""
    used = np.zeros(len(points), np.bool_)
    used[triangles.ravel()] = True
    if used.all():
        return points, triangles
    return points[used], (np.cumsum(used) - 1)[triangles]


def _loaded(file: BinaryIO, suffix: str) -> Any:
    """Return the scene in `file`. Raises ItemError."""
    import trimesh

    try:
        # Without `process`, trimesh merges no vertices, so a mesh of a million triangles is read
        # five times as fast. Without a resolver, it opens no other file.
        return trimesh.load_scene(
            file,
            file_type=suffix.removeprefix("."),
            resolver=None,
            allow_remote=False,
            process=False,
            skip_materials=True,
        )
    # The readers raise many types of errors on broken files.
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ItemError(f"the file is damaged, or not a {suffix} file: {reason[:200]}") from error


def _joined(scene: Any) -> tuple[Points, Triangles]:
    """Return points (V, 3) and triangles (T, 3) of all shapes in a scene of trimesh.

    Raises ItemError for shapes with damaged arrays, and for shapes that are too large.
    """
    points: list[Points] = []
    triangles: list[Triangles] = []
    clouds: list[Points] = []
    count = total = number = 0
    try:
        for node in scene.graph.nodes_geometry:
            transform, name = scene.graph[node]
            shape = scene.geometry[name]
            own = np.asarray(shape.vertices, np.float64).reshape(-1, 3)
            faces = np.asarray(getattr(shape, "faces", ()), np.int64).reshape(-1, 3)
            total, number = total + len(own), number + len(faces)
            # A mesh may be in many places, and each place needs memory.
            check_size(total, number)
            with np.errstate(all="ignore"):
                own = own @ transform[:3, :3].T + transform[:3, 3]
            if len(faces):
                points.append(own)
                triangles.append(faces + count)
                count += len(own)
            else:
                clouds.append(own)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ItemError(f"the file is damaged: {error}") from error
    if triangles:
        return np.concatenate(points), np.concatenate(triangles)
    return np.concatenate(clouds or [np.zeros((0, 3))]), np.zeros((0, 3), np.int64)


def _normalised(points: Points, *, z_up: bool) -> Points:
    """Centre points (V, 3), scale them so that the farthest has the distance 1, and turn y up.

    Raises ItemError if all points are at one place.
    """
    # The scale comes first, because the square of a very large or small number is not finite.
    low, high = points.min(axis=0), points.max(axis=0)
    with np.errstate(over="ignore"):
        extent = float((high / 2 - low / 2).max())
    if not extent > _TINY * max(1e-300, float(np.abs(points).max())):
        raise ItemError("all points of the shape are at one place, so it has no form")
    centred = points / extent - (low / 2 + high / 2) / extent
    centred /= np.sqrt(np.square(centred).sum(axis=1).max())
    return centred[:, [0, 2, 1]] * (1, 1, -1) if z_up else centred
