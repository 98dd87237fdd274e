"""Predictions for new items as a table: CSV, JSON Lines or Parquet."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lodespace.errors import DatasetError, ProjectError
from lodespace.files import atomic_write, reason_of
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions

Columns = dict[str, list[Any]]


def _csv(columns: Columns) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode()


def _jsonl(columns: Columns) -> bytes:
    rows = zip(*columns.values(), strict=True)
    return "".join(
        json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows
    ).encode()


def _parquet(columns: Columns) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet

    out = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.table(columns), out)
    return out.getvalue().to_pybytes()


WRITERS: dict[str, Callable[[Columns], bytes]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
"""Functions that return a table as bytes, by the suffix of the file."""


def write_by_rules(
    rules: Path,
    data: str,
    output: Path,
    options: ImportOptions,
    *,
    probabilities: bool = False,
) -> ImportReport:
    """Apply the rules in a file to new items, and write a table (`rule_columns`).

    The arguments and errors are those of `write_predictions`, but `rules` is a file of rules.
    """
    write = _writer(output)
    from lodespace.predict.by_rules import rule_columns  # slow to import

    columns, report = rule_columns(rules, data, options, probabilities=probabilities)
    _write(output, write(columns))
    return report


def _writer(output: Path) -> Callable[[Columns], bytes]:
    write = WRITERS.get(output.suffix.lower())
    if write is None:
        raise ProjectError(
            f"{output}: unknown format; give a name with one of {', '.join(WRITERS)}"
        )
    return write


def _write(output: Path, content: bytes) -> None:
    try:
        atomic_write(output, content)
    except OSError as error:
        raise ProjectError(f"{output}: cannot be written: {reason_of(error, output)}") from error


def write_predictions(
    model: Path,
    data: str,
    output: Path,
    options: ImportOptions,
    *,
    probabilities: bool = False,
) -> ImportReport:
    """Predict the classes of new items and write a table: id, prediction, confidence.

    Args:
        model: project, bake or exported model.
        data: path of the new items, or torchvision:NAME.
        output: file to write; its suffix is one of WRITERS.
        options: options for reading the data.
        probabilities: whether to add one column per class, "p_NAME".

    Returns:
        The report: the number of predicted items, the items that were left out, and doubts about
        how pixel values were read.

    Raises:
        DatasetError: the data cannot be read, or no item can be read.
        ProjectError: there is no model, or `output` cannot be written.
    """
    write = _writer(output)
    from lodespace.predict.predictor import load_model  # imports torch

    try:
        predictor = load_model(model)
    except ValueError as error:
        hint = "; if it is a file of rules, add --rules" if model.is_file() else ""
        raise ProjectError(f"{error}{hint}") from error
    report = ImportReport(Path(data).name)
    columns: Columns = {"id": [], "prediction": [], "confidence": []}
    if predictor.reading.kind == "sound":
        columns |= {"start": [], "end": []}
    per_class: list[list[float]] = [[] for _ in predictor.class_names]
    for items, predicted in predictor.batches(data, report, options=options):
        columns["id"] += items.ids
        columns["prediction"] += predicted.classes
        columns["confidence"] += [round(float(value), 6) for value in predicted.confidence]
        for name in ("start", "end"):
            if name in columns:
                columns[name] += [place[name] for place in items.columns]
        for values, column in zip(per_class, predicted.probabilities.T, strict=True):
            values += [round(float(value), 6) for value in column]
    if not report.imported:
        reasons = "; ".join(f"{bad.name}: {bad.reason}" for bad in report.bad[:3])
        raise DatasetError(f"{data}: no item can be read" + (f" ({reasons})" if reasons else ""))
    if probabilities:
        named = zip(predictor.class_names, per_class, strict=True)
        columns |= {f"p_{name}": values for name, values in named}
    _write(output, write(columns))
    return report
