"""The labels of the items, computed from all gestures. Pure state: equal events give equal labels.

The label of an item is the class of the newest gesture that contains the item and is not undone. If
there is no such gesture, the item is UNLABELED. The same gesture also determines whether the item
is verified. An undo can therefore remove any gesture, not only the newest: later gestures of other
clients on the same items keep their effect. undo_log.py lists what a client can undo.
"""

import itertools
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.session.events import Items, Seen

RowNumbers = npt.NDArray[np.integer]
_COLUMNS = ("number", "below", "above", "class_id", "verified", "accepted", "undone")


class GestureRecord(msgspec.Struct, gc=False):
    """One gesture that labels items.

    With `gc=False`, Python's garbage collector does not visit records. No record is in a reference
    cycle, so the collector is not needed.
    """

    number: int
    """Sequence number of the event of the gesture."""
    class_id: int
    """Class that all items got; UNLABELED if labels were removed, or if `class_ids` is set."""
    items: npt.NDArray[np.uint32]
    """Numbers of the items (K,), ascending."""
    client: str
    """Id of the client that made the gesture."""
    at: float
    """Time of the gesture, in seconds since the Unix epoch."""
    revision: int
    """Revision of the positions that the client saw."""
    tool: str
    """Name of the tool that chose the items."""
    class_ids: npt.NDArray[np.int16] | None = None
    """Class of each item (K,); None if all items have the class `class_id`."""
    verified: bool = False
    """Whether the annotator looked at each item."""
    accepted: bool = False
    """Whether the gesture accepted predictions, without a look at each item."""
    undone: bool = False
    """Whether the gesture is currently undone."""
    blind: bool = False
    """Whether each label is hidden until another person has labelled the item, too."""
    hidden: npt.NDArray[np.bool_] | None = None
    """Whether the label of each item of a blind gesture is currently hidden or undone (K,)."""
    seen: Seen | None = None
    """State of the items before the sheet was confirmed; None if the gesture confirmed no sheet."""
    first: int = 0
    """Row of the first item in the table of LabelHistory. LabelHistory sets this field."""

    @property
    def rows(self) -> slice:
        """Rows of this gesture's items in the table of LabelHistory."""
        return slice(self.first, self.first + len(self.items))

    def shown(self) -> "GestureRecord | None":
        """Return the gesture with those items whose labels are neither undone nor hidden; None if
        there are none."""
        if self.hidden is None or not self.hidden.any():
            return None if self.undone else self
        if self.hidden.all():
            return None
        class_ids = None if self.class_ids is None else self.class_ids[~self.hidden]
        return msgspec.structs.replace(self, items=self.items[~self.hidden], class_ids=class_ids)

    def classes(self) -> list[int]:
        """Return the classes that the gesture gave, ascending, without UNLABELED."""
        given = [self.class_id] if self.class_ids is None else np.unique(self.class_ids).tolist()
        return [class_id for class_id in given if class_id != UNLABELED]


