"""The optimiser step of equation 1."""

import copy
from functools import partial

import numpy as np
import pytest
import torch

from lodespace.models import Dataset, preset
from lodespace.models.config import TrainingConfig
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.training import VAETraining


def make(dataset: Dataset, seed: int = 0, n_classes: int = 3, **changes: object) -> VAETraining:
    torch.manual_seed(seed)
    config = preset("paper", 2).replace(**{"batch_size": 32, "kl_warmup_epochs": 0.0, **changes})
    return VAETraining(
        dataset,
        config,
        n_classes,
        torch.Generator().manual_seed(seed),
        torch.Generator().manual_seed(seed),
    )


def labels_of(dataset: Dataset) -> torch.Tensor:
    return torch.arange(3).repeat_interleave(len(dataset) // 3)


def steps(
    training: VAETraining, labels: torch.Tensor, n: int, **options: bool
) -> list[dict[str, float]]:
    return [training.step(labels, **options) for _ in range(n)]


@pytest.mark.parametrize("kind", ["image", "vector"])
def test_the_loss_falls(kind: str, few_images: Dataset) -> None:
    dataset = (
        few_images
        if kind == "image"
        else Dataset.from_vectors(few_images.inputs.flatten(1)[:, ::8].numpy())
    )
    training = make(dataset)
    terms = steps(training, torch.full((90,), UNLABELED), 60)
    start, end = (np.mean([t["reconstruction"] for t in part]) for part in (terms[:6], terms[-6:]))
    assert end < 0.8 * start


def test_terms_are_reported_apart_and_the_total_is_their_weighted_sum(few_images: Dataset) -> None:
    training = make(few_images, beta_kl=0.5, beta_classifier=20)
    terms = training.step(labels_of(few_images), targets=None)
    assert terms.keys() == {"reconstruction", "kl", "classification", "total"}
    wanted = terms["reconstruction"] + 0.5 * terms["kl"] + 20 * terms["classification"]
    assert terms["total"] == pytest.approx(wanted, rel=1e-5)


def test_labels_move_only_the_classification(few_images: Dataset) -> None:
    """With the same weights, batch and noise, labels do not change reconstruction and KL."""
    one = make(few_images).step(labels_of(few_images), balanced=False)
    other = make(few_images).step(labels_of(few_images).flip(0), balanced=False)
    assert one["reconstruction"] == other["reconstruction"]
    assert one["kl"] == other["kl"]
    assert one["classification"] != other["classification"]


@pytest.mark.parametrize("balanced", [True, False])
def test_without_labels_classification_is_zero_and_the_head_stays(
    few_images: Dataset, balanced: bool
) -> None:
    training = make(few_images)
    before = [p.detach().clone() for p in training.vae.head.parameters()]
    terms = steps(training, torch.full((90,), UNLABELED), 3, balanced=balanced)
    assert all(t["classification"] == 0 for t in terms)
    assert all(
        torch.equal(a, b) for a, b in zip(before, training.vae.head.parameters(), strict=True)
    )


def test_the_encoder_follows_its_targets(few_images: Dataset) -> None:
    targets = torch.randn(90, 2, generator=torch.Generator().manual_seed(5))
    targets += 3 * torch.nn.functional.one_hot(labels_of(few_images), 3)[:, :2]
    training = make(few_images, beta_encoder=200.0)
    none = torch.full((90,), UNLABELED)
    before = float((training.encode_all() - targets).abs().mean())
    terms = [training.step(none, targets=targets) for _ in range(60)]
    assert terms[-1]["encoder"] < 0.5 * terms[0]["encoder"]
    assert float((training.encode_all() - targets).abs().mean()) < 0.6 * before


def test_kl_warms_up_linearly(few_images: Dataset) -> None:
    """The warm-up takes two epochs of three batches."""
    config = preset("paper", 2).replace(batch_size=32, kl_warmup_epochs=2.0)
    warming = VAETraining(few_images, config, 3, torch.Generator(), torch.Generator())
    scales = []
    for _ in range(8):
        scales.append(warming.kl_schedule.scale)
        warming.step(torch.full((90,), UNLABELED))
    assert scales == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1, 1])


def test_the_capacity_grows_linearly_without_a_warm_up(few_images: Dataset) -> None:
    config = preset("paper", 2).replace(
        batch_size=32, kl_warmup_epochs=2.0, kl_capacity=6.0, kl_capacity_epochs=2.0
    )
    growing = VAETraining(few_images, config, 3, torch.Generator(), torch.Generator())
    schedules = []
    for _ in range(8):
        schedules.append(growing.kl_schedule)
        growing.step(torch.full((90,), UNLABELED))
    assert [s.capacity for s in schedules] == pytest.approx([1, 2, 3, 4, 5, 6, 6, 6])
    assert {s.scale for s in schedules} == {1.0} and not growing.warming_up
    assert [schedules[1].direction(kl) for kl in (1.9, 2.1)] == [-1, 1]


