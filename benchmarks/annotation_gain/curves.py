"""Curves of the runs on a data set, as SVG files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from annotation_gain.course import Course
from annotation_gain.stored_runs import Found
from annotation_gain.time_model import TimeModel

COLOURS = {
    "suggested": "#1f77b4",
    "sheets": "#0b3d91",
    "samples": "#17becf",
    "regions": "#2ca02c",
    "paper": "#98df8a",
    "umap": "#9467bd",
    "umap-samples": "#ff7f0e",
    "umap-described": "#7f7f7f",
    "umap-described-samples": "#bcbd22",
    "static-vae": "#8c564b",
    "margin": "#d62728",
    "margin-described": "#ff9896",
    "random": "#e377c2",
}
"""Colours of the curves, by method."""
OF_LEARNERS = {"lr-margin": "#000000", "svc-margin": "#666666", "lr-random": "#bbbbbb"}
"""Colours of the methods that run once per view (views.py).

The key is the name of the method without the name of the view.
"""
DASHED = ("normalised", "spectrum")
"""Views whose curves are dashed. If a kind of items has two views, the second view is dashed."""
DRAWN = {"right": "right (label, else prediction)", "labelled_right": "labelled and correct"}


def draw(
    found: Found,
    data: str,
    model: TimeModel,
    path: Path,
    names: dict[str, str],
    timed: Sequence[str],
) -> None:
    """Draw the curves of a data set into the file `path`, by gestures and by seconds.

    The curves show the share of items that are right, and the share with a right label. A curve is
    the mean of all seeds; a band shows the minimum and the maximum. `names` has the name of each
    method. `timed` has the methods whose seconds are measured.
    """
    learners = [method for method in timed if method.rpartition("-")[0] in OF_LEARNERS]
    methods = [
        method
        for method in (*COLOURS, *learners)
        if any(course.gestures for course in found.get((method, data), []))
    ]
    if not methods:
        return
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "lodespace"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2, 2, figsize=(11, 8), sharex="col", sharey="row", layout="constrained"
    )
    for (share, title), (left, right) in zip(DRAWN.items(), axes, strict=True):
        for method in methods:
            courses = [course for course in found[method, data] if course.gestures]
            style = {
                "color": COLOURS.get(method) or OF_LEARNERS[method.rpartition("-")[0]],
                "linestyle": "--" if method.endswith(DASHED) else "-",
                "linewidth": 2.2 if method in ("suggested", "sheets") else 1.2,
            }
            longest = max(len(course.gestures) for course in courses)
            gestures = np.arange(1, min(longest, 100) + 1)
            reached = [
                _until(course, share, np.arange(1, len(course.gestures) + 1), gestures)
                for course in courses
            ]
            # The names have backslashes for Markdown.
            _curve(left, gestures, reached, style, names[method].replace("\\", ""))
            if method in timed:
                seconds = np.linspace(
                    0, min(max(course.seconds(model)[-1] for course in courses), 1200), 240
                )
                reached = [
                    _until(course, share, course.seconds(model), seconds) for course in courses
                ]
                _curve(right, seconds, reached, style, "")
        left.set_ylabel(title)
        for axis in (left, right):
            axis.set_ylim(0.4 if share == "right" else 0.0, 1.0)
            axis.grid(color="#dddddd", linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_yticks([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
    axes[1, 0].set_xlabel("gestures")
    axes[1, 1].set_xlabel("seconds of the person (time model of docs/gain.md)")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        fontsize=8,
        frameon=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _until(course: Course, share: str, when: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the value of the field `share` at each time of `at`.

    Gestures end at the times `when`. The value is measured after the last gesture that has ended.
    The value is nan before the end of the first gesture and after the end of the last gesture.
    """
    values = np.array([getattr(gesture, share) for gesture in course.gestures])
    index = np.searchsorted(when, at, side="right") - 1
    return np.where((index >= 0) & (at <= when[-1]), values[np.maximum(index, 0)], np.nan)


def _curve(
    axis: Any, x: np.ndarray, values: list[np.ndarray], style: dict[str, Any], name: str
) -> None:
    stacked = np.array(values)
    known = ~np.isnan(stacked).any(axis=0)
    axis.plot(x[known], stacked[:, known].mean(axis=0), label=name, **style)
    axis.fill_between(
        x[known],
        stacked[:, known].min(axis=0),
        stacked[:, known].max(axis=0),
        color=style["color"],
        alpha=0.12,
        linewidth=0,
    )