class _Rows:
    """A table with one row per item of each gesture, in the order of the gestures.

    `number`, `below` and `above` are stored with 32 bits, so that a row has only 17 bytes. A
    gesture of a million items takes 17 MB.

    Row 0 belongs to no gesture. It stands for the state before the oldest gesture of each item.
    """

    def __init__(self) -> None:
        self.number = np.zeros(1, np.int32)
        """Number of the gesture."""
        self.below = np.zeros(1, np.int32)
        """Row of the previous gesture on the same item; 0 if there is no previous gesture.

        Undone gestures count too.
        """
        self.above = np.zeros(1, np.int32)
        """Row of the next gesture on the same item; 0 if there is no next gesture.

        Undone gestures count too.
        """
        self.class_id = np.full(1, UNLABELED, np.int16)
        """Class that the item got."""
        self.verified = np.zeros(1, np.bool_)
        """Whether the annotator looked at the item."""
        self.accepted = np.zeros(1, np.bool_)
        """Whether the class is an accepted prediction."""
        self.undone = np.zeros(1, np.bool_)
        """Whether the gesture is undone."""
        self._used = 1

    def append(self, records: Sequence[GestureRecord]) -> slice:
        """Add the rows of `records`, without links to other rows. Returns the new rows."""
        lengths = [len(record.items) for record in records]
        ends = np.cumsum([self._used, *lengths]).tolist()
        self._reserve(ends[-1])
        new = slice(self._used, ends[-1])
        self.number[new] = np.repeat([record.number for record in records], lengths)
        self.class_id[new] = np.repeat([record.class_id for record in records], lengths)
        self.verified[new] = np.repeat([record.verified for record in records], lengths)
        self.accepted[new] = np.repeat([record.accepted for record in records], lengths)
        for record, first in zip(records, ends[:-1], strict=True):
            record.first = first
            if record.class_ids is not None:
                self.class_id[record.rows] = record.class_ids
        self._used = new.stop
        return new

    def _reserve(self, count: int) -> None:
        """Enlarge the arrays to at least `count` rows.

        An enlarged array has at least twice its previous size, so that arrays are rarely copied.
        """
        size = len(self.number)
        if count > size:
            for name in _COLUMNS:
                column = getattr(self, name)
                more = np.zeros(max(count - size, size), column.dtype)
                setattr(self, name, np.concatenate([column, more]))

    def standing(self, rows: RowNumbers, links: RowNumbers) -> RowNumbers:
        """For each of `rows` (K,), return the first row (K,) whose gesture is not undone.

        The search starts at the row itself, and follows `links` (`below` or `above`) to further
        rows.
        """
        found = rows.copy()
        waiting = np.flatnonzero(self.undone[found])
        while len(waiting):
            found[waiting] = links[found[waiting]]
            waiting = waiting[self.undone[found[waiting]]]
        return found


