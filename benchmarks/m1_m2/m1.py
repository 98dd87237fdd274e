"""M1: a variational autoencoder of the pixels, whose latent variable is the input of M2.

D. P. Kingma, D. J. Rezende, S. Mohamed, M. Welling: Semi-supervised learning with deep generative
models, 2014, section 2. Encoder and decoder are MLPs with softplus units.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import Adam

from lodespace.models.features.augmentation import light

LEAST_SPREAD = 0.1
"""Standard deviation of the latent means below which a dimension is left out of the features."""


@dataclass(frozen=True)
class M1Settings:
    """Settings of M1."""

    latent_dim: int = 50
    """Number of dimensions of the latent variable."""
    hidden: tuple[int, ...] = (500, 500)
    """Units of the hidden layers of the encoder. The decoder has them in reverse order."""
    epochs: int = 200
    """Passes over all items."""
    batch: int = 250
    """Items per batch."""
    learning_rate: float = 1e-3
    """Learning rate of Adam."""
    binarised: bool = True
    """Whether the pixels of each batch are 0 or 1, drawn with the grey value as the probability of
    1."""
    prior_weight: float = 0.0
    """Weight of the prior, a standard normal distribution of the weights of the layers."""
    augmented: bool = True
    """Whether the pictures of each batch get the small random changes of Lodespace's classifier for
    symbols."""


def softplus_layers(widths: tuple[int, ...]) -> nn.Sequential:
    """Return linear layers between `widths`, each followed by softplus."""
    layers: list[nn.Module] = []
    for width, out in pairwise(widths):
        layers += [nn.Linear(width, out), nn.Softplus()]
    return nn.Sequential(*layers)


def gaussian_kl(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return KL(N(mean, variance) || N(0, 1)) for arguments (..., D), summed over D."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=-1)


def adam(module: nn.Module, learning_rate: float, prior_weight: float, items: int) -> Adam:
    """Return Adam with a standard normal prior of the weights of `module`.

    The prior counts `prior_weight` times, relative to the likelihood of N = `items` items. Losses
    are per item, so the weight decay is prior_weight / N. Biases have no prior.
    """
    weights = [p for name, p in module.named_parameters() if name.endswith("weight")]
    others = [p for name, p in module.named_parameters() if not name.endswith("weight")]
    decayed = {"params": weights, "weight_decay": prior_weight / items}
    return Adam([decayed, {"params": others}], learning_rate)


class M1(nn.Module):
    """Encoder and decoder of pictures with P pixels."""

    def __init__(self, pixels: int, settings: M1Settings) -> None:
        super().__init__()
        hidden = settings.hidden
        self.encoder = softplus_layers((pixels, *hidden))
        self.mean = nn.Linear(hidden[-1], settings.latent_dim)
        self.log_variance = nn.Linear(hidden[-1], settings.latent_dim)
        self.decoder = softplus_layers((settings.latent_dim, *reversed(hidden)))
        self.logits = nn.Linear(hidden[0], pixels)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (B, P) -> latent mean and log-variance, each (B, D)."""
        h = self.encoder(x)
        return self.mean(h), self.log_variance(h)

    def cost(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the negative lower bound of log p(x) in nats, (B,), for pictures x (B, P).

        `noise` is standard normal, (B, D).
        """
        mean, log_variance = self.encode(x)
        logits = self.logits(self.decoder(mean + noise * (0.5 * log_variance).exp()))
        pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)
        return pixels + gaussian_kl(mean, log_variance)


@dataclass
class Features:
    """The latent variable of M1 for all items: the input of M2."""

    mean: torch.Tensor
    """Means, (N, F)."""
    log_variance: torch.Tensor
    """Logarithms of the variances, (N, F)."""

    def sample(self, items: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return one draw (B, F) of the latent variable of `items` (B,)."""
        mean = self.mean[items]
        noise = torch.randn(mean.shape, generator=generator)
        return mean + noise * (0.5 * self.log_variance[items]).exp()


def train_m1(
    pictures: torch.Tensor, settings: M1Settings, seed: int, *, title: str = ""
) -> tuple[M1, Features]:
    """Train M1 on all pictures, without labels.

    Args:
        pictures: (N, H, W) in 0..1.
        settings: settings of M1.
        seed: seed of weights, batches and noise.
        title: beginning of each line of progress; empty for no output.

    Returns:
        The model, and the features of all items. Dimensions that do not distinguish items are left
        out of the features (LEAST_SPREAD).
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    flat = pictures.flatten(1)
    model = M1(flat.shape[1], settings)
    optimiser = adam(model, settings.learning_rate, settings.prior_weight, len(flat))
    for epoch in range(settings.epochs):
        total = 0.0
        for items in torch.randperm(len(flat), generator=generator).split(settings.batch):
            x = flat[items]
            if settings.augmented:
                x = light("symbols")(pictures[items][:, None], generator).flatten(1)
            if settings.binarised:
                x = torch.bernoulli(x, generator=generator)
            noise = torch.randn(len(items), settings.latent_dim, generator=generator)
            cost = model.cost(x, noise).mean()
            optimiser.zero_grad(set_to_none=True)
            cost.backward()
            optimiser.step()
            total += float(cost.detach()) * len(items)
        if title and (epoch + 1) % 10 == 0:
            print(f"{title} epoch {epoch + 1}: {total / len(flat):.1f} nats", flush=True)
    return model, features_of(model, flat)


@torch.no_grad()
def features_of(model: M1, flat: torch.Tensor) -> Features:
    """Return the features of pictures (N, P), without the dimensions that have collapsed."""
    parts = [model.encode(chunk) for chunk in flat.split(1000)]
    mean = torch.cat([part[0] for part in parts])
    log_variance = torch.cat([part[1] for part in parts])
    kept = mean.std(dim=0) > LEAST_SPREAD
    return Features(mean[:, kept], log_variance[:, kept])
