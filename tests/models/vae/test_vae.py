"""Shapes, composition and initialisation of the variational autoencoder."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from lodespace.models import Dataset, ModelConfig
from lodespace.models.vae.decoder import ConvDecoder
from lodespace.models.vae.head import ClassificationHead
from lodespace.models.vae.initialisation import LOG_VARIANCE_BIAS
from lodespace.models.vae.vae import VAE


def dataset(kind: str) -> Dataset:
    rng = np.random.default_rng(0)
    if kind == "vector":
        return Dataset.from_vectors(rng.normal(size=(64, 7)))
    shape = (64, 32, 32) if kind == "grey" else (64, 32, 32, 3)
    return Dataset.from_images(rng.integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize("channels", [(8, 16, 32), (32, 32, 32, 32), (4,)])
@pytest.mark.parametrize("latent_dim", [2, 3])
@pytest.mark.parametrize("kind", ["grey", "colour", "vector"])
def test_shapes(kind: str, latent_dim: int, channels: tuple[int, ...]) -> None:
    data = dataset(kind)
    vae = VAE.build(
        data, ModelConfig(channels=channels, hidden=16), latent_dim, n_classes=5, hidden_layers=1
    )
    out = vae(data.inputs[:9])
    assert out.reconstruction.shape == (9, *data.item_shape)
    assert (
        out.latent_mean.shape
        == out.latent_log_variance.shape
        == out.latent_sample.shape
        == (9, latent_dim)
    )
    assert out.class_logits.shape == (9, 5)


def test_samples_are_for_training_and_means_for_showing() -> None:
    """The sample is mean + noise * sigma.

    The head and encode_mean use the mean. The decoder uses the sample.
    """
    data = dataset("grey")
    vae = VAE.build(data, ModelConfig(), 3, n_classes=4, hidden_layers=0)
    x, noise = data.inputs[:6], torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    out = vae(x, noise)
    torch.testing.assert_close(
        out.latent_sample, out.latent_mean + noise * (0.5 * out.latent_log_variance).exp()
    )
    assert torch.equal(out.class_logits, vae.head(out.latent_mean))
    assert torch.equal(out.reconstruction, vae.decoder(out.latent_sample))
    assert torch.equal(vae.encode_mean(x), out.latent_mean)
    assert torch.equal(vae.encode_mean(x), vae.encode_mean(x))


@pytest.mark.parametrize(("hidden_layers", "linear_layers"), [(0, 1), (1, 2), (2, 3)])
def test_head_of_no_hidden_layer_is_logistic_regression(
    hidden_layers: int, linear_layers: int
) -> None:
    head = ClassificationHead(2, 7, hidden_layers)
    linear = [layer for layer in head.layers if isinstance(layer, nn.Linear)]
    assert len(linear) == linear_layers
    assert [layer.out_features for layer in linear] == [10] * hidden_layers + [7]


def test_a_head_with_more_classes_takes_over_what_was_learned() -> None:
    old, new = ClassificationHead(3, 4, 1), ClassificationHead(3, 6, 1)
    new.copy_classes_from(old)
    x = torch.randn(5, 3)
    torch.testing.assert_close(new(x)[:, :4], old(x))


def test_training_begins_at_the_mean_pictures_brightness() -> None:
    images = np.zeros((64, 28, 28), np.uint8)
    images[:, :7] = 255  # a quarter of 28 x 28 is white
    data = Dataset.from_images(images)
    decoder = VAE.build(data, ModelConfig(), 2, 3, 0).decoder
    assert isinstance(decoder, ConvDecoder)
    assert decoder.last_layer.bias is not None
    mean = 7 * 28 / 32**2
    assert float(decoder.last_layer.bias.detach()) == pytest.approx(
        math.log(mean / (1 - mean)), abs=1e-3
    )


def test_latent_variance_begins_small_and_nearly_the_same_for_all() -> None:
    data = dataset("grey")
    out = VAE.build(data, ModelConfig(), 3, 3, 0)(data.inputs)
    assert (out.latent_log_variance - LOG_VARIANCE_BIAS).abs().max() < 0.5


def test_he_initialisation_keeps_the_signal_that_pytorchs_loses(digits: object) -> None:
    """The means of a new encoder have a standard deviation of about 1 with He initialisation, and
    of about 0.01 with PyTorch's initialisation."""
    data = digits.train  # pyright: ignore[reportAttributeAccessIssue]
    spreads = {}
    for init in ("he", "pytorch"):
        torch.manual_seed(0)
        vae = VAE.build(data, ModelConfig(init=init), 3, 10, 0)
        spreads[init] = float(vae.encode_mean(data.inputs[:500]).std(dim=0).mean().detach())
    assert 0.1 < spreads["he"] < 3
    assert spreads["pytorch"] < 0.1 * spreads["he"]
