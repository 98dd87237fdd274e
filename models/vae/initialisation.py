"""Initialisation that keeps the latent variable informative.

PyTorch's default initialisation (gain 1/sqrt(3)) shrinks the signal in each of six ReLU layers. At
the start, the latent variable then carries no information, but the KL term already acts. So every
dimension collapses within the first epochs. In 3D, the dimensions stay collapsed
(docs/reproduction.md).
"""

import math

import torch
from torch import nn

from lodespace.models.dataset import Dataset
from lodespace.models.vae.encoder import Encoder

LOG_VARIANCE_BIAS = -2.0
"""Initial latent log-variance, which corresponds to a standard deviation of about 0.37."""
_PICTURES_AT_ONCE = 1000


@torch.no_grad()
def he_initialise(module: nn.Module) -> None:
    """Set He-normal weights and zero biases in all layers of `module`.

    In a 4 x 4 transposed convolution with stride 2, each output depends on 4 inputs per channel.
    The fan-in of the convolution is therefore 4 times the number of input channels.
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
    """Initialise the layers of the latent mean (with gain 1) and of the log-variance.

    The initial variance is small and nearly the same for all items.
    """
    nn.init.kaiming_normal_(encoder.mean.weight, nonlinearity="linear")
    nn.init.zeros_(encoder.mean.bias)
    nn.init.normal_(encoder.log_variance.weight, std=0.01)
    nn.init.constant_(encoder.log_variance.bias, LOG_VARIANCE_BIAS)


def mean_logit(dataset: Dataset) -> float:
    """Return the logit of the mean pixel value of `dataset`.

    With this bias in its last layer, an untrained decoder returns pictures of about the mean
    brightness.
    """
    total = sum(
        int(chunk.sum(dtype=torch.int64)) for chunk in dataset.stored.split(_PICTURES_AT_ONCE)
    )
    mean = min(0.99, max(0.01, total / 255 / dataset.stored.numel()))
    return math.log(mean / (1 - mean))
