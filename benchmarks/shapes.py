"""Features of meshes: the share of nearest items of the same kind, and processor times.

    python benchmarks/shapes.py [--shapes 180] [--seed 0]

The shapes are made: boxes, cylinders, tori, capsules, cones and spheres, with noise, dents, and
sizes from 0.001 to 1,000. Reads each as an STL file, draws its picture and computes its features.
Prints the share of the ten nearest shapes that are of the same kind, this share by chance, and the
processor seconds for all shapes, and for a sphere of 1.3 million triangles.
"""

import argparse
import io
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from trimesh import creation

from lodespace.shapes.features import features_of
from lodespace.shapes.rasteriser import picture_of
from lodespace.shapes.shape import read_shape

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from samples.shapes import KINDS, as_bytes, made  # noqa: E402

NEAREST = 10


def read(content: bytes) -> npt.NDArray[np.float32]:
    """Return the features (F,) of an STL file, after the work of an import on one shape."""
    shape = read_shape(io.BytesIO(content), ".stl")
    picture_of(shape, 64)
    return features_of(shape)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shapes", type=int, default=180)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    kinds = np.arange(options.shapes) % len(KINDS)
    files = [as_bytes(made(KINDS[kind], random), "stl") for kind in kinds]
    start = time.process_time()
    rows = np.stack([read(content) for content in files])
    seconds = time.process_time() - start
    distances = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :NEAREST]
    same = kinds[:, None] == kinds
    chance = (same.sum() - len(kinds)) / (same.size - len(kinds))
    large = as_bytes(creation.icosphere(subdivisions=8), "stl")
    start = time.process_time()
    read(large)
    print(
        f"{(kinds[nearest] == kinds[:, None]).mean():.3f} of the {NEAREST} nearest shapes have the "
        f"same kind (by chance: {chance:.3f}); {len(kinds)} shapes took {seconds:.1f} processor "
        f"seconds, and one with 1.3 million triangles {time.process_time() - start:.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
