"""A factor of pictures like those of dSprites becomes an axis of the map."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from lodespace.models import Dataset, Trainer
from samples.sprites import sprites
from samples.trainings import quick, rest

pytestmark = pytest.mark.slow

N = 300


@pytest.mark.parametrize("factor", ["scale", pytest.param("x", marks=pytest.mark.only_slow)])
def test_a_factor_of_sprites_is_recovered_on_hidden_items(factor: str) -> None:
    made = sprites(N)
    values = getattr(made, factor)
    hidden = np.random.default_rng(1).random(N) < 0.5
    known = np.where(hidden, np.nan, values)
    trainer = Trainer(Dataset.from_images(made.images), quick(), n_classes=1, device="cpu")
    rest(trainer)
    standard = (known - np.nanmean(known)) / np.nanstd(known)
    trainer.set_axes([2], standard.astype(np.float32)[:, None])
    shown = rest(trainer).latent_mean
    assert spearmanr(shown[hidden, 2], values[hidden]).statistic > 0.9
