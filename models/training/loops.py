"""Creation of the loop that a configuration asks for, with reproducible random numbers."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from lodespace.models.checkpoints.training_state import StateDescription
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.training.loop import Loop
from lodespace.models.training.paper_loop import PaperLoop
from lodespace.models.training.particle_loop import ParticleLoop

_SEED_STRIDE = 1_000_003


@contextmanager
def random_state(seed: int) -> Generator[None]:
    """Draw from `seed` inside the block, and continue with the previous state afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def random_state_at(seed: int, step: int) -> Generator[None]:
    """Seed the random numbers of new layers at `step` of a training.

    The numbers then do not depend on what the process did before.
    """
    with random_state(seed * _SEED_STRIDE + 1 + step):
        yield


def new_loop(dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> Loop:
    """Return a new loop for the preset of `config`."""
    kind = PaperLoop if config.preset == "paper" else ParticleLoop
    with random_state(seed * _SEED_STRIDE):
        return kind(dataset, config, n_classes, seed)


def loop_for(saved: StateDescription, current: Loop, seed: int) -> Loop:
    """Return a loop that can load the state `saved`.

    Args:
        saved: description of the state.
        current: the loop in use. It is changed and returned if the state has the same kind of
            preset, the same seed and as many principal components.
        seed: the seed of `current`.
    """
    config = saved.config
    same_kind = (config.preset == "paper") == (current.config.preset == "paper")
    same_start = (config.principal_components, saved.seed) == (
        current.config.principal_components,
        seed,
    )
    if not (same_kind and same_start):
        return new_loop(current.dataset, config, saved.n_classes, saved.seed)
    with random_state(seed):
        current.reshape(config, saved.n_classes)
    return current
