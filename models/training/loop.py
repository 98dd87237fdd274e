"""The interface between `Trainer` and the training loops, and code that all loops use."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.item_predictions import ItemPredictions
from lodespace.models.snapshot import Phase
from lodespace.models.training.axis_values import AxisValues
from lodespace.models.training.force_readout import Forces
from lodespace.models.training.labels import ItemLabels
from lodespace.models.training.loop_state import LoopState
from lodespace.models.vae.axis_loss import AxisTargets
from lodespace.models.vae.training import VAETraining


class Loop(ABC):
    """A training that runs in small units of work, on N items in D latent dimensions.

    Subclasses: ParticleLoop, PaperLoop and Figure2Loop.
    """

    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        self.dataset = dataset
        self.device = dataset.device
        self.state = LoopState(len(dataset), config, n_classes, seed, dataset.device)
        """Labels, configuration and measurements."""
        self.vae_training = VAETraining(
            dataset, config, n_classes, self.state.generator, self.state.device_generator
        )
        """Encoder, decoder, head and their optimiser."""

    # Output -----------------------------------------------------------------------------------

    @property
    def config(self) -> TrainingConfig:
        """Current configuration."""
        return self.state.config

    @property
    def step(self) -> int:
        """Number of units of work that are done."""
        return self.state.step

    @property
    @abstractmethod
    def latent_mean(self) -> torch.Tensor:
        """The latent means to show, (N, D)."""

    @property
    @abstractmethod
    def decodable_mean(self) -> torch.Tensor:
        """Latent means for the decoder, (N, D): `latent_mean` divided by `contraction`."""

    @property
    def contraction(self) -> torch.Tensor:
        """Factor per latent dimension, (D,), that converts `decodable_mean` to `latent_mean`."""
        return torch.ones(self.config.latent_dim, device=self.device)

    @property
    @abstractmethod
    def predictions(self) -> ItemPredictions[torch.Tensor]:
        """Predictions for all items."""

    @property
    @abstractmethod
    def resting(self) -> bool:
        """Whether there is nothing to do until labels, settings or pins change."""

    @property
    @abstractmethod
    def phase(self) -> Phase:
        """Phase of the training, for display."""

    @property
    @abstractmethod
    def progress(self) -> float:
        """Completed share (0..1) of the first training."""

    @abstractmethod
    def forces(self, items: torch.Tensor | None, *, reconstruction: bool) -> Forces:
        """Return the force of each term on `items` int64 (K,).

        If `items` is None, return the forces on all N items. Each force has the shape (K or N, D),
        in nats per latent unit (force_readout.py).
        """

    @property
    @abstractmethod
    def axes(self) -> AxisTargets | None:
        """The named axes that the map has now, in model coordinates; None without axes."""

    @property
    @abstractmethod
    def axis_left_out(self) -> Sequence[tuple[int, float]]:
        """Per axis, the number of left-out predictions and their rank correlation with the values.

        Empty while no predictions are known.
        """

    # Commands ---------------------------------------------------------------------------------

    def set_labels(self, labels: ItemLabels) -> None:
        """Replace all labels. Training on the new labels starts with the next unit of work.

        There is no training if predictions were accepted and no other labels changed.
        """
        before = self.state.labels
        if labels.equals(before):
            return
        self.state.labels = labels.after(before)
        if labels.teaches_like(before):
            self._labels_repeated()
        else:
            self._labels_changed()

    def set_axes(self, axes: AxisValues) -> None:
        """Replace all named axes."""
        if not axes.equals(self.state.axes):
            self.state.axes = axes
            self._axes_changed()

    def set_class_count(self, n_classes: int) -> None:
        """Continue with another number of classes."""
        if n_classes != self.state.n_classes:
            self.state.n_classes = n_classes
            self.vae_training.set_class_count(n_classes)
            self._class_count_changed()

    def configure(self, config: TrainingConfig) -> None:
        """Continue with another configuration, whose preset uses the same kind of loop."""
        old, self.state.config = self.state.config, config
        self.vae_training.configure(config)
        self._configuration_changed(old)

    @abstractmethod
    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        """Pin items int64 (K,) at targets (K, D), in model coordinates, and unpin other items."""

    @abstractmethod
    def put_back(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> bool:
        """Restore the positions and pins of an earlier state. The networks do not change.

        Returns False if no point moved. The presets `paper` and `figure2` always return False,
        because a drag moves no points there.
        """

    def take_over(self, other: "Loop") -> None:
        """Start from the networks and map of `other`, a loop of another kind on the same data."""
        self.vae_training.take_over(other.vae_training)
        self._map_taken_over(other)

    @abstractmethod
    def turn(self) -> bool:
        """Do one unit of work. Return whether the latent means that clients see have changed."""

    @abstractmethod
    def items_added(self, first: int) -> None:
        """Place and predict the items from number `first` on, which were added to a loaded state.

        No other item moves.
        """

    # Reactions of the subclasses --------------------------------------------------------------

    @abstractmethod
    def _labels_changed(self) -> None: ...

    @abstractmethod
    def _labels_repeated(self) -> None:
        """Handle a change that only accepts predictions.

        Nothing is learned from accepted predictions.
        """

    @abstractmethod
    def _axes_changed(self) -> None: ...

    @abstractmethod
    def _class_count_changed(self) -> None: ...

    @abstractmethod
    def _configuration_changed(self, old: TrainingConfig) -> None: ...

    @abstractmethod
    def _map_taken_over(self, other: "Loop") -> None: ...

    # Checkpoints ------------------------------------------------------------------------------

    def reshape(self, config: TrainingConfig, n_classes: int) -> None:
        """Change configuration and layers to those of a saved state.

        Call this method before `load`.

        The preset of the saved state must use the same kind of loop.
        """
        self.state.config, self.state.n_classes = config, n_classes
        self._reshaped(new_layers=self.vae_training.reshape(config, n_classes))

    @abstractmethod
    def _reshaped(self, *, new_layers: bool) -> None: ...

    @abstractmethod
    def _own_tensors(self) -> Tensors: ...

    @abstractmethod
    def _own_counters(self) -> dict[str, Any]: ...

    @abstractmethod
    def _load_own(
        self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]
    ) -> None: ...

    def tensors(self) -> Tensors:
        """Return all tensors of the training state.

        The tensors are not copies: training changes them.
        """
        return {**self.state.tensors(), **self.vae_training.tensors(), **self._own_tensors()}

    def counters(self) -> dict[str, Any]:
        """Return all numbers of the training state, by name."""
        return {**self.state.counters(), **self.vae_training.counters(), **self._own_counters()}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Restore what `tensors` and `counters` returned for a loop of the same configuration."""
        self.vae_training.load(tensors, counters)
        self._load_own(tensors, counters)
        # The generators are loaded last, because loading may build networks from random numbers.
        self.state.load(tensors, counters)
