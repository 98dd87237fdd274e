"""The scene as GLB: Khronos's validator accepts it, and trimesh and Lodespace's decoder read it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.gltf_validator import validate
from lodespace.errors import ProjectError
from lodespace.protocol import PROTOCOL_VERSION, ClassInfo, NamedAxis
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import (
    UNLABELLED_COLOUR,
    Box,
    Scene,
    decode_scene,
    encode_scene,
)
from samples.scenes import CLASSES, make_scene


@pytest.mark.parametrize(
    ("n", "latent_dim", "classes"),
    [(1, 3, CLASSES), (1001, 2, CLASSES), (5000, 3, CLASSES), (3, 3, ())],
)
def test_khronos_finds_nothing_to_say(
    tmp_path: Path, n: int, latent_dim: int, classes: tuple[ClassInfo, ...]
) -> None:
    report = validate(encode_scene(make_scene(n, latent_dim=latent_dim, classes=classes)), tmp_path)
    assert report["issues"]["messages"] == []
    counts = [
        report["issues"][kind] for kind in ("numErrors", "numWarnings", "numInfos", "numHints")
    ]
    assert counts == [0, 0, 0, 0]
    assert report["info"]["totalVertexCount"] == n


def test_the_validator_would_say_something(tmp_path: Path) -> None:
    """Without the upper bound of POSITION, the validator reports an error."""
    glb = encode_scene(make_scene(10))
    wrong = glb.replace(b'"max"', b'"mix"')
    assert validate(wrong, tmp_path)["issues"]["numErrors"] > 0


def test_trimesh_reads_the_same_points(tmp_path: Path) -> None:
    scene = make_scene(500)
    path = tmp_path / "scene.glb"
    path.write_bytes(encode_scene(scene))
    loaded = trimesh.load_scene(path)
    (cloud,) = loaded.geometry.values()
    assert isinstance(cloud, trimesh.PointCloud)
    np.testing.assert_array_equal(np.asarray(cloud.vertices), scene.positions)
    transform, _ = loaded.graph.get(loaded.graph.nodes_geometry[0])
    metres = trimesh.transformations.transform_points(np.asarray(cloud.vertices, float), transform)
    np.testing.assert_allclose(metres, scene.positions / (GRID_STEPS - 1) - 0.5, atol=1e-6)
    colours = np.asarray(cloud.colors)
    assert colours[scene.labels == 0].tolist() == [[0xE6, 0x9F, 0x00, 255]] * int(
        (scene.labels == 0).sum()
    )
    assert colours[scene.labels == -1].tolist() == [[*UNLABELLED_COLOUR, 255]] * int(
        (scene.labels == -1).sum()
    )


def test_axes_of_columns_and_of_groups_are_decoded() -> None:
    axes = (
        NamedAxis(axis="x", name="slant", column="slant", known=3, n=2, hidden=True),
        NamedAxis(axis="y", name="few to many", known=20, n=0, hidden=False),
    )
    scene = dataclasses.replace(make_scene(5), axes=axes)
    assert decode_scene(encode_scene(scene)).axes == axes


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 300), latent_dim=st.sampled_from([2, 3]))
def test_decoding_gives_back_the_scene(n: int, latent_dim: int) -> None:
    scene = make_scene(n, latent_dim=latent_dim)
    decoded = decode_scene(encode_scene(scene))
    for name in ("positions", "labels", "predictions", "confidence"):
        np.testing.assert_array_equal(getattr(decoded, name), getattr(scene, name))
    for name in (
        "box",
        "classes",
        "dataset",
        "latent_dim",
        "revision",
        "step",
        "scene_id",
        "sequence",
    ):
        assert getattr(decoded, name) == getattr(scene, name)
    assert decoded.latent_mean().shape == (n, latent_dim)


def test_a_scene_without_classes_is_decoded_without_classes() -> None:
    scene = dataclasses.replace(
        make_scene(4, classes=()),
        labels=np.full(4, -1, np.int16),
        predictions=np.full(4, -1, np.int16),
    )
    assert decode_scene(encode_scene(scene)).classes == ()


def test_decoded_latent_means_are_exact_to_a_grid_step() -> None:
    random = np.random.default_rng(3)
    box = Box((-2.0, -3.0, -4.0), 8.0)
    mean = random.uniform(-2, 4, (100, 3))
    grid = np.rint((mean - box.origin) / box.size * (GRID_STEPS - 1)).astype(np.uint16)
    scene = make_scene(100)
    moved = Scene(**{**scene.__dict__, "positions": grid, "box": box})
    error = np.abs(decode_scene(encode_scene(moved)).latent_mean() - mean).max()
    assert error <= box.size / (GRID_STEPS - 1)


def json_chunk(glb: bytes) -> dict[str, Any]:
    """The JSON of a GLB, which follows 12 bytes of file header and 8 bytes of chunk header."""
    length = int.from_bytes(glb[12:16], "little")
    return json.loads(glb[20 : 20 + length])


def test_extras_contain_the_data_of_a_page() -> None:
    document = json_chunk(encode_scene(make_scene(4)))
    extras = document["extras"]
    assert extras["protocol"] == PROTOCOL_VERSION
    assert extras["classes"][1] == msgspec.to_builtins(CLASSES[1])
    assert extras["box"] == {"origin": [-1.5, -2.0, 0.25], "size": 4.5}
    assert (extras["revision"], extras["step"], extras["scene_id"], extras["sequence"]) == (
        7,
        1234,
        99,
        12,
    )
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    assert set(attributes) == {"POSITION", "COLOR_0", "_LABEL", "_PREDICTION", "_CONFIDENCE"}
    assert (
        document["bufferViews"][document["accessors"][attributes["POSITION"]]["bufferView"]][
            "byteStride"
        ]
        == 8
    )


def test_the_same_scene_gives_the_same_bytes() -> None:
    assert encode_scene(make_scene(50)) == encode_scene(make_scene(50))


def test_other_bytes_are_refused() -> None:
    glb = encode_scene(make_scene(20))
    for bad in (
        b"",
        b"glTF",
        b"x" * 100,
        glb[:40],
        b"\0" * 4096,
        glb.replace(b"_LABEL", b"_OTHER"),
    ):
        with pytest.raises(ProjectError):
            decode_scene(bad)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_scene_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    glb = bytearray(encode_scene(make_scene(20)))
    for _ in range(data.draw(st.integers(1, 4))):
        glb[data.draw(st.integers(0, len(glb) - 1))] = data.draw(st.integers(0, 255))
    try:
        scene = decode_scene(bytes(glb[: data.draw(st.integers(1, len(glb)))]))
    except ProjectError:
        return
    assert scene.positions.shape[1] == 3
