"""A picture of one panel of figure 2, like that of the paper."""

from pathlib import Path

import numpy as np


def draw(path: Path, mean: np.ndarray, truth: np.ndarray, title: str) -> None:
    """Draw a scatter plot of the latent means with marginal histograms, coloured by class."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2,
        2,
        figsize=(3.6, 3.6),
        gridspec_kw={
            "width_ratios": (5, 1),
            "height_ratios": (1, 5),
            "wspace": 0.03,
            "hspace": 0.03,
        },
    )
    colours = plt.get_cmap("tab10")
    (top, corner), (scatter, side) = axes
    corner.axis("off")
    limit = max(1e-3, float(np.quantile(np.abs(mean), 0.998)) * 1.08)
    edges = np.linspace(-limit, limit, 40)
    for label in range(10):
        points = mean[truth == label]
        scatter.scatter(
            points[:, 0], points[:, 1], s=1.2, color=colours(label), linewidths=0, rasterized=True
        )
        top.hist(points[:, 0], edges, histtype="step", color=colours(label), linewidth=0.8)
        side.hist(
            points[:, 1],
            edges,
            histtype="step",
            color=colours(label),
            linewidth=0.8,
            orientation="horizontal",
        )
    for axis in (top, side):
        axis.axis("off")
    scatter.set_xlim(-limit, limit)
    scatter.set_ylim(-limit, limit)
    scatter.tick_params(labelsize=6)
    top.set_title(title, fontsize=8)
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
