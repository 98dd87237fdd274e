"""Trainer: the interface to a training for server, bake, benchmarks and tests."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import StateDescription, TrainingState
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.device import choose_device
from lodespace.models.display.coordinates import rotation_to_shown
from lodespace.models.display.display import Display
from lodespace.models.display.trail import Trail
from lodespace.models.display.turning import HeldDirections
from lodespace.models.snapshot import Snapshot
from lodespace.models.training import loops
from lodespace.models.training.axis_values import AxisValues
from lodespace.models.training.inspector import Inspector
from lodespace.models.training.labels import ItemLabels
from lodespace.models.training.pinning import Pinning, Pins
from lodespace.models.training.snapshots import check_finite, snapshot_of

ItemNumbers = npt.NDArray[np.integer]


class Trainer:
    """Trains on a data set. Commands take effect with the next snapshot of `frames`.

    On one kind of CPU, the same data, configuration, seed, commands and thread count give exactly
    the same snapshots.
    """

    def __init__(
        self,
        dataset: Dataset,
        config: TrainingConfig,
        *,
        n_classes: int = 10,
        seed: int = 0,
        device: str = "auto",
    ) -> None:
        team = dataset.team  # all processes of a team chose their device when they joined
        self.dataset = dataset.to(choose_device(device) if team is None else team.device)
        self.config = config
        self.n_classes = max(1, n_classes)
        self.seed = seed
        self.frame = 0
        """Number of the last frame. It increases by one whenever the shown points move."""
        self.state_id = 0
        """Number of the current state. The caller sets it; it is saved with the state."""
        self.tempo = 1.0
        """How far the shown points may move in one unit of work (display/tempo.py).

        Training does not depend on this value."""
        self.display = Display()
        self.loop = loops.new_loop(self.dataset, config, self.n_classes, seed)
        self._moving = True
        self._pinning = Pinning(config.latent_dim)
        self._trail = Trail()

    def _own_random_state(self) -> AbstractContextManager[None]:
        return loops.random_state_at(self.seed, self.loop.step)

    # Commands ---------------------------------------------------------------------------------

    def set_labels(
        self,
        labels: npt.NDArray[np.int16],
        weights: npt.NDArray[np.float32] | None = None,
        verified: npt.NDArray[np.bool_] | None = None,
        accepted: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Replace the labels of all items.

        Args:
            labels: (N,), UNLABELED (-1) for an item without a label.
            weights: (N,), weight of each label in the loss; by default 1.
            verified: (N,), whether a person looked at the item when labelling it. Verified labels
                count more, and training assumes that they are right.
            accepted: (N,), whether the label is an accepted prediction (`ItemLabels.given`).

        Raises:
            ValueError: when a label is not a class, or a weight is not valid.
        """
        given, n = (labels, weights, verified, accepted), len(self.dataset)
        checked = ItemLabels.checked(*given, n_items=n, n_classes=self.n_classes)
        with self._own_random_state():
            self.loop.set_labels(checked)

    def set_class_count(self, n_classes: int) -> None:
        """Add classes during training. Raises ValueError if there would be fewer classes."""
        if n_classes < self.n_classes:
            raise ValueError(
                f"the number of classes cannot shrink from {self.n_classes} to {n_classes}"
            )
        self.n_classes = n_classes
        with self._own_random_state():
            self.loop.set_class_count(n_classes)

    def configure(self, config: TrainingConfig) -> None:
        """Change the configuration. The shown points move to their new places.

        If the new preset has another kind of loop, a loop of this kind is created. It continues
        with the same networks and map if it can (`loops.can_take_over`).
        """
        if config == self.config:
            return
        old, self.config = self.config, config
        if loops.kind_of(config) is not loops.kind_of(old):
            self.loop = loops.next_loop(self.loop, config, self.n_classes, self.seed)
            self._pinning.given = Pins.empty(config.latent_dim)
        else:
            with self._own_random_state():
                self.loop.configure(config)
        if config.latent_dim != old.latent_dim:
            self._pinning.clear(config.latent_dim)
        self._moving = True

    def set_priority(self, items: ItemNumbers) -> None:
        """Work on items (K,) before all other items, because a person looks at them.

        Raises ValueError for an item that does not exist.
        """
        self.loop.state.priority = self.dataset.checked_items(items).unique()

    def set_anchors(self, items: ItemNumbers, targets: npt.NDArray[np.float32]) -> None:
        """Pin the latent means of items (K,) at targets (K, D), in shown coordinates.

        The new pins replace all earlier pins.

        Raises ValueError for an item that does not exist, and for targets that are not finite or do
        not have the shape (K, D).
        """
        if self._pinning.set_pins(self._checked_pins(items, targets)):
            self._anchor()

    def drag(self, items: ItemNumbers, targets: npt.NDArray[np.float32]) -> None:
        """Hold items (K,) at targets (K, D), in shown coordinates, in addition to the pins.

        Without items, end the drag. Raises ValueError in the same cases as `set_anchors`.
        """
        if self._pinning.drag(self._checked_pins(items, targets)):
            self._anchor()

    def pins_dragged(self, items: ItemNumbers, targets: npt.NDArray[np.float32]) -> bool:
        """Whether pins of items (K,) at targets (K, D) would change the pin of a dragged item."""
        return self._pinning.changes_held(self._checked_pins(items, targets))

    def return_dragged(self, before: TrainingState) -> None:
        """End the drag, and move all points back to their places in `before`, an earlier state.

        The networks keep what they have learned since then.
        """
        self._pinning.held = None
        if not self.loop.put_back(before.tensors, before.meta["counters"]):
            return self._anchor()
        meta, shown = before.meta, before.tensors["latent_mean"]
        self._trail.turn_back(meta["frame"], shown)
        self.display.shown, self._moving = shown.to(self.loop.device, copy=True), meta["moving"]

    def set_axes(self, dimensions: Sequence[int], values: npt.NDArray[np.float32]) -> None:
        """Show values (N, A) along axes of the map. The new axes replace all earlier axes.

        The map turns, so that the values grow along the given dimensions, and is trained. Items
        without a known value get a predicted value.

        Args:
            dimensions: dimension (0, 1 or 2) of each axis, ascending. Dimensions that the map does
                not have are not shown.
            values: value of each item on each axis, NaN for an unknown value. The known values of
                an axis must have mean 0 and deviation 1.

        Raises:
            ValueError: when the dimensions or the values cannot be used.
        """
        given = AxisValues.checked(dimensions, values, len(self.dataset))
        if given.equals(self.loop.state.axes):
            return
        rotation = rotation_to_shown(self.loop.latent_mean, self.display.shown)
        with self._own_random_state():
            self.loop.set_axes(given.seen_in(rotation))
        self._moving = True

    def _checked_pins(self, items: ItemNumbers, targets: npt.NDArray[np.float32]) -> Pins:
        return Pins.checked(self.dataset.checked_items(items), targets, self.config.latent_dim)

    def _anchor(self) -> None:
        """Pass all pinned and dragged items to the loop, in the coordinates of the model."""
        with self._own_random_state():
            self._pinning.pass_to(self.loop, self.display.shown)

    # Training ---------------------------------------------------------------------------------

    def frames(self, epochs: int | None = None) -> Iterator[Snapshot]:
        """Yield a snapshot after each unit of work, without end.

        With `epochs`, end when the encoder has trained for that many epochs and no work is left.

        Raises FloatingPointError if the training has diverged.
        """
        self.loop.state.epoch_target = epochs
        while True:
            snapshot = self._turn()
            yield snapshot
            if epochs is not None and snapshot.resting:
                return

    def _turn(self) -> Snapshot:
        if self._trail.backward:
            # After an undo, training waits until the points have moved back.
            self.frame += 1
            self._trail.step_back(self.frame)
            return self.snapshot()
        with self._own_random_state():
            moved = self.loop.turn()
        check_finite(self.loop, latent_mean := self.loop.latent_mean)
        # The shown points are smoothed, so they move for some frames after the model has stopped.
        if moved or self._moving:
            self._show(latent_mean)
        return self.snapshot()

    def _show(self, latent_mean: torch.Tensor) -> None:
        held, axes = self._pinning.held, self.loop.axes
        self._moving = self.display.show(
            latent_mean,
            self.config.pace,
            None if held is None else held.items.to(self.loop.device),
            familiar=self.loop.state.labels.any or self._pinning.active,
            tempo=self.tempo,
            axes=None if axes is None else HeldDirections(axes.dimensions, axes.directions),
        )
        if self._moving:
            self.frame += 1
            self._trail.add(self.frame, self._visible)
        self.loop.state.metrics["drift"] = self.display.drift

    @property
    def _visible(self) -> torch.Tensor:
        shown = self._trail.backward.frame if self._trail.backward else self.display.shown
        return (self.loop.latent_mean.clone() if shown is None else shown).cpu()

    def snapshot(self) -> Snapshot:
        """Return the current state. Its arrays are read-only, and training does not change them."""
        return snapshot_of(
            self.loop,
            self._visible,
            frame=self.frame,
            moving=self._moving,
            rewinding=self._trail.remaining,
        )

    @property
    def inspector(self) -> Inspector:
        """Interface for queries to the current model."""
        return Inspector(self.loop, self.display.shown)

    # States and checkpoints -------------------------------------------------------------------

    def state(self, *, copied: bool = True) -> TrainingState:
        """Return the complete state. If it is not `copied`, training changes its tensors."""
        shown = self.display.shown
        tensors = {
            **self.loop.tensors(),
            **self._pinning.tensors(),
            "latent_mean": self.loop.latent_mean if shown is None else shown,
            "prediction": self.loop.predictions.prediction,
            "confidence": self.loop.predictions.confidence,
        }
        description = StateDescription(
            config=self.config,
            n_classes=self.n_classes,
            seed=self.seed,
            state_id=self.state_id,
            frame=self.frame,
            shown=shown is not None,
            moving=self._moving,
            step=self.loop.step,
            epoch=self.loop.vae_training.epoch,
            items=len(self.dataset),
            counters=self.loop.counters(),
        )
        return TrainingState.of(tensors, description, copied=copied)

    def restore(self, state: TrainingState) -> None:
        """Restore `state` exactly.

        The shown points move backward through the frames since `state`. Then training continues.

        Raises ValueError in two cases. If the state belongs to other data, the trainer is
        unchanged. If this version cannot load the state, some tensors may have changed.
        """
        self._load(state.description(len(self.dataset)), state.tensors)
        self._trail.turn_back(state.meta["frame"], state.tensors["latent_mean"])

    def _load(self, saved: StateDescription, tensors: dict[str, torch.Tensor]) -> None:
        try:
            loop = loops.loop_for(saved, self.loop, self.seed)
            with loops.random_state(self.seed):
                loop.load(tensors, saved.counters)
        except (KeyError, TypeError, RuntimeError) as error:
            raise ValueError(f"the checkpoint does not fit this version: {error}") from error
        self.loop, self.config = loop, saved.config
        self.n_classes, self.seed, self.state_id = saved.n_classes, saved.seed, saved.state_id
        self._moving = saved.moving
        self._pinning.load(tensors, saved.config.latent_dim)
        shown = tensors["latent_mean"].to(loop.device, copy=True)
        self.display.shown = shown if saved.shown else None

    def save(self, folder: Path) -> Path:
        """Write a checkpoint into `folder`.

        Raises:
            OSError: when the checkpoint cannot be written.
            ValueError: when the latent means are not finite.
        """
        if self.display.shown is None or not bool(torch.isfinite(self.display.shown).all()):
            raise ValueError("the latent means are not finite; the checkpoint is not saved")
        return self.state(copied=False).write(folder)

    @classmethod
    def load(cls, folder: Path, dataset: Dataset, *, device: str = "auto") -> "Trainer":
        """Continue from the newest intact checkpoint of `folder`.

        Raises ValueError when there is no checkpoint for this data set.
        """
        found = checkpoint.latest(folder)
        if found is None:
            raise ValueError(f"{folder} contains no usable checkpoint")
        return cls.from_state(TrainingState.from_checkpoint(found), dataset, device=device)

    @classmethod
    def from_state(
        cls, state: TrainingState, dataset: Dataset, *, device: str = "auto"
    ) -> "Trainer":
        """Return a trainer that continues from `state`.

        Raises ValueError when the state belongs to other data, or this version cannot load it.
        """
        saved = state.description(len(dataset))
        trainer = cls(
            dataset, saved.config, n_classes=saved.n_classes, seed=saved.seed, device=device
        )
        trainer._load(saved, state.tensors)
        trainer.frame = saved.frame
        return trainer
