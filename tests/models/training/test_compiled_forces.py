"""Checkpoints move between installations with compiled code and installations without them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lodespace.models import Trainer
from lodespace.models.compiled import loaded
from samples.trainings import N, labels_of, quick, small

TURNS = 10
"""Rounds after a checkpoint. In more rounds, differences of rounding grow."""


@pytest.mark.skipif(loaded.code is None, reason="this installation has no compiled code")
@pytest.mark.parametrize("writer_has_compiled", [True, False])
def test_a_checkpoint_loads_where_forces_are_computed_otherwise(
    writer_has_compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = loaded.code

    def use(compiled: bool) -> None:
        monkeypatch.setattr(loaded, "code", code if compiled else None)

    use(writer_has_compiled)
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, seed=3, device="cpu")
    frames = trainer.frames()
    for _ in range(140):
        next(frames)
    trainer.set_labels(labels_of(truth, np.arange(0, N, 3)))
    next(frames)
    trainer.save(tmp_path)
    saved = {name: tensor.clone() for name, tensor in trainer.state().tensors.items()}
    continued = [next(frames).latent_mean.copy() for _ in range(TURNS)]
    moved = np.abs(continued[-1] - continued[0]).max()

    use(not writer_has_compiled)
    again = Trainer.load(tmp_path, data, device="cpu")
    found = again.state().tensors
    assert found.keys() == saved.keys()
    # A scalar of an optimiser is loaded as a tensor with one element.
    assert all(torch.equal(tensor.ravel(), saved[name].ravel()) for name, tensor in found.items())
    others = again.frames()
    positions = [next(others).latent_mean.copy() for _ in range(TURNS)]
    assert positions[-1].tobytes() != continued[-1].tobytes()
    assert np.abs(positions[-1] - continued[-1]).max() < 0.01 * moved
