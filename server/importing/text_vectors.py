"""Vectors of texts, computed by a pretrained network."""

from pathlib import Path
from typing import Any

import numpy as np

from lodespace.features.process import write_text_vectors
from lodespace.features.registry import OF_TEXTS
from lodespace.importing.features import add_to_report
from lodespace.importing.finding import Finding
from lodespace.importing.report import ImportReport
from lodespace.importing.source import Source
from lodespace.items import item_set


def add_text_vectors(folder: Path, source: Source, report: ImportReport, *, progress: bool) -> None:
    """If the items of `source` are texts, add their vectors to the data set `folder`.

    Raises DatasetError.
    """
    column = source.details.get("text")
    if not isinstance(column, str):
        return
    name = OF_TEXTS[0].name
    weights = write_text_vectors(folder, column, name, progress=progress)
    vectors = np.load(folder / item_set.VECTORS, mmap_mode="r", allow_pickle=False)
    # All numbers get the same scale: those that vary more mean more.
    scale = float(np.sqrt(vectors.var(axis=0).mean())) or 1.0
    known = np.stack([vectors.mean(axis=0), np.full(vectors.shape[1], scale)]).astype(np.float32)
    np.save(folder / item_set.STANDARDISATION, known)

    def stated(manifest: dict[str, Any]) -> None:
        manifest["vectors"] = item_set.VECTORS
        manifest["normalisation"] = {"standardisation": item_set.STANDARDISATION}
        manifest["details"] = {
            **manifest["details"],
            "features": {"name": name, "weights": weights},
        }

    item_set.amend(folder, stated)
    finding = Finding("features", f"{vectors.shape[1]} numbers by the pretrained network {name}")
    add_to_report(folder, report, finding)
