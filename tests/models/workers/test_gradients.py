"""Steps of the networks by two processes."""

import pytest
import torch
from torch import nn

from lodespace.models import Dataset
from lodespace.models.batches import drawn_seed
from lodespace.models.classification.wide_classifier import BalancedBatches, LabelledBatch
from lodespace.models.features.self_supervision import nt_xent, projected
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.shared_items import shared
from lodespace.models.workers.jobs import ValuesJob
from lodespace.models.workers.team import Team
from samples.networks import classifier, generator, labels_of, self_supervision, vae_training

pytestmark = pytest.mark.slow


def gradients(network: nn.Module) -> list[torch.Tensor | None]:
    return [parameter.grad for parameter in network.parameters()]


def assert_same(found: nn.Module, expected: list[torch.Tensor | None]) -> None:
    for one, other in zip(gradients(found), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_a_vae_step_averages_one_batch_per_process(few_images: Dataset, team: Team) -> None:
    training, alone = vae_training(shared(few_images, team)), vae_training(few_images)
    labels, targets = labels_of(few_images), torch.randn(90, 2, generator=generator(3))
    terms = training.step(labels, targets=targets)
    batches = [alone._draw(labels, targets, balanced=True) for _ in range(2)]
    seed, total = drawn_seed(alone.generator), 0.0
    for rank, batch in enumerate(batches):
        found = alone.objective.of(alone.vae, few_images, batch, generator(seed + rank))
        (found["total"] / 2).backward()
        total += float(found["total"].detach()) / 2
    assert_same(training.vae, gradients(alone.vae))
    assert terms["total"] == pytest.approx(total, rel=1e-4)
    assert training.steps_done == 2


def test_a_head_without_labels_gets_no_gradient(few_images: Dataset, team: Team) -> None:
    training = vae_training(shared(few_images, team))
    training.step(torch.full((90,), UNLABELED))
    assert all(parameter.grad is None for parameter in training.vae.head.parameters())
    assert training.vae.encoder.mean.weight.grad is not None


def test_views_are_compared_with_those_of_all_processes(few_images: Dataset, team: Team) -> None:
    learning, alone = self_supervision(shared(few_images, team)), self_supervision(few_images)
    loss = learning.step()
    items, seed = alone.epochs.next(), drawn_seed(alone.epochs.generator)
    parts = [
        projected(alone.both, few_images, share, generator(seed + rank)).chunk(2)
        for rank, share in enumerate(items.tensor_split(2))
    ]
    expected = nt_xent(torch.cat([part[view] for view in range(2) for part in parts]))
    expected.backward()
    assert_same(learning.both, gradients(alone.both))
    assert loss == pytest.approx(float(expected.detach()), rel=1e-4)


def test_a_classifier_step_is_the_mean_over_all_labels(few_images: Dataset, team: Team) -> None:
    both = classifier(shared(few_images, team))
    alone = classifier(few_images)
    labels, weights = labels_of(few_images), torch.rand(90, generator=generator(5))
    verified = torch.zeros(90, dtype=torch.bool)
    loss = both.step(labels, weights, verified, generator(1))
    drawing = generator(1)
    items = BalancedBatches(labels, verified).draw(drawing)
    seed, expected = drawn_seed(drawing), torch.zeros(())
    for rank, share in enumerate(items.tensor_split(2)):
        own = weights[share].sum() / weights[items].sum()
        batch = LabelledBatch(share, labels[share], weights[share])
        expected = expected + own * batch.loss(alone.layers, few_images, generator(seed + rank))
    expected.backward()
    assert_same(both.layers, gradients(alone.layers))
    assert loss == pytest.approx(float(expected.detach()), rel=1e-4)


def test_all_copies_are_equal_to_the_bit_after_steps(few_images: Dataset, team: Team) -> None:
    training = vae_training(shared(few_images, team))
    for n_classes in (3, 4):
        training.set_class_count(n_classes)
        for _ in range(4):
            training.step(labels_of(few_images))
        training.encode_all()  # sends the values after the last step
        own, other = team.do(ValuesJob("vae"))
        assert torch.equal(own, other)
        assert len(own) == sum(value.numel() for value in training.vae.state_dict().values())
