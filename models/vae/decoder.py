"""The decoder p(X given Z): from the latent variable to logits of pictures or means of vectors."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from lodespace.models.vae.upsampling import Upsampling


class ConvDecoder(nn.Module):
    """Mirror of ConvEncoder: (B, D) -> logits (B, C, side, side)."""

    def __init__(
        self, out_channels: int, side: int, channels: Sequence[int], hidden: int, latent_dim: int
    ) -> None:
        super().__init__()
        side >>= len(channels)
        self.unflatten = (channels[-1], side, side)
        self.dense = nn.Sequential(
            nn.Linear(latent_dim, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channels[-1] * side * side),
            nn.ReLU(inplace=True),
        )
        layers: list[nn.Module] = []
        widths = [*reversed(channels), out_channels]
        for width, out in pairwise(widths):
            layers += [Upsampling(width, out), nn.ReLU(inplace=True)]
        self.deconvolutions = nn.Sequential(*layers[:-1])

    @property
    def last_layer(self) -> Upsampling:
        """The layer whose output is the logits."""
        layer = self.deconvolutions[-1]
        assert isinstance(layer, Upsampling)
        return layer

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Decode latent variables (B, D) to logits (B, C, side, side)."""
        return self.deconvolutions(self.dense(z).view(-1, *self.unflatten))


class VectorDecoder(nn.Module):
    """Mirror of VectorEncoder: (B, D) -> (B, F)."""

    def __init__(self, features: int, hidden: int, latent_dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, features),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Decode latent variables (B, D) to means (B, F)."""
        return self.layers(z)


Decoder = ConvDecoder | VectorDecoder


def inner_layers(decoder: Decoder) -> nn.Module:
    """Return the fully connected layers of `decoder` that read the latent variable."""
    return decoder.dense if isinstance(decoder, ConvDecoder) else decoder.layers
