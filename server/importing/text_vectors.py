"""Vectors of texts, computed by a pretrained network."""

from pathlib import Path
from typing import Any

import numpy as np

from lodespace.features.process import write_text_vectors
from lodespace.features.registry import OF_TEXTS, family_of_texts
from lodespace.importing.build import standardisation
from lodespace.importing.features import add_to_report
from lodespace.importing.finding import Finding
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, Source
from lodespace.items import item_set


def add_text_vectors(
    folder: Path, source: Source, options: ImportOptions, report: ImportReport, *, progress: bool
) -> None:
    """If the items of `source` are texts, add their vectors to the data set `folder`.

    `options.features` may name the network. Raises DatasetError.
    """
    column = source.details.get("text")
    if not isinstance(column, str):
        return
    given = str(options.features)
    name = given if family_of_texts(given) is not None else OF_TEXTS[0].name
    weights = write_text_vectors(folder, column, name, progress=progress)
    mean, deviation = standardisation(folder / item_set.VECTORS)
    # All numbers get the same scale: those that vary more mean more.
    scale = np.sqrt((deviation**2).mean())
    np.save(folder / item_set.STANDARDISATION, np.stack([mean, np.full_like(mean, scale)]))

    def stated(manifest: dict[str, Any]) -> None:
        manifest["vectors"] = item_set.VECTORS
        manifest["normalisation"] = {"standardisation": item_set.STANDARDISATION}
        manifest["details"] = {
            **manifest["details"],
            "text_network": {"name": name, "weights": weights},
        }

    item_set.amend(folder, stated)
    finding = Finding("features", f"{len(mean)} numbers by the pretrained network {name}")
    add_to_report(folder, report, finding)
