"""The register: one line for each run on a data set that is not for tuning.

Constants of Lodespace may be chosen on the data sets in `data_sets.TUNING` and
`data_sets.development`. Each run on another data set appends a line to register.jsonl, which is
committed, so that a reader sees how often the other data sets were looked at, and with which
result.
"""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotation_gain.course import AFTER, Course
from annotation_gain.data_sets import TUNING, development
from annotation_gain.time_model import TimeModel

REGISTER = Path(__file__).parent / "register.jsonl"
ROOT = Path(__file__).parents[2]


def is_registered(data: str) -> bool:
    """Return whether runs on a data set are registered. `digits-N` counts as `digits`."""
    return data not in {*TUNING, *development()} and not data.startswith("digits-")


def commit() -> str:
    """Return the newest commit that changed server/ or models/; "" if git cannot find a commit.

    The text ends with "+" if server/ or models/ have changes that are not committed.
    """
    try:
        head = _git("log", "-1", "--abbrev=10", "--format=%h", "--", "server", "models")
        return head + ("+" if _git("status", "--porcelain", "--", "server", "models") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*arguments: str) -> str:
    found = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def record(course: Course, result: str, path: Path = REGISTER) -> None:
    """Append a line about the run `course` to the register, if the data set is a registered one.

    Args:
        course: the run, with the gestures made so far.
        result: "done", or the error that ended the run.
        path: file of the register.
    """
    if not is_registered(course.data):
        return
    line = {
        "commit": course.commit,
        "data": course.data,
        "method": course.method,
        "seed": course.seed,
        "gestures": len(course.gestures),
        "result": result,
    }
    if result == "done":
        line["right"] = {
            str(k): round(share, 4) for k in AFTER if (share := _right(course, k)) is not None
        }
        seconds = course.seconds_to(0.95, TimeModel().known_classes())
        line["seconds_to_0.95"] = None if seconds is None else round(seconds, 1)
    append(line, path)


def _right(course: Course, k: int) -> float | None:
    """Return the share right with the labels of k sheets; for runs with regions, after k gestures.

    Returns None if the run had ended before.
    """
    if any(gesture.kind == "region" for gesture in course.gestures):
        return course.at(k, "right") if k <= len(course.gestures) else None
    gesture = course.after_sheets(k)
    return None if gesture is None else gesture.right


def append(line: dict[str, Any], path: Path = REGISTER) -> None:
    """Append `line` with the current time to the register at `path`."""
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **line}
    path.parent.mkdir(parents=True, exist_ok=True)
    # One write to a file that is open for appending, because several runs may end together.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, (json.dumps(line) + "\n").encode())
    finally:
        os.close(file)
