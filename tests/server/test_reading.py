"""Conversion of forces to the integer steps that frames contain."""

import numpy as np
import pytest

from lodespace.training.inspection import in_steps


def test_a_few_strong_forces_do_not_make_nothing_of_the_others() -> None:
    random = np.random.default_rng(0)
    force = random.normal(0, 10, (5000, 3)).astype(np.float32)
    force[7] *= 300 / np.abs(force[7]).max() * 10
    force[9] = 0
    scale, vectors = in_steps(force)
    told = scale * vectors.astype(np.float64)
    usual = np.abs(force).max(axis=1) <= 127.01 * scale
    assert 0.985 <= usual.mean() < 1
    assert np.abs(told - force)[usual].max() <= 0.501 * scale
    assert scale < 0.4, "steps are too coarse"
    assert not told[9].any()
    # The strong force is shortened to the largest step, and its direction is unchanged.
    assert np.abs(vectors[7]).max() == 127
    cosine = told[7] @ force[7] / np.linalg.norm(told[7]) / np.linalg.norm(force[7])
    assert cosine > 0.9999


@pytest.mark.parametrize(
    "force",
    [
        np.zeros((4, 2)),
        np.zeros((0, 3)),
        np.array([[0.0, -3.0]]),
        np.array([[1e-30, 0, 0], [0, 0, 0]]),
        np.full((3, 3), 2.5),
    ],
)
def test_few_forces_or_none_keep_their_length(force: np.ndarray) -> None:
    scale, vectors = in_steps(force.astype(np.float32))
    assert vectors.dtype == np.int8 and vectors.shape == force.shape
    np.testing.assert_allclose(scale * vectors.astype(np.float64), force, rtol=1e-5, atol=0)


def test_one_strong_force_of_few_keeps_its_length() -> None:
    force = np.array([[1, 0], [0, 2], [3, 3], [-400, 1]], np.float32)
    scale, vectors = in_steps(force)
    assert np.abs(scale * vectors - force).max() <= 0.501 * scale
    assert vectors[3, 0] == -127
