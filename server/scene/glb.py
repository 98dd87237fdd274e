"""Scenes as GLB (glTF 2.0 binary): written with pygltflib, and read again to serve a bake.

A scene is one POINTS primitive. POSITION is uint16 (KHR_mesh_quantization) on the grid of the
stream; the node's transform maps the grid to metres, so that the box is a cube of 1 m about the
origin. COLOR_0 has the colours of the labels, so that any viewer shows the labels. `_LABEL`,
`_PREDICTION` and `_CONFIDENCE` are application-specific attributes.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
import pygltflib as g

from lodespace.errors import ProjectError
from lodespace.items.class_lookup import lookup
from lodespace.json_input import json_of
from lodespace.protocol import MAX_CLASSES, PROTOCOL_VERSION, UNLABELED, ClassInfo, NamedAxis
from lodespace.protocol.frames import GRID_STEPS

UNLABELLED_COLOUR = (0x5D, 0x68, 0x78)
"""RGB of items without a label."""
SCENE_METRES = 1.0
"""Edge length of the box in a viewer, in metres."""
_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
_Index = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]


@dataclass(frozen=True)
class Box:
    """The cube that the grid divides, in latent units."""

    origin: tuple[float, float, float]
    """Corner with the smallest coordinates (x, y, z), in latent units."""
    size: float
    """Edge length, in latent units."""


@dataclass(frozen=True)
class Scene:
    """Content of a GLB for N items."""

    positions: npt.NDArray[np.uint16]
    """Grid positions, uint16 (N, 3)."""
    labels: npt.NDArray[np.int16]
    """Class per item, int16 (N,); UNLABELED for an item without a label."""
    predictions: npt.NDArray[np.int16]
    """Predicted class per item, int16 (N,); UNLABELED for an item without a prediction."""
    confidence: npt.NDArray[np.uint8]
    """Probability of the predicted class, uint8 (N,); 255 stands for the probability 1."""
    box: Box
    """Cube that the grid divides."""
    classes: tuple[ClassInfo, ...]
    """All classes, in the order of their ids."""
    dataset: str
    """Name of the data set."""
    latent_dim: int
    """Number of latent dimensions, 2 or 3."""
    revision: int
    """Revision of the positions."""
    step: int
    """Training step of the positions."""
    scene_id: int
    """Id of the scene. A frame applies only to the scene whose id is in the frame's header."""
    sequence: int
    """Sequence number of the newest event that the labels include."""
    axes: tuple[NamedAxis, ...] = ()
    """The named axes, in the order x, y, z."""

    def latent_mean(self) -> npt.NDArray[np.float32]:
        """Return the latent means (N, latent_dim) that the grid positions stand for."""
        means = self.positions * (self.box.size / (GRID_STEPS - 1)) + np.asarray(self.box.origin)
        return means[:, : self.latent_dim].astype(np.float32)


def item_colours(
    classes: Sequence[ClassInfo], class_ids: npt.NDArray[np.integer]
) -> npt.NDArray[np.uint8]:
    """Return the RGB colour of each item's class, uint8 (N, 3).

    Items whose entry in `class_ids` (N,) is UNLABELED get UNLABELLED_COLOUR.
    """
    colours = np.array([tuple(bytes.fromhex(c.colour[1:])) for c in classes], np.uint8)
    return lookup(colours.reshape(-1, 3), class_ids, UNLABELLED_COLOUR)


