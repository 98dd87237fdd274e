"""Pins: the newest change of each item counts. Many items move by one motion."""

import numpy as np
import pytest

from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.protocol.item_sets import pack
from lodespace.protocol.selection_frames import encode_parts
from lodespace.session.pins import Anchor, Pins, items_and_targets
from lodespace.session.selections import Selections

N = 50
TURN = [0.0, -2.0, 0.0, 1.0, 2.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.5]
"""A motion: a turn about z by 90 degrees, a scale of 2, and a shift."""


def held_one_by_one(changes: list[Anchor], latent_dim: int) -> dict[int, list[float]]:
    """Return the pins after `changes`, computed without NumPy."""
    pins: dict[int, list[float]] = {}
    for items, targets in changes:
        if targets is None and len(items) == 0:
            pins.clear()
        for k, item in enumerate(items.tolist()):
            if targets is None:
                pins.pop(item, None)
            elif targets.shape[1] == latent_dim:
                pins[item] = targets[k].tolist()
    return pins


@pytest.mark.parametrize("seed", range(5))
def test_the_newest_change_of_each_item_counts(seed: int) -> None:
    random = np.random.default_rng(seed)
    pins, changes = Pins(), {}
    for number in range(1, 60):
        count = int(random.integers(0, 20))
        items = np.sort(random.choice(N, count, replace=False)).astype(np.uint32)
        targets = random.normal(size=(count, random.choice([2, 3, 3, 3]))).astype(np.float32)
        changes[number] = Anchor(items, None if random.random() < 0.4 else targets)
        pins.add(number, changes[number])
        if random.random() < 0.3:
            undone = int(random.choice(list(changes)))
            pins.undo(undone)
            if random.random() < 0.5:
                pins.redo(undone)
            else:
                del changes[undone]
        for latent_dim in (2, 3):
            items, targets = pins.held(latent_dim)
            expected = held_one_by_one([changes[n] for n in sorted(changes)], latent_dim)
            assert items.tolist() == sorted(expected)
            assert targets.tolist() == [expected[item] for item in items.tolist()]
            assert targets.shape == (len(items), latent_dim)


def uploaded(packed: bytes) -> Selections:
    selections = Selections(N)
    for part in encode_parts(1, packed):
        selections.receive(part)
    return selections


def drag(**fields: object) -> protocol.Drag:
    return protocol.Drag(selection=1, **fields)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("latent_dim", [2, 3])
def test_a_selection_moves_by_one_motion(latent_dim: int) -> None:
    items = np.arange(0, N, 3, dtype=np.uint32)
    points = np.random.default_rng(0).normal(size=(len(items), 3)).astype(np.float32)
    selections = uploaded(pack(items, points=points))
    found, targets = items_and_targets(drag(moved=TURN), latent_dim, selections)
    x, y, z = points.T
    expected = np.stack([1 - 2 * y, 2 * x - 1, z + 0.5], axis=1)[:, :latent_dim]
    assert np.array_equal(found, items)
    np.testing.assert_allclose(targets, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("packed", "moved"),
    [
        (pack(np.arange(5, dtype=np.uint32)), TURN),
        (pack(np.arange(5, dtype=np.uint32), points=np.zeros((5, 3), np.float32)), None),
        (pack(np.arange(5, dtype=np.uint32), points=np.full((5, 3), 9e3, np.float32)), TURN),
        (pack(np.arange(5, dtype=np.uint32), points=np.full((5, 3), np.nan, np.float32)), TURN),
        (b"no set of items", TURN),
    ],
)
def test_a_wrong_motion_is_refused(packed: bytes, moved: list[float] | None) -> None:
    with pytest.raises(LodespaceError):
        items_and_targets(drag(moved=moved), 3, uploaded(packed))


def test_a_list_needs_one_target_per_item() -> None:
    command = protocol.Drag(items=[1, 2], targets=[(0.0, 0.0, 0.0)])
    with pytest.raises(LodespaceError, match="one target per item"):
        items_and_targets(command, 3, Selections(N))


def test_many_pins_are_packed() -> None:
    few, many = np.arange(5, dtype=np.uint32), np.arange(5000, dtype=np.uint32)
    assert protocol.PinsChanged.of(few) == protocol.PinsChanged(items=few.tolist())
    news = protocol.PinsChanged.of(many)
    assert news.items == [] and len(news.packed) < 100
