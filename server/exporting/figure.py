"""Figure of the cloud like the paper's figure 2: a scatter plot with marginal histograms."""

import importlib.util
import io
import warnings
from typing import Literal

import numpy as np
import numpy.typing as npt

from lodespace.errors import ProjectError
from lodespace.exporting.table import Table
from lodespace.protocol import UNLABELED, ClassInfo
from lodespace.scene.glb import UNLABELLED_COLOUR

_BINS = 60
"""Number of bins of a histogram."""
_INK = 0.78
"""Factor that darkens the class colours for a white background, as in the page's light theme."""
_LONGEST_NAME = 40
"""Largest number of characters of a class name in the legend."""
_MARKERS = "osD^vP*X<>"
"""Marker shapes: the first for classes 0 to 9, the second for classes 10 to 19, and so on.

The shape distinguishes classes of the same colour, because the colours repeat after ten classes.
"""


def is_available() -> bool:
    """Return whether matplotlib is installed, which `draw` needs."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(table: Table, classes: list[ClassInfo], kind: Literal["png", "svg"]) -> bytes:
    """Draw the cloud as PNG or SVG. A 3D cloud is projected onto the first two principal axes.

    An item without a label has a paler tone of the predicted class's colour. Raises ProjectError if
    matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ProjectError(
            "matplotlib is not installed; install it with pip install 'lodespace[figure]'"
        ) from error
    points, names = _plane(table.latent_mean)
    figure = Figure(figsize=(7, 7), layout="compressed")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=(5, 1), height_ratios=(1, 5))
    scatter = figure.add_subplot(grid[1, 0])
    top = figure.add_subplot(grid[0, 0], sharex=scatter)
    side = figure.add_subplot(grid[1, 1], sharey=scatter)
    labelled = table.labels != UNLABELED
    known = np.where(labelled, table.labels, table.predictions)
    grey = "#" + bytes(UNLABELLED_COLOUR).hex()
    size = float(np.clip(20_000 / len(points), 2, 20))
    edges = [
        np.linspace(points[:, k].min(), points[:, k].max() + 1e-9, _BINS + 1) for k in range(2)
    ]
    groups = [
        (UNLABELED, "unlabelled", grey),
        *((c.class_id, c.name, _on_white(c.colour)) for c in classes),
    ]
    for class_id, name, colour in groups:
        members = known == class_id
        if not members.any():
            continue
        marker = "o" if class_id == UNLABELED else _MARKERS[class_id // 10 % len(_MARKERS)]
        for is_labelled in (False, True):
            drawn = members & (labelled == is_labelled)
            if not drawn.any():
                continue
            # The legend has one entry per class, with the marker of the labelled items. If a class
            # has no labelled items, its entry has the marker of the predicted items.
            in_legend = is_labelled or not (members & labelled).any()
            scatter.scatter(
                *points[drawn].T,
                s=size,
                c=colour,
                alpha=0.9 if is_labelled else 0.4,
                linewidths=0,
                marker=marker,
                label=_plain(name) if in_legend else None,
            )
        top.hist(points[members, 0], edges[0], histtype="step", color=colour)
        side.hist(
            points[members, 1], edges[1], histtype="step", color=colour, orientation="horizontal"
        )
    for axis in (top, side):
        axis.axis("off")
    scatter.set_xlabel(names[0])
    scatter.set_ylabel(names[1])
    legend = scatter.legend(loc="best", fontsize=8, markerscale=1.5, framealpha=0.8)
    for text in legend.get_texts():
        text.set_parse_math(False)  # "$" in a class name does not begin a formula
    out = io.BytesIO()
    # Without date and random names, the same cloud gives the same bytes.
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "lodespace"}), warnings.catch_warnings():
        # A class name may contain emoji, which the font lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(out, format=kind, dpi=150, metadata=metadata)
    return out.getvalue()


def _plain(name: str) -> str:
    """Return the class name for the legend.

    A long name is cut, so that the map has room beside the legend. Control characters are replaced,
    because they would make an SVG file invalid. A space is put before a leading "_", because
    matplotlib leaves names with a leading "_" out of the legend.
    """
    text = "".join(c if c.isprintable() else "\ufffd" for c in name)
    if len(text) > _LONGEST_NAME:
        text = f"{text[: _LONGEST_NAME - 1]}…"
    return f" {text}" if text.startswith("_") else text


def _on_white(colour: str) -> str:
    """Return the class colour, darkened, because class colours are chosen for a dark background."""
    return "#" + bytes(round(c * _INK) for c in bytes.fromhex(colour[1:])).hex()


def _plane(latent_mean: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], tuple[str, str]]:
    if latent_mean.shape[1] == 2:
        return latent_mean, ("latent x", "latent y")
    centred = latent_mean - latent_mean.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    # The sign of an axis is arbitrary. Make the axis's largest component positive.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    return centred @ axes[:2].T, (
        "first principal axis of the latent space",
        "second principal axis",
    )
