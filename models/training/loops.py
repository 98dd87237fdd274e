"""Creation of the training loop for a configuration, with reproducible random numbers."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from lodespace.models.checkpoints.training_state import StateDescription
from lodespace.models.config import PresetName, TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.training.figure2_loop import Figure2Loop
from lodespace.models.training.loop import Loop
from lodespace.models.training.paper_loop import PaperLoop
from lodespace.models.training.particle_loop import ParticleLoop

_SEED_STRIDE = 1_000_003
_KINDS: dict[PresetName, type[Loop]] = {"paper": PaperLoop, "figure2": Figure2Loop}
"""Loops of the presets whose loop is not ParticleLoop."""


@contextmanager
def random_state(seed: int) -> Generator[None]:
    """Seed torch inside the `with` block. After that, restore the CPU's random state."""
    with torch.random.fork_rng(devices=[]):
        _seed(seed)
        yield


def _seed(seed: int) -> None:
    """Seed the processor and each kind of device that is in use.

    torch.manual_seed() also seeds devices that are not in use, and formats a stack trace each time.
    The stack trace takes 4 ms, which is longer than one unit of training on few items.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


@contextmanager
def random_state_at(seed: int, step: int) -> Generator[None]:
    """Seed torch inside the `with` block, by `seed` and by the `step` of the training.

    Layers that are built in the `with` block then do not depend on what the process did before.
    """
    with random_state(seed * _SEED_STRIDE + 1 + step):
        yield


def new_loop(dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> Loop:
    """Return a new loop for the preset of `config`."""
    with random_state(seed * _SEED_STRIDE):
        return kind_of(config)(dataset, config, n_classes, seed)


def kind_of(config: TrainingConfig) -> type[Loop]:
    """Return the class of the loop for the preset of `config`."""
    return _KINDS.get(config.preset, ParticleLoop)


def can_take_over(new: Loop, old: Loop) -> bool:
    """Return whether `new` can continue with the networks and the map of `old`.

    A loop of the preset `figure2` cannot, because its schedule begins with an untrained network.
    """
    same = (new.config.latent_dim, new.config.model) == (old.config.latent_dim, old.config.model)
    return same and not isinstance(new, Figure2Loop)


def next_loop(before: Loop, config: TrainingConfig, n_classes: int, seed: int) -> Loop:
    """Return a loop for another preset, which continues with labels, axes and map of `before`."""
    loop = new_loop(before.dataset, config, n_classes, seed)
    loop.state.priority = before.state.priority
    loop.state.step = before.step
    with random_state_at(seed, loop.step):
        if can_take_over(loop, before):
            loop.take_over(before)
        loop.set_labels(before.state.labels)
        loop.set_axes(before.state.axes)
    return loop


def loop_for(saved: StateDescription, current: Loop, seed: int) -> Loop:
    """Return a loop that can load a saved state.

    The result is `current` if the saved state has the same kind of loop, the same seed and the same
    number of principal components. In this case, `current` is changed to fit the state. Otherwise
    the result is a new loop.

    Args:
        saved: description of the saved state.
        current: the loop in use.
        seed: the seed of `current`.
    """
    config = saved.config
    same_kind = kind_of(config) is type(current)
    same_start = (config.principal_components, saved.seed) == (
        current.config.principal_components,
        seed,
    )
    if not (same_kind and same_start):
        return new_loop(current.dataset, config, saved.n_classes, saved.seed)
    with random_state(seed):
        current.reshape(config, saved.n_classes)
    return current
