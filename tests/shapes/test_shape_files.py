"""Meshes and point clouds: reading, pictures, features, simplification."""

import io

import numpy as np
import pytest
import trimesh
from trimesh import creation
from trimesh.transformations import rotation_matrix

from lodespace.items.errors import ItemError
from lodespace.shapes import simplified as simplification
from lodespace.shapes.features import features_of
from lodespace.shapes.files import packed
from lodespace.shapes.rasteriser import picture_of
from lodespace.shapes.shape import Shape, read_shape
from lodespace.shapes.simplified import simplified
from lodespace.shapes.surface import surface_points
from samples.shapes import KINDS, as_bytes, made


def read(content: bytes, suffix: str) -> Shape:
    return read_shape(io.BytesIO(content), suffix)


def shape_of(mesh: object, kind: str = "stl") -> Shape:
    return read(as_bytes(mesh, kind), f".{kind}")


@pytest.mark.parametrize("kind", ["stl", "ply", "off", "obj", "glb"])
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_a_box_is_read_in_every_format_and_unit(kind: str, unit: float) -> None:
    shape = shape_of(creation.box(extents=np.array((2.0, 2.0, 6.0)) * unit), kind)
    assert len(shape.triangles) == 12
    np.testing.assert_allclose(np.linalg.norm(shape.points, axis=1), 1, rtol=1e-5)
    # The long side is z in the file: it is upright in files with z up.
    tall = np.ptp(shape.points, axis=0)
    assert int(tall.argmax()) == (2 if kind in ("obj", "glb") else 1)


def test_scenes_are_joined_and_clouds_have_no_triangles() -> None:
    scene = trimesh.Scene()
    scene.add_geometry(creation.box(), transform=np.diag((1.0, 1, 1, 1)))
    moved = np.eye(4)
    moved[0, 3] = 5
    scene.add_geometry(creation.box(), transform=moved)
    joined = shape_of(scene, "glb")
    assert len(joined.triangles) == 24
    assert np.ptp(joined.points[:, 0]) > 5 * np.ptp(joined.points[:, 1])
    cloud = shape_of(trimesh.PointCloud(creation.box().sample(500)), "ply")
    assert not cloud.is_mesh and len(cloud.points) == 500


OFF = "OFF\n3 1 0\n{}\n3 0 1 2\n"


@pytest.mark.parametrize(
    ("content", "suffix", "words"),
    [
        (b"ply\nformat ascii 1.0\nelement vertex 3\nproperty", ".ply", "damaged, or not a .ply"),
        (b"\x00\x01 nothing", ".glb", "damaged, or not a .glb"),
        (b"solid empty\nendsolid empty\n", ".stl", "no triangles and no points"),
        (OFF.format("0 0 0\n1 nan 0\n0 1 0").encode(), ".off", "1 of 3 points .* not finite"),
        (OFF.format("7 7 7\n7 7 7\n7 7 7").encode(), ".off", "at one place"),
        (b"OFF\n2 1 0\n0 0 0\n1 1 1\n3 0 1 9\n", ".off", "damaged"),
        (b"", ".obj", "no triangles and no points|damaged"),
    ],
)
def test_a_file_without_a_shape_is_refused_with_the_reason(
    content: bytes, suffix: str, words: str
) -> None:
    with pytest.raises(ItemError, match=words):
        read(content, suffix)


