"""Files of the stored runs: one line of JSON per run, one file per data set.

The files are committed, so that the report can be made without the runs, and so that runs of
different days add up. To keep them small, numbers of items are stored instead of shares, as
differences from the previous gesture, and a list of equal values is stored as one value.
"""

import json
import os
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from annotation_gain.course import Course, Gesture, PageEstimates

RUNS = Path(__file__).parent / "runs"
"""Folder of the stored runs."""
Key = tuple[str, int, int]
"""Method, seed, and limit on the number of gestures."""
_TOLD = ("right", "right_low", "right_high", "confidence", "accurate", "calibration_error")
_COUNTS = ("labelled", "labelled_right", "right")
_NUMBERS = ("items", "promised", "corrected", "rest")


def path_of(folder: Path, data: str) -> Path:
    """Return the path of the file with the runs on a data set."""
    return folder / f"{data}.jsonl"


def store(folder: Path, course: Course, budget: int) -> None:
    """Append a run with at most `budget` gestures to the file of its data set."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps(_packed(course, budget), separators=(",", ":")) + "\n"
    # One write to a file that is open for appending, because several runs may end together.
    file = os.open(path_of(folder, course.data), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def stored(folder: Path, data: str) -> dict[Key, Course]:
    """Return the stored runs on a data set. If a run was repeated, return the newest result."""
    path = path_of(folder, data)
    lines = path.read_text().splitlines() if path.exists() else []
    packed = [json.loads(line) for line in lines]
    return {(line["method"], line["seed"], line["budget"]): _unpacked(line) for line in packed}


def _packed(course: Course, budget: int) -> dict[str, Any]:
    gestures, n = course.gestures, course.n_items
    kinds = sorted({kind for gesture in gestures for kind in gesture.acts})
    columns: dict[str, Sequence[Any]] = {
        "kind": [gesture.kind for gesture in gestures],
        **{name: [_short(getattr(g, name)) for g in gestures] for name in _NUMBERS},
        **{f"act {kind}": [_short(g.acts.get(kind)) for g in gestures] for kind in kinds},
        **{name: _steps([round(getattr(g, name) * n) for g in gestures]) for name in _COUNTS},
        "new_classes": _steps([gesture.classes for gesture in gestures]),
    }
    if any(gesture.told for gesture in gestures):
        columns["estimated"] = [gesture.told is not None for gesture in gestures]
        for name in _TOLD:
            values = [g.told and getattr(g.told, name) for g in gestures]
            columns[f"page {name}"] = [_short(value, 4) for value in values]
    head = {
        "method": course.method,
        "data": course.data,
        "seed": course.seed,
        "budget": budget,
        "commit": course.commit,
        "n_items": n,
        "gestures": len(gestures),
    }
    return head | {name: _joined(values) for name, values in columns.items()}


def _unpacked(line: dict[str, Any]) -> Course:
    count, n = line["gestures"], line["n_items"]

    def column(name: str) -> list[Any]:
        value = line.get(name)
        return value if isinstance(value, list) else [value] * count

    acts = {name.removeprefix("act "): column(name) for name in line if name.startswith("act ")}
    labelled, correct, right, classes = (
        list(accumulate(column(name))) for name in (*_COUNTS, "new_classes")
    )
    told = {name: column(f"page {name}") for name in _TOLD}
    kinds, items, rests = column("kind"), column("items"), column("rest")
    promised, corrected = column("promised"), column("corrected")
    course = Course(line["method"], line["data"], line["seed"], n, line["commit"])
    for k, estimated in enumerate(column("estimated")):
        course.gestures.append(
            Gesture(
                kind=kinds[k],
                items=items[k],
                acts={kind: values[k] for kind, values in acts.items() if values[k] is not None},
                rest=rests[k],
                labelled=labelled[k] / n,
                labelled_right=correct[k] / n,
                right=right[k] / n,
                label_error=(labelled[k] - correct[k]) / max(1, labelled[k]),
                told=PageEstimates(**{name: told[name][k] for name in _TOLD})
                if estimated
                else None,
                classes=classes[k],
                promised=promised[k],
                corrected=corrected[k],
            )
        )
    return course


def _short(value: float | None, digits: int = 2) -> float | None:
    """Return a number with few digits: 3 instead of 3.0."""
    if value is None:
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _steps(counts: Sequence[int]) -> list[int]:
    return [count - before for before, count in pairwise([0, *counts])]


def _joined(values: Sequence[Any]) -> Any:
    """Return one value for a list of equal values, and the list otherwise."""
    return values[0] if values and all(value == values[0] for value in values) else list(values)
