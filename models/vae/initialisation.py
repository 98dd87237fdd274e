"""Initialisation that keeps the latent variable informative.

PyTorch's default (gain 1/sqrt(3)) shrinks the signal over six ReLU layers. The latent variable then
carries no information while the KL term already acts: every dimension collapses within the first
epochs, and in 3D stays collapsed (docs/reproduction.md has the counts).
"""

import math

import torch
from torch import nn

from lodespace.models.dataset import Dataset
from lodespace.models.vae.encoder import Encoder

LOG_VARIANCE_BIAS = -2.0
"""Initial latent log-variance: sigma is about 0.37."""
_PICTURES_AT_ONCE = 1000


@torch.no_grad()
def he_initialise(module: nn.Module) -> None:
    """He-normal weights for ReLU layers and zero biases, everywhere in `module`.

    A stride-2, 4 x 4 transposed convolution reaches each output from 4 inputs per channel, hence
    its fan.
    """
    for layer in module.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / (4 * layer.in_channels)))
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


@torch.no_grad()
def initialise_latent_layers(encoder: Encoder) -> None:
    """Initialise latent means with unit gain, and the variance small and nearly constant."""
    nn.init.kaiming_normal_(encoder.mean.weight, nonlinearity="linear")
    nn.init.zeros_(encoder.mean.bias)
    nn.init.normal_(encoder.log_variance.weight, std=0.01)
    nn.init.constant_(encoder.log_variance.bias, LOG_VARIANCE_BIAS)


def mean_logit(dataset: Dataset) -> float:
    """Logit of the mean pixel: as the decoder's last bias, starts training at that brightness."""
    total = sum(
        float(chunk.sum(dtype=torch.float64)) for chunk in dataset.stored.split(_PICTURES_AT_ONCE)
    )
    mean = min(0.99, max(0.01, total / 255 / dataset.stored.numel()))
    return math.log(mean / (1 - mean))
