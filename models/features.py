"""The wide feature network that self-supervision trains first and the classifier goes on with."""

import torch
from torch import nn

from lodespace.models.dataset import Dataset
from lodespace.models.initialisation import he_initialise

WIDTH = 64
"""Features an item: wide enough to learn from few labels, where 3 latent numbers are not."""


class FeatureNetwork(nn.Module):
    """Items to features (B, WIDTH). Pictures: stride-2 convolutions (16-32-64, one more at 64 x 64); vectors: two hidden layers."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.width = WIDTH
        layers: list[nn.Module] = []
        if dataset.kind == "image":
            width, side = dataset.item_shape[:2]
            for out in (16, 32, 64, 64)[: (side // 4).bit_length() - 1]:
                layers += [nn.Conv2d(width, out, 3, stride=2, padding=1), nn.ReLU(inplace=True)]
                width = out
            layers += [nn.Flatten(), nn.Linear(64 * 16, WIDTH), nn.ReLU(inplace=True)]
        else:
            (features,) = dataset.item_shape
            layers = [nn.Linear(features, 128), nn.ReLU(inplace=True), nn.Linear(128, WIDTH), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)
        he_initialise(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)
