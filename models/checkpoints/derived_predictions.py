"""Predictions in a snapshot of many items: stored only where they do not follow from other tensors.

The class probabilities of an item are a weighted mean of two stored arrays, or, for a labelled
item, one row of its own (classification/ensemble.py). Predicted class, confidence, margin and doubt
follow from these probabilities, unless the item has a label. The items for which this is not so are
stored as rows, so the restored tensors are equal to the bit.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from lodespace.models.checkpoints.tensor_file import Array

LEVELS = 255
"""Largest code of a class probability (classification/class_probabilities.py)."""
STEPS = 1 << 20
"""A step is a multiple of 1 / STEPS, so the product of a step and a code is exact in single
precision."""
MOST_ROWS = 0.25
"""Largest share of items that are stored as rows. Above this share, the whole tensors are stored.
In the middle of a sweep, the probabilities of many items do not follow from the other tensors."""
_AT_ONCE = 1 << 16
"""Number of items that are computed at once."""
_MEAN, _LEARNED, _VOICED = "probabilities", "learned_probabilities", "voiced_probabilities"
_CODED = ("codes", "steps")
_BEST = ("prediction", "confidence", "margin", "doubt")
_NEWEST = ("prediction", "confidence")
"""Tensors of a particle loop that are equal to those of the same name in _BEST."""
_ROWS = "rows"

Floats = npt.NDArray[np.floating]
Columns = dict[str, Array]


def leave_out(tensors: dict[str, Array]) -> None:
    """Remove predictions from `tensors` that `compute` restores, and add the rows it needs."""
    if not _have_coded(tensors, _MEAN):
        return
    # The predicted classes are removed first, because they follow from the probabilities.
    best, n = [f"best_{name}" for name in _BEST], len(tensors[f"{_MEAN}_codes"])
    if all(name in tensors and tensors[name].shape == (n,) for name in best):
        if all(_equal(tensors.get(name), tensors[f"best_{name}"]) for name in _NEWEST):
            for name in _NEWEST:
                del tensors[name]
        _leave_out(tensors, "best", best, _best_of(tensors))
    if "learned_weight" in tensors and _have_coded(tensors, _MEAN, _LEARNED, _VOICED):
        _leave_out(tensors, _MEAN, [f"{_MEAN}_{part}" for part in _CODED], _mean_of(tensors))


def compute(tensors: dict[str, Array]) -> None:
    """Restore what `leave_out` removed from `tensors`.

    Raises KeyError, ValueError or IndexError if the tensors do not fit together.
    """
    if f"{_MEAN}.{_ROWS}" in tensors:
        _compute(tensors, _MEAN, _mean_of(tensors))
    if f"best.{_ROWS}" in tensors:
        _compute(tensors, "best", _best_of(tensors))
    if "best_prediction" in tensors and not any(name in tensors for name in _NEWEST):
        tensors |= {name: tensors[f"best_{name}"] for name in _NEWEST}


def _leave_out(
    tensors: dict[str, Array], group: str, names: list[str], computed: Iterator[Columns]
) -> None:
    """Replace the tensors `names` by the rows that differ from the `computed` ones."""
    found, first, n = list[npt.NDArray[np.intp]](), 0, len(tensors[names[0]])
    for columns in computed:
        last = first + len(columns[names[0]])
        differs = np.zeros(last - first, np.bool_)
        for name in names:
            unequal = _bits(columns[name]) != _bits(tensors[name][first:last])
            differs |= unequal.reshape(len(differs), -1).any(axis=1)
        found.append(np.flatnonzero(differs) + first)
        first = last
    rows = np.concatenate(found) if found else np.empty(0, np.intp)
    if len(rows) > MOST_ROWS * n:
        return
    tensors[f"{group}.{_ROWS}"] = rows.astype(np.int32)
    for name in names:
        tensors[f"{group}.{name}"] = tensors.pop(name)[rows]


def _compute(tensors: dict[str, Array], group: str, computed: Iterator[Columns]) -> None:
    parts = list(computed)
    rows = tensors.pop(f"{group}.{_ROWS}")
    for name in parts[0]:
        whole = np.concatenate([columns[name] for columns in parts])
        whole[rows] = tensors.pop(f"{group}.{name}")
        tensors[name] = whole


def _mean_of(tensors: Mapping[str, Array]) -> Iterator[Columns]:
    """Yield codes and steps of the weighted mean, for `_AT_ONCE` items after another."""
    weight, one = np.float32(tensors["learned_weight"].item()), np.float32(1)
    for rows in _blocks(len(tensors[f"{_LEARNED}_codes"])):
        learned, voiced = _decoded(tensors, _LEARNED, rows), _decoded(tensors, _VOICED, rows)
        # The same two formulas as torch.lerp.
        if abs(weight) < 0.5:
            mean = voiced + weight * (learned - voiced)
        else:
            mean = learned - (learned - voiced) * (one - weight)
        steps = np.ceil(mean.max(axis=1) * np.float32(STEPS / LEVELS)).clip(1, STEPS // LEVELS)
        codes = np.rint(mean * (np.float32(STEPS) / steps)[:, None]).clip(0, LEVELS)
        yield {
            f"{_MEAN}_codes": codes.astype(np.uint8),
            f"{_MEAN}_steps": steps.astype(np.int16),
        }


def _best_of(tensors: Mapping[str, Array]) -> Iterator[Columns]:
    """Yield the predictions of items without a label, for `_AT_ONCE` items after another."""
    for rows in _blocks(len(tensors[f"{_MEAN}_codes"])):
        values = _decoded(tensors, _MEAN, rows)
        every, best = np.arange(len(values)), values.argmax(axis=1)
        confidence = values[every, best]
        values[every, best] = 0
        margin = confidence - values.max(axis=1) if values.shape[1] > 1 else confidence
        yield {
            "best_prediction": best.astype(np.int16),
            "best_confidence": confidence,
            "best_margin": margin,
            "best_doubt": np.float32(1) - confidence,
        }


def _decoded(tensors: Mapping[str, Array], name: str, rows: slice) -> Floats:
    codes, steps = (tensors[f"{name}_{part}"][rows] for part in _CODED)
    step = steps.astype(np.float32) / np.float32(STEPS)
    result: Floats = codes.astype(np.float32) * step[:, None]
    return result


def _blocks(n: int) -> Iterator[slice]:
    return (slice(first, first + _AT_ONCE) for first in range(0, n, _AT_ONCE))


def _have_coded(tensors: Mapping[str, Array], *names: str) -> bool:
    """Return whether `tensors` has codes and steps of all arrays `names`, for the same items and
    classes."""
    if any(f"{name}_{part}" not in tensors for name in names for part in _CODED):
        return False
    codes, steps = ([tensors[f"{name}_{part}"] for name in names] for part in _CODED)
    shape = codes[0].shape
    fit = all(each.shape == shape for each in codes)
    return fit and 0 not in shape and all(each.shape == shape[:1] for each in steps)


def _equal(a: Array | None, b: Array) -> bool:
    if a is None or a.dtype != b.dtype or a.shape != b.shape:
        return False
    return bool((_bits(a) == _bits(b)).all())


def _bits(values: Array) -> Array:
    """Return `values` as integers, because 0.0 and -0.0 are equal as numbers."""
    return values.view(np.int32) if values.dtype == np.float32 else values
