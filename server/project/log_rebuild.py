"""Rebuilding of a label log from all files of a project that contain labels.

The events come from the remaining parts of the log, or else from the recording. An empty gesture
takes the number of each lost event, so the numbers of the other events stay valid. Labels of lost
events come from the next keyframe or snapshot, as one gesture.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.items.item_set import ItemSet
from lodespace.project.recorded_events import event_from
from lodespace.protocol import MAX_CLASSES, UNLABELED, ClassInfo, Settings
from lodespace.recording.salvage import RecordedEvent
from lodespace.session.events import (
    AddClassEvent,
    Event,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    StoredProvenance,
    new_header,
)
from lodespace.session.log_check import carry_out
from lodespace.session.session import AnnotationSession

CLIENT = "repair"
"""Id of the client in the events that a repair makes."""


class Snapshot(NamedTuple):
    """All labels of N items at one time."""

    sequence: int
    """Number of the newest event that the labels include."""
    labels: npt.NDArray[np.int16]
    """Class per item (N,); UNLABELED for an item without a label."""
    verified: npt.NDArray[np.bool_] | None
    """Whether each label is verified (N,); None if the source does not state this."""
    classes: tuple[ClassInfo, ...]
    """All classes; empty if the source does not list the classes."""
    source: str
    """Name of the file, for the report."""


@dataclass
class Sources:
    """Everything that is left of a label log."""

    stored: Mapping[int, Sequence[Event]] = field(default_factory=dict[int, Sequence[Event]])
    """Events from the log's own files, by number. A damaged log can have several versions of an
    event; the most reliable version is the first."""
    recorded: Mapping[int, RecordedEvent] = field(default_factory=dict[int, RecordedEvent])
    """Events in the recording, by number."""
    snapshots: Sequence[Snapshot] = ()
    """Snapshots of all labels, in any order."""
    known: int = 0
    """The highest event number in any file of the project."""


@dataclass
class Rebuilt:
    """A rebuilt label log."""

    events: list[Event] = field(default_factory=list[Event])
    """All events, numbered from 1 without gaps."""
    from_log: int = 0
    """Number of events from the log's own files."""
    from_recording: int = 0
    """Number of events from the recording."""
    lost: dict[int, str] = field(default_factory=dict[int, str])
    """Kind of each lost event, by number: "settings", "pins" or "unknown". "snapshot" stands for an
    event whose labels were found in a snapshot."""
    labels_from: Counter[str] = field(default_factory=Counter[str])
    """Number of labels that come from a keyframe or snapshot, by the name of the file."""

    @property
    def labels_complete(self) -> bool:
        """Whether no label is missing.

        No label is missing if none of the lost events changed a label, or if a snapshot has the
        labels of the lost events.
        """
        return "unknown" not in self.lost.values()


