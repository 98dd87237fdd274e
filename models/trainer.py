"""Trainer: the one training loop that server, bake, benchmarks and tests share. A generator of snapshots."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models import checkpoint
from lodespace.models.alignment import procrustes
from lodespace.models.collapse import collapsed_dimensions
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.device import choose_device
from lodespace.models.display import Display
from lodespace.models.loop import Loop
from lodespace.models.paper_loop import PaperLoop
from lodespace.models.particle_loop import ParticleLoop
from lodespace.models.snapshot import Snapshot

_SEED_STRIDE = 1_000_003


class Trainer:
    """Trains on `dataset` as `config` says. Commands take effect with the next turn of `frames`.

    Same data, config, seed, commands and thread count: the same snapshots, to the bit, on one kind of CPU.
    """

    def __init__(
        self, dataset: Dataset, config: TrainingConfig, *, n_classes: int = 10, seed: int = 0, device: str = "auto"
    ) -> None:
        self.dataset = dataset.to(choose_device(device))
        self.config = config
        self.n_classes = max(1, n_classes)
        self.seed = seed
        self.frame = 0
        self.display = Display()
        self.loop = self._make_loop()
        self._moving = True

    def _make_loop(self) -> Loop:
        kind = PaperLoop if self.config.preset == "paper" else ParticleLoop
        with _random_state(self.seed * _SEED_STRIDE):
            return kind(self.dataset, self.config, self.n_classes, self.seed)

    @contextmanager
    def _own_random_state(self) -> Generator[None]:
        """New layers draw from a state of their own: what the process did before does not matter."""
        with _random_state(self.seed * _SEED_STRIDE + 1 + self.loop.step):
            yield

    # Commands --------------------------------------------------------------------------------------------------------

    def set_labels(self, labels: npt.NDArray[np.int16], weights: npt.NDArray[np.float32] | None = None) -> None:
        """The full label state: labels (N,), UNLABELED (-1) for none; weights (N,) are how much each label teaches.

        Raises ValueError when a label names no class or a weight is no weight.
        """
        if labels.shape != (len(self.dataset),):
            raise ValueError(f"labels must be ({len(self.dataset)},), not {labels.shape}")
        if weights is not None and (weights.shape != labels.shape or not (np.isfinite(weights) & (weights >= 0)).all()):
            raise ValueError(f"weights must be ({len(self.dataset)},), 0 or more, and finite")
        if len(labels) and (int(labels.max()) >= self.n_classes or int(labels.min()) < -1):
            raise ValueError(f"labels must be -1 to {self.n_classes - 1}; make the class first")
        with self._own_random_state():
            self.loop.set_labels(
                torch.from_numpy(labels.astype(np.int64)),
                None if weights is None else torch.from_numpy(weights.astype(np.float32)),
            )

    def set_class_count(self, n_classes: int) -> None:
        """Classes can be added while training; they are never taken away."""
        if n_classes < self.n_classes:
            raise ValueError(f"{n_classes} classes: there are {self.n_classes} already, and classes are not taken away")
        self.n_classes = n_classes
        with self._own_random_state():
            self.loop.set_class_count(n_classes)

    def configure(self, config: TrainingConfig) -> None:
        """Change weights, rates, head depth, stiffness, latent dimension or preset.

        Another preset begins a new training with the labels there are; the shown map goes over to it as a motion.
        """
        old, self.config = self.config, config
        if config.preset != old.preset:
            labels, weights = self.loop.labels, self.loop.label_weights
            priority = self.loop.priority
            self.loop = self._make_loop()
            self.loop.priority = priority
            with self._own_random_state():
                self.loop.set_labels(labels, weights)
        else:
            with self._own_random_state():
                self.loop.configure(config)
        self._moving = True

    def set_priority(self, items: npt.NDArray[np.integer]) -> None:
        """Items (K,) that are looked at: what concerns them is brought up to date first. Raises ValueError on one that does not exist."""
        self.loop.priority = self._known(items).unique()

    def set_anchors(self, items: npt.NDArray[np.integer], targets: npt.NDArray[np.float32]) -> None:
        """Pin the latent means of items (K,) at targets (K, D), in the coordinates that are shown; no items: no pins.

        Raises ValueError on an item that does not exist, and on targets that are no finite points of this latent space.
        """
        known = self._known(items)
        if targets.shape != (len(items), self.config.latent_dim) or not np.isfinite(targets).all():
            raise ValueError(f"targets must be finite and ({len(items)}, {self.config.latent_dim})")
        pins = torch.from_numpy(targets.astype(np.float32)).to(self.loop.device)
        shown = self.display.shown
        if shown is not None and shown.shape == self.loop.latent_mean.shape:
            # What is shown is turned against what the forces see.
            rotation, translation = procrustes(shown, self.loop.latent_mean)
            pins = pins @ rotation + translation
        self.loop.set_anchors(known, pins)

    def _known(self, items: npt.NDArray[np.integer]) -> torch.Tensor:
        n = len(self.dataset)
        if len(items) and not (int(items.min()) >= 0 and int(items.max()) < n):
            raise ValueError(f"items are 0 to {n - 1}")
        return torch.from_numpy(items.astype(np.int64))

    # Training --------------------------------------------------------------------------------------------------------

    def frames(self, epochs: int | None = None) -> Iterator[Snapshot]:
        """One unit of work a turn, for ever; with `epochs`, until the encoder has had that many and all else has come to rest."""
        self.loop.epoch_target = epochs
        while True:
            snapshot = self._turn()
            yield snapshot
            if epochs is not None and snapshot.resting:
                return

    def _turn(self) -> Snapshot:
        with self._own_random_state():
            moved = self.loop.turn()
        if moved or self._moving:
            # Smoothing lags: what is shown goes on moving for some frames after the model has stopped.
            self._moving = self.display.show(self.loop.latent_mean)
            self.frame += self._moving
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """The state now. The arrays are copies."""
        loop = self.loop
        assert self.display.shown is not None
        prediction, confidence = loop.predictions()
        kl = loop.kl_per_dimension.copy()
        return Snapshot(
            frame=self.frame,
            step=loop.step,
            epoch=loop.epoch,
            phase=loop.phase,
            progress=loop.progress,
            losses=dict(loop.losses),
            metrics=dict(loop.metrics),
            latent_mean=self.display.shown.cpu().numpy().copy(),
            prediction=prediction.cpu().numpy(),
            confidence=confidence.cpu().numpy().copy(),
            kl_per_dimension=kl,
            collapsed=collapsed_dimensions(kl) if loop.epoch >= 1 else (),
            resting=loop.resting and not self._moving,
        )

    # Checkpoints -----------------------------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """False while a checkpoint would throw away a piece of work (a graph half built)."""
        return self.loop.settled

    def save(self, folder: Path) -> Path:
        """Write a checkpoint into `folder`; raises OSError, and ValueError when the latent means are not finite."""
        shown = self.display.shown
        if shown is None or not bool(torch.isfinite(shown).all()):
            raise ValueError("the latent means are not finite: nothing worth saving")
        tensors = {name: tensor.cpu().contiguous().numpy() for name, tensor in self.loop.tensors().items()}
        snapshot = self.snapshot()
        tensors |= {
            "latent_mean": snapshot.latent_mean,
            "prediction": snapshot.prediction,
            "confidence": snapshot.confidence,
        }
        meta: dict[str, Any] = {
            "config": self.config.to_json(),
            "n_classes": self.n_classes,
            "seed": self.seed,
            "frame": self.frame,
            "moving": self._moving,
            "step": snapshot.step,
            "epoch": snapshot.epoch,
            "items": len(self.dataset),
            "counters": self.loop.counters(),
        }
        return checkpoint.write(folder, tensors, meta)

    @classmethod
    def load(cls, folder: Path, dataset: Dataset, *, device: str = "auto") -> "Trainer":
        """Go on from the newest good checkpoint of `folder`. Raises ValueError when there is none for this data set."""
        found = checkpoint.latest(folder)
        if found is None:
            raise ValueError(f"{folder} holds no usable checkpoint")
        meta = found.meta
        if meta["items"] != len(dataset):
            raise ValueError(f"the checkpoint is of {meta['items']} items, the data set has {len(dataset)}")
        try:
            config = TrainingConfig.from_json(meta["config"])
            trainer = cls(dataset, config, n_classes=meta["n_classes"], seed=meta["seed"], device=device)
            tensors = {name: torch.from_numpy(array.copy()) for name, array in found.tensors.items()}
            with trainer._own_random_state():
                trainer.loop.load(tensors, meta["counters"])
        except (KeyError, TypeError, RuntimeError) as error:
            raise ValueError(f"checkpoint {found.path.name} does not fit this version: {error}") from error
        trainer.frame = meta["frame"]
        trainer._moving = meta["moving"]
        trainer.display.shown = tensors["latent_mean"].to(trainer.loop.device)
        return trainer


@contextmanager
def _random_state(seed: int) -> Generator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
