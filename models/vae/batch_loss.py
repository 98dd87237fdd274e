"""The loss of one batch: equation 1, and the terms that presets add to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F

from lodespace.models.config import ModelConfig
from lodespace.models.dataset import Dataset
from lodespace.models.loss_terms import LossWeights
from lodespace.models.shared_items import ITEMS
from lodespace.models.vae.axis_loss import AxisTargets, mean_axis_loss
from lodespace.models.vae.kl_schedule import KLSchedule
from lodespace.models.vae.losses import (
    classification_loss,
    kl_per_dimension,
    reconstruction_loss,
    total_loss,
)
from lodespace.models.vae.vae import VAE
from lodespace.models.workers.jobs import GradientJob, OutputJob, Values
from lodespace.models.workers.team import Team

NETWORK = "vae"
"""Name of the network in `Team.held`."""


class Batch(NamedTuple):
    """B items, and what the loss reads about them."""

    items: torch.Tensor
    """Items int64 (B,), on the CPU."""
    n: int
    """Number of items that are decoded and compared: the first n items of the batch."""
    classified: slice
    """The items that the head reads."""
    labels: torch.Tensor
    """Classes of these items, int64, on the CPU; UNLABELED for an item without a label."""
    targets: torch.Tensor | None
    """Means that the encoder should return, (B, D); None to leave out L_encoder."""
    axes: AxisTargets | None
    """Values of the items on the named axes; None without axes."""


class Objective(NamedTuple):
    """Weights of the terms at one time of the training."""

    weights: LossWeights
    """Weights of the terms."""
    kl: KLSchedule
    """The KL term."""
    reconstruction_scale: float
    """Weight of the reconstruction (`reconstruction_weight`)."""
    head_reads_sample: bool
    """Whether the head reads the sample instead of the mean."""

    def equation_1(
        self,
        vae: VAE,
        encoded: tuple[torch.Tensor, torch.Tensor],
        x: torch.Tensor,
        classified: slice,
        labels: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the terms of equation 1 for a batch of encoded items.

        Only the first n items of the batch are decoded and compared with `x`.

        Args:
            vae: decoder and head.
            encoded: latent means and logarithms of the latent variances, (B, D) each.
            x: the first n items of the batch, (n, *item_shape).
            classified: the items that the head reads.
            labels: classes of these items, int64; UNLABELED for an item without a label.
            generator: draws the noise, on the device of the items.

        Returns:
            KL divergence per dimension, (D,), and the unweighted value of each term, by its name.
        """
        n, (mean, log_variance) = len(x), encoded
        std = (0.5 * log_variance[: len(mean) if self.head_reads_sample else n]).exp()
        noise = torch.randn(std.shape, generator=generator, device=std.device)
        sample = mean[: len(std)] + noise * std
        kl = kl_per_dimension(mean[:n], log_variance[:n])
        head_input = (sample if self.head_reads_sample else mean)[classified]
        return kl, {
            "reconstruction": reconstruction_loss(vae.decoder(sample[:n]), x),
            "kl": kl.sum(),
            "classification": classification_loss(vae.head(head_input), labels)
            if len(labels)
            else mean.new_zeros(()),
        }

    def weighted_sum(self, terms: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the loss: the weighted sum of terms."""
        return total_loss(
            terms, self.weights, self.kl.scale, self.reconstruction_scale, self.kl.capacity
        )

    def of(
        self, vae: VAE, dataset: Dataset, batch: Batch, generator: torch.Generator
    ) -> dict[str, torch.Tensor]:
        """Return the unweighted terms of a batch by name.

        The result also has "total", the loss, and "dimensions", the KL divergence per dimension,
        (D,).
        """
        device = dataset.device
        x = dataset.batch(batch.items.to(device))
        if x.ndim == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        mean, log_variance = vae.encoder(x)
        kl, terms = self.equation_1(
            vae,
            (mean, log_variance),
            x[: batch.n],
            batch.classified,
            batch.labels.to(device),
            generator,
        )
        if batch.targets is not None:
            terms["encoder"] = F.smooth_l1_loss(
                mean, batch.targets.to(device), reduction="sum"
            ) / len(mean)
        if batch.axes is not None:
            terms["axis"] = mean_axis_loss(mean, batch.axes.to(device))
        return {**terms, "total": self.weighted_sum(terms), "dimensions": kl}


class VAELayers(NamedTuple):
    """The values that determine the layers of a VAE for given items."""

    config: ModelConfig
    """Architecture of encoder and decoder."""
    latent_dim: int
    """Number of latent dimensions."""
    n_classes: int
    """Number of classes of the head."""
    hidden_layers: int
    """Number of hidden layers of the head."""

    def built(self, dataset: Dataset) -> VAE:
        """Return a VAE with these layers, which has any values."""
        # The values are replaced, so the layers need no initialisation, which would read all items.
        config = replace(self.config, init="pytorch")
        vae = VAE.build(dataset, config, self.latent_dim, self.n_classes, self.hidden_layers)
        return vae.to(
            memory_format=torch.channels_last  # pyright: ignore[reportCallIssue]
        )


@dataclass
class BatchesJob(GradientJob):
    """Computes the gradient of the mean loss of one batch per process."""

    network = NETWORK
    vae: VAELayers
    """Layers of the network."""
    objective: Objective
    """Weights of the terms."""
    batches: Sequence[Batch]
    """One batch per process."""
    seed: int
    """Seed of the noise. Each process adds its number."""

    def built(self, team: Team) -> VAE:
        return self.vae.built(team.held[ITEMS])

    def layers(self) -> VAELayers:
        return self.vae

    def backward(self, team: Team, network: VAE) -> Values:
        generator = torch.Generator(team.device).manual_seed(self.seed + team.rank)
        dataset = team.held[ITEMS]
        terms = self.objective.of(network, dataset, self.batches[team.rank], generator)
        shares = {name: term / team.size for name, term in terms.items()}
        shares["total"].backward()
        return shares


@dataclass
class EncodeJob(OutputJob):
    """Computes the latent means of items."""

    network = NETWORK
    vae: VAELayers
    """Layers of the network."""

    def built(self, team: Team) -> VAE:
        return self.vae.built(team.held[ITEMS])

    def layers(self) -> VAELayers:
        return self.vae

    def rows(self, team: Team, network: VAE, items: torch.Tensor) -> torch.Tensor:
        return network.encode_mean(team.held[ITEMS].batch(items))