def encode_scene(scene: Scene) -> bytes:
    """Return the GLB of `scene`: valid glTF 2.0 for any viewer with KHR_mesh_quantization."""
    n = len(scene.positions)
    blob = bytearray()
    views: list[g.BufferView] = []
    accessors: list[g.Accessor] = []

    def view(rows: npt.NDArray[Any]) -> int:
        data = np.ascontiguousarray(rows).tobytes()
        stride = len(data) // n
        views.append(
            g.BufferView(
                buffer=0,
                byteOffset=len(blob),
                byteLength=len(data),
                byteStride=stride,
                target=g.ARRAY_BUFFER,
            )
        )
        blob.extend(data)
        return len(views) - 1

    def accessor(view_index: int, component: int, kind: str, **more: Any) -> int:
        accessors.append(
            g.Accessor(bufferView=view_index, componentType=component, count=n, type=kind, **more)
        )
        return len(accessors) - 1

    bounds = {
        "min": scene.positions.min(axis=0).tolist(),
        "max": scene.positions.max(axis=0).tolist(),
    }
    position = accessor(view(_padded(scene.positions)), g.UNSIGNED_SHORT, g.VEC3, **bounds)

    colours = np.full((n, 4), 255, np.uint8)
    colours[:, :3] = item_colours(scene.classes, scene.labels)
    colour = accessor(view(colours), g.UNSIGNED_BYTE, g.VEC4, normalized=True)

    label = accessor(view(_padded(scene.labels)), g.SHORT, g.SCALAR)
    prediction = accessor(view(_padded(scene.predictions)), g.SHORT, g.SCALAR)
    confidence = accessor(
        view(_padded(scene.confidence)), g.UNSIGNED_BYTE, g.SCALAR, normalized=True
    )

    attributes = g.Attributes(POSITION=position, COLOR_0=colour)
    # glTF names application-specific attributes with an underscore.
    attributes._LABEL = label  # pyright: ignore[reportAttributeAccessIssue]
    attributes._PREDICTION = prediction  # pyright: ignore[reportAttributeAccessIssue]
    attributes._CONFIDENCE = confidence  # pyright: ignore[reportAttributeAccessIssue]

    metres = SCENE_METRES / (GRID_STEPS - 1)
    document = g.GLTF2(
        asset=g.Asset(generator="Lodespace", version="2.0"),
        scene=0,
        scenes=[g.Scene(name=scene.dataset or "scene", nodes=[0])],
        nodes=[
            g.Node(
                name="latent space", mesh=0, scale=[metres] * 3, translation=[-SCENE_METRES / 2] * 3
            )
        ],
        meshes=[
            g.Mesh(name="items", primitives=[g.Primitive(attributes=attributes, mode=g.POINTS)])
        ],
        accessors=accessors,
        bufferViews=views,
        buffers=[g.Buffer(byteLength=len(blob))],
        extensionsUsed=["KHR_mesh_quantization"],
        extensionsRequired=["KHR_mesh_quantization"],
        extras=_extras(scene),
    )
    document.set_binary_blob(bytes(blob))
    return b"".join(document.save_to_bytes())


def decode_scene(glb: bytes) -> Scene:
    """Read a GLB that `encode_scene` wrote. Raises ProjectError on other content."""
    try:
        document, blob = _chunks(glb)
        extras = document.extras
        (mesh,) = document.meshes
        (primitive,) = mesh.primitives
        attributes = primitive.attributes
        labels = _rows(document, blob, attributes.label, "<i2", 1)[:, 0]
        predictions = _rows(document, blob, attributes.prediction, "<i2", 1)[:, 0]
        for what in (labels, predictions):
            if int(what.min()) < UNLABELED or int(what.max()) >= max(1, len(extras.classes)):
                raise ValueError("an item has an unknown class")
        scene = Scene(
            positions=_rows(document, blob, attributes.position, "<u2", 3),
            labels=labels,
            predictions=predictions,
            confidence=_rows(document, blob, attributes.confidence, "u1", 1)[:, 0],
            box=Box(extras.box.origin, extras.box.size),
            classes=tuple(extras.classes),
            dataset=extras.dataset,
            latent_dim=extras.latent_dim,
            revision=extras.revision,
            step=extras.step,
            scene_id=extras.scene_id,
            sequence=extras.sequence,
            axes=tuple(extras.axes),
        )
        if (
            not len(scene.positions)
            == len(scene.labels)
            == len(scene.predictions)
            == len(scene.confidence)
        ):
            raise ValueError("the attributes have different numbers of items")
    except (ValueError, IndexError, struct.error) as error:
        raise ProjectError(f"not a scene of Lodespace: {error}", code="bad_scene") from error
    return scene


class _BoxExtras(msgspec.Struct):
    origin: tuple[float, float, float]
    size: Annotated[float, msgspec.Meta(gt=0)]


