"""On-demand queries to the model: forces, pictures at latent points, reconstructions of items.

The trainer process answers these queries between two units of training work.
"""

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.similarity import descriptors_of, points_of, search_space
from lodespace.models.training.trainer import Trainer
from lodespace.protocol import FORCE_TERMS
from lodespace.protocol.frames import FrameForces
from lodespace.training import query_messages as q


def losses_of(snapshot: Snapshot) -> protocol.Losses:
    """Return losses and metrics for the curves. KL divergences that are not known yet are 0."""
    return protocol.Losses(
        step=snapshot.step,
        epoch=snapshot.epoch,
        terms=snapshot.losses,
        metrics=snapshot.metrics,
        kl_per_dimension=[float(k) for k in np.nan_to_num(snapshot.kl_per_dimension)],
    )


def answer(trainer: Trainer, command: q.Question) -> q.Answer:
    """Return the answer to a query. If the model refuses the query, the answer has the reason."""
    try:
        match command:
            case q.Similar():
                return _similar(trainer, command)
            case q.Describe():
                return _describe(trainer, command)
            case q.Probe():
                return _probe(trainer, command)
            case q.Decode():
                return _decode(trainer, command)
    except ValueError as error:
        return _refusal(trainer, command, str(error))


def _refusal(trainer: Trainer, command: q.Question, reason: str) -> q.Answer:
    match command:
        case q.Similar(request=request):
            return q.SimilarFound(request, b"", b"", 0, "", refused=reason)
        case q.Describe(request=request):
            return q.Described(request, "", b"", [], refused=reason)
        case q.Probe(request=request):
            return q.Probed(request, trainer.loop.step, {}, b"", [], b"", refused=reason)
        case q.Decode(request=request):
            return q.Decoded(request, b"", refused=reason)


def _probe(trainer: Trainer, command: q.Probe) -> q.Probed:
    items = np.asarray(command.items, np.int64)
    seen = trainer.inspector.inspect(items)
    forces = trainer.inspector.forces(items, reconstruction=True)
    image = trainer.dataset.kind == "image"
    return q.Probed(
        command.request,
        trainer.loop.step,
        {name: force.astype("<f4").tobytes() for name, force in forces.items()},
        _pictures(seen.reconstruction) if image else b"",
        [float(error) for error in seen.error],
        seen.sigma.astype("<f4").tobytes(),
    )


def _decode(trainer: Trainer, command: q.Decode) -> q.Decoded:
    if trainer.dataset.kind != "image":
        raise ValueError(
            "latent points can be decoded only if the items are pictures; these items are vectors"
        )
    points = np.frombuffer(command.points, "<f4").reshape(-1, trainer.config.latent_dim)
    return q.Decoded(command.request, _pictures(trainer.inspector.decode(points)))


def _similar(trainer: Trainer, command: q.Similar) -> q.SimilarFound:
    space = search_space(trainer.loop)
    if command.shape:
        pictures = np.frombuffer(command.pictures, np.uint8).reshape(command.shape)
        found = space.nearest(points_of(trainer.loop, pictures), command.count)
    else:
        items = np.frombuffer(command.items, "<u4").astype(np.int64)
        trainer.dataset.checked_items(items)
        found = space.nearest_to_items(items, command.count)
    return q.SimilarFound(
        command.request,
        found.items.astype("<u4").tobytes(),
        found.distances.astype("<f4").tobytes(),
        found.compared,
        space.name,
    )


def _describe(trainer: Trainer, command: q.Describe) -> q.Described:
    if not 0 <= command.first < command.end <= len(trainer.dataset):
        raise ValueError("the trainer does not have these items yet; ask again")
    name, groups = descriptors_of(trainer.dataset, command.first, command.end)
    rows = np.concatenate(groups, axis=1).astype("<f4")
    widths = [group.shape[1] for group in groups]
    return q.Described(command.request, name, rows.tobytes(), widths)


def _pictures(decoded: npt.NDArray[np.float32]) -> bytes:
    """Return pictures (K, C, H, W) with values 0 to 1 as uint8 (K, H, W, C)."""
    return np.rint(decoded.transpose(0, 2, 3, 1) * 255).clip(0, 255).astype(np.uint8).tobytes()


REACH = 0.99
"""Share of the non-zero forces that are sent without shortening.

Two coincident points repel each other about a hundred times as strongly as separate points. With a
step of 1/127 of the largest force, most other forces would round to zero.
"""


def compact_forces(trainer: Trainer) -> FrameForces:
    """Return the forces of FORCE_TERMS on all items, quantised by `in_steps`.

    A term that the preset does not use has the scale 0.
    """
    forces = trainer.inspector.forces()
    n, d = len(trainer.dataset), trainer.config.latent_dim
    scales = np.zeros(len(FORCE_TERMS), np.float32)
    vectors = np.zeros((len(FORCE_TERMS), n, d), np.int8)
    for k, name in enumerate(FORCE_TERMS):
        force = forces.get(name)
        if force is not None:
            scales[k], vectors[k] = in_steps(force)
    return FrameForces(scales, vectors)


def in_steps(force: npt.NDArray[np.float32]) -> tuple[float, npt.NDArray[np.int8]]:
    """Quantise forces to int8.

    r is a limit for the components of a force. The share REACH of the non-zero forces has no
    component above r. Any other force is shortened until its largest component is r, and keeps its
    direction. One step is r / 127.

    Args:
        force: float32 (N, D), in nats per latent unit.

    Returns:
        Length of one step, and the quantised forces int8 (N, D). Their product differs from the
        (shortened) force by at most half a step.
    """
    largest = np.abs(force).max(axis=1, initial=0)
    strong = largest[largest > 0]
    if len(strong) == 0:
        return 0.0, np.zeros(force.shape, np.int8)
    reach = float(np.quantile(strong, REACH, method="higher"))
    shortened = force * np.minimum(1, reach / np.maximum(largest, reach))[:, None]
    return reach / 127, np.rint(shortened / (reach / 127)).astype(np.int8)
