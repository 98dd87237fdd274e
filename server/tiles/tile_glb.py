"""The content of a tile: a GLB with one POINTS primitive, in the form of scene.glb.

A scene has tens of thousands of tiles, and pygltflib takes several milliseconds per file.
Therefore, the bytes are written without pygltflib.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import ProjectError
from lodespace.protocol import ClassInfo
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import SCENE_METRES, item_colours
from lodespace.tiles import morton
from lodespace.tiles.partition import Records

METRES = SCENE_METRES / (GRID_STEPS - 1)
"""Length of a step of the grid, in metres."""
POSITION_BYTES = 8
"""Bytes per position: three u16 and padding. Positions are the first bytes of the binary chunk."""
_USHORT, _UBYTE, _SHORT, _ARRAY_BUFFER, _POINTS = 5123, 5121, 5122, 34962, 0
_HEADER = struct.Struct("<4sIII4s")
_CHUNK = struct.Struct("<I4s")


def encode_tile(
    points: Records, classes: Sequence[ClassInfo], *, tile: int, first: int, predictions: bool
) -> bytes:
    """Return the GLB of a tile with K points.

    Args:
        points: Points (K,), in the order of their items.
        classes: All classes of the scene.
        tile: Number of the tile.
        first: Number of the first item of the tile.
        predictions: Whether the tile has the attributes `_PREDICTION` and `_CONFIDENCE`.
    """
    n = len(points)
    grid = np.zeros((n, 4), "<u2")
    grid[:, :3] = morton.positions(points["code"])
    colours = np.full((n, 4), 255, np.uint8)
    colours[:, :3] = item_colours(classes, points["label"])
    accessors: list[dict[str, Any]] = [
        {
            "componentType": _USHORT,
            "type": "VEC3",
            "min": grid[:, :3].min(axis=0).tolist(),
            "max": grid[:, :3].max(axis=0).tolist(),
        },
        {"componentType": _UBYTE, "type": "VEC4", "normalized": True},
        {"componentType": _SHORT, "type": "SCALAR"},
    ]
    columns = [grid, colours, _padded(points["label"], "<i2")]
    attributes = ["POSITION", "COLOR_0", "_LABEL"]
    if predictions:
        columns += [_padded(points["prediction"], "<i2"), _padded(points["confidence"], "u1")]
        attributes += ["_PREDICTION", "_CONFIDENCE"]
        accessors.append({"componentType": _SHORT, "type": "SCALAR"})
        accessors.append({"componentType": _UBYTE, "type": "SCALAR", "normalized": True})
    views: list[dict[str, int]] = []
    offset = 0
    for number, rows in enumerate(columns):
        stride = rows.strides[0]
        views.append(
            {
                "buffer": 0,
                "byteOffset": offset,
                "byteLength": stride * n,
                "byteStride": stride,
                "target": _ARRAY_BUFFER,
            }
        )
        accessors[number] |= {"bufferView": number, "count": n}
        offset += stride * n
    document = {
        "asset": {"version": "2.0", "generator": "Lodespace"},
        "extensionsUsed": ["KHR_mesh_quantization", "EXT_mesh_features"],
        "extensionsRequired": ["KHR_mesh_quantization"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [
            {"mesh": 0, "scale": [METRES] * 3, "translation": [-SCENE_METRES / 2] * 3},
        ],
        "meshes": [
            {
                "primitives": [
                    {
                        "attributes": {name: k for k, name in enumerate(attributes)},
                        "mode": _POINTS,
                        # Without an attribute or a texture, the feature id is the vertex's number.
                        "extensions": {"EXT_mesh_features": {"featureIds": [{"featureCount": n}]}},
                    }
                ]
            }
        ],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": offset}],
        "extras": {"tile": tile, "first": first, "count": n},
    }
    text = msgspec.json.encode(document)
    text += b" " * (-len(text) % 4)
    binary = b"".join(rows.tobytes() for rows in columns)
    length = _HEADER.size + len(text) + _CHUNK.size + len(binary)
    return b"".join(
        (
            _HEADER.pack(b"glTF", 2, length, len(text), b"JSON"),
            text,
            _CHUNK.pack(len(binary), b"BIN\0"),
            binary,
        )
    )


def read_positions(path: Path, count: int) -> npt.NDArray[np.uint16]:
    """Return the grid positions (K, 3) in the GLB of a tile with `count` points.

    Raises ProjectError when the file is missing or is not the GLB of such a tile.
    """
    try:
        with path.open("rb") as file:
            magic, version, length, json_length, kind = _HEADER.unpack(file.read(_HEADER.size))
            file.seek(json_length, 1)
            binary_length, binary_kind = _CHUNK.unpack(file.read(_CHUNK.size))
            if (magic, version, kind, binary_kind) != (b"glTF", 2, b"JSON", b"BIN\0"):
                raise ValueError("it is not a GLB")
            data = file.read(POSITION_BYTES * count)
        if len(data) < POSITION_BYTES * count or binary_length < len(data) or length < len(data):
            raise ValueError(f"it has less than {count} points")
    except (OSError, ValueError, struct.error) as error:
        raise ProjectError(f"{path} is not a tile: {error}", code="bad_scene") from error
    return np.frombuffer(data, "<u2").reshape(count, 4)[:, :3]


def _padded(values: npt.NDArray[Any], dtype: str) -> npt.NDArray[Any]:
    """Return values (K,), each followed by zeros up to 4 bytes, because glTF aligns attributes."""
    padded = np.zeros((len(values), 4 // np.dtype(dtype).itemsize), dtype)
    padded[:, 0] = values
    return padded
