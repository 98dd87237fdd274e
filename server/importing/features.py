"""Features from a file or a pretrained network.

The neighbour graph is built on these features instead of learned features.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.process import write_features
from lodespace.features.registry import (
    NONE,
    OF_PICTURES,
    default_for_photos,
    family,
    installed_family,
    names,
)
from lodespace.files import reason_of
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.npy_file import from_npy
from lodespace.importing.arrays.npz_file import from_npz
from lodespace.importing.finding import Finding
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, RawItem, Source
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import table_suffix
from lodespace.importing.tally import report_line
from lodespace.items import item_set
from lodespace.items.errors import BadItem

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
    name = str(options.features)
    if family(name) is None:
        if not Path(name).is_file():
            raise DatasetError(
                f"--features {name}: the file does not exist, and no features have this name; "
                f"{names()}"
            )
        return
    installed_family(name)
    if kind != "image":
        found = {"vector": "vectors", "sound": "sounds"}.get(kind, kind)
        found = "texts" if "text" in details else found
        raise DatasetError(
            f"--features {name} computes features of pictures, but these items are {found}"
        )


def _add_default(folder: Path, report: ImportReport, *, progress: bool) -> None:
    """If the data set `folder` has colour photographs, add the features of the installed network.

    The import goes on without features if they cannot be computed.
    """
    items = item_set.load(folder)
    if items.kind != "image" or items.content != "photos" or items.data.ndim != 4:
        return
    found = default_for_photos()
    if found is None:
        text = f"none; {OF_PICTURES[0].install_command()} adds a pretrained network for photographs"
        add_to_report(folder, report, Finding("features", text))
    elif len(items) > MOST_BY_DEFAULT:
        text = f"none, because there are more than {MOST_BY_DEFAULT:,} items"
        add_to_report(folder, report, Finding("features", text, option=f"--features {found.name}"))
    else:
        option = f"--features {NONE}"
        try:
            _add_named(folder, found.name, report, progress=progress, option=option)
        except DatasetError as error:
            add_to_report(
                folder, report, Finding("features", str(error), doubtful=True, option=option)
            )


def _add_named_or_file(
    folder: Path, name: str, options: ImportOptions, report: ImportReport, *, progress: bool
) -> None:
    if name == NONE:
        return
    if family(name) is not None:
        _add_named(folder, name, report, progress=progress)
        return
    _write(folder, _from_file(options, Path(name), item_set.load(folder), report))


def _add_named(
    folder: Path, name: str, report: ImportReport, *, progress: bool, option: str = ""
) -> None:
    """Add the features of the pretrained network `name`, and state it in the report."""
    items = item_set.load(folder)
    check_name(ImportOptions(features=name), items.kind, items.details)
    weights = write_features(folder, report.root, name, progress=progress)

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
    """Add a line to the report, also to the one that the data set stores."""
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
    """State that there are features, and no network yet that computed them."""
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


class FeatureRows:
    """Feature vectors read from a file, by id or by position."""

    def __init__(
        self, path: Path, rows: dict[str, npt.NDArray[np.float32]], *, has_ids: bool
    ) -> None:
        self.path = path
        self.rows = rows
        """Vector per id, in the order of the file."""
        self.has_ids = has_ids
        """Whether the file has ids. If not, row i belongs to item i."""

    def of(
        self, ids: Sequence[str], first: int = 0, count: int | None = None
    ) -> npt.NDArray[np.float32]:
        """Return one row per item, (N, K).

        If the file has ids, return the rows with these `ids`. Otherwise, return `count` rows in the
        order of the file, from row `first` on. If `count` is None, return as many rows as there are
        `ids`. Raises DatasetError if a row is missing, or if rows differ in length.
        """
        path = self.path
        if self.has_ids:
            missing = [item_id for item_id in ids if item_id not in self.rows]
            if missing:
                raise DatasetError(
                    f"--features {path}: the file has no row for {len(missing)} items, such as "
                    f"'{missing[0]}'; give one row per item"
                )
            ordered = [self.rows[item_id] for item_id in ids]
        else:
            wanted = len(ids) if count is None else count
            ordered = list(self.rows.values())[first : first + wanted]
            if len(ordered) < wanted:
                raise DatasetError(
                    f"--features {path}: there are more items than the {len(self.rows)} rows of "
                    "the file; give one row per item"
                )
        if len({row.shape for row in ordered}) > 1:
            raise DatasetError(f"--features {path}: the rows differ in length; give (N, F) numbers")
        return np.stack(ordered)


def read_features(path: Path, options: ImportOptions) -> FeatureRows:
    """Read the feature vectors in a file. Raises DatasetError."""
    if not path.is_file():
        raise DatasetError(f"--features {path}: the file does not exist")
    source = _open(path, options)
    if source.kind != "vector":
        raise DatasetError(
            f"--features {path}: the file holds pictures; give one vector per item, (N, F)"
        )
    rows: dict[str, npt.NDArray[np.float32]] = {}
    for item in source:
        if isinstance(item, BadItem):
            raise DatasetError(f"--features {path}: {item.name} cannot be read: {item.reason}")
        rows[item.item_id] = _vector(item)
    return FeatureRows(
        path, rows, has_ids=not (isinstance(source, ArrayItems) and not len(source.ids))
    )


def _open(path: Path, options: ImportOptions) -> Source:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return from_npy(path)
    if suffix == ".npz":
        return from_npz(path, options.unpacked)
    if table_suffix(path):
        table = Table(path, ImportOptions(unpacked=options.unpacked))
        table.as_vectors()
        return table
    raise DatasetError(
        f"--features {path}: the file has the wrong kind; give .npy, .npz (X, ids), or a table with"
        " ids and vectors"
    )


def _vector(item: RawItem) -> npt.NDArray[np.float32]:
    assert item.vector is not None
    return item.vector()
