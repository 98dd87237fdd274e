"""Messages between workers carry jobs of this package, and nothing else."""

import pickle
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import torch

from lodespace.models import preset
from lodespace.models.classification.wide_classifier import LabelledBatch, LabelledJob
from lodespace.models.dataset import Standardisation
from lodespace.models.layout.incremental_graph import FeaturesJob
from lodespace.models.loss_terms import LossWeights
from lodespace.models.shared_items import _Copy
from lodespace.models.vae.axis_loss import AxisTargets
from lodespace.models.vae.batch_loss import Batch, BatchesJob, Objective, VAELayers
from lodespace.models.vae.kl_schedule import KLSchedule
from lodespace.models.workers.jobs import ValuesJob
from lodespace.models.workers.messages import MessageError, decoded, encoded
from lodespace.models.workers.team import Job, Team


def same(found: Any, sent: Any) -> bool:
    """Whether two values have equal numbers, texts and tensors, also in records and lists."""
    if isinstance(sent, torch.Tensor):
        return found.dtype == sent.dtype and torch.equal(found, sent)
    if isinstance(sent, tuple | list):
        pairs = zip(found, sent, strict=True)
        return type(found) in (type(sent), list) and all(same(a, b) for a, b in pairs)
    if hasattr(sent, "__dict__") and not isinstance(sent, type):
        return type(found) is type(sent) and all(
            same(getattr(found, name), value) for name, value in vars(sent).items()
        )
    return bool(found == sent)


def batch(targets: torch.Tensor | None, axes: AxisTargets | None) -> Batch:
    items = torch.tensor([4, 2, 9])
    return Batch(items, 2, slice(2, None), torch.tensor([-1]), targets, axes)


def test_jobs_arrive_with_all_their_values() -> None:
    config = preset("default", 3)
    values = torch.rand(3, 2)
    axes = AxisTargets((0, 2), torch.eye(3)[:2], values, torch.zeros(3, 2))
    objective = Objective(LossWeights(beta_kl=0.1), KLSchedule(0.5, 2.0), 0.25, True)
    layers = VAELayers(config.model, 3, 4, 1)
    batches = [batch(torch.rand(3, 3), axes), batch(None, None)]
    labelled = LabelledBatch(torch.arange(0), torch.zeros(0, dtype=torch.int64), torch.rand(0))
    shift = Standardisation(torch.rand(5), torch.ones(5))
    for job in (
        BatchesJob(layers, objective, batches, 1 << 40),
        LabelledJob(7, labelled, 3),
        _Copy("items", (9, 5), "vector", "vectors", shift, None),
        ValuesJob("vae"),
    ):
        assert same(decoded(encoded(job), Job), job), job
    assert decoded(encoded(None), Job) is None


@dataclass
class Foreign(Job):
    """A job of another package."""

    command: str

    def run(self, team: Team) -> None:
        raise AssertionError


def message(kind: str, fields: object) -> bytes:
    return msgspec.msgpack.encode([kind, fields])


def tensor_message(shape: list[int], content: bytes) -> bytes:
    """Return a job with a tensor of this shape of float32, and of this content."""
    plain = msgspec.msgpack.decode(encoded(FeaturesJob(torch.zeros(2), 3)))
    plain[1]["items"] = ["torch.float32", shape, content]
    return msgspec.msgpack.encode(plain)


def test_a_changed_tensor_of_the_right_size_is_accepted() -> None:
    job = decoded(tensor_message([1, 3], bytes(12)), Job)
    assert isinstance(job, FeaturesJob) and torch.equal(job.items, torch.zeros(1, 3))


@pytest.mark.parametrize(
    "data",
    [
        encoded(Foreign("rm")),
        pickle.dumps(print),
        b"",
        message("os.system", {"command": "true"}),
        message("lodespace.models.workers.team.Team", {}),
        message("lodespace.models.workers.team.nothing", {}),
        message("lodespace.models.nothing.Job", {}),
        message("lodespace.models.workers.jobs.ValuesJob", {"network": 1}),
        message("lodespace.models.workers.jobs.ValuesJob", {}),
        message("lodespace.models.../../x.Y", {}),
        tensor_message([2, 2], bytes(12)),
        tensor_message([2, -2], bytes(16)),
        tensor_message([3], b""),
        tensor_message([1 << 40], b""),
        tensor_message([0], bytes(4)),
    ],
)
def test_messages_that_are_not_jobs_are_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        decoded(data, Job)
