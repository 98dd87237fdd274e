"""Items of a scene in tiles in regions: the same as point by point, for cameras near and far."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodespace.protocol import Region
from lodespace.scene.glb import Box
from lodespace.scene.region_query import items_in_regions
from lodespace.tiles.build import TileScene, build_tiles
from lodespace.tiles.points import PointBlock
from lodespace.tiles.region import TileRegions
from lodespace.tiles.runs import Runs
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import tile_path

N = 20_000


class Scene:
    def __init__(self, folder: Path, dimensions: int) -> None:
        random = np.random.default_rng(2)
        centres = random.normal(0, 3, (5, dimensions))
        points = centres[random.integers(0, 5, N)] + random.normal(0, 0.6, (N, dimensions))
        self.info, self.tree = build_tiles(
            [PointBlock(points)],
            TileScene("test", []),
            folder / "tiles",
            folder / "index",
            tile_points=300,
        )
        self.read: list[int] = []
        self.folder = folder
        self.box = Box(self.info.origin, self.info.size)
        grid = np.concatenate([self.positions(k) for k in range(len(self.tree))])
        self.means = np.asarray(self.box.origin) + grid * (self.box.size / 65535)
        self.regions = TileRegions(self.tree, self.box, self.positions)

    def positions(self, tile: int) -> np.ndarray:
        self.read.append(tile)
        path = self.folder / "tiles" / tile_path(tile, ".glb")
        return read_positions(path, int(self.tree.count[tile]))


@pytest.fixture(scope="module", params=[3, 2])
def scene(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"), request.param)


def camera(eye: np.ndarray, target: np.ndarray, near: float = 0.05) -> list[float]:
    """Column-major matrix of a perspective camera."""
    ahead = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(ahead, [0, 1, 0])
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    view = np.eye(4)
    view[:3, :3] = [right, up, -ahead]
    view[:3, 3] = -view[:3, :3] @ eye
    far = 100.0
    projection = np.array(
        [
            [1.6, 0, 0, 0],
            [0, 1.6, 0, 0],
            [0, 0, (far + near) / (near - far), 2 * far * near / (near - far)],
            [0, 0, -1, 0],
        ]
    )
    return (projection @ view).T.ravel().tolist()


def lasso(random: np.random.Generator, corners: int, size: float) -> list[float]:
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radius = size * random.uniform(0.5, 1, corners)
    middle = random.uniform(-0.4, 0.4, 2)
    return (
        (middle + np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]).ravel().tolist()
    )


@pytest.mark.parametrize("mode", ["through", "visible"])
@pytest.mark.parametrize("distance", [0.5, 3.0, 20.0])
def test_region_of_tiles_is_the_region_of_points(scene: Scene, mode, distance: float) -> None:
    random = np.random.default_rng(int(10 * distance))
    counts = []
    for size in (0.05, 0.3, 1.2):
        target = scene.means[random.integers(N)]
        eye = target + distance * random.normal(size=3) / 1.7
        regions = [
            Region(
                polygon=lasso(random, 40, size),
                clip_from_latent=camera(eye, target),
                mode=mode,
                cell=(0.02, 0.03),
            )
            for _ in range(2)
        ]
        found = scene.regions.items_in(regions)
        expected = items_in_regions(scene.means, regions)
        assert np.array_equal(found.items(), expected)
        assert found.count == len(expected)
        counts.append(len(expected))
    assert max(counts) > 100


def test_tiles_inside_a_region_are_not_read(scene: Scene) -> None:
    matrix = camera(scene.means.mean(axis=0) + np.array([0, 0, 30.0]), scene.means.mean(axis=0))
    scene.read.clear()
    whole = Region(polygon=[-1, -1, 1, -1, 1, 1, -1, 1], clip_from_latent=matrix)
    found = scene.regions.items_in([whole])
    assert (found.starts.tolist(), found.ends.tolist()) == ([0], [N])
    assert scene.read == []
    outside = Region(polygon=[0.9, 0.9, 1, 0.9, 1, 1], clip_from_latent=matrix)
    assert scene.regions.items_in([outside]).count == 0


def test_degenerate_matrix_selects_what_points_select(scene: Scene) -> None:
    for matrix in ([0.0] * 16, [1e308] * 16, [0.0] * 15 + [1.0]):
        region = Region(polygon=[-1, -1, 1, -1, 1, 1, -1, 1], clip_from_latent=matrix)
        found = scene.regions.items_in([region]).items()
        assert np.array_equal(found, items_in_regions(scene.means, [region]))


@given(st.sets(st.integers(0, 200)), st.integers(0, 150), st.integers(1, 60), st.integers(1, 30))
def test_runs_are_the_set_of_their_items(
    items: set[int], first: int, count: int, most: int
) -> None:
    listed = np.array(sorted(items), np.int64)
    runs = Runs.of_items(listed)
    assert runs.items().tolist() == listed.tolist()
    assert runs.count == len(listed)
    within = np.isin(np.arange(first, first + count), listed)
    assert runs.mask(first, count).tolist() == within.tolist()
    sample = runs.sample(most).tolist()
    assert len(sample) == len(set(sample)) == min(most, len(listed))
    assert set(sample) <= items


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
def test_union_of_runs_has_each_item_once(pairs: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in pairs], np.int64)
    ends = starts + np.array([length for _, length in pairs], np.int64)
    expected = sorted({item for a, b in zip(starts, ends, strict=True) for item in range(a, b)})
    assert Runs.union(starts, ends).items().tolist() == expected
