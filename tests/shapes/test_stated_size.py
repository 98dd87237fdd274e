"""Files of shapes that state more than they have, and would take much memory."""

import io
import json
import struct
import tracemalloc
from typing import Any

import pytest
import trimesh
from trimesh import creation

from lodespace.items.errors import ItemError
from lodespace.shapes import limits, shape, stated_size
from lodespace.shapes.shape import read_shape
from samples.shapes import as_bytes

POINTS = {"count": 3, "componentType": 5126, "type": "VEC3", "bufferView": 0}
TRIANGLE = {"attributes": {"POSITION": 0}}


def glb(accessor: dict[str, Any] = POINTS, **parts: Any) -> bytes:
    """Return a GLB file with one triangle. `parts` replace parts of its description."""
    described = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": 36}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "accessors": [accessor],
        "meshes": [{"primitives": [TRIANGLE]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    } | parts
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 4)
    values = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(values))
    chunks = (b"JSON", text), (b"BIN\0", values)
    return head + b"".join(struct.pack("<I4s", len(data), kind) + data for kind, data in chunks)


def refused(content: bytes, suffix: str, words: str) -> None:
    """Check that a file is refused without much memory."""
    read_shape(io.BytesIO(glb()), ".glb")  # the first use of the library takes memory
    tracemalloc.start()
    try:
        with pytest.raises(ItemError, match=words):
            read_shape(io.BytesIO(content), suffix)
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()


MANY = POINTS | {"count": 9_000_000}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (glb({k: MANY[k] for k in ("count", "componentType", "type")}), "without compression"),
        (glb(POINTS | {"count": 1 << 40}), "states arrays of"),
        (glb(asset={"version": " " * (17 << 20)}), "description in the file has 17,"),
        (glb(bufferViews=[{"buffer": 0, "byteLength": 1 << 20}] * 1000), "states arrays of"),
        (glb(MANY, nodes=[{"mesh": 0}] * 10_000), "30,000,000,000 triangles and 90,000,000,000"),
        (glb(MANY, meshes=[{"primitives": [TRIANGLE] * 50}]), "450,000,000 points"),
        (glb(nodes=[{"mesh": 0}] * 50_001), "50,001 nodes"),
        (glb(nodes=[{"mesh": 0, "children": [1]}, {"children": [1]}]), "in several nodes"),
        (glb(nodes=[{"mesh": 0, "children": [1]}, {"children": [0]}]), "are nested"),
        (glb(accessors=[]), "damaged"),
        (glb(POINTS | {"count": -1}), "damaged"),
        (glb(nodes=[{"mesh": 7}]), "damaged"),
    ],
)
def test_a_small_glb_file_cannot_ask_for_much_memory(content: bytes, words: str) -> None:
    refused(content, ".glb", words)


def test_a_ply_file_cannot_state_more_than_it_has() -> None:
    header = "ply\nformat {} 1.0\nelement vertex {}\nproperty float x\nend_header\n1\n"
    for kind in ("ascii", "binary_little_endian"):
        refused(header.format(kind, 10**12).encode(), ".ply", "states 1,000,000,000,000 elements")


def test_the_places_of_a_mesh_count_before_they_are_joined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MOST_TRIANGLES", 1000)
    scene = trimesh.Scene()
    for place in range(6):
        scene.add_geometry(creation.icosphere(subdivisions=2), node_name=str(place))
    with pytest.raises(ItemError, match=r"1,\d+ triangles .*Simplify"):
        read_shape(io.BytesIO(as_bytes(scene, "glb")), ".glb")
    obj = as_bytes(creation.icosphere(subdivisions=3), "obj")
    with pytest.raises(ItemError, match="1,280 triangles"):
        read_shape(io.BytesIO(obj), ".obj")


def test_long_texts_are_refused_before_they_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    sphere = creation.icosphere(subdivisions=3)
    files = {kind: as_bytes(sphere, kind) for kind in ("obj", "off")}
    files["ply"] = sphere.export(file_type="ply", encoding="ascii")
    monkeypatch.setattr(stated_size, "_READ_AT_ONCE", 7)
    for kind, content in files.items():
        assert len(read_shape(io.BytesIO(content), f".{kind}").triangles) == 1280
    with monkeypatch.context() as limited:
        limited.setattr(stated_size, "_MOST_TEXT", dict.fromkeys(stated_size._MOST_TEXT, 10_000))
        for kind, content in files.items():
            refused(content, f".{kind}", r"MB of text; at most 0 MB .*Save the shape as a binary")
        read_shape(io.BytesIO(as_bytes(sphere, "ply")), ".ply")
    monkeypatch.setattr(limits, "MOST_TRIANGLES", 1279)
    monkeypatch.setattr(shape, "_loaded", None)
    with pytest.raises(ItemError, match="1,280 triangles and 642 points"):
        read_shape(io.BytesIO(files["obj"]), ".obj")
