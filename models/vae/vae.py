"""The variational autoencoder with a classification head (paper, figure 1b)."""

from typing import NamedTuple

import torch
from torch import nn

from lodespace.models.config import ModelConfig
from lodespace.models.dataset import Dataset
from lodespace.models.vae.decoder import ConvDecoder, Decoder, VectorDecoder
from lodespace.models.vae.encoder import ConvEncoder, Encoder, VectorEncoder
from lodespace.models.vae.head import ClassificationHead
from lodespace.models.vae.initialisation import he_initialise, initialise_latent_layers, mean_logit


class VAEOutput(NamedTuple):
    """Output for a batch of B items."""

    reconstruction: torch.Tensor
    """Logits of the pixels if the items are pictures, else vectors, (B, *item_shape)."""
    latent_mean: torch.Tensor
    """Means of q(Z given X), (B, D)."""
    latent_log_variance: torch.Tensor
    """Logarithms of the variances of q(Z given X), (B, D)."""
    latent_sample: torch.Tensor
    """Samples of q(Z given X), which the decoder reads, (B, D)."""
    class_logits: torch.Tensor
    """Logits of the classes, by the head, (B, C)."""


class VAE(nn.Module):
    """Encoder, decoder and head. The head reads the latent mean, and the decoder reads a sample."""

    def __init__(self, encoder: Encoder, decoder: Decoder, head: ClassificationHead) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.head = head

    @classmethod
    def build(
        cls,
        dataset: Dataset,
        config: ModelConfig,
        latent_dim: int,
        n_classes: int,
        hidden_layers: int,
    ) -> "VAE":
        """Return a model for `dataset`, initialised by torch's global random number generator."""
        encoder: Encoder
        decoder: Decoder
        if dataset.kind == "image":
            colours, side = dataset.item_shape[:2]
            channels = config.channels_at(side)
            encoder = ConvEncoder(colours, side, channels, config.hidden, latent_dim)
            decoder = ConvDecoder(colours, side, channels, config.hidden, latent_dim)
        else:
            (features,) = dataset.item_shape
            encoder = VectorEncoder(features, config.hidden, latent_dim)
            decoder = VectorDecoder(features, config.hidden, latent_dim)
        vae = cls(encoder, decoder, ClassificationHead(latent_dim, n_classes, hidden_layers))
        if config.init == "he":
            he_initialise(vae)
            initialise_latent_layers(encoder)
            if isinstance(decoder, ConvDecoder):
                nn.init.constant_(_bias(decoder.last_layer), mean_logit(dataset))
        return vae

    def encode_mean(self, x: torch.Tensor) -> torch.Tensor:
        """Return the latent means (B, D) of items, without sampling."""
        return self.encoder(x)[0]

    def forward(self, x: torch.Tensor, noise: torch.Tensor | None = None) -> VAEOutput:
        """Encode, sample, decode and classify a batch.

        Args:
            x: items, (B, *item_shape).
            noise: standard normal noise for the sample, (B, D); by default, this method draws the
                noise.
        """
        mean, log_variance = self.encoder(x)
        if noise is None:
            noise = torch.randn_like(mean)
        sample = mean + noise * (0.5 * log_variance).exp()
        return VAEOutput(self.decoder(sample), mean, log_variance, sample, self.head(mean))


def _bias(layer: nn.ConvTranspose2d) -> torch.Tensor:
    assert layer.bias is not None
    return layer.bias
