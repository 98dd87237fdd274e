"""Training of the whole network on equation 1, and encoding of all items.

All presets use this module. `paper` and `figure2` show the encoder's means. In other presets, the
encoder also learns to map items to their particles (L_encoder).
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F

from lodespace.models.batches import Epochs, class_balanced
from lodespace.models.checkpoints.tensors import (
    Tensors,
    adam,
    adam_tensors,
    load_adam,
    load_module,
    module_tensors,
    set_learning_rate,
)
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.vae.axis_loss import AxisTargets, mean_axis_loss
from lodespace.models.vae.decoder import inner_layers
from lodespace.models.vae.head import ClassificationHead
from lodespace.models.vae.initialisation import he_initialise, initialise_latent_layers
from lodespace.models.vae.kl_schedule import KLSchedule
from lodespace.models.vae.losses import (
    classification_loss,
    kl_per_dimension,
    reconstruction_loss,
    reconstruction_weight,
    total_loss,
)
from lodespace.models.vae.vae import VAE

LABELLED_BATCH = 64
"""Number of labelled items in a class-balanced batch."""
ENCODE_CHUNK = 512
"""Maximum number of items that are encoded in one pass."""


class VAETraining:
    """The VAE with its optimiser."""

    def __init__(
        self,
        dataset: Dataset,
        config: TrainingConfig,
        n_classes: int,
        generator: torch.Generator,
        device_generator: torch.Generator,
    ) -> None:
        """Build the networks.

        `generator` is on the CPU and draws batches. `device_generator` draws noise.
        """
        self.dataset = dataset
        """Items to train on."""
        self.config = config
        """Current configuration."""
        self.generator = generator
        self.device_generator = device_generator
        self.epochs = Epochs(len(dataset), config.batch_size, generator)
        self.reconstruction_scale = reconstruction_weight(dataset)
        """Weight of the reconstruction (`reconstruction_weight`)."""
        self.steps_done = 0
        """Number of batches trained."""
        self.warm_up_began = 0
        """Value of `steps_done` when the KL warm-up started."""
        self.kl = np.full(config.latent_dim, np.nan, np.float32)
        """Moving average of the KL divergence per dimension, (D,), in nats; nan before any step."""
        self.axes: AxisTargets | None = None
        """Values of the named axes, which the encoder learns in the preset `paper`; None without
        axes."""
        self._build(n_classes)

    def _build(self, n_classes: int) -> None:
        config = self.config
        vae = VAE.build(
            self.dataset, config.model, config.latent_dim, n_classes, config.hidden_layers
        )
        device = self.dataset.device
        # With `channels_last`, convolutions are 1.1 to 1.5 times faster at these batch sizes.
        # torch's type stub lacks the overload with only this keyword.
        self.vae = vae.to(device).to(
            memory_format=torch.channels_last  # pyright: ignore[reportCallIssue]
        )
        self.optimiser = adam(list(self.vae.parameters()), config.learning_rate)

    def epochs_for(self, epochs: int) -> int:
        """Return the number of epochs: at least `epochs`, and enough for `least_steps` batches."""
        return max(epochs, -(-self.config.least_steps // self.epochs.batches_per_epoch))

    @property
    def epoch(self) -> float:
        """Number of epochs trained, which can be fractional."""
        return self.steps_done / self.epochs.batches_per_epoch

    def set_class_count(self, n_classes: int) -> None:
        """Replace the head by a head for more classes. The weights of the old classes are kept."""
        self._rebuild_head(n_classes, self.config.hidden_layers)

    def configure(self, config: TrainingConfig) -> None:
        """Change the configuration.

        New loss weights and a new learning rate apply from the next step on. Another number of
        hidden layers needs a new head. Another latent dimension or architecture needs new layers
        where shapes differ; the other layers are kept.
        """
        old, self.config = self.config, config
        if config.latent_dim != old.latent_dim or config.model != old.model:
            vae, optimiser = self.vae, self.optimiser
            self._build(self.n_classes)
            self._take_over(vae, optimiser)
            self.steps_done = self.warm_up_began = 0
            self.kl = np.full(config.latent_dim, np.nan, np.float32)
        elif config.hidden_layers != old.hidden_layers:
            self._rebuild_head(self.n_classes, config.hidden_layers)

    def take_over(self, other: "VAETraining") -> None:
        """Copy the complete state of `other`, which has the same latent dimension and layers."""
        self.load(other.tensors(), other.counters())

    def reshape(self, config: TrainingConfig, n_classes: int) -> bool:
        """Build the layers for `config` and `n_classes`, so that `load` can load a saved state.

        Returns:
            Whether new layers were necessary.
        """
        old, self.config = self.config, config
        same = (old.latent_dim, old.hidden_layers, old.model) == (
            config.latent_dim,
            config.hidden_layers,
            config.model,
        )
        if same and n_classes == self.n_classes:
            return False
        self._build(n_classes)
        return True

    @property
    def n_classes(self) -> int:
        """Number of classes of the head."""
        return self.vae.head.output.out_features

    @torch.no_grad()
    def _take_over(self, vae: VAE, optimiser: torch.optim.Adam) -> None:
        """Copy parameters of `vae` and their optimiser state, where name and shape are the same."""
        known = dict(vae.named_parameters())
        for name, mine in self.vae.named_parameters():
            theirs = known.get(name)
            if theirs is not None and theirs.shape == mine.shape:
                mine.copy_(theirs)
                if theirs in optimiser.state:
                    self.optimiser.state[mine].update(optimiser.state[theirs])

    def _rebuild_head(self, n_classes: int, hidden_layers: int) -> None:
        old = self.vae.head
        device = self.dataset.device
        head = ClassificationHead(self.config.latent_dim, n_classes, hidden_layers).to(device)
        if len(head.layers) == len(old.layers) and n_classes > self.n_classes:
            head.copy_classes_from(old)
        kept = {parameter: dict(state) for parameter, state in self.optimiser.state.items()}
        self.vae.head = head
        self.optimiser = adam(list(self.vae.parameters()), self.config.learning_rate)
        for parameter in self.vae.parameters():
            if parameter in kept:
                self.optimiser.state[parameter].update(kept[parameter])

    def step(
        self,
        labels: torch.Tensor,
        *,
        balanced: bool = True,
        targets: torch.Tensor | None = None,
        learning_rate: float | None = None,
    ) -> dict[str, float]:
        """Train one batch.

        Args:
            labels: class of each item, int64 (N,), on the CPU.
            balanced: if True, draw a second, class-balanced batch of labelled items for the
                classification term. If False, use the labelled items of the first batch, as in the
                paper.
            targets: means that the encoder should return for all items, (N, D); None to omit the
                encoder term L_encoder.
            learning_rate: learning rate of this step; by default the rate of the configuration.

        Returns:
            Name of a term -> unweighted value in nats; and "total", the weighted sum.
        """
        device = self.dataset.device
        items = self.epochs.next()
        n = len(items)
        labelled = class_balanced(labels, LABELLED_BATCH, self.generator) if balanced else items[:0]
        both = torch.cat([items, labelled])
        x = self.dataset.batch(both.to(device))
        if x.ndim == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        mean, log_variance = self.vae.encoder(x)
        classified = slice(n, None) if balanced else slice(0, n)
        kl, terms = self.equation_1(
            mean, log_variance, x[:n], classified, labels[both[classified]].to(device)
        )
        if targets is not None:
            terms["encoder"] = F.smooth_l1_loss(
                mean, targets[both.to(device)], reduction="sum"
            ) / len(mean)
        if self.axes is not None:
            terms["axis"] = mean_axis_loss(mean, self.axes.of(both.to(device)))
        total = self.weighted_sum(terms)
        set_learning_rate(self.optimiser, learning_rate or self.config.learning_rate)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        self.optimiser.step()
        self.steps_done += 1
        self._follow_kl(kl.detach())
        return {
            **{name: float(term.detach()) for name, term in terms.items()},
            "total": float(total.detach()),
        }

    def equation_1(
        self,
        mean: torch.Tensor,
        log_variance: torch.Tensor,
        x: torch.Tensor,
        classified: slice,
        labels: torch.Tensor,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the terms of equation 1 for a batch of encoded items.

        Only the first n items of the batch are decoded and compared with `x`.

        Args:
            mean: latent means, (B, D).
            log_variance: logarithms of the latent variances, (B, D).
            x: the first n items of the batch, (n, *item_shape).
            classified: the items that the head reads.
            labels: classes of these items, int64; UNLABELED for an item without a label.

        Returns:
            KL divergence per dimension, (D,), and the unweighted value of each term, by its name.
        """
        n = len(x)
        head_reads_sample = self.config.head_input == "sample"
        std = (0.5 * log_variance[: len(mean) if head_reads_sample else n]).exp()
        noise = torch.randn(std.shape, generator=self.device_generator, device=std.device)
        sample = mean[: len(std)] + noise * std
        kl = kl_per_dimension(mean[:n], log_variance[:n])
        head_input = (sample if head_reads_sample else mean)[classified]
        return kl, {
            "reconstruction": reconstruction_loss(self.vae.decoder(sample[:n]), x),
            "kl": kl.sum(),
            "classification": classification_loss(self.vae.head(head_input), labels)
            if len(labels)
            else mean.new_zeros(()),
        }

    def weighted_sum(self, terms: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the loss: the weighted sum of terms, with the current KL term."""
        now, weights = self.kl_schedule, self.config.weights
        return total_loss(terms, weights, now.scale, self.reconstruction_scale, now.capacity)

    @property
    def kl_schedule(self) -> KLSchedule:
        """The KL term of the next step."""
        steps = self.steps_done - self.warm_up_began + 1
        return KLSchedule.at(self.config, steps / self.epochs.batches_per_epoch)

    @property
    def warming_up(self) -> bool:
        """Whether the KL warm-up is in progress."""
        return self.kl_schedule.scale < 1

    def revive(self) -> None:
        """Initialise layers again after a collapse, because a lower beta_kl alone has no effect.

        While the latent variable carries no information, the decoder learns to ignore it. This
        method initialises all fully connected layers between the convolutions again, and starts the
        KL warm-up again. The other layers are kept.
        """
        encoder, decoder = self.vae.encoder, self.vae.decoder
        for part in (encoder.hidden, encoder.mean, encoder.log_variance, inner_layers(decoder)):
            he_initialise(part)
            for parameter in part.parameters():
                self.optimiser.state.pop(parameter, None)
        initialise_latent_layers(encoder)
        self.warm_up_began = self.steps_done

    def _follow_kl(self, kl: torch.Tensor) -> None:
        now = kl.float().cpu().numpy()
        self.kl = (
            now if np.isnan(self.kl).any() else (0.95 * self.kl + 0.05 * now).astype(np.float32)
        )

    @torch.no_grad()
    def encode(self, items: torch.Tensor | slice) -> torch.Tensor:
        """Return the latent means (B, D) of `items`."""
        return self.vae.encode_mean(self.dataset.batch(items))

    def encode_all(self) -> torch.Tensor:
        """Return the latent means (N, D) of all items.

        The items are encoded in chunks that fit in the CPU's cache, which is twice as fast as one
        pass over all items.
        """
        n = len(self.dataset)
        return torch.cat(
            [self.encode(slice(i, min(i + ENCODE_CHUNK, n))) for i in range(0, n, ENCODE_CHUNK)]
        )

    def tensors(self) -> Tensors:
        """Return the tensors that `load` needs to continue training."""
        measured = {} if np.isnan(self.kl).any() else {"vae_kl": torch.from_numpy(self.kl.copy())}
        return {
            **module_tensors("vae", self.vae),
            **adam_tensors("vae_adam", self.optimiser),
            "vae_epoch_order": self.epochs.order.to(torch.int32),
            **measured,
        }

    def counters(self) -> dict[str, int]:
        """Return the numbers that `load` needs to continue training."""
        return {
            "vae_steps": self.steps_done,
            "vae_epoch_position": self.epochs.position,
            "vae_warm_up_began": self.warm_up_began,
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, int]) -> None:
        """Restore what the methods `tensors` and `counters` returned."""
        load_module("vae", self.vae, tensors)
        load_adam("vae_adam", self.optimiser, tensors)
        self.epochs.order = tensors["vae_epoch_order"].to(torch.int64, copy=True)
        self.kl = np.full(self.config.latent_dim, np.nan, np.float32)
        if "vae_kl" in tensors:
            self.kl = tensors["vae_kl"].numpy().copy()
        self.steps_done = counters["vae_steps"]
        self.warm_up_began = counters.get("vae_warm_up_began", 0)
        self.epochs.position = counters["vae_epoch_position"]
