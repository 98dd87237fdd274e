"""The whole import: find the source, write the data set folder, add the requested features."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.files import reason_of
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.arrays.idx_file import IDX_NAME
from lodespace.importing.arrays.torch_dataset import PREFIX, TorchItems
from lodespace.importing.build import build
from lodespace.importing.detect import source_for
from lodespace.importing.features import add_features, check_name, get_weights
from lodespace.importing.precomputed_knn import add_knn
from lodespace.importing.renumbering import renumber
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, Source
from lodespace.importing.tables.table_rows import table_name, table_suffix
from lodespace.importing.tally import lines_of
from lodespace.importing.text_vectors import add_text_vectors
from lodespace.items import item_set
from lodespace.items.paths import shown
from lodespace.items.root_approval import checked_root


def import_data(
    data: "str | Source",
    target: Path,
    options: ImportOptions,
    *,
    progress: bool = False,
    in_order: bool = False,
) -> ImportReport:
    """Import `data` (a path, torchvision:NAME, or a source) into the new folder `target`.

    With `in_order`, the number of each item is its row in the data. Otherwise, the items of large
    data get other numbers (renumbering.py), unless `data` is a data set, which keeps its numbers.

    Raises DatasetError. On any failure `target` is removed.
    """
    target.mkdir(parents=True)
    try:
        copied = isinstance(data, str) and item_set.is_dataset(Path(data))
        if isinstance(data, str) and copied:
            get_weights(options, progress=progress)
            report = _copy(Path(data), target, options.root)
        else:
            source = source_for(data, options)
            check_name(options, source.kind, source.details)
            get_weights(options, progress=progress)
            beside = data_path(data) if isinstance(data, str) else None
            report = build(source, target, options, progress=progress, beside=beside)
            report.root = None if source.root is None else source.root.resolve()
            add_text_vectors(target, source, options, report, progress=progress)
        add_features(target, options, report, progress=progress, new=not copied)
        add_knn(target, options, report)
        if not (copied or in_order):
            renumber(target)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return report


def data_path(data: str) -> Path | None:
    """Return the path of `data`: a folder or a file. None for torchvision:NAME."""
    return None if data.startswith(PREFIX) else Path(data)


def _copy(source: Path, target: Path, root: Path | None) -> ImportReport:
    """Copy the data set in the folder `source`: dataset.json and the files that it names.

    The copy may read original files in `root`, or else in the folder that was approved for
    `source`.
    """
    items = item_set.load(source)
    if root is not None:
        root = checked_root(root, items.table)
    try:
        for path in item_set.files_of(source):
            shutil.copyfile(path, target / path.name)
    except OSError as error:
        raise DatasetError(f"{target} cannot be written: {reason_of(error, target)}") from error
    return ImportReport(
        items.name, imported=len(items), lines=lines_of(items), root=root or items.root
    )


def reference_of(data: str) -> str:
    """The reference to `data` that lodespace.json stores: an absolute path or torchvision:NAME.

    Bytes of the path that are not text are escaped.
    """
    return data if data.startswith(PREFIX) else shown(os.fsencode(Path(data).resolve()))


def name_of(data: str) -> str:
    """Return the name of a data set, from the path or reference `data`. The data are not opened."""
    if data.startswith(PREFIX):
        return data.removeprefix(PREFIX).replace("/", "-")
    path = Path(data).resolve()
    if path.is_dir():
        return path.name or "data"
    if IDX_NAME.match(path.name):
        return path.name.split("-")[0].split(".")[0]
    return table_name(path) if table_suffix(path) else path.stem


def source_of(
    data: Any, labels: npt.ArrayLike | None, ids: npt.ArrayLike | None, name: str
) -> "tuple[str | Source, str]":
    """Return `data` as a path or source, and the reference to `data` that lodespace.json stores.

    Args:
        data: A path, torchvision:NAME, arrays, or a map-style Dataset of torch.
        labels: Labels of arrays, (N,).
        ids: Ids of arrays, (N,).
        name: Name of the data set if `data` are arrays or a Dataset.

    Raises:
        DatasetError: The data cannot be imported, or `labels` or `ids` are given for data that are
            not arrays.
    """
    if isinstance(data, str | Path):
        refuse_extras(labels, ids)
        return str(data), reference_of(str(data))
    numbered = hasattr(data, "__getitem__") and hasattr(data, "__len__")
    if numbered and not hasattr(data, "__array__") and not isinstance(data, list | tuple):
        refuse_extras(labels, ids)
        items = TorchItems(name, data)
        return items, f"dataset:{items.fingerprint()}"
    source = from_arrays(name, data, labels, ids)
    array = np.ascontiguousarray(np.asarray(data))
    digest = hashlib.sha256(f"{array.dtype} {array.shape}".encode())
    digest.update(array.data if array.size else b"")
    return source, f"array:{digest.hexdigest()[:32]}"


def refuse_extras(labels: npt.ArrayLike | None, ids: npt.ArrayLike | None) -> None:
    """Raise DatasetError if labels or ids are given."""
    if labels is not None or ids is not None:
        raise DatasetError(
            "`labels` and `ids` can be given for arrays only; paths and data sets already contain "
            "labels and ids"
        )