class LabelHistory:
    """Labels of N items.

    Each array has one value per item. `labels` (int16) are the classes. `owner` (int64) is the
    number of the gesture that gave the label, or 0 if no gesture gave the label. `verified` (bool)
    states whether the annotator looked at the item in that gesture. `accepted` (bool) states
    whether that gesture accepted predictions.
    """

    def __init__(self, n: int) -> None:
        self.labels = np.full(n, UNLABELED, np.int16)
        self.owner = np.zeros(n, np.int64)
        self.verified = np.zeros(n, np.bool_)
        self.accepted = np.zeros(n, np.bool_)
        self.gestures: dict[int, GestureRecord] = {}
        self.marks = 0
        """Number of undos and redos so far."""
        self._newest = np.zeros(n, np.int32)  # row of the newest gesture that contains the item
        self._rows = _Rows()
        self._prepared = slice(1, 1)  # rows of the prepared gestures
        self._records: Sequence[GestureRecord] = ()  # the prepared gestures
        self._end = 1  # first free row: the rows before it belong to gestures that were added
        self._before = np.empty(0, np.int16)  # label before the gesture, per prepared row

    def grow(self, n: int) -> None:
        """Continue with `n` items. The added items, which are the last ones, have no label."""
        more = n - len(self.labels)
        self.labels = np.pad(self.labels, (0, more), constant_values=UNLABELED)
        self.owner = np.pad(self.owner, (0, more))
        self.verified = np.pad(self.verified, (0, more))
        self.accepted = np.pad(self.accepted, (0, more))
        self._newest = np.pad(self._newest, (0, more))

    @property
    def touched(self) -> npt.NDArray[np.bool_]:
        """Per item, whether a gesture contains the item, also if it was undone (N,)."""
        return self._newest != 0

    def gestures_on(self, item: int) -> list[int]:
        """Return the gestures whose labels of `item` are neither undone nor hidden, newest
        first."""
        rows = self._rows
        return [int(rows.number[row]) for row in self._chain(item) if not rows.undone[row]]

    def rows_on(self, item: int) -> Iterator[tuple[int, int]]:
        """Yield all gestures that contain `item`, newest first, also undone and hidden ones: the
        number of the gesture, and the class that the item got."""
        rows = self._rows
        return ((int(rows.number[row]), int(rows.class_id[row])) for row in self._chain(item))

    def _chain(self, item: int) -> Iterator[int]:
        row = int(self._newest[item])
        while row:
            yield row
            row = int(self._rows.below[row])

    def add(self, record: GestureRecord) -> Items:
        """Add a gesture that is newer than all others. Returns the items whose label changed."""
        self.prepare([record])
        self.add_prepared(record)
        return self.changes()[0]

    def prepare(self, records: Sequence[GestureRecord]) -> None:
        """Do most of the work of `add` for `records` in one step.

        `records` are sorted, oldest first, and newer than all added gestures. The caller then adds
        the gestures one by one with `add_prepared`. Between two calls of `add_prepared`, other
        gestures can be undone and redone. Until the last gesture is added, `labels` is not valid.
        At the end, `changes` returns the changes. One step for all gestures is faster, because
        NumPy takes about as long for the 20 items of a gesture as for 1,000 items.
        """
        rows = self._rows
        new = self._prepared = rows.append(records)
        self._records = records
        items = np.concatenate([record.items for record in records]).astype(np.intp)
        order = np.arange(len(items))
        if len(records) > 1:  # the items of a single gesture are ascending
            # Sort by item, then by gesture. A stable argsort of 20,000 items would take four times
            # as long.
            order = np.sort(items << 32 | order) & 0xFFFFFFFF
        again = items[order[1:]] == items[order[:-1]]  # several of the gestures contain the item
        earlier, later = order[:-1][again], order[1:][again]
        below, before = self._newest[items], self.labels[items]
        below[later], before[later] = new.start + earlier, rows.class_id[new][earlier]
        rows.below[new], self._before = below, before
        rows.above[below] = np.arange(new.start, new.stop)
        rows.above[0] = 0
        is_last = np.ones(len(order), np.bool_)
        is_last[:-1] = ~again
        last = order[is_last]
        self._newest[items[last]] = new.start + last
        self._give(items[last], new.start + last)

    def add_prepared(self, record: GestureRecord) -> None:
        """Add the next of the gestures that `prepare` has received."""
        self.gestures[record.number] = record
        self._end = record.first + len(record.items)

    def changes(self) -> list[Items]:
        """Return the items whose label changed, as one array per gesture.

        The gestures are those of the last call of `prepare`.
        """
        changed = self._rows.class_id[self._prepared] != self._before
        items = np.concatenate([record.items for record in self._records])[changed]
        counts = np.concatenate([[0], np.cumsum(changed)])
        ends = counts[np.cumsum([0, *(len(record.items) for record in self._records)])].tolist()
        return [items[start:end] for start, end in itertools.pairwise(ends)]

    def undo(self, number: int) -> Items:
        """Undo gesture `number`. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = True
        return self._mark(record, undone=True)

    def redo(self, number: int) -> Items:
        """Redo gesture `number`. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        return self._mark(record, undone=False)

    def hide(self, record: GestureRecord, hidden: npt.NDArray[np.bool_]) -> None:
        """Hide the labels of some items (K,) of a blind gesture, and show those of the others."""
        assert record.hidden is not None
        before, record.hidden = record.hidden, hidden
        for undone in (True, False):
            which = np.flatnonzero((hidden == undone) & (before != undone))
            if len(which):
                self._mark(record, undone=undone, which=which)

    def _mark(
        self,
        record: GestureRecord,
        *,
        undone: bool,
        which: "npt.NDArray[np.intp] | slice" = slice(None),
    ) -> Items:
        """Undo or redo the labels at the places `which` of a gesture. Returns the items whose label
        changed."""
        rows = self._rows
        self.marks += 1
        own = np.arange(record.rows.start, record.rows.stop)[which]
        rows.undone[own] = undone
        above = rows.standing(rows.above[own], rows.above)
        # An item is covered if a newer gesture determines its label. A prepared gesture covers
        # items only after it was added.
        uncovered = (above == 0) | (above >= self._end)
        items, above, own = record.items[which][uncovered], above[uncovered], own[uncovered]
        below = rows.standing(rows.below[own], rows.below)
        old, new = (own, below) if undone else (below, own)
        class_ids = rows.class_id[new]
        prepared = above > 0
        self._before[above[prepared] - self._prepared.start] = class_ids[prepared]
        newest = ~prepared
        self._give(items[newest].astype(np.intp), new[newest])
        return items[class_ids != rows.class_id[old]]

    def _give(self, items: npt.NDArray[np.intp], rows: RowNumbers) -> None:
        """Set labels: `items[i]` gets the label in row `rows[i]`. Both arrays are (M,)."""
        self.labels[items] = self._rows.class_id[rows]
        self.owner[items] = self._rows.number[rows]
        self.verified[items] = self._rows.verified[rows]
        self.accepted[items] = self._rows.accepted[rows]
