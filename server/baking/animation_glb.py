"""A training as one glTF file: the final cloud, and an animation that leads to the final cloud.

The animation uses morph targets. Each target is an earlier cloud, stored as displacements from the
final cloud. The animation shows all targets in turn. At the end every target has weight 0, so that
the final cloud is shown. Any glTF viewer can play the file.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pygltflib as g

from lodespace.protocol import ClassInfo
from lodespace.scene.glb import SCENE_METRES, item_colours

GRID = 32768
"""Number of grid positions per axis. With this number, a displacement fits into 16 signed bits."""


def encode_training(
    moments: list[npt.NDArray[np.float32]],
    known: npt.NDArray[np.int16],
    classes: list[ClassInfo],
    name: str,
    seconds: float,
) -> bytes:
    """Return a training as a GLB file.

    Args:
        moments: Latent means (N, D) at evenly spaced times of the training. The last array is the
            final cloud.
        known: Class id per item, (N,), which determines the colour of the item. -1 is grey.
        classes: All classes, by class id.
        name: Name of the scene.
        seconds: Duration of the animation.
    """
    grids = _on_one_grid(moments if len(moments) > 1 else moments * 2)
    base, targets = grids[-1], [grid - grids[-1] for grid in grids[:-1]]
    n, k = len(base), len(targets)
    blob = bytearray()
    views: list[g.BufferView] = []
    accessors: list[g.Accessor] = []

    def add(
        rows: npt.NDArray[np.generic], component: int, kind: str, *, vertex: bool, **more: Any
    ) -> int:
        data = np.ascontiguousarray(rows)
        view = g.BufferView(buffer=0, byteOffset=len(blob), byteLength=data.nbytes)
        if vertex:
            view.target, view.byteStride = g.ARRAY_BUFFER, data.nbytes // len(data)
        views.append(view)
        blob.extend(data.tobytes())
        accessors.append(
            g.Accessor(
                bufferView=len(views) - 1,
                componentType=component,
                count=len(data),
                type=kind,
                **more,
            )
        )
        return len(accessors) - 1

    def positions(grid: npt.NDArray[np.int32], dtype: type[np.generic], component: int) -> int:
        padded = np.zeros((n, 4), dtype)  # in glTF, each vertex starts at a multiple of 4 bytes
        padded[:, :3] = grid
        bounds = {"min": grid.min(axis=0).tolist(), "max": grid.max(axis=0).tolist()}
        return add(padded, component, g.VEC3, vertex=True, **bounds)

    colours = np.full((n, 4), 255, np.uint8)
    colours[:, :3] = item_colours(classes, known)
    attributes = g.Attributes(
        POSITION=positions(base, np.uint16, g.UNSIGNED_SHORT),
        COLOR_0=add(colours, g.UNSIGNED_BYTE, g.VEC4, vertex=True, normalized=True),
    )
    morphs = [g.Attributes(POSITION=positions(target, np.int16, g.SHORT)) for target in targets]
    times = np.linspace(0, seconds, k + 1, dtype=np.float32)
    weights = np.vstack([np.eye(k, dtype=np.float32), np.zeros((1, k), np.float32)]).ravel()
    sampler = g.AnimationSampler(
        input=add(times, g.FLOAT, g.SCALAR, vertex=False, min=[0.0], max=[float(times[-1])]),
        output=add(weights, g.FLOAT, g.SCALAR, vertex=False),
        interpolation="LINEAR",
    )
    channel = g.AnimationChannel(sampler=0, target=g.AnimationChannelTarget(node=0, path="weights"))
    metres = SCENE_METRES / (GRID - 1)
    mesh = g.Mesh(
        name="items",
        primitives=[g.Primitive(attributes=attributes, mode=g.POINTS, targets=morphs)],
        weights=[0.0] * k,
    )
    document = g.GLTF2(
        asset=g.Asset(generator="Lodespace", version="2.0"),
        scene=0,
        scenes=[g.Scene(name=name or "training", nodes=[0])],
        nodes=[
            g.Node(
                name="latent space", mesh=0, scale=[metres] * 3, translation=[-SCENE_METRES / 2] * 3
            )
        ],
        meshes=[mesh],
        animations=[g.Animation(name="training", channels=[channel], samplers=[sampler])],
        accessors=accessors,
        bufferViews=views,
        buffers=[g.Buffer(byteLength=len(blob))],
        extensionsUsed=["KHR_mesh_quantization"],
        extensionsRequired=["KHR_mesh_quantization"],
    )
    document.set_binary_blob(bytes(blob))
    return b"".join(document.save_to_bytes())


def _on_one_grid(moments: list[npt.NDArray[np.float32]]) -> list[npt.NDArray[np.int32]]:
    """Return grid positions (N, 3) of the cloud at each moment.

    The grid fills a cube around the clouds of all moments. A 2D cloud is in the middle plane of the
    cube.
    """
    solid = [np.pad(m.astype(np.float64), ((0, 0), (0, 3 - m.shape[1]))) for m in moments]
    least = np.min([m.min(axis=0) for m in solid], axis=0)
    most = np.max([m.max(axis=0) for m in solid], axis=0)
    size = max(float((most - least).max()), 1e-9)
    origin = (least + most) / 2 - size / 2
    return [
        ((m - origin) * ((GRID - 1) / size)).round().clip(0, GRID - 1).astype(np.int32)
        for m in solid
    ]
