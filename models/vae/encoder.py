"""The encoder q(Z given X): from items to the latent mean and latent log-variance."""

from collections.abc import Sequence

import torch
from torch import nn


class Encoder(nn.Module):
    """Trunk and hidden layers, then one linear layer each for latent mean and log-variance.

    While only the layers after the trunk are trained, the trunk's activations can be cached.
    """

    def __init__(
        self,
        trunk: nn.Sequential,
        trunk_features: int,
        hidden_layers: nn.Sequential,
        hidden: int,
        latent_dim: int,
    ) -> None:
        """Build an encoder from its trunk and hidden layers.

        Args:
            trunk: items (B, *item_shape) -> (B, trunk_features).
            trunk_features: number of outputs of the trunk.
            hidden_layers: (B, trunk_features) -> (B, hidden).
            hidden: number of outputs of the hidden layers.
            latent_dim: number of dimensions D of the latent variable.
        """
        super().__init__()
        self.trunk = trunk
        self.trunk_features = trunk_features
        self.hidden = hidden_layers
        self.mean = nn.Linear(hidden, latent_dim)
        self.log_variance = nn.Linear(hidden, latent_dim)

    def from_trunk(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Trunk activations (B, trunk_features) -> latent mean and log-variance, each (B, D)."""
        h = self.hidden(features)
        return self.mean(h), self.log_variance(h)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Items (B, *item_shape) -> latent mean and log-variance, each (B, D)."""
        return self.from_trunk(self.trunk(x))


class ConvEncoder(Encoder):
    """Encoder of pictures (B, C, side, side), after Burgess et al. 2018.

    The trunk consists of stride-2 convolutions, whose output is about 4 x 4. Two hidden layers
    follow.
    """

    def __init__(
        self, in_channels: int, side: int, channels: Sequence[int], hidden: int, latent_dim: int
    ) -> None:
        layers: list[nn.Module] = []
        width = in_channels
        for out in channels:
            layers += [nn.Conv2d(width, out, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
            width = out
        side >>= len(channels)
        features = width * side * side
        hidden_layers = nn.Sequential(
            nn.Linear(features, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
        )
        trunk = nn.Sequential(*layers, nn.Flatten())
        super().__init__(trunk, features, hidden_layers, hidden, latent_dim)


class VectorEncoder(Encoder):
    """Encoder of vectors (B, F): an MLP of two layers, the first of which is the trunk."""

    def __init__(self, features: int, hidden: int, latent_dim: int) -> None:
        trunk = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(inplace=True))
        hidden_layers = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(inplace=True))
        super().__init__(trunk, hidden, hidden_layers, hidden, latent_dim)
