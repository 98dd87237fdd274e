"""M2: a generative model of features x, a class y and a latent variable z. Some labels are known.

    p(x, y, z) = p(y) p(z) p(x given y, z);   q(y, z given x) = q(y given x) q(z given x, y)

D. P. Kingma, D. J. Rezende, S. Mohamed, M. Welling: Semi-supervised learning with deep generative
models, 2014, equations 6 to 9. All classes have the same prior probability. The features are
Gaussian given y and z.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from m1_m2.m1 import Features, adam, gaussian_kl, softplus_layers

EPOCHS_APART = 20
"""Number of epochs from one evaluation to the next."""


@dataclass(frozen=True)
class M2Settings:
    """Settings of M2."""

    latent_dim: int = 10
    """Number of dimensions of the latent variable z."""
    hidden: int = 300
    """Units of the hidden layer of each of the three networks."""
    epochs: int = 200
    """Passes over the items without a label."""
    batch: int = 500
    """Items without a label per batch."""
    labelled_batch: int = 100
    """Items with a label per batch."""
    learning_rate: float = 3e-3
    """Learning rate of Adam."""
    alpha: float = 1.0
    """Weight of the classifier's cross-entropy, per item: the paper's alpha is this value times N.
    """
    prior_weight: float = 1.0
    """Weight of the prior, a standard normal distribution of the weights of the layers."""


class M2(nn.Module):
    """Networks of M2, for F features and C classes, with a latent variable of D dimensions."""

    def __init__(self, features: int, n_classes: int, settings: M2Settings) -> None:
        super().__init__()
        hidden, latent_dim = settings.hidden, settings.latent_dim
        self.n_classes = n_classes
        self.classifier = nn.Sequential(
            softplus_layers((features, hidden)), nn.Linear(hidden, n_classes)
        )
        # A layer that reads x and y, or z and y, is a sum of two layers. So the part of x is
        # computed only once for all classes.
        self.encoder_x = nn.Linear(features, hidden)
        self.encoder_y = nn.Embedding(n_classes, hidden)
        self.mean = nn.Linear(hidden, latent_dim)
        self.log_variance = nn.Linear(hidden, latent_dim)
        self.decoder_z = nn.Linear(latent_dim, hidden)
        self.decoder_y = nn.Embedding(n_classes, hidden)
        self.x_mean = nn.Linear(hidden, features)
        self.x_log_variance = nn.Linear(hidden, features)
        with torch.no_grad():
            for embedding in (self.encoder_y, self.decoder_y):
                embedding.weight.mul_(1 / math.sqrt(features + n_classes))

    def labelled_cost(self, x: torch.Tensor, y: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return L(x, y), the negative lower bound of log p(x, y), in nats (equation 6).

        Args:
            x: features, (B, F).
            y: classes, integers: (B,), or (C, 1) to combine each of C classes with each item.
            noise: standard normal noise, (B, D) or (C, B, D).

        Returns:
            The costs, (B,) or (C, B).
        """
        h = F.softplus(self.encoder_x(x) + self.encoder_y(y))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + noise * (0.5 * log_variance).exp()
        h = F.softplus(self.decoder_z(z) + self.decoder_y(y))
        x_log_variance = self.x_log_variance(h)
        squared = (x - self.x_mean(h)).square() * (-x_log_variance).exp()
        minus_log_x = 0.5 * (math.log(2 * math.pi) + x_log_variance + squared).sum(dim=-1)
        return minus_log_x + gaussian_kl(mean, log_variance) + math.log(self.n_classes)

    def unlabelled_cost(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return U(x), the negative lower bound of log p(x), in nats, (B,) (equation 7).

        The expectation over the class is a sum over all classes.

        Args:
            x: features, (B, F).
            noise: standard normal noise, (C, B, D).
        """
        log_q = F.log_softmax(self.classifier(x), dim=1).t()
        every = torch.arange(self.n_classes)[:, None]
        costs = self.labelled_cost(x, every, noise)
        return (log_q.exp() * (costs + log_q)).sum(dim=0)

    def cost(
        self,
        labelled: torch.Tensor,
        y: torch.Tensor,
        unlabelled: torch.Tensor,
        noise: tuple[torch.Tensor, torch.Tensor],
        counts: tuple[int, int],
        alpha: float,
    ) -> torch.Tensor:
        """Return an estimate of the objective per item, from a batch (equations 8 and 9).

        The objective is the sum of L over all items with a label, of U over all items without a
        label, and of alpha * N times the mean cross-entropy of the classifier on labels.

        Args:
            labelled: features of items with a label, (A, F).
            y: their classes, (A,).
            unlabelled: features of items without a label, (B, F).
            noise: noise for both, (A, D) and (C, B, D).
            counts: numbers of items with and without a label in the data set.
            alpha: weight of the cross-entropy, per item of the data set.
        """
        n = sum(counts)
        known = self.labelled_cost(labelled, y, noise[0]).mean() * (counts[0] / n)
        unknown = self.unlabelled_cost(unlabelled, noise[1]).mean() * (counts[1] / n)
        return known + unknown + alpha * F.cross_entropy(self.classifier(labelled), y)


def train_m2(
    features: Features,
    labels: torch.Tensor,
    n_classes: int,
    settings: M2Settings,
    seed: int,
    after_epoch: Callable[[int, torch.Tensor], None] | None = None,
) -> torch.Tensor:
    """Train M2, and return the predicted class probabilities of all items, (N, C).

    Args:
        features: features of all items.
        labels: class per item, (N,); -1 for items without a label.
        n_classes: number of classes.
        settings: settings of M2.
        seed: seed of weights, batches and noise.
        after_epoch: called every EPOCHS_APART epochs, with the number of finished epochs and the
            current probabilities.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = M2(features.mean.shape[1], n_classes, settings)
    optimiser = adam(model, settings.learning_rate, settings.prior_weight, len(labels))
    known = torch.nonzero(labels >= 0).squeeze(1)
    unknown = torch.nonzero(labels < 0).squeeze(1)
    counts = (len(known), len(unknown))
    for epoch in range(1, settings.epochs + 1):
        for batch in torch.randperm(len(unknown), generator=generator).split(settings.batch):
            own = known[torch.randperm(len(known), generator=generator)[: settings.labelled_batch]]
            items = unknown[batch]
            noise = (
                torch.randn(len(own), settings.latent_dim, generator=generator),
                torch.randn(n_classes, len(items), settings.latent_dim, generator=generator),
            )
            cost = model.cost(
                features.sample(own, generator),
                labels[own],
                features.sample(items, generator),
                noise,
                counts,
                settings.alpha,
            )
            optimiser.zero_grad(set_to_none=True)
            cost.backward()
            optimiser.step()
        if after_epoch is not None and epoch % EPOCHS_APART == 0:
            after_epoch(epoch, _probabilities(model, features))
    return _probabilities(model, features)


@torch.no_grad()
def _probabilities(model: M2, features: Features) -> torch.Tensor:
    return F.softmax(model.classifier(features.mean), dim=1)
