"""The items as a coloured point cloud: PLY and Wavefront OBJ, written by trimesh."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.exporting.table import Table
from lodespace.protocol import UNLABELED, ClassInfo
from lodespace.scene.glb import UNLABELLED_COLOUR, item_colours


def as_point_cloud(
    table: Table, classes: Sequence[ClassInfo], kind: Literal["ply", "obj"]
) -> bytes:
    """Return the file content, with one vertex per item at its latent mean. A 2D cloud has z = 0.

    A labelled item has the colour of its class. The colour of any other item is halfway between the
    colour of the predicted class and the grey of unlabelled items. In PLY, vertices also have the
    properties `item` (number of the item), `label` and `prediction` (class ids, -1 for no class),
    `confidence` (0 to 1) and `verified` (0 or 1). OBJ does not support such properties.
    """
    import trimesh  # not at the top: the import takes 0.3 s

    positions = np.zeros((len(table.labels), 3))
    positions[:, : table.latent_mean.shape[1]] = table.latent_mean
    cloud: Any = trimesh.PointCloud(positions, colors=_colours(table, classes))
    if kind == "ply":
        cloud.vertex_attributes = {
            "item": np.arange(len(positions), dtype=np.int32),
            "label": table.labels.astype(np.int32),
            "prediction": table.predictions.astype(np.int32),
            "confidence": table.confidence.astype(np.float32),
            "verified": table.verified.astype(np.uint8),
        }
    written: bytes | str = cloud.export(file_type=kind)
    return written.encode() if isinstance(written, str) else written


def _colours(table: Table, classes: Sequence[ClassInfo]) -> npt.NDArray[np.uint8]:
    """Return the RGBA colour of each item, uint8 (N, 4)."""
    labelled = table.labels != UNLABELED
    colours = item_colours(classes, np.where(labelled, table.labels, table.predictions))
    paler = np.rint((colours.astype(np.float64) + UNLABELLED_COLOUR) / 2)
    rgba = np.full((len(colours), 4), 255, np.uint8)
    rgba[:, :3] = np.where(labelled[:, None], colours, paler)
    return rgba
