"""Tensors that follow from others are left out of snapshots, and restored to the bit."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.derived_tensors import with_derived, without_derived
from lodespace.models.classification.class_probabilities import coarsely_coded, coded
from lodespace.models.classification.decisions import predictions_from

N = 70_000
LABELLED = torch.arange(0, N, 100)
WEIGHT = 0.7
BEST = {"best_prediction", "best_confidence", "best_margin", "best_doubt"}
MEANS = {"probabilities_codes", "probabilities_steps"}
SHOWN = {"latent_mean", "prediction", "confidence"}

Arrays = dict[str, np.ndarray]


def snapshot(n_classes: int = 5, weight: float = WEIGHT) -> Arrays:
    """Tensors of a state at rest, as training makes them for many items."""
    generator = torch.Generator().manual_seed(n_classes)
    random = [torch.randn(N, n_classes, generator=generator) for _ in range(3)]
    fine, learned, other = ((2 * each).softmax(dim=1) for each in random)
    learned_codes, learned_steps, learned = coarsely_coded(learned)
    voiced_codes, voiced_steps, voiced = coarsely_coded(fine)
    mean = torch.lerp(voiced, learned, weight)
    mean[LABELLED] = fine[LABELLED]
    codes, steps, values = coded(mean)
    best = predictions_from(values, torch.full((N,), -1))
    assert best.margin is not None and best.doubt is not None
    best.prediction[LABELLED] = 1
    best.doubt[LABELLED] = other[LABELLED, 0]
    position = (4 * torch.randn(N, 3, generator=generator) * 4096).round() / 4096
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q
    shown = position @ rotation / 4 + 1e-4 * torch.randn(N, 3, generator=generator)
    tensors = {
        "position": position,
        "latent_mean": (shown * 16384).round() / 16384 + 0.0,
        "prediction": best.prediction,
        "confidence": best.confidence,
        "learned_probabilities_codes": learned_codes,
        "learned_probabilities_steps": learned_steps,
        "voiced_probabilities_codes": voiced_codes,
        "voiced_probabilities_steps": voiced_steps,
        "probabilities_codes": codes,
        "probabilities_steps": steps,
        "learned_weight": torch.tensor(weight, dtype=torch.float64),
        **{f"best_{name}": value for name, value in best._asdict().items()},
    }
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def assert_restored(given: Arrays, kept: Arrays) -> None:
    found = with_derived(kept)
    assert found.keys() == given.keys()
    for name, array in given.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes(), name


def size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())


@pytest.mark.parametrize(("n_classes", "weight"), [(1, 0.9), (2, 0.0), (5, 0.3), (12, 0.7)])
def test_left_out_tensors_are_restored_to_the_bit(n_classes: int, weight: float) -> None:
    given = snapshot(n_classes, weight)
    kept = without_derived(given)
    assert not kept.keys() & (BEST | MEANS | SHOWN)
    assert kept["latent_mean.difference"].dtype == np.uint16
    # Besides positions and the two stored arrays, only the labelled items need space.
    rows = {name: array for name, array in kept.items() if name.startswith(("best.", "probab"))}
    assert size(rows) < 2 * len(LABELLED) * (n_classes + 20)
    assert_restored(given, kept)


def test_a_checkpoint_with_shared_tensors_leaves_them_out(tmp_path: Path) -> None:
    given = snapshot()
    path = checkpoint.write(tmp_path, given, {}, share=True)
    stored = checkpoint.shared_hashes(path)
    assert not stored.keys() & (BEST | MEANS | SHOWN) and "position" in stored
    found = checkpoint.read(path)
    assert found.meta["format"] == checkpoint.FORMAT_WITHOUT_DERIVED
    assert found.tensors.keys() == given.keys()
    assert all(found.tensors[name].tobytes() == given[name].tobytes() for name in given)
    single = checkpoint.write(tmp_path / "single", given, {})
    assert checkpoint.read(single).meta["format"] == checkpoint.FORMAT


def test_probabilities_of_a_half_done_sweep_are_stored() -> None:
    given = snapshot()
    given["probabilities_codes"][: N // 2] = 3
    kept = without_derived(given)
    assert kept.keys() & MEANS == MEANS
    assert_restored(given, kept)


@pytest.mark.parametrize("lacking", ["learned_weight", "position", "best_doubt", "confidence"])
def test_a_state_without_one_of_the_tensors_is_restored(lacking: str) -> None:
    given = snapshot()
    del given[lacking]
    assert_restored(given, without_derived(given))


def test_other_numbers_of_classes_are_restored() -> None:
    """A new class widens all arrays at once, but a damaged state can have different widths."""
    given = snapshot()
    given["voiced_probabilities_codes"] = given["voiced_probabilities_codes"][:, :3].copy()
    assert_restored(given, without_derived(given))


@pytest.mark.parametrize("value", [-0.0, 1 / 3, 1e30])
def test_a_shown_position_that_is_not_a_multiple_is_stored(value: float) -> None:
    given = snapshot()
    given["latent_mean"][5, 1] = value
    kept = without_derived(given)
    assert "latent_mean" in kept
    assert_restored(given, kept)


@pytest.mark.parametrize("far", [1.0, 30.0, 1e30])
def test_shown_positions_that_lag_behind_are_restored(far: float) -> None:
    """Such points have not moved yet, or their force is not yet shown."""
    given = snapshot()
    given["position"][::3] += np.float32(far)
    assert_restored(given, without_derived(given))


def test_a_state_of_few_items_has_all_tensors() -> None:
    few = {
        "latent_mean": np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32),
        "position": np.ones((50, 3), np.float32),
        "probabilities": np.ones((50, 2), np.float32),
        "best_prediction": np.ones(50, np.int16),
        "prediction": np.ones(50, np.int16),
    }
    assert without_derived(few) == few


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("best.rows", np.array([N], np.int32)),
        ("probabilities.probabilities_codes", np.zeros((1, 2), np.uint8)),
        ("latent_mean.alignment", np.zeros((2, 2), np.int64)),
        ("latent_mean.alignment", np.zeros((4, 3), np.float32)),
        ("position", np.full((N, 3), 1e30, np.float32)),
    ],
)
def test_tensors_that_do_not_fit_raise_value_error(name: str, wrong: np.ndarray) -> None:
    kept = without_derived(snapshot())
    assert name in kept
    with pytest.raises(ValueError):
        with_derived(kept | {name: wrong})