class _Extras(msgspec.Struct, kw_only=True):
    box: _BoxExtras
    # The default is needed because pygltflib leaves empty lists out.
    classes: Annotated[list[ClassInfo], msgspec.Meta(max_length=MAX_CLASSES)] = []
    axes: Annotated[list[NamedAxis], msgspec.Meta(max_length=3)] = []
    dataset: str
    latent_dim: Literal[2, 3]
    revision: _Count
    step: _Count
    scene_id: _Count
    sequence: _Count


class _Attributes(msgspec.Struct):
    position: _Index = msgspec.field(name="POSITION")
    label: _Index = msgspec.field(name="_LABEL")
    prediction: _Index = msgspec.field(name="_PREDICTION")
    confidence: _Index = msgspec.field(name="_CONFIDENCE")


class _Primitive(msgspec.Struct):
    attributes: _Attributes


class _Mesh(msgspec.Struct):
    primitives: list[_Primitive]


class _Accessor(msgspec.Struct):
    bufferView: _Index
    count: Annotated[int, msgspec.Meta(ge=1, le=1 << 31)]
    byteOffset: _Index = 0


class _View(msgspec.Struct):
    byteStride: Annotated[int, msgspec.Meta(ge=4, le=252)]
    byteOffset: _Index = 0


class _Document(msgspec.Struct):
    """The fields of the JSON chunk that `decode_scene` reads."""

    meshes: list[_Mesh]
    accessors: list[_Accessor]
    bufferViews: list[_View]
    extras: _Extras


def _chunks(glb: bytes) -> tuple[_Document, bytes]:
    """Return the JSON chunk and the binary chunk."""
    magic, version, length, json_length, json_type = struct.unpack_from("<4sIII4s", glb)
    if (magic, version, length, json_type) != (b"glTF", 2, len(glb), b"JSON"):
        raise ValueError("not a complete glTF 2.0 binary")
    binary_at = 20 + json_length
    binary_length, binary_type = struct.unpack_from("<I4s", glb, binary_at)
    if binary_type != b"BIN\0" or binary_at + 8 + binary_length != len(glb):
        raise ValueError("the binary chunk is incomplete")
    return json_of(glb[20:binary_at], _Document), glb[binary_at + 8 :]


def _rows(document: _Document, blob: bytes, index: int, dtype: str, width: int) -> npt.NDArray[Any]:
    """Return an array (count, width) with a copy of the values of accessor `index`."""
    accessor = document.accessors[index]
    view = document.bufferViews[accessor.bufferView]
    start = view.byteOffset + accessor.byteOffset
    item = np.dtype(dtype).itemsize
    needed = (accessor.count - 1) * view.byteStride + width * item
    if start + needed > len(blob):
        raise ValueError("an accessor reaches past the end of the buffer")
    values = np.frombuffer(blob, dtype, offset=start, count=needed // item)
    return np.lib.stride_tricks.as_strided(
        values, (accessor.count, width), (view.byteStride, item)
    ).copy()


def _padded(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return `rows`, (N,) or (N, K), with zeros appended to each row up to a multiple of 4 bytes.

    glTF aligns each vertex attribute to 4 bytes.
    """
    columns = rows.reshape(len(rows), -1)
    width = -(-columns.shape[1] * columns.itemsize // 4) * 4 // columns.itemsize
    padded = np.zeros((len(rows), width), columns.dtype)
    padded[:, : columns.shape[1]] = columns
    return padded


def _extras(scene: Scene) -> dict[str, Any]:
    return {
        "protocol": PROTOCOL_VERSION,
        "dataset": scene.dataset,
        "latent_dim": scene.latent_dim,
        "revision": scene.revision,
        "step": scene.step,
        "scene_id": scene.scene_id,
        "sequence": scene.sequence,
        "unlabelled": UNLABELED,
        "box": {"origin": list(scene.box.origin), "size": scene.box.size},
        "classes": [msgspec.to_builtins(c) for c in scene.classes],
        "axes": [msgspec.to_builtins(axis) for axis in scene.axes],
    }