def test_the_total_with_a_capacity_uses_the_distance_to_it(few_images: Dataset) -> None:
    training = make(few_images, beta_kl=1000, kl_capacity=4.0, kl_capacity_epochs=0.001)
    terms = training.step(labels_of(few_images))
    wanted = terms["reconstruction"] + 1000 * abs(terms["kl"] - 4) + 100 * terms["classification"]
    assert terms["total"] == pytest.approx(wanted, rel=1e-5)


def keep(inputs: list[torch.Tensor], _: torch.nn.Module, given: tuple[torch.Tensor]) -> None:
    inputs.append(given[0].detach().clone())


@pytest.mark.parametrize("balanced", [True, False])
def test_the_head_reads_the_sample_of_the_decoder_on_request(
    balanced: bool, few_images: Dataset
) -> None:
    """The inputs of head and decoder are recorded. Batches of 90 contain every item."""
    labels = labels_of(few_images)
    for head_input in ("mean", "sample"):
        training = make(few_images, batch_size=90, head_input=head_input)
        before = copy.deepcopy(training.vae)
        read: list[torch.Tensor] = []
        decoded: list[torch.Tensor] = []
        training.vae.head.register_forward_pre_hook(partial(keep, read))
        training.vae.decoder.register_forward_pre_hook(partial(keep, decoded))
        training.step(labels, balanced=balanced)
        means = before.encode_mean(few_images.inputs).detach()
        distance = (read[0][:, None] - means).norm(dim=2).min(dim=1).values
        if head_input == "mean":
            assert float(distance.max()) < 1e-4
        else:
            assert float(distance.median()) > 1e-3
            assert balanced or torch.equal(read[0], decoded[0])


def test_each_epoch_takes_every_item_once(few_images: Dataset) -> None:
    epochs = make(few_images).epochs
    assert epochs.batches_per_epoch == 3
    for _ in range(2):
        assert sorted(torch.cat([epochs.next() for _ in range(3)]).tolist()) == list(range(90))


def test_same_seed_same_weights(few_images: Dataset) -> None:
    first, second, other = (make(few_images, seed) for seed in (1, 1, 2))
    for training in (first, second, other):
        steps(training, labels_of(few_images), 5)
    for a, b in zip(first.vae.parameters(), second.vae.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first.encode_all(), other.encode_all())


def test_going_on_from_saved_tensors_is_as_if_never_stopped(few_images: Dataset) -> None:
    labels = labels_of(few_images)
    straight = make(few_images)
    steps(straight, labels, 4)
    again = make(few_images, seed=9)
    again.load(
        {name: tensor.clone() for name, tensor in straight.tensors().items()}, straight.counters()
    )
    for mine, theirs in (
        (again.generator, straight.generator),
        (again.device_generator, straight.device_generator),
    ):
        mine.set_state(theirs.get_state())
    assert steps(straight, labels, 5) == steps(again, labels, 5)
    assert torch.equal(straight.encode_all(), again.encode_all())


def test_chunks_encode_what_the_whole_would(few_images: Dataset) -> None:
    training = make(few_images)
    torch.testing.assert_close(training.encode(slice(10, 17)), training.encode_all()[10:17])


def configured(training: VAETraining, **changes: object) -> TrainingConfig:
    return training.config.replace(**changes)


def test_new_weights_keep_the_model_and_its_optimiser(few_images: Dataset) -> None:
    training = make(few_images)
    steps(training, labels_of(few_images), 2)
    vae, optimiser = training.vae, training.optimiser
    training.configure(configured(training, beta_kl=9.0, learning_rate=1e-4))
    training.step(labels_of(few_images))
    assert training.vae is vae
    assert training.optimiser is optimiser
    assert optimiser.param_groups[0]["lr"] == 1e-4


def test_another_latent_dimension_keeps_what_still_fits(few_images: Dataset) -> None:
    training = make(few_images)
    steps(training, labels_of(few_images), 3)
    old, old_state = training.vae, training.optimiser.state
    training.configure(configured(training, latent_dim=3))
    assert training.encode_all().shape == (90, 3)
    for mine, theirs in zip(
        training.vae.encoder.trunk.parameters(), old.encoder.trunk.parameters(), strict=True
    ):
        assert torch.equal(mine, theirs)
        assert torch.equal(training.optimiser.state[mine]["exp_avg"], old_state[theirs]["exp_avg"])
    assert np.isfinite(training.step(labels_of(few_images))["total"])


def test_another_head_depth_leaves_the_encoder_and_its_moments(few_images: Dataset) -> None:
    training = make(few_images)
    steps(training, labels_of(few_images), 3)
    before = training.encode_all()
    moment = training.optimiser.state[training.vae.encoder.mean.weight]["exp_avg"].clone()
    training.configure(configured(training, hidden_layers=2))
    assert torch.equal(training.encode_all(), before)
    assert torch.equal(
        training.optimiser.state[training.vae.encoder.mean.weight]["exp_avg"], moment
    )
    assert len(list(training.vae.head.parameters())) == 6


def test_an_added_class_leaves_what_the_head_knows(few_images: Dataset) -> None:
    training = make(few_images)
    steps(training, labels_of(few_images), 10)
    before = training.vae.head(training.encode_all())
    training.set_class_count(5)
    after = training.vae.head(training.encode_all())
    assert after.shape == (90, 5)
    torch.testing.assert_close(after[:, :3], before)