def test_pictures_show_the_outline_in_front_of_black() -> None:
    side = 64
    ball = picture_of(shape_of(creation.icosphere(subdivisions=3)), side)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    inside = np.hypot(x, y) < 0.94 * side / 2 - 1
    outside = np.hypot(x, y) > 0.94 * side / 2 + 1
    assert ball.shape == (side, side) and ball.dtype == np.uint8
    assert (ball[inside] >= 60).all() and (ball[outside] == 0).all()
    # The light comes from the upper left.
    assert ball[20, 20] > ball[44, 44] + 50
    ring = picture_of(shape_of(creation.torus(1, 0.2)), side)
    assert ring[side // 2, side // 2] == 0 and (ring > 0).mean() > 0.1
    # A part behind another one is hidden: the far ball does not change the picture.
    near = creation.box(extents=(2, 2, 2))
    hidden = creation.icosphere(radius=0.2)
    both = trimesh.util.concatenate([near, hidden])
    assert np.array_equal(picture_of(shape_of(both), side), picture_of(shape_of(near), side))


def test_clouds_and_flat_shapes_have_pictures() -> None:
    cloud = shape_of(trimesh.PointCloud(creation.icosphere().sample(800)), "ply")
    assert 0.3 < (picture_of(cloud, 64) > 0).mean() < 0.9
    line = Shape(np.array([[-1.0, 0, 0], [1, 0, 0]]), np.array([[0, 1, 1]]))
    assert (picture_of(line, 64) > 0).any()


def test_turns_and_sizes_hardly_change_the_features() -> None:
    random = np.random.default_rng(3)
    rows = {kind: features_of(shape_of(made(kind, random))) for kind in KINDS}
    apart = min(float(np.linalg.norm(rows[a] - rows[b])) for a in KINDS for b in KINDS if a != b)
    mesh = made("capsule", np.random.default_rng(4))
    before = features_of(shape_of(mesh))
    mesh.apply_transform(rotation_matrix(1.1, (0, 0, 1)))
    mesh.apply_scale(40)
    turned = features_of(shape_of(mesh))
    cloud = features_of(shape_of(trimesh.PointCloud(mesh.sample(4000)), "ply"))
    assert float(np.linalg.norm(before)) == pytest.approx(1, abs=1e-5)
    assert float(np.linalg.norm(before - turned)) < 0.3 * apart
    assert float(np.linalg.norm(before - cloud)) < 0.6 * apart
    assert np.array_equal(turned, features_of(shape_of(mesh)))


def test_neighbours_in_the_features_have_the_same_kind() -> None:
    random = np.random.default_rng(0)
    kinds = np.repeat(np.arange(len(KINDS)), 12)
    rows = np.stack([features_of(shape_of(made(KINDS[kind], random))) for kind in kinds])
    distances = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :5]
    assert float((kinds[nearest] == kinds[:, None]).mean()) > 0.8  # by chance: 0.15


def test_points_lie_on_the_surface_by_area() -> None:
    shape = shape_of(creation.box(extents=(2, 2, 2)))
    points = surface_points(shape, 3000)
    half = float(np.abs(shape.points).max())
    assert (np.abs(np.abs(points).max(axis=1) - half) < 1e-9).all()
    faces = np.abs(points).argmax(axis=1) * 2 + (
        points[np.arange(3000), np.abs(points).argmax(1)] > 0
    )
    assert np.bincount(faces).min() > 450


def test_separate_triangles_are_simplified_to_a_bounded_size() -> None:
    random = np.random.default_rng(0)
    places = random.uniform(-0.5, 0.5, (60_000, 1, 3))
    points = (places + random.normal(0, 0.001, (60_000, 3, 3))).reshape(-1, 3)
    small = simplified(Shape(points, np.arange(180_000).reshape(-1, 3)))
    assert 1000 < len(small.triangles) <= simplification.MOST_TRIANGLES
    assert len(small.points) == len(np.unique(small.triangles)), "points without a triangle"
    assert len(packed(small)) < 1e6


def test_a_large_mesh_is_simplified_and_keeps_its_form() -> None:
    shape = shape_of(creation.icosphere(subdivisions=6))
    assert len(shape.triangles) == 81_920
    small = simplified(shape)
    assert (
        0.5 * simplification.MOST_TRIANGLES < len(small.triangles) <= simplification.MOST_TRIANGLES
    )
    radius = np.linalg.norm(small.points, axis=1)
    assert radius.min() > 0.97 and radius.max() < 1.001
    assert int(small.triangles.max()) < len(small.points)
    assert simplified(small) is small
    difference = picture_of(shape, 64).astype(int) - picture_of(small, 64)
    assert np.abs(difference).mean() < 6
    data = packed(small)
    counts = np.frombuffer(data[:8], "<u4")
    assert counts.tolist() == [len(small.points), len(small.triangles)]
    assert len(data) == 8 + 12 * int(counts.sum())


@pytest.mark.parametrize("kind", ["separate", "repeated", "cloud"])
@pytest.mark.parametrize("most", [7200, simplification.MOST_BYTES])
def test_no_shape_is_larger_on_the_wire_than_the_limit(kind: str, most: int) -> None:
    random = np.random.default_rng(0)
    sphere = creation.icosphere(subdivisions=5).apply_scale(0.9)
    corners = np.asarray(sphere.triangles[:16_000]).reshape(-1, 3)  # repeated, as in STL files
    triangles = np.arange(len(corners)).reshape(-1, 3)
    if kind == "separate":
        corners = corners + random.normal(0, 1e-4, corners.shape)
    shape = Shape(corners, triangles[:0] if kind == "cloud" else triangles)
    small = simplified(shape, most)
    assert 0.3 * most < len(packed(small)) == simplification.wire_size(small) <= most
    if kind == "repeated" and most == simplification.MOST_BYTES:
        assert len(small.triangles) == 16_000 and len(small.points) < 9_000
        np.testing.assert_array_equal(small.points[small.triangles], corners[triangles])
