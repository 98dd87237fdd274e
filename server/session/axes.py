"""The named axes of a session. Along a named axis, the map shows the values of a column.

An axis can also show two groups of items, one at each end. This module computes the place of each
item along an axis, the ticks, and the correlation of the map with the values. It is pure state:
equal events on equal data give equal axes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.items.item_set import ItemSet
from lodespace.models.hidden_values import LEAST_VALUES, hidden_values, rank_correlation
from lodespace.protocol.axes import AxisLetter
from lodespace.session.axis_scale import AxisScale
from lodespace.session.events import Items, RemoveAxisEvent, SetAxisEvent

if TYPE_CHECKING:
    from lodespace.items.column_values import ColumnValues

LETTERS: tuple[AxisLetter, ...] = ("x", "y", "z")
MAX_ORDERED = 12
"""Largest number of categories that are shown in their natural order along an axis."""
LEAST_LENGTH = 0.25
"""Smallest length of an axis with ticks, in latent units. The length of an axis is the distance on
the map for one standard deviation of the values. On a shorter axis, the points do not show the
values yet."""

LeftOut = Sequence[tuple[int, float]]
"""Per axis, the number of items with a left-out prediction, and the rank correlation of these
predictions with the values. A left-out prediction does not use the item's own value."""


class AxisSource(NamedTuple):
    """Content of an axis: the values of a column, or two groups of items."""

    name: str
    """Name of the axis."""
    column: str
    """Column of the table; empty for two groups."""
    category: str
    """Category that is compared with all others; empty if the axis shows all values."""
    few: Items
    """Items with little of the value, (K,); empty for a column."""
    many: Items
    """Items with much of the value, (L,); empty for a column."""

    @classmethod
    def of(cls, event: SetAxisEvent) -> "AxisSource":
        """Return the content of the axis that `event` sets."""
        return cls(event.name, event.column, event.category, event.few, event.many)


class CarriedAxis(NamedTuple):
    """An axis with its values."""

    letter: AxisLetter
    """The axis."""
    source: AxisSource
    """Content of the axis."""
    scale: AxisScale
    """Place of each item, and ticks."""

    @property
    def dimension(self) -> int:
        """Index of the axis among the dimensions of the map: 0, 1 or 2."""
        return LETTERS.index(self.letter)


def axis_scale(items: ItemSet, source: AxisSource) -> AxisScale:
    """Return the scale of `source`: the place of each of `items` along the axis, and the ticks.

    Raises:
        RequestError: The values cannot be shown along an axis. The message states the reason.
    """
    if not source.column:
        return _scale_of_groups(len(items), source)
    from lodespace.items.column_values import column_values  # pyarrow takes 0.1 s to import

    known = None if items.table is None else column_values(items.table, source.column)
    if known is None:
        raise _no_column(items, source.column)
    texts = known.categories
    if source.category:
        if source.category not in texts:
            raise _refused(f"the column “{source.column}” has no category “{source.category}”")
        chosen = known.numbers == texts.index(source.category)
        others = ~chosen & ~np.isnan(known.numbers)
        _check_sides(others, chosen)
        return AxisScale.of_two_sides(others, chosen, ("others", source.category))
    _check_values(source.column, known)
    return AxisScale.of_column(known)


def _scale_of_groups(n_items: int, source: AxisSource) -> AxisScale:
    low, high = np.zeros(n_items, np.bool_), np.zeros(n_items, np.bool_)
    low[source.few], high[source.many] = True, True
    if (low & high).any():
        raise _refused("an item is in both selections; choose two selections without common items")
    _check_sides(low, high)
    return AxisScale.of_two_sides(low, high, ("few", "many"))


def _check_sides(low: npt.NDArray[np.bool_], high: npt.NDArray[np.bool_]) -> None:
    least = LEAST_VALUES // 2
    if min(low.sum(), high.sum()) < least:
        raise _refused(
            f"an axis needs at least {least} items on each side; there are {low.sum():,} at the "
            f"low end and {high.sum():,} at the high end"
        )


def _no_column(items: ItemSet, name: str) -> RequestError:
    if items.table is None or name not in items.table.columns:
        return _refused(f"there is no column “{name}”")
    return _refused(
        f"the column “{name}” has no values that an axis can show; an axis needs numbers, dates, "
        "or categories that several items share"
    )


def _check_values(name: str, column: "ColumnValues") -> None:
    numbers = column.numbers[~np.isnan(column.numbers)]
    if len(numbers) < LEAST_VALUES:
        raise _refused(
            f"the column “{name}” has {len(numbers)} values; an axis needs at least {LEAST_VALUES}"
        )
    if (numbers == numbers[0]).all():
        raise _refused(f"all values of the column “{name}” are equal")
    if len(column.categories) > MAX_ORDERED:
        raise _refused(
            f"the column “{name}” has {len(column.categories)} categories; an axis shows at most "
            f"{MAX_ORDERED} in order, or one category against all others"
        )


def _refused(reason: str) -> RequestError:
    return RequestError(reason, code="bad_axis")


