"""Sizes of units of work, chosen from the number of items.

A unit of work takes 20 to 50 ms on a slow core. A turn of the training loop also does work for all
N items (a round of forces, a frame), which takes 1 ms per 1,000 items. If a pass over all items had
a number of units proportional to N, this work would take a time proportional to N squared. So a
pass has at most UNITS_PER_PASS units. With many items, a turn does several short units.

The sizes depend on the number of items and never on a clock, so the same seed gives the same bytes
on a fast and on a slow machine.
"""

UNITS_PER_PASS = 32
"""Largest number of units of a pass over all items. With a million items, a unit predicts 32,000
items in about 0.5 s. The same turn computes forces and a frame for all items."""
FASTER = {"image": 1, "vector": 4}
"""Factor for the number of items in a unit of work that only passes them through a network. A pass
of 1,000 vectors takes 1 ms, and a pass of 1,000 pictures 15 ms."""
MOST_VECTORS = 32_000
"""The factor FASTER is reduced, so that a unit has at most this number of items. With a million
vectors, a unit with the factor 4 took 0.15 s, during which the map could not move."""
ITEMS_PER_SHORT_UNIT = {"image": 25_000, "vector": 10_000}
"""For this number of items, a round of forces takes about as long as a network's batch. A batch of
vectors takes about 5 ms, a batch of pictures 17 ms."""

ITEMS_PER_SHORT_UNIT_LIVE = 75_000
"""Value that replaces ITEMS_PER_SHORT_UNIT while representatives move. A turn takes less time then,
because forces do not act on the other items. With 100,000, the first prediction of a million items
came after 8.7 s instead of 7.3 s, at the same 11 frames a second (two threads)."""


def items_per_unit(n: int, at_once: int) -> int:
    """Return the number of items that one unit of a pass over `n` items treats.

    The result is a multiple of `at_once`, the number of items that fit into one batch.
    """
    batches = -(-n // at_once)
    return at_once * max(1, -(-batches // UNITS_PER_PASS))


def items_of_network(per_unit: int, kind: str) -> int:
    """Return the number of items in a unit that passes them through a network only.

    Args:
        per_unit: number of items in a unit with more work per item.
        kind: kind of the items, "image" or "vector".
    """
    return per_unit * max(1, min(FASTER[kind], MOST_VECTORS // per_unit))


def short_units_per_turn(n: int, kind: str, *, live: bool = False) -> int:
    """Return the number of short units in a turn: units whose time does not grow with the number of
    items `n`.

    `kind` is the kind of the items: "image" or "vector". With `live`, the turn moves only
    representatives (layout/representatives.py) by forces.
    """
    return max(1, n // (ITEMS_PER_SHORT_UNIT_LIVE if live else ITEMS_PER_SHORT_UNIT[kind]))


def is_power_of_two(count: int) -> bool:
    """Return whether `count` is 1, 2, 4, 8, ...

    If work for all items is repeated only at these counts of units, a pass repeats it at most 1 +
    log2 UNITS_PER_PASS times.
    """
    return count > 0 and count & (count - 1) == 0
