"""What is read of the model beside its frames: forces, decoded places, how it sees single items. In the trainer process, between turns."""

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace import trainer_messages as m
from lodespace.models.snapshot import Snapshot
from lodespace.models.trainer import Trainer
from lodespace.shared_frames import FORCE_TERMS, FrameForces


def losses_of(snapshot: Snapshot) -> protocol.Losses:
    """A sample of the training curves; a KL divergence that is not known yet counts as 0."""
    return protocol.Losses(
        step=snapshot.step,
        epoch=snapshot.epoch,
        terms=snapshot.losses,
        metrics=snapshot.metrics,
        kl_per_dimension=[float(k) for k in np.nan_to_num(snapshot.kl_per_dimension)],
    )


def answer(trainer: Trainer, command: m.Probe | m.Decode) -> m.Probed | m.Decoded:
    """Carry out `command`; what the model refuses is told in the answer."""
    try:
        return _probe(trainer, command) if isinstance(command, m.Probe) else _decode(trainer, command)
    except ValueError as error:
        if isinstance(command, m.Probe):
            return m.Probed(command.request, trainer.loop.step, {}, b"", [], b"", refused=str(error))
        return m.Decoded(command.request, b"", refused=str(error))


def _probe(trainer: Trainer, command: m.Probe) -> m.Probed:
    items = np.asarray(command.items, np.int64)
    seen = trainer.inspect(items)
    forces = trainer.forces(items, reconstruction=True)
    image = trainer.dataset.kind == "image"
    return m.Probed(
        command.request,
        trainer.loop.step,
        {name: force.astype("<f4").tobytes() for name, force in forces.items()},
        _pictures(seen.reconstruction) if image else b"",
        [float(error) for error in seen.error],
        seen.sigma.astype("<f4").tobytes(),
    )


def _decode(trainer: Trainer, command: m.Decode) -> m.Decoded:
    if trainer.dataset.kind != "image":
        raise ValueError("these items are vectors: what lies at a place has no picture")
    points = np.frombuffer(command.points, "<f4").reshape(-1, trainer.config.latent_dim)
    return m.Decoded(command.request, _pictures(trainer.decode(points)))


def _pictures(decoded: npt.NDArray[np.float32]) -> bytes:
    """(K, C, H, W) in 0..1 -> uint8 (K, H, W, C)."""
    return np.rint(decoded.transpose(0, 2, 3, 1) * 255).clip(0, 255).astype(np.uint8).tobytes()


def compact_forces(trainer: Trainer) -> FrameForces:
    """The cheap terms for every item, each to 1/127 of its largest component. A term that the preset lacks is 0."""
    forces = trainer.forces()
    n, d = len(trainer.dataset), trainer.config.latent_dim
    scales = np.zeros(len(FORCE_TERMS), np.float32)
    vectors = np.zeros((len(FORCE_TERMS), n, d), np.int8)
    for k, name in enumerate(FORCE_TERMS):
        force = forces.get(name)
        if force is not None and (largest := float(np.abs(force).max(initial=0))) > 0:
            scales[k] = largest / 127
            vectors[k] = np.rint(force / scales[k]).astype(np.int8)
    return FrameForces(scales, vectors)
