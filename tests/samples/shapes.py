"""Meshes and point clouds that tests make: boxes, cylinders, tori, capsules, cones and spheres."""

from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from trimesh import creation
from trimesh.transformations import rotation_matrix

KINDS = ("box", "cylinder", "torus", "capsule", "cone", "sphere")


def _plain(kind: str, random: np.random.Generator) -> Any:
    match kind:
        case "box":
            return creation.box(extents=random.uniform(0.6, 1.4, 3)).subdivide().subdivide()
        case "cylinder":
            return creation.cylinder(random.uniform(0.3, 0.6), random.uniform(0.8, 1.8))
        case "torus":
            return creation.torus(random.uniform(0.8, 1.2), random.uniform(0.2, 0.45))
        case "capsule":
            return creation.capsule(random.uniform(0.8, 2), random.uniform(0.3, 0.6))
        case "cone":
            return creation.cone(random.uniform(0.4, 0.9), random.uniform(0.8, 1.8))
        case _:
            return creation.icosphere(subdivisions=2).apply_scale(random.uniform(0.8, 1.2, 3))


def made(kind: str, random: np.random.Generator) -> Any:
    """A mesh of a kind, with random proportions, noise, a dent, size, place, and rotation about the
    vertical axis z."""
    mesh = _plain(kind, random)
    points = np.array(mesh.vertices)
    side = random.normal(size=3)
    side /= np.linalg.norm(side)
    height = points @ side
    dent = (height - np.quantile(height, 0.9)).clip(0) * random.uniform(0, 1)
    points = points - dent[:, None] * side + random.normal(0, 0.02, points.shape)
    mesh.vertices = points * 10 ** random.uniform(-3, 3)
    mesh.apply_transform(rotation_matrix(random.uniform(0, 2 * np.pi), (0, 0, 1)))
    mesh.apply_translation(random.normal(0, 5, 3))
    return mesh


def as_bytes(mesh: Any, kind: str) -> bytes:
    """A mesh or point cloud of trimesh as a file of `kind`: "stl", "ply", "off", "obj", "glb"."""
    content = mesh.export(file_type=kind)
    return content if isinstance(content, bytes) else content.encode()


def write_shapes(folder: Path, each: int = 4, seed: int = 0) -> Path:
    """Write `each` shapes per kind into subfolders of `folder`, as STL, PLY, OFF and point clouds.

    Returns `folder`.
    """
    random = np.random.default_rng(seed)
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            mesh, form = made(kind, random), ("stl", "ply", "off", "ply")[number % 4]
            if number % 4 == 3:
                mesh = trimesh.PointCloud(mesh.sample(1500))
            (folder / kind / f"{number}.{form}").write_bytes(as_bytes(mesh, form))
    return folder
