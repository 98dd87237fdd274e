"""A queue of bakes: every data set in a folder (`lodespace bake --each`)."""

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from lodespace.errors import DatasetError, LodespaceError
from lodespace.files import atomic_write
from lodespace.importing.arrays.idx_file import IDX_NAME
from lodespace.importing.tables.table_rows import SUFFIXES
from lodespace.items.formats import VIDEO
from lodespace.project.opening import is_bake
from lodespace.runs.sweep_page import STYLE

_FILES = (SUFFIXES - {".txt", ".json"}) | {".npy", ".npz"} | VIDEO.suffixes
"""Suffixes of the files that are data sets. Other files in the folder are left out."""


@dataclass(frozen=True)
class Baked:
    """One data set of a queue."""

    name: str
    """Name of the data set, and of the folder of its bake."""
    output: Path
    """Folder of the bake."""
    state: Literal["ok", "kept", "failed"]
    """"ok": the data set was baked. "kept": the bake existed before. "failed": the bake failed."""
    error: str = ""
    """Reason for the failure; "" if there was no failure."""


def data_sets(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the data sets in `folder` by name, and the names of files that are left out.

    Each subfolder, and each table, array and video, is one data set. Raises DatasetError if
    there are none.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; --each bakes the data sets in a folder")
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    found = [p for p in entries if p.is_dir() or _is_data(p)]
    if not found:
        raise DatasetError(f"{folder} has no data sets: no folders, tables, arrays or videos")
    stems = [path.name if path.is_dir() else path.stem for path in found]
    names = [s if stems.count(s) == 1 else p.name for s, p in zip(stems, found, strict=True)]
    return dict(zip(names, found, strict=True)), [p.name for p in entries if p not in found]


def _is_data(path: Path) -> bool:
    return path.suffix.lower() in _FILES or IDX_NAME.match(path.name) is not None


def bake_each(
    folder: Path, output: Path, bake: Callable[[Path, Path], object], *, force: bool
) -> list[Baked]:
    """Bake every data set in `folder`. The bake is a folder in `output` with the data set's name.

    If a bake fails, the queue continues with the next one. A bake that exists is kept, unless
    `force` is True. The page `index.html` in `output` has links to all bakes.

    Raises DatasetError if `folder` has no data sets.
    """
    found, left_out = data_sets(folder)
    if left_out:
        sys.stderr.write(f"lodespace: not data sets, left out: {', '.join(left_out)}\n")
    results: list[Baked] = []
    for number, (name, path) in enumerate(found.items(), 1):
        target = output / name
        sys.stderr.write(f"data set {number} of {len(found)}: {name}\n")
        if is_bake(target) and not force:
            results.append(Baked(name, target, "kept"))
            continue
        try:
            bake(path, target)
            results.append(Baked(name, target, "ok"))
        except LodespaceError as error:
            sys.stderr.write(f"lodespace: {name}: {error}\n")
            results.append(Baked(name, target, "failed", str(error)))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            results.append(Baked(name, target, "failed", f"{type(error).__name__}: {error}"))
    output.mkdir(parents=True, exist_ok=True)
    atomic_write(output / "index.html", page_of(results).encode())
    return results


def page_of(results: Sequence[Baked]) -> str:
    """Return an HTML page with links to all bakes."""
    rows = "".join(
        f'<tr><td><a href="{quote(r.name)}/index.html">{escape(r.name)}</a></td><td></td></tr>\n'
        if r.state != "failed"
        else f'<tr><td>{escape(r.name)}</td><td class="failed">{escape(r.error)}</td></tr>\n'
        for r in results
    )
    return f"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Scenes</title>
<style>
{STYLE}</style>
<h1>Scenes</h1>
<div class="scroll"><table>
{rows}</table></div>
</html>
"""
