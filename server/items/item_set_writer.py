"""Writing of an ItemSet to a new folder, even after the folder that it came from was deleted.

The arrays are mapped into memory. A mapped file stays readable after it is deleted.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from lodespace.files import atomic_write
from lodespace.items.item_set import (
    FEATURES,
    FORMAT,
    FORMAT_IN_ORDER,
    KNN_DISTANCES,
    KNN_INDICES,
    LABELS,
    MANIFEST,
    ORDER,
    ORIGINALS,
    PIXELS,
    STAMPS,
    STANDARDISATION,
    TABLE,
    VECTORS,
    ItemSet,
)


def write_item_set(items: ItemSet, folder: Path) -> None:
    """Write `items` as a data set to `folder`, which must not exist or be empty.

    The file of original pictures from a table is copied if it still exists. Otherwise, the new data
    set has only the stored pictures. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, Any] = {
        "format": FORMAT_IN_ORDER if items.order is None else FORMAT,
        "name": items.name,
        "kind": items.kind,
        "content": items.content,
        "classes": list(items.class_names),
        "labels_given": items.labels_given,
        "details": items.details,
        "normalisation": {"divisor": 255},
    }
    arrays = {
        "pixels": (PIXELS, items.pictures),
        "vectors": (VECTORS, items.data if items.kind == "vector" else None),
        "labels": (LABELS, items.truth),
        "features": (FEATURES, items.features),
        "order": (ORDER, items.order),
        "stamps": (STAMPS, items.stamps),
        "knn_indices": (KNN_INDICES, None if items.knn is None else items.knn.indices),
        "knn_distances": (KNN_DISTANCES, None if items.knn is None else items.knn.distances),
    }
    if items.order is not None:
        manifest["runs"] = list(items.runs)
    for key, (name, array) in arrays.items():
        if array is not None:
            np.save(folder / name, array, allow_pickle=False)
            manifest[key] = name
    if items.standardisation is not None:
        np.save(folder / STANDARDISATION, items.standardisation, allow_pickle=False)
        manifest["normalisation"] = {"standardisation": STANDARDISATION}
    if items.table is not None:
        items.table.write(folder / TABLE)
        manifest["items"] = TABLE
    root = items.root or items.stated_root
    if root is not None:
        manifest["root"] = str(root)
    if items.originals is not None and items.originals.is_file():
        shutil.copyfile(items.originals, folder / ORIGINALS)
        manifest["originals"] = ORIGINALS
    text = json.dumps(manifest, indent=2, ensure_ascii=True) + "\n"
    atomic_write(folder / MANIFEST, text.encode())
