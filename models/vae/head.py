"""The paper's classification head on the latent mean."""

import torch
from torch import nn

HEAD_UNITS = 10
"""Number of units of each hidden layer (paper, section 4)."""


class ClassificationHead(nn.Module):
    """Latent mean (B, D) -> class logits (B, C).

    Without hidden layers, as in the paper, the head is a logistic regression.
    """

    def __init__(self, latent_dim: int, n_classes: int, hidden_layers: int = 0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = latent_dim
        for _ in range(hidden_layers):
            layers += [nn.Linear(width, HEAD_UNITS), nn.ReLU(inplace=True)]
            width = HEAD_UNITS
        self.layers = nn.Sequential(*layers, nn.Linear(width, n_classes))

    @property
    def output(self) -> nn.Linear:
        """The last layer, whose outputs are the class logits."""
        layer = self.layers[-1]
        assert isinstance(layer, nn.Linear)
        return layer

    def forward(self, latent_mean: torch.Tensor) -> torch.Tensor:
        """Return the class logits (B, C) of latent means (B, D)."""
        return self.layers(latent_mean)

    @torch.no_grad()
    def copy_classes_from(self, other: "ClassificationHead") -> None:
        """Copy the weights of `other`, a head with fewer classes and the same layers."""
        for mine, theirs in zip(self.parameters(), other.parameters(), strict=True):
            mine[: len(theirs)] = theirs
