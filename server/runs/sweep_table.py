"""The printed table of a sweep: one row per point of the grid, with statistics over its seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

from lodespace.runs.sweep_result import Result, Sweep

SHOWN = {
    "accuracy_unseen": "unseen",
    "accuracy_given": "given",
    "neighbour_accuracy": "10-NN",
    "head_accuracy": "head",
    "reconstruction": "reconstr.",
    "kl": "KL",
    "spread": "spread",
    "collapsed": "collapsed",
}
"""Measures of the table, with their headings."""


def groups_of(made: Sweep) -> list[tuple[dict[str, str], list[Result]]]:
    """Return the runs in groups, each with the values of its settings. Runs that differ only in
    their seed are in the same group."""
    groups: dict[tuple[tuple[str, str], ...], list[Result]] = {}
    for result in made.results:
        texts = result.point.texts()
        del texts["seed"]
        groups.setdefault(tuple(texts.items()), []).append(result)
    return [(dict(key), results) for key, results in groups.items()]


def summary(made: Sweep) -> list[list[str]]:
    """Return heading and rows of the table, with mean, lowest and highest value over the seeds."""
    finished = [r for r in made.results if r.state == "finished"]
    shown = [name for name in SHOWN if any(name in r.measures for r in finished)]
    if "accuracy_unseen" in shown and "accuracy_given" in shown:
        shown.remove("accuracy_given")
    rows = [[*made.grid.axes, "runs", *(SHOWN[name] for name in shown)]]
    for values, results in groups_of(made):
        done = [r.measures for r in results if r.state == "finished"]
        failed = sum(r.state == "failed" for r in results)
        runs = f"{len(done)} of {len(results)}" + (f", {failed} failed" if failed else "")
        rows.append([*values.values(), runs, *(over_seeds(done, name) for name in shown)])
    return rows


def over_seeds(measures: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return mean, lowest and highest value of a measure as text: "0.953 (0.94 to 0.96)"."""
    values = [float(m[name]) for m in measures if name in m]
    if not values:
        return ""
    mean, low, high = sum(values) / len(values), min(values), max(values)
    if low == high:
        return f"{mean:.3g}"
    return f"{mean:.3g} ({low:.3g} to {high:.3g})"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text with columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"
