"""Trainer: the one training loop that server, bake, benchmarks and tests share. A generator of snapshots."""

import copy
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import Moment
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import UNLABELED, Dataset
from lodespace.models.device import choose_device
from lodespace.models.display.display import Display
from lodespace.models.display.procrustes import procrustes
from lodespace.models.display.trail import Trail
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.loop import Loop
from lodespace.models.training.paper_loop import PaperLoop
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.models.vae.collapse import collapsed_dimensions
from lodespace.models.vae.losses import reconstruction_loss

LEAST_CONTRACTION = 0.05
"""In a cloud that has collapsed further, a place is no longer told from its neighbour."""
_SEED_STRIDE = 1_000_003
_Pins = tuple[torch.Tensor, torch.Tensor]
"""Items int64 (K,) and where they are held (K, D), in the coordinates that are shown."""
ForceReading = dict[str, npt.NDArray[np.float32]]


class Inspection(NamedTuple):
    """Of K items: reconstruction (K, *item_shape) from the latent mean, its error (K,) in nats, sigma (K, D): the
    standard deviation of q(Z given X) along the shown axes."""

    reconstruction: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    sigma: npt.NDArray[np.float32]


class Trainer:
    """Trains on `dataset` as `config` says. Commands take effect with the next turn of `frames`.

    Same data, config, seed, commands and thread count: the same snapshots, to the bit, on one kind of CPU.
    `tag` is whatever number the caller gives to the state; it goes with moments and checkpoints. `tempo` (0..1]: how much of a shown
    frame's time a turn takes; who shows every turn leaves it at 1. What is learned does not hang on it.
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
        self.dataset = dataset.to(choose_device(device))
        self.config = config
        self.n_classes = max(1, n_classes)
        self.seed = seed
        self.frame = 0
        self.tag = 0
        self.tempo = 1.0
        self.display = Display()
        self.loop = self._make_loop()
        self._moving = True
        self._given = self._no_pins()
        self._held: _Pins | None = None
        self._trail = Trail()
        self._rewind: list[torch.Tensor] = []

    def _make_loop(self) -> Loop:
        return _new_loop(self.dataset, self.config, self.n_classes, self.seed)

    @contextmanager
    def _own_random_state(self) -> Generator[None]:
        """New layers draw from a state of their own: what the process did before does not matter."""
        with _random_state(self.seed * _SEED_STRIDE + 1 + self.loop.step):
            yield

    # Commands --------------------------------------------------------------------------------------------------------

    def set_labels(
        self,
        labels: npt.NDArray[np.int16],
        weights: npt.NDArray[np.float32] | None = None,
        verified: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """The full label state: labels (N,), UNLABELED (-1) for none; weights (N,) are how much each label teaches; verified (N,) says
        which of them somebody gave looking at the item alone: these teach more, and are not doubted.

        Raises ValueError when a label names no class or a weight is no weight.
        """
        if labels.shape != (len(self.dataset),):
            raise ValueError(f"labels must be ({len(self.dataset)},), not {labels.shape}")
        if weights is not None and (
            weights.shape != labels.shape or not (np.isfinite(weights) & (weights >= 0)).all()
        ):
            raise ValueError(f"weights must be ({len(self.dataset)},), 0 or more, and finite")
        if verified is not None and verified.shape != labels.shape:
            raise ValueError(f"verified must be ({len(self.dataset)},), not {verified.shape}")
        if len(labels) and (int(labels.max()) >= self.n_classes or int(labels.min()) < -1):
            raise ValueError(f"labels must be -1 to {self.n_classes - 1}; make the class first")
        with self._own_random_state():
            self.loop.set_labels(
                torch.from_numpy(labels.astype(np.int64)),
                None if weights is None else torch.from_numpy(weights.astype(np.float32)),
                None if verified is None else torch.from_numpy(verified.astype(np.bool_)),
            )

    def set_class_count(self, n_classes: int) -> None:
        """Classes can be added while training; they are never taken away."""
        if n_classes < self.n_classes:
            raise ValueError(
                f"{n_classes} classes: there are {self.n_classes} already, and classes are not taken away"
            )
        self.n_classes = n_classes
        with self._own_random_state():
            self.loop.set_class_count(n_classes)

    def configure(self, config: TrainingConfig) -> None:
        """Change weights, rates, head depth, stiffness, latent dimension or preset; the shown map goes over to it as a motion.

        Between `paper` and the presets with particles another loop goes on with the networks and the map there are.
        """
        if config == self.config:
            return
        old, self.config = self.config, config
        if (config.preset == "paper") != (old.preset == "paper"):
            self._change_loop()
        else:
            with self._own_random_state():
                self.loop.configure(config)
        if config.latent_dim != old.latent_dim:
            self._given, self._held = self._no_pins(), None
        self._moving = True

    def _change_loop(self) -> None:
        before = self.loop
        self.loop = self._make_loop()
        self.loop.priority = before.priority
        self.loop.step = before.step
        with self._own_random_state():
            if before.config.latent_dim == self.config.latent_dim:
                self.loop.take_over(before)
            self.loop.set_labels(before.labels, before.label_weights, before.verified)
        self._given = self._no_pins()

    def set_priority(self, items: npt.NDArray[np.integer]) -> None:
        """Items (K,) that are looked at: what concerns them is brought up to date first. Raises ValueError on one that does not exist."""
        self.loop.priority = self._known(items).unique()

    def set_anchors(self, items: npt.NDArray[np.integer], targets: npt.NDArray[np.float32]) -> None:
        """Pin the latent means of items (K,) at targets (K, D), in the coordinates that are shown; no items: no pins.

        Raises ValueError on an item that does not exist, and on targets that are no finite points of this latent space.
        """
        pins = self._checked_pins(items, targets)
        if _same(pins, self._given) and self._held is None:
            return
        self._given, self._held = pins, None
        self._anchor()

    def drag(self, items: npt.NDArray[np.integer], targets: npt.NDArray[np.float32]) -> None:
        """Hold items (K,) at targets (K, D) for as long as somebody drags them, beside the pins there are; no items: let go.

        Raises as set_anchors does.
        """
        held = self._checked_pins(items, targets)
        if len(items) == 0 and self._held is None:
            return
        self._held = held if len(items) else None
        self._anchor()

    def _no_pins(self) -> _Pins:
        return torch.empty(0, dtype=torch.int64), torch.empty(0, self.config.latent_dim)

    def _checked_pins(
        self, items: npt.NDArray[np.integer], targets: npt.NDArray[np.float32]
    ) -> _Pins:
        known = self._known(items)
        if targets.shape != (len(items), self.config.latent_dim) or not np.isfinite(targets).all():
            raise ValueError(f"targets must be finite and ({len(items)}, {self.config.latent_dim})")
        return known, torch.from_numpy(targets.astype(np.float32))

    def _anchor(self) -> None:
        """Tell the loop of all pins: those that stay, and those that are held now."""
        items, targets = self._given
        if self._held is not None:
            resting = ~torch.isin(items, self._held[0])
            items = torch.cat([items[resting], self._held[0]])
            targets = torch.cat([targets[resting], self._held[1]])
        with self._own_random_state():
            self.loop.set_anchors(items, self._to_model(targets.to(self.loop.device)))

    def _to_model(self, points: torch.Tensor) -> torch.Tensor:
        """Points (K, D) of what is shown, in the coordinates of the model: what is shown is turned against what the forces see."""
        shown, mean = self.display.shown, self.loop.latent_mean
        if shown is None or shown.shape != mean.shape:
            return points
        rotation, translation = procrustes(shown, mean)
        return (points @ rotation + translation) / self.loop.contraction.clamp_min(
            LEAST_CONTRACTION
        )

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
        if self._rewind:
            # Training waits while the motion is played backward.
            self._rewind.pop(0)
            self.frame += 1
            self._trail.add(self.frame, self._visible)
            return self.snapshot()
        with self._own_random_state():
            moved = self.loop.turn()
        if moved or self._moving:
            # Smoothing lags: what is shown goes on moving for some frames after the model has stopped.
            held = None if self._held is None else self._held[0].to(self.loop.device)
            familiar = (
                bool((self.loop.labels != UNLABELED).any())
                or len(self._given[0]) > 0
                or self._held is not None
            )
            self._moving = self.display.show(
                self.loop.latent_mean, self.config.pace, held, familiar=familiar, tempo=self.tempo
            )
            if self._moving:
                self.frame += 1
                self._trail.add(self.frame, self._visible)
            self.loop.metrics["drift"] = self.display.drift
        return self.snapshot()

    @property
    def _visible(self) -> torch.Tensor:
        shown = self.loop.latent_mean if self.display.shown is None else self.display.shown
        return (self._rewind[0] if self._rewind else shown).cpu()

    def snapshot(self) -> Snapshot:
        """The state now. The arrays are copies."""
        loop = self.loop
        kl = loop.kl_per_dimension.copy()
        latent_mean = self._visible.numpy().copy()
        # On its way to another dimension a cloud is flat for a while: that is no collapse.
        settled = (
            latent_mean
            if loop.resting and not self._moving and latent_mean.shape[1] == len(kl)
            else None
        )
        return Snapshot(
            frame=self.frame,
            step=loop.step,
            epoch=loop.epoch,
            phase=loop.phase,
            progress=loop.progress,
            losses=dict(loop.losses),
            metrics=dict(loop.metrics),
            latent_mean=latent_mean,
            predictions=loop.predictions.map(lambda values: values.cpu().numpy().copy()),
            kl_per_dimension=kl,
            collapsed=collapsed_dimensions(kl, settled)
            if loop.epoch >= 1 and not self._rewind
            else (),
            resting=loop.resting and not self._moving and not self._rewind,
            rewinding=len(self._rewind),
        )

    # Reading ---------------------------------------------------------------------------------------------------------

    def forces(
        self, items: npt.NDArray[np.integer] | None = None, *, reconstruction: bool = False
    ) -> ForceReading:
        """Each term's force on items (K,), or on all (None), in the axes that are shown: float32 (K or N, D), nats per latent unit.

        Raises ValueError on an item that does not exist.
        """
        chosen = None if items is None else self._known(items)
        forces = self.loop.forces(chosen, reconstruction=reconstruction)
        rotation = self._to_shown()
        return {name: (force @ rotation).cpu().numpy() for name, force in forces.items()}

    def _to_shown(self) -> torch.Tensor:
        """Rotation (D, D) from the model's axes to those that are shown."""
        mean, shown = self.loop.latent_mean, self.display.shown
        if shown is None or shown.shape != mean.shape:
            return torch.eye(mean.shape[1], device=mean.device)
        return procrustes(mean, shown)[0]

    @torch.no_grad()
    def decode(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """What lies at points (K, D) of the shown latent space: pictures (K, C, S, S) in 0..1, or vectors (K, F).

        Raises ValueError when they are no finite points of this latent space.
        """
        if (
            points.ndim != 2
            or points.shape[1] != self.config.latent_dim
            or not np.isfinite(points).all()
        ):
            raise ValueError(f"points must be finite and (K, {self.config.latent_dim})")
        latent = self._to_model(torch.from_numpy(points.astype(np.float32)).to(self.loop.device))
        decoded = self.loop.vae_training.vae.decoder(latent)
        return (decoded.sigmoid() if self.dataset.kind == "image" else decoded).cpu().numpy()

    @torch.no_grad()
    def inspect(self, items: npt.NDArray[np.integer]) -> Inspection:
        """How the model sees items (K,). Raises ValueError on one that does not exist."""
        chosen = self._known(items).to(self.loop.device)
        vae, x = self.loop.vae_training.vae, self.dataset.batch(chosen)
        decoded = vae.decoder(self.loop.decodable_mean[chosen])
        error = [
            float(reconstruction_loss(one[None], own[None]))
            for one, own in zip(decoded, x, strict=True)
        ]
        return Inspection(
            reconstruction=(decoded.sigmoid() if self.dataset.kind == "image" else decoded)
            .cpu()
            .numpy(),
            error=np.array(error, np.float32),
            sigma=self.variance(items).sqrt().cpu().numpy(),
        )

    @torch.no_grad()
    def variance(self, items: npt.NDArray[np.integer]) -> torch.Tensor:
        """Variance of q(Z given X) of items (K,) along the axes that are shown: (K, D).

        The axes of the ellipsoid are the model's; a turned one is told by its variances along the shown axes.
        """
        chosen = self._known(items).to(self.loop.device)
        _, log_variance = self.loop.vae_training.vae.encoder(self.dataset.batch(chosen))
        return log_variance.exp() @ self._to_shown().square()

    def shown_frame(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """How the encoder's latent means become what is shown: (means * contraction) @ rotation + translation; (D,), (D, D), (D,)."""
        loop, shown = self.loop, self.display.shown
        if shown is None or shown.shape != loop.latent_mean.shape:
            nothing = torch.zeros(self.config.latent_dim, device=loop.device)
            return loop.contraction, torch.eye(len(nothing), device=loop.device), nothing
        return (loop.contraction, *procrustes(loop.latent_mean, shown))

    # Moments and checkpoints -----------------------------------------------------------------------------------------

    def moment(self) -> Moment:
        """All that training goes on from, as it is now. Taking it changes nothing."""
        snapshot = self.snapshot()
        tensors = {
            **self.loop.tensors(),
            "latent_mean": self.loop.latent_mean
            if self.display.shown is None
            else self.display.shown,
            "prediction": torch.from_numpy(snapshot.prediction),
            "confidence": torch.from_numpy(snapshot.confidence),
            "given_items": self._given[0],
            "given_pins": self._given[1],
        }
        meta: dict[str, Any] = {
            "config": self.config.to_json(),
            "n_classes": self.n_classes,
            "seed": self.seed,
            "tag": self.tag,
            "frame": self.frame,
            "shown": self.display.shown is not None,
            "moving": self._moving,
            "step": snapshot.step,
            "epoch": snapshot.epoch,
            "items": len(self.dataset),
            "counters": copy.deepcopy(self.loop.counters()),
        }
        return Moment.copy_of(tensors, meta)

    def restore(self, moment: Moment) -> None:
        """Go back to `moment`, to the bit; what is shown goes back the way it came, and training goes on when it is there.

        Raises ValueError, before anything has changed, when it is of other data, and when it does not fit this version.
        """
        way = self._trail.back_to(moment.meta["frame"], moment.tensors["latent_mean"])
        self._take_up(moment)
        self._rewind = way

    def _take_up(self, moment: Moment) -> None:
        meta, tensors = moment.meta, moment.tensors
        if meta["items"] != len(self.dataset):
            raise ValueError(
                f"the checkpoint is of {meta['items']} items, the data set has {len(self.dataset)}"
            )
        try:
            config = TrainingConfig.from_json(meta["config"])
            loop = self._loop_for(config, meta["n_classes"], meta["seed"])
            with _random_state(self.seed):
                loop.load(tensors, meta["counters"])
        except (KeyError, TypeError, RuntimeError) as error:
            raise ValueError(f"the checkpoint does not fit this version: {error}") from error
        self.loop, self.config, self.n_classes, self.seed = (
            loop,
            config,
            meta["n_classes"],
            meta["seed"],
        )
        self.tag = moment.tag
        self._moving = meta["moving"]
        self._held = None
        self._given = self._no_pins()
        if "given_items" in tensors:
            self._given = tensors["given_items"].clone(), tensors["given_pins"].clone()
        self.display.shown = (
            tensors["latent_mean"].to(self.loop.device, copy=True)
            if meta.get("shown", True)
            else None
        )

    def _loop_for(self, config: TrainingConfig, n_classes: int, seed: int) -> Loop:
        """One into which a state of `config` can be loaded: the one there is, where it fits; it draws what the seed draws."""
        same_kind = (config.preset == "paper") == (self.config.preset == "paper")
        same_data = (config.principal_components, seed) == (
            self.config.principal_components,
            self.seed,
        )
        if not (same_kind and same_data):
            return _new_loop(self.dataset, config, n_classes, seed)
        with _random_state(self.seed):
            self.loop.reshape(config, n_classes)
        return self.loop

    def save(self, folder: Path) -> Path:
        """Write a checkpoint into `folder`; raises OSError, and ValueError when the latent means are not finite."""
        if self.display.shown is None or not bool(torch.isfinite(self.display.shown).all()):
            raise ValueError("the latent means are not finite: nothing worth saving")
        return self.moment().write(folder)

    @classmethod
    def load(cls, folder: Path, dataset: Dataset, *, device: str = "auto") -> "Trainer":
        """Go on from the newest good checkpoint of `folder`. Raises ValueError when there is none for this data set."""
        found = checkpoint.latest(folder)
        if found is None:
            raise ValueError(f"{folder} holds no usable checkpoint")
        return cls.of_moment(Moment.of_checkpoint(found), dataset, device=device)

    @classmethod
    def of_moment(cls, moment: Moment, dataset: Dataset, *, device: str = "auto") -> "Trainer":
        """A trainer that goes on from `moment`. Raises ValueError when it is of other data or does not fit this version."""
        meta = moment.meta
        if meta["items"] != len(dataset):
            raise ValueError(
                f"the checkpoint is of {meta['items']} items, the data set has {len(dataset)}"
            )
        try:
            config = TrainingConfig.from_json(meta["config"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"the checkpoint does not fit this version: {error}") from error
        trainer = cls(
            dataset, config, n_classes=meta["n_classes"], seed=meta["seed"], device=device
        )
        trainer._take_up(moment)
        trainer.frame = meta["frame"]
        return trainer


def _new_loop(dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> Loop:
    kind = PaperLoop if config.preset == "paper" else ParticleLoop
    with _random_state(seed * _SEED_STRIDE):
        return kind(dataset, config, n_classes, seed)


def _same(a: _Pins, b: _Pins) -> bool:
    return torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])


@contextmanager
def _random_state(seed: int) -> Generator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
