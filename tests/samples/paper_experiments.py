"""A reduced run of the paper's experiments (section 4), with fewer than the paper's 50 epochs."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from map_quality import (
    held_out_neighbour_accuracy,
    silhouette,
    spread,
    within_between_ratio,
)

from lodespace.models import Dataset, preset
from lodespace.models.config import ModelConfig
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.training import VAETraining

N_TRAIN = 4000


@dataclass(frozen=True)
class Map:
    """Quality figures of a trained map.

    `silhouette` and `within_between` are computed on the training items. `within_between` is the
    ratio of the distances within classes to the distances between classes. The accuracies
    `neighbours` and `head` are measured on held-out items.
    """

    reconstruction: float
    kl: np.ndarray
    sigma: float
    spread: float
    silhouette: float
    within_between: float
    neighbours: float
    head: float


class Experiment:
    """The digits, a pretrained VAE, and trainings that continue from the pretrained VAE."""

    def __init__(self, digits: Dataset, truth: np.ndarray, latent_dim: int, seed: int = 0) -> None:
        self.digits = digits
        self.truth = truth
        self.config = preset("paper", latent_dim)
        self.seed = seed
        self.pretrained: VAETraining | None = None

    def pretrain(
        self, epochs: int, beta_kl: float = 3.0, init: str = "he", kl_warmup_epochs: float = 5.0
    ) -> VAETraining:
        config = self.config.replace(
            model=ModelConfig(init=init),  # pyright: ignore[reportArgumentType]
            beta_kl=beta_kl,
            kl_warmup_epochs=kl_warmup_epochs,
        )
        train = self.digits.subset(slice(N_TRAIN))
        torch.manual_seed(self.seed)
        generators = (
            torch.Generator().manual_seed(self.seed),
            torch.Generator().manual_seed(self.seed + 100),
        )
        training = VAETraining(train, config, 10, *generators)
        self._train(training, torch.full((N_TRAIN,), UNLABELED), epochs)
        return training

    def with_head(
        self,
        pretrained: VAETraining,
        epochs: int,
        beta_kl: float,
        beta_classifier: float,
        hidden_layers: int = 0,
    ) -> VAETraining:
        """Continue training with a head and all labels, from a copy of `pretrained`."""
        training = copy.deepcopy(pretrained)
        torch.manual_seed(self.seed)
        changes = {
            "beta_kl": beta_kl,
            "beta_classifier": beta_classifier,
            "hidden_layers": hidden_layers,
        }
        training.configure(training.config.replace(**changes))
        self._train(training, torch.from_numpy(self.truth[:N_TRAIN]), epochs)
        return training

    @staticmethod
    def _train(training: VAETraining, labels: torch.Tensor, epochs: int) -> None:
        for _ in range(epochs * training.epochs.batches_per_epoch):
            training.step(labels, balanced=False)

    @torch.no_grad()
    def measure(self, training: VAETraining) -> Map:
        vae, x = training.vae, self.digits.inputs
        encoded = [vae.encoder(part) for part in x.split(500)]
        mean = torch.cat([m for m, _ in encoded])
        sigma = torch.cat([(0.5 * v).exp() for _, v in encoded])
        kl = 0.5 * (mean.square() + sigma.square() - 1 - 2 * sigma.log()).mean(dim=0)
        x_held_out = x[N_TRAIN:]
        logits = vae.decoder(mean[N_TRAIN:])
        bce = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, x_held_out, reduction="sum"
        )
        points, train, rest = mean.numpy(), slice(0, N_TRAIN), slice(N_TRAIN, None)
        return Map(
            reconstruction=float(bce) / len(x_held_out),
            kl=kl.numpy(),
            sigma=float(sigma.mean()),
            spread=spread(points),
            silhouette=silhouette(points[train], self.truth[train]),
            within_between=within_between_ratio(points[train], self.truth[train]),
            neighbours=held_out_neighbour_accuracy(
                points[train], self.truth[train], points[rest], self.truth[rest]
            ),
            head=float((vae.head(mean[rest]).argmax(dim=1).numpy() == self.truth[rest]).mean()),
        )
