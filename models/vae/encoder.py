"""q(Z given X): inputs to latent mean and latent log-variance."""

from collections.abc import Sequence

import torch
from torch import nn


class ConvEncoder(nn.Module):
    """Stride-2 convolutions down to 4 x 4 or so and two hidden layers, after Burgess et al. 2018. (B, C, side, side) -> two of (B, D).

    `trunk` is the convolutions; its activations can be cached while only the layers after it are trained.
    """

    def __init__(
        self, in_channels: int, side: int, channels: Sequence[int], hidden: int, latent_dim: int
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = in_channels
        for out in channels:
            layers += [nn.Conv2d(width, out, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
            width = out
        side >>= len(channels)
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.trunk_features = width * side * side
        self.hidden = nn.Sequential(
            nn.Linear(self.trunk_features, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
        )
        self.mean = nn.Linear(hidden, latent_dim)
        self.log_variance = nn.Linear(hidden, latent_dim)

    def from_trunk(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Trunk activations (B, trunk_features) -> latent mean (B, D), latent log-variance (B, D)."""
        h = self.hidden(features)
        return self.mean(h), self.log_variance(h)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.from_trunk(self.trunk(x))


class VectorEncoder(nn.Module):
    """The same for vectors: an MLP of two hidden layers. (B, F) -> two of (B, D)."""

    def __init__(self, features: int, hidden: int, latent_dim: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(inplace=True))
        self.trunk_features = hidden
        self.hidden = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(inplace=True))
        self.mean = nn.Linear(hidden, latent_dim)
        self.log_variance = nn.Linear(hidden, latent_dim)

    def from_trunk(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.hidden(features)
        return self.mean(h), self.log_variance(h)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.from_trunk(self.trunk(x))


Encoder = ConvEncoder | VectorEncoder
