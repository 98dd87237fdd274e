"""Training of the whole network on equation 1, and encoding of all items.

All presets use this module. `paper` and `figure2` show the encoder's means. In other presets, the
encoder also learns to map items to their particles (L_encoder).
"""

from collections.abc import Mapping

import numpy as np
import torch

from lodespace.models.batches import Epochs, class_balanced, drawn_seed
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
from lodespace.models.vae.axis_loss import AxisTargets
from lodespace.models.vae.batch_loss import (
    NETWORK,
    Batch,
    BatchesJob,
    EncodeJob,
    Objective,
    VAELayers,
)
from lodespace.models.vae.decoder import inner_layers
from lodespace.models.vae.head import ClassificationHead
from lodespace.models.vae.initialisation import he_initialise, initialise_latent_layers
from lodespace.models.vae.kl_schedule import KLSchedule
from lodespace.models.vae.losses import reconstruction_weight
from lodespace.models.vae.vae import VAE
from lodespace.models.workers.team import Team

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
        """Train one batch, or one batch per process of a team.

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
        set_learning_rate(self.optimiser, learning_rate or self.config.learning_rate)
        self.optimiser.zero_grad(set_to_none=True)
        if self.dataset.team is None:
            batch = self._draw(labels, targets, balanced=balanced)
            terms = self.objective.of(self.vae, self.dataset, batch, self.device_generator)
            terms["total"].backward()
        else:
            terms = self._gradient_of_team(self.dataset.team, labels, targets, balanced=balanced)
        self.optimiser.step()
        self.steps_done += self.batches_per_step
        terms = {name: term.detach() for name, term in terms.items()}
        self._follow_kl(terms.pop("dimensions"))
        return {name: float(term) for name, term in terms.items()}

    @property
    def batches_per_step(self) -> int:
        """Number of batches that one step trains: one per process of the team."""
        return 1 if self.dataset.team is None else self.dataset.team.size

    def _draw(self, labels: torch.Tensor, targets: torch.Tensor | None, *, balanced: bool) -> Batch:
        """Draw the next batch. The arguments are those of `step`."""
        items = self.epochs.next()
        n = len(items)
        labelled = class_balanced(labels, LABELLED_BATCH, self.generator) if balanced else items[:0]
        both = torch.cat([items, labelled])
        classified = slice(n, None) if balanced else slice(0, n)
        there = both.to(self.dataset.device)
        return Batch(
            both,
            n,
            classified,
            labels[both[classified]],
            None if targets is None else targets[there],
            None if self.axes is None else self.axes.of(there),
        )

    def _gradient_of_team(
        self, team: Team, labels: torch.Tensor, targets: torch.Tensor | None, *, balanced: bool
    ) -> dict[str, torch.Tensor]:
        """Compute the gradient of one batch per process. The arguments are those of `step`."""
        batches = [self._draw(labels, targets, balanced=balanced) for _ in range(team.size)]
        team.held[NETWORK] = self.vae
        seed = drawn_seed(self.generator)
        return dict(team.do(BatchesJob(self._layers, self.objective, batches, seed)))

    @property
    def _layers(self) -> VAELayers:
        config = self.config
        return VAELayers(config.model, config.latent_dim, self.n_classes, config.hidden_layers)

    @property
    def objective(self) -> Objective:
        """Weights of the terms in the next step."""
        config = self.config
        return Objective(
            config.weights,
            self.kl_schedule,
            self.reconstruction_scale,
            config.head_input == "sample",
        )

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
        return self.encode_rows(slice(0, len(self.dataset)))

    def encode_rows(self, rows: slice) -> torch.Tensor:
        """Return the latent means (B, D) of a range of items, in chunks of ENCODE_CHUNK items."""
        team, first, stop = self.dataset.team, rows.start, rows.stop
        if team is not None:
            team.held[NETWORK] = self.vae
            items = torch.arange(first, stop)
            return team.do(EncodeJob(items, ENCODE_CHUNK, self._layers))
        ends = range(first, stop, ENCODE_CHUNK)
        return torch.cat([self.encode(slice(i, min(i + ENCODE_CHUNK, stop))) for i in ends])

    def tensors(self) -> Tensors:
        """Return the tensors that `load` needs to continue training."""
        measured = {} if np.isnan(self.kl).any() else {"vae_kl": torch.from_numpy(self.kl.copy())}
        return {
            **module_tensors("vae", self.vae),
            **adam_tensors("vae_adam", self.optimiser),
            **self.epochs.tensors("vae_epoch"),
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
        self.epochs.load("vae_epoch", tensors, counters["vae_epoch_position"])
        self.kl = np.full(self.config.latent_dim, np.nan, np.float32)
        if "vae_kl" in tensors:
            self.kl = tensors["vae_kl"].numpy().copy()
        self.steps_done = counters["vae_steps"]
        self.warm_up_began = counters.get("vae_warm_up_began", 0)
