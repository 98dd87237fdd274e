"""Tensors that a snapshot for undo leaves out, because they follow from its other tensors."""

from collections.abc import Mapping

from lodespace.models.checkpoints import derived_positions, derived_predictions
from lodespace.models.checkpoints.tensor_file import Array

EPOCH_SEEDS = ("vae_epoch_seed", "features_epoch_seed")
"""Tensors of a state of many items, from which the order of an epoch follows (models/batches.py).
Older versions need the order."""


def without_derived(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return `tensors` without what `with_derived` computes. No array is changed."""
    kept = dict(tensors)
    derived_positions.leave_out(kept)
    derived_predictions.leave_out(kept)
    return kept


def with_derived(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return the tensors that `without_derived` got, equal to the bit.

    Raises ValueError if the tensors do not fit together.
    """
    every = dict(tensors)
    try:
        derived_positions.compute(every)
        derived_predictions.compute(every)
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"tensors do not fit together: {error}") from error
    return every