class AxisHistory:
    """All changes of axes by event number, and the current axes, which follow from them.

    A change that is undone has no effect on the current axes.
    """

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._changes: dict[int, tuple[AxisLetter, AxisSource | None]] = {}
        self._current: dict[AxisLetter, AxisSource] = {}
        self._scales: dict[AxisLetter, tuple[AxisSource, AxisScale | None]] = {}
        self.shown: list[protocol.NamedAxis] = []
        """The axes as clients show them (`measure`)."""

    def grow(self, items: ItemSet) -> None:
        """Continue with more items. The places of all items are computed again."""
        self._items = items
        self._scales.clear()
        self._describe()

    def add(self, event: SetAxisEvent | RemoveAxisEvent) -> None:
        """Add the change of an event that is newer than all others."""
        source = AxisSource.of(event) if isinstance(event, SetAxisEvent) else None
        self._changes[event.sequence] = (event.axis, source)
        self._change(event.axis, source)
        self._describe()

    def rebuild(self, stands: Callable[[int], bool]) -> None:
        """Compute the current axes from all changes that are not undone.

        `stands(number)` returns whether the change of event `number` is not undone.
        """
        self._current = {}
        for number, (letter, source) in self._changes.items():
            if stands(number):
                self._change(letter, source)
        self._describe()

    def _change(self, letter: AxisLetter, source: AxisSource | None) -> None:
        if source is None:
            self._current.pop(letter, None)
        else:
            self._current[letter] = source

    def source(self, letter: AxisLetter) -> AxisSource | None:
        """Return the content of the axis; None if nothing is shown along the axis."""
        return self._current.get(letter)

    def carried(self) -> list[CarriedAxis]:
        """Return all axes with their values, in the order x, y, z.

        An axis is left out if its values cannot be used, for example because the data were imported
        again without the column.
        """
        found = list[CarriedAxis]()
        for letter in LETTERS:
            source = self._current.get(letter)
            scale = None if source is None else self._scale(letter, source)
            if source is not None and scale is not None:
                found.append(CarriedAxis(letter, source, scale))
        return found

    def _scale(self, letter: AxisLetter, source: AxisSource) -> AxisScale | None:
        known = self._scales.get(letter)
        if known is None or known[0] is not source:
            try:
                known = (source, axis_scale(self._items, source))
            except RequestError:
                known = (source, None)
            self._scales[letter] = known
        return known[1]

    def inputs(self) -> tuple[list[int], npt.NDArray[np.float32]]:
        """Return the dimensions of the A axes, and the place of each item on each axis, (N, A)."""
        carried = self.carried()
        values = [axis.scale.places for axis in carried]
        empty = np.empty((len(self._items), 0), np.float32)
        stacked = np.stack(values, axis=1) if values else empty
        return [axis.dimension for axis in carried], stacked

    # Shown axes -------------------------------------------------------------------------------

    def _describe(self) -> None:
        """Show the current axes: changed axes without ticks, the others with their known ticks."""
        known = {(axis.axis, axis.name, axis.column): axis for axis in self.shown}
        described = [_described(axis) for axis in self.carried()]
        self.shown = [known.get((new.axis, new.name, new.column), new) for new in described]

    def measure(self, latent_mean: npt.NDArray[np.floating], left_out: LeftOut) -> bool:
        """Compute ticks and correlations on the shown points (N, D).

        `left_out` is the trainer's report on left-out predictions (`LeftOut`). It has one entry per
        axis, or it is empty. Returns whether anything changed.
        """
        carried = self.carried()
        new = [
            _measured(axis, latent_mean, left_out[k] if len(left_out) == len(carried) else None)
            for k, axis in enumerate(carried)
        ]
        changed = new != self.shown
        self.shown = new
        return changed


def _described(axis: CarriedAxis) -> protocol.NamedAxis:
    return protocol.NamedAxis(
        axis=axis.letter,
        name=axis.source.name,
        column=axis.source.column,
        known=int((~np.isnan(axis.scale.places)).sum()),
        ticks=[],
        correlation=None,
        n=0,
        hidden=False,
    )


def _measured(
    axis: CarriedAxis,
    latent_mean: npt.NDArray[np.floating],
    left_out: tuple[int, float] | None,
) -> protocol.NamedAxis:
    described = _described(axis)
    if axis.dimension >= latent_mean.shape[1]:
        return described
    places, along = axis.scale.places, latent_mean[:, axis.dimension]
    hidden = hidden_values(places)
    trained = ~np.isnan(places) & ~hidden
    if hidden.any():
        described.hidden, described.n = True, int(hidden.sum())
        described.correlation = round(rank_correlation(along[hidden], places[hidden]), 3)
    elif left_out is not None:
        described.n, described.correlation = left_out[0], round(left_out[1], 3)
    # Training pulls each item to `origin + length * place`. This fit of `length` and `origin` to
    # the points therefore states where each value is on the map.
    place = places[trained].astype(np.float64)
    off = place - place.mean()
    length = float(off @ along[trained] / max(1e-12, float(off @ off)))
    if length >= LEAST_LENGTH:
        origin = float(along[trained].mean()) - length * float(place.mean())
        described.ticks = [
            protocol.AxisTick(at=round(origin + length * tick.place, 3), text=tick.text)
            for tick in axis.scale.ticks
        ]
    return described
