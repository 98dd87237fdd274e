"""The panels of the paper's figure 2: the settings in which they differ from the preset `figure2`.

The paper does not state the loss weights of figure 2c, so we chose the weights in this module.
"""

from itertools import groupby
from typing import Any, NamedTuple

PAPER_EPOCHS = 50
"""The paper trains for this number of epochs without labels, then as many epochs with labels."""
ROWS = {
    "a": "Different classifier heads",
    "b": "Logistic regression after fewer epochs",
    "c": "Different weights of the loss components",
}
"""Titles of the rows, adapted from the caption of the figure."""


class Panel(NamedTuple):
    """One panel of the figure."""

    row: str
    """Row of the panel: "a", "b" or "c"."""
    column: str
    """Column of the panel: "left", "centre" or "right"."""
    title: str
    """Title, adapted from the caption of the figure."""
    beta_kl: float = 3.0
    """Weight of the KL divergence in the epochs with labels."""
    beta_classifier: float = 100.0
    """Weight of the head's cross-entropy."""
    hidden_layers: int = 0
    """Number of hidden layers of the head."""
    epochs: int = 50
    """Number of epochs with labels, after those without labels; 0 for the panel without a head."""

    @property
    def name(self) -> str:
        """Name of the panel in file names, for example "a-left"."""
        return f"{self.row}-{self.column}"

    @property
    def place(self) -> str:
        """Place of the panel, for example "a, left"."""
        return f"{self.row}, {self.column}"

    @property
    def changes(self) -> dict[str, Any]:
        """Values of the panel, as arguments of `TrainingConfig.replace`."""
        return {
            "beta_kl": self.beta_kl,
            "beta_classifier": self.beta_classifier,
            "hidden_layers": self.hidden_layers,
        }

    @property
    def detail(self) -> str:
        """The values of the panel in words, for its caption."""
        if self.epochs == 0:
            return "No labels, β_KL 3: the start of all other panels"
        return (
            f"β_KL {self.beta_kl:g}, β_classifier {self.beta_classifier:g}, "
            f"{self.epochs} epochs with labels"
        )


PANELS = (
    Panel("a", "left", "No classifier", epochs=0),
    Panel("a", "centre", "Logistic regression"),
    Panel("a", "right", "MLP with 2 hidden layers", hidden_layers=2),
    Panel("b", "left", "5 epochs", epochs=5),
    Panel("b", "centre", "15 epochs", epochs=15),
    Panel("b", "right", "30 epochs", epochs=30),
    Panel("c", "left", "Neutral weights", beta_kl=1, beta_classifier=1),
    Panel("c", "centre", "Raised β_KL", beta_kl=20),
    Panel("c", "right", "Raised β_classifier", beta_kl=1),
)
"""The nine panels, row by row. All other trainings start from the state of the first panel."""


def scaled(epochs: int) -> tuple[Panel, ...]:
    """Return the panels for `epochs` epochs without labels, instead of the paper's 50.

    The numbers of epochs with labels change by the same factor, but stay at least 1.
    """

    def one(panel: Panel) -> Panel:
        if panel.epochs == 0:
            return panel
        number = max(1, round(panel.epochs * epochs / PAPER_EPOCHS))
        title = f"{number} epoch{'s' if number > 1 else ''}" if panel.row == "b" else panel.title
        return panel._replace(epochs=number, title=title)

    return tuple(map(one, PANELS))


def chains(panels: tuple[Panel, ...]) -> list[tuple[Panel, ...]]:
    """Return the panels with labels, grouped by training, and sorted by epochs in each group.

    The first panel is trained without labels, and belongs to no training with labels.
    """

    def training(panel: Panel) -> tuple[float, float, int]:
        return (panel.beta_kl, panel.beta_classifier, panel.hidden_layers)

    labelled = sorted(panels[1:], key=lambda panel: (*training(panel), panel.epochs))
    return [tuple(chain) for _, chain in groupby(labelled, training)]
