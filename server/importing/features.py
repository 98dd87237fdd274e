"""Features from a file or a pretrained network.

The neighbour graph is built on these features instead of learned features.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.family import Family, Pictures
from lodespace.features.process import weights_to_download, write_features
from lodespace.features.registry import (
    NONE,
    OF_PICTURES,
    OF_TEXTS,
    any_family,
    default_for_photos,
    family_of_items,
    family_of_texts,
    names,
)
from lodespace.files import reason_of
from lodespace.importing.feature_file import read_features
from lodespace.importing.finding import Finding
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, Source
from lodespace.importing.tally import report_line
from lodespace.items import item_set

MOST_BY_DEFAULT = 20_000
"""Largest number of photographs that get features without the option. 20,000 photographs take some
ten minutes on two cores."""


def add_features(
    folder: Path, options: ImportOptions, report: ImportReport, *, progress: bool, new: bool = True
) -> None:
    """Store the features of `options.features` or `options.backbone` in the data set `folder`.

    Without both options, colour photographs get the features of a pretrained network, if the extra
    `photos` is installed and the data set is `new`, not a copy of another one. Raises DatasetError.
    """
    if options.features is not None and options.backbone is not None:
        raise DatasetError("give either --features or --backbone, not both")
    if (options.backbone is None) != (options.weights is None):
        raise DatasetError("--backbone NAME and --weights FILE go together: give both or neither")
    if options.features is not None:
        if not new and family_of_texts(str(options.features)) is not None:
            raise DatasetError(
                f"--features {options.features} computes features of texts when a table is "
                "imported; these items are imported already"
            )
        _add_named_or_file(folder, str(options.features), options, report, progress=progress)
    elif options.backbone is not None and options.weights is not None:
        from lodespace.importing.backbone import features_of

        _write(
            folder,
            features_of(
                item_set.load(folder, root=report.root),
                options.backbone,
                options.weights,
                progress=progress,
            ),
        )
    elif new:
        _add_default(folder, report, progress=progress)


def check_name(options: ImportOptions, kind: str, details: Mapping[str, Any]) -> None:
    """Check the option `features` before the data are read.

    Raises DatasetError if it is neither a file nor a known name, or if the network cannot read the
    items. `kind` and `details` are those of the source.
    """
    if options.features is None or str(options.features) == NONE:
        return
    name, texts = str(options.features), "text" in details
    found = any_family(name)
    if found is None:
        if not Path(name).is_file():
            raise DatasetError(
                f"--features {name}: the file does not exist, and no features have this name; "
                f"{names()}"
            )
        return
    found.require()
    items = {"image": "pictures", "vector": "vectors", "sound": "sounds"}.get(kind, kind)
    items = "texts" if texts else items
    if found.reads != items:
        raise DatasetError(
            f"--features {name} computes features of {found.reads}, but these items are {items}"
        )


def get_weights(options: ImportOptions, *, progress: bool) -> None:
    """Download the weights of the network `options.features` if that is allowed and necessary.

    Raises DatasetError if the download fails or is not allowed.
    """
    weights = None if options.features is None else weights_to_download(str(options.features))
    if weights is None:
        return
    if not options.download:
        raise DatasetError(
            f"--features {weights.network} needs weights that are not on this computer "
            f"({weights.description()}); to download them, add --download"
        )
    weights.download(progress=progress)


def expected_features(
    options: ImportOptions, source: Source, content: str, shape: Sequence[int], count: int
) -> Finding | None:
    """Return what an import of `source` will report about features, without computing them.

    Args:
        options: Options of the import.
        source: The data.
        content: Kind of picture.
        shape: Shape of a stored picture.
        count: Number of items.

    Returns:
        The line; None if the report has no line about features.

    Raises:
        DatasetError: `options.features` is a network that does not exist.
    """
    if "text" in source.details or any_family(str(options.features)) is not None:
        texts = OF_TEXTS[0].name if "text" in source.details else ""
        name = str(options.features) if any_family(str(options.features)) else texts
        weights = weights_to_download(name)
        first = "" if weights is None else f", after a download of {weights.description()}"
        option = "" if weights is None else f"--features {name} --download"
        return Finding("features", f"by the pretrained network {name}{first}", option=option)
    if options.features is not None or options.backbone is not None:
        return None
    found, line = _default(source.kind, content, len(shape) == 3, count)
    if found is None:
        return line
    text = f"by the pretrained network {found.name}, which is installed"
    return Finding("features", text, option=f"--features {NONE}")


def _default(
    kind: str, content: str, colour: bool, count: int
) -> tuple[Family[Pictures] | None, Finding | None]:
    """Return the network for items without the option `features`, or the line that states why there
    is none. Both are None for items that are not colour photographs."""
    if kind != "image" or content != "photos" or not colour:
        return None, None
    found = default_for_photos()
    if found is None:
        text = f"none; {OF_PICTURES[0].install_command()} adds a pretrained network for photographs"
        return None, Finding("features", text)
    if count > MOST_BY_DEFAULT:
        text = f"none, because there are more than {MOST_BY_DEFAULT:,} items"
        return None, Finding("features", text, option=f"--features {found.name}")
    return found, None


def _add_default(folder: Path, report: ImportReport, *, progress: bool) -> None:
    """Add features to the data set `folder` if its items are colour photographs.

    The features are those of the installed pretrained network. If they cannot be computed, the
    import goes on without them.
    """
    items = item_set.load(folder)
    found, line = _default(items.kind, items.content, items.data.ndim == 4, len(items))
    if found is not None:
        option = f"--features {NONE}"
        try:
            _add_named(folder, found.name, report, progress=progress, option=option)
        except DatasetError as error:
            line = Finding("features", str(error), doubtful=True, option=option)
    if line is not None:
        add_to_report(folder, report, line)


def _add_named_or_file(
    folder: Path, name: str, options: ImportOptions, report: ImportReport, *, progress: bool
) -> None:
    if name == NONE or family_of_texts(name) is not None:
        return  # text_vectors.py computes the features of texts
    if family_of_items(name) is not None:
        _add_named(folder, name, report, progress=progress, stop=options.stop)
        return
    _write(folder, _from_file(options, Path(name), item_set.load(folder), report))


def _add_named(
    folder: Path,
    name: str,
    report: ImportReport,
    *,
    progress: bool,
    option: str = "",
    stop: threading.Event | None = None,
) -> None:
    """Add the features of the pretrained network `name`, and state it in the report."""
    items = item_set.load(folder)
    check_name(ImportOptions(features=name), items.kind, items.details)
    weights = write_features(folder, report.root, name, progress=progress, stop=stop)

    def state_network(manifest: dict[str, Any]) -> None:
        _state_features(manifest)
        manifest["details"] = {
            **manifest["details"],
            "features": {"name": name, "weights": weights},
        }

    item_set.amend(folder, state_network)
    add_to_report(
        folder, report, Finding("features", f"by the pretrained network {name}", option=option)
    )


def add_to_report(folder: Path, report: ImportReport, finding: Finding) -> None:
    """Add a line to `report`, and to the copy of the report in the data set `folder`."""
    report.lines = (*report.lines, report_line(finding))

    def stated(manifest: dict[str, Any]) -> None:
        manifest["report"] = msgspec.to_builtins(report.lines)

    item_set.amend(folder, stated)


def _write(folder: Path, features: npt.NDArray[np.float32]) -> None:
    if not np.isfinite(features).all():
        raise DatasetError("the features hold NaN or infinity; give finite numbers")
    try:
        np.save(folder / item_set.FEATURES, features, allow_pickle=False)
        item_set.amend(folder, _state_features)
    except OSError as error:
        raise DatasetError(
            f"{folder}: the features cannot be written: {reason_of(error, folder)}"
        ) from error


def _state_features(manifest: dict[str, Any]) -> None:
    """State in dataset.json that the data set has features, without the name of a network."""
    manifest["features"] = item_set.FEATURES
    manifest["details"].pop("features", None)


def _from_file(
    options: ImportOptions, path: Path, items: item_set.ItemSet, report: ImportReport
) -> npt.NDArray[np.float32]:
    """Read features, (N, F), one row per item.

    Rows are matched by id if the file has ids, otherwise by the row of each item in the data.
    """
    read = read_features(path, options)
    if not read.has_ids:
        if len(read.rows) != len(items) or report.bad:
            left_out = f" ({report.left_out} were left out)" if report.bad else ""
            raise DatasetError(
                f"--features {path}: the file has {len(read.rows)} rows for "
                f"{len(items)} items{left_out}; give one row per item, or a file with ids"
            )
        rows = read.of((), 0, len(items))
        return rows if items.order is None else rows[items.order]
    return read.of(items.ids)