class Rebuilding:
    """Rebuilds the label log of a project.

    Args:
        items: Items of the project.
        settings: Training settings in the project's manifest.
        sources: Everything that is left of the log.
    """

    def __init__(self, items: ItemSet, settings: Settings, sources: Sources) -> None:
        self._items, self._settings, self._sources = items, settings, sources
        self._result = Rebuilt()
        self._session = self._new_session()
        self._commands = set[str]()
        self._free: list[int] = []
        """Numbers of lost events whose labels are still unknown, ascending."""

    def run(self) -> Rebuilt:
        """Return the rebuilt log."""
        snapshots = sorted(self._sources.snapshots, key=lambda snapshot: snapshot.sequence)
        last = max(
            self._sources.known,
            *self._sources.stored,
            *self._sources.recorded,
            *(snapshot.sequence for snapshot in snapshots),
            0,
        )
        waiting = snapshots[::-1]
        for number in range(1, last + 1):
            self._add(number)
            while waiting and waiting[-1].sequence <= number:
                self._agree(waiting.pop())
        return self._result

    def _new_session(self) -> AnnotationSession:
        return AnnotationSession(self._items, settings=self._settings)

    # One event

    def _add(self, number: int) -> None:
        """Add event `number` of the log or the recording.

        If the event is in neither of the two, add an empty gesture.
        """
        for event in self._sources.stored.get(number, ()):
            if self._carried_out(event):
                self._result.from_log += 1
                return
        recorded = self._sources.recorded.get(number)
        event = None if recorded is None else event_from(recorded, self._session)
        if event is not None and self._carried_out(event):
            self._result.from_recording += 1
            return
        told = None if recorded is None else recorded.told
        client = CLIENT if told is None else told.gesture.by
        self._replay([empty_gesture(number, client)])
        kind = "unknown" if told is None else told.gesture.kind
        self._result.lost[number] = {"settings": "settings", "anchor": "pins", "unpin": "pins"}.get(
            kind, "unknown"
        )
        if self._result.lost[number] == "unknown":
            self._free.append(number)

    def _carried_out(self, event: Event) -> bool:
        """Add the classes that `event` needs, then `event`, to the rebuilt log.

        Return whether `event` was added.

        `event` is not added if the rebuilt log already has an event of the same command, or if
        `event` does not fit the state before it.
        """
        if event.command_id in self._commands:
            return False
        self._make_classes(_highest_class(event))
        try:
            carry_out(self._session, event)
        except ValueError:
            if self._session.sequence != len(self._result.events):
                self._start_again()
            return False
        self._keep(event)
        return True

    def _keep(self, event: Event) -> None:
        self._result.events.append(event)
        self._commands.add(event.command_id)

    def _make_classes(self, count: int, known: Sequence[ClassInfo] = ()) -> None:
        """Add classes until there are `count` classes.

        Each class is created by a new event, which gets the sequence number of a lost event. Does
        nothing if there are fewer lost events than missing classes. `known` has the names and
        colours of the first classes.
        """
        missing = range(len(self._session.classes), min(count, MAX_CLASSES))
        if not 0 < len(missing) <= len(self._free):
            return
        for class_id in missing:
            info = known[class_id] if class_id < len(known) else None
            number = self._free.pop(0)
            self._result.events[number - 1] = AddClassEvent(
                **new_header(_command_id(number), CLIENT),
                sequence=number,
                class_id=class_id,
                name=f"class {class_id}" if info is None else info.name,
                colour=None if info is None else info.colour,
            )
        self._start_again()

    def _replay(self, events: Iterable[Event]) -> None:
        for event in events:
            carry_out(self._session, event)
            self._keep(event)

    def _start_again(self) -> None:
        """Carry out all events again in a new session, because one event has been replaced."""
        events, self._result.events = self._result.events, []
        self._commands.clear()
        self._session = self._new_session()
        self._replay(events)

    # Labels of lost events

    def _agree(self, snapshot: Snapshot) -> None:
        """Give the labels of `snapshot` to the items whose labels are lost."""
        if not self._free or len(snapshot.labels) != len(self._items):
            return
        labels = snapshot.labels
        self._make_classes(max(int(labels.max()) + 1, len(snapshot.classes)), snapshot.classes)
        usable = labels < len(self._session.classes)
        items = np.flatnonzero((self._session.labels != labels) & usable).astype(np.uint32)
        if len(items) and self._free:
            number = self._free[-1]
            verified = snapshot.verified is not None and bool(snapshot.verified[items].all())
            self._result.events[number - 1] = LabelEachEvent(
                **new_header(_command_id(number), CLIENT),
                sequence=number,
                items=items,
                class_ids=labels[items].astype(np.int16),
                provenance=StoredProvenance(
                    tool="api",
                    note=f"labels at event {snapshot.sequence}, from {snapshot.source}",
                    verified=verified,
                ),
            )
            self._result.labels_from[snapshot.source] += len(items)
            self._start_again()
        if usable.all():
            for number in self._free:
                self._result.lost[number] = "snapshot"
            self._free.clear()


def empty_gesture(number: int, client: str) -> LabelEvent:
    """Return a gesture that labels nothing, in place of the lost event `number` of `client`."""
    return LabelEvent(
        **new_header(_command_id(number), client),
        sequence=number,
        items=np.empty(0, np.uint32),
        class_id=UNLABELED,
        provenance=StoredProvenance(tool="api", note="lost, see the report of the repair"),
    )


def _command_id(number: int) -> str:
    return f"{CLIENT}-{number:08d}"


def _highest_class(event: Event) -> int:
    """Return the number of classes that must exist before `event`."""
    match event:
        case LabelEvent():
            return event.class_id + 1
        case LabelEachEvent():
            return int(event.class_ids.max(initial=UNLABELED)) + 1
        case AddClassEvent():
            return event.class_id
        case MergeClassEvent():
            return max(event.class_id, event.into) + 1
        case _:
            return 0
