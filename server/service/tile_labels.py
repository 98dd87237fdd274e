"""The labels of a scene in tiles: the label log, and the labels in force as an array on disk.

The log, the rules of undo and the meaning of a gesture are those of a project: the label of an item
is the class of the newest gesture that contains the item and is not undone. Here, an item without
such a gesture has the label of the scene.

The array is mapped into memory, so that millions of labels take no memory of the process. A label
is acknowledged when its event is in the log. The array is written to disk later, and completed from
the log if the server was killed.
"""

import hashlib
import shutil
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import ProjectError, RequestError
from lodespace.project.lock import ProjectLock
from lodespace.protocol import MAX_CLASSES, UNLABELED, ClassInfo, TilesInfo
from lodespace.protocol.item_sets import ClassIds, Items
from lodespace.service.tile_label_files import LabelsBefore, state_of, write_state
from lodespace.session.class_colours import palette_colour
from lodespace.session.commands.undo_by_topic import action_to_undo
from lodespace.session.event_log import EventLog
from lodespace.session.events import (
    AddClassEvent,
    Event,
    Header,
    LabelEvent,
    RedoEvent,
    StoredProvenance,
    UndoEvent,
)
from lodespace.session.undo_log import UndoableAction, UndoLog
from lodespace.tiles.build import LABELS
from lodespace.tiles.folder import INDEX, TILES
from lodespace.tiles.tileset import TILESET, TileTree

LOG = "labels.sqlite"
"""File of the label log."""
SNAPSHOT_EVENTS = 1000
"""Number of events after which the array is written to disk."""


class Done(msgspec.Struct, frozen=True):
    """The effect of a command."""

    sequence: int
    """Number of the command's event."""
    count: int
    """Number of items."""
    class_id: int
    """Class that the items got; UNLABELED for an undo."""


class TileLabels:
    """The labels of N items in a folder, and the log of the gestures that gave them."""

    def __init__(self, folder: Path, scene: Path, info: TilesInfo, tree: TileTree) -> None:
        """Open the labels in `folder`, which is created if it does not exist.

        Args:
            folder: Folder of the labels.
            scene: Folder of the scene.
            info: Metadata of the scene.
            tree: The tiles of the scene.

        Raises:
            ProjectError: The folder has other content, belongs to another scene, or is open in
                another server.
            EventLogError: The label log cannot be read.
            OSError: A file cannot be read or written.
        """
        self.folder, self.tree = folder, tree
        self.classes = list(info.classes)
        """All classes, in the order of their ids."""
        self._given = np.load(scene / INDEX / LABELS, mmap_mode="r", allow_pickle=False)
        self._scene = hashlib.sha256((scene / TILES / TILESET).read_bytes()).hexdigest()
        state = state_of(folder, self._scene)
        self._lock = ProjectLock(folder)
        self.log = EventLog(folder / LOG)
        self.undo_log = UndoLog()
        """The gestures, and who can undo and redo which of them."""
        self.changed = np.zeros(len(tree), np.int64)
        """Number of the newest event that changed a label of each tile (T,); 0 for no change."""
        self.classes_changed = 0
        """Number of the newest event that changed the classes; 0 for no change."""
        self.sequence = 0
        """Number of the newest event."""
        self._before = LabelsBefore(folder, len(self._given))
        self._exact: set[int] = set()
        """Gestures whose file in `_before` is valid: no earlier gesture was undone or
        redone after it was written."""
        self._done: dict[str, Done] = {}
        """Effect of each command, for commands that are repeated."""
        path = folder / LABELS
        undone, rebuild = self._undone(state.sequence)
        self._stored = 0 if rebuild or not path.is_file() else state.sequence
        if self._stored == 0:
            shutil.copyfile(scene / INDEX / LABELS, path)
        self.current: ClassIds = np.load(path, mmap_mode="r+", allow_pickle=False)
        """Class per item (N,), mapped from a file."""
        if not int(tree.end[0]) == len(self.current) == len(self._given):
            raise ProjectError(f"{path} is damaged; remove it, and it is made again from the log")
        self._replay(undone)

    def label(
        self, items: Items, class_id: int, provenance: StoredProvenance, head: Header
    ) -> Done:
        """Label items (K,) as one gesture. Return the effect once the event is on disk.

        Raises EventLogError when the event cannot be written.
        """
        event = self.log.append_now(
            LabelEvent(**head, items=items, class_id=class_id, provenance=provenance)
        )
        assert isinstance(event, LabelEvent)
        self._before.write(event.sequence, items, np.asarray(self.current[items]))
        self.current[items] = class_id
        return self._made(event, self._tiles(items))

    def undo(self, command: protocol.Undo, head: Header) -> Done:
        """Undo a gesture. Return the effect once the undo is on disk.

        Raises RequestError when there is no such gesture, and EventLogError when the event cannot
        be written.
        """
        action = action_to_undo(self.undo_log, command, head["client"])
        items, class_ids = self._without(action)
        event = self.log.append_now(UndoEvent(**head, gesture=action.number))
        assert isinstance(event, UndoEvent)
        self._mark(event, action)
        self.current[items] = class_ids
        return self._note(event, self._tiles(items), Done(event.sequence, len(items), UNLABELED))

    def redo(self, head: Header) -> Done:
        """Redo the gesture that the client undid last. Return the effect once it is on disk.

        Raises RequestError when there is no such gesture, and EventLogError when the event cannot
        be written.
        """
        action = self.undo_log.next_redo(head["client"])
        stored = self._before.read(action.made_by)
        items = self._items(action.number) if stored is None else stored[0]
        newest = action.number > self._newest()
        class_ids = None if newest else self._labels(items, self._standing() | {action.number})
        previous = action.made_by
        event = self.log.append_now(RedoEvent(**head, gesture=action.number))
        assert isinstance(event, RedoEvent)
        self._mark(event, action)
        if newest:
            self._before.write(event.sequence, items, np.asarray(self.current[items]))
        self._before.remove(previous)
        self.current[items] = action.class_id if class_ids is None else class_ids
        done = Done(event.sequence, len(items), action.class_id)
        return self._note(event, self._tiles(items), done)

    def add_class(self, name: str, colour: str | None, head: Header) -> Done:
        """Create a class. Return the effect once the event is on disk. A class cannot be undone.

        Raises RequestError when a class already has the name or there are too many classes, and
        EventLogError when the event cannot be written.
        """
        if any(known.name == name for known in self.classes):
            raise RequestError(
                f"There is a class {name!r} already.", code="class_exists", status=409
            )
        number = len(self.classes)
        if number >= MAX_CLASSES:
            raise RequestError(
                f"There are at most {MAX_CLASSES} classes.", code="too_many_classes", status=409
            )
        event = self.log.append_now(
            AddClassEvent(**head, class_id=number, name=name, colour=colour)
        )
        assert isinstance(event, AddClassEvent)
        return self._add(event)

    def check_class(self, class_id: int) -> None:
        """Raise RequestError unless items can get the class `class_id`."""
        if class_id == UNLABELED:
            return
        if not 0 <= class_id < len(self.classes) or self.classes[class_id].removed:
            raise RequestError(
                f"There is no class {class_id}; create it first.", code="unknown_class", status=404
            )
        if self.classes[class_id].locked:
            raise RequestError(
                f"The class {self.classes[class_id].name!r} is locked.",
                code="class_locked",
                status=409,
            )

    def done(self, command_id: str) -> Done | None:
        """Return the effect of a command; None if the command is not known."""
        return self._done.get(command_id)

    def tiles_changed_since(self, sequence: int) -> list[int]:
        """Return the tiles with a label that changed after the event `sequence`, ascending."""
        return np.flatnonzero(self.changed > sequence).tolist()

    def of_tile(self, tile: int) -> ClassIds:
        """Return the class per item of a tile (K,)."""
        first = int(self.tree.first[tile])
        return self.current[first : first + int(self.tree.count[tile])]

    def close(self) -> None:
        """Write the array to disk, and close the log."""
        try:
            self._save()
        finally:
            self.log.close()
            self._lock.close()

    def _undone(self, stored: int) -> tuple[set[int], bool]:
        """Return the undone gestures, and whether an array with the events up to `stored` has to be
        made again."""
        undone: set[int] = set()
        rebuild = False
        for event in self.log.events():
            if isinstance(event, UndoEvent | RedoEvent):
                (undone.add if isinstance(event, UndoEvent) else undone.discard)(event.gesture)
                # The file of the array may already contain a part of the changes of these events.
                rebuild |= event.sequence > stored
        return undone, rebuild

    def _replay(self, undone: set[int]) -> None:
        """Apply those events of the log to the array of labels that are not in it yet.

        Only gestures that are not undone count, in their order.
        """
        tiles: dict[int, npt.NDArray[np.int64]] = {}
        for event in self.log.events():
            number = event.sequence
            if isinstance(event, LabelEvent):
                tiles[number] = self._tiles(event.items)
                if number not in undone and number > self._stored:
                    self.current[event.items] = event.class_id
                self._made(event, tiles[number])
            elif isinstance(event, AddClassEvent) and event.class_id == len(self.classes):
                self._add(event)
            elif isinstance(event, UndoEvent | RedoEvent) and (
                (action := self.undo_log.actions.get(event.gesture))
                and action.undone == isinstance(event, RedoEvent)
            ):
                class_id = action.class_id if action.undone else UNLABELED
                self._mark(event, action)
                self._note(event, tiles[action.number], Done(number, action.count, class_id))
            else:
                raise ProjectError(
                    f"{self.folder / LOG}: event {number} is not an event of a scene in tiles"
                )

    def _made(self, event: LabelEvent, tiles: npt.NDArray[np.int64]) -> Done:
        """Note a gesture, which changed labels of `tiles` (K,)."""
        count = len(event.items)
        self.undo_log.add(
            UndoableAction.of(event, "label", class_id=event.class_id, count=count),
        )
        self._exact.add(event.sequence)
        return self._note(event, tiles, Done(event.sequence, count, event.class_id))

    def _mark(self, event: UndoEvent | RedoEvent, action: UndoableAction) -> None:
        """Note that a gesture was undone or redone."""
        self._exact = {number for number in self._exact if number < action.number}
        if isinstance(event, UndoEvent):
            self.undo_log.undo(action.number, event.sequence, event.client)
            return
        if action.number > self._newest():
            self._exact.add(action.number)
        self.undo_log.redo(action.number, event.sequence)

    def _add(self, event: AddClassEvent) -> Done:
        number = event.class_id
        colour = event.colour or palette_colour(number)
        self.classes.append(ClassInfo(class_id=number, name=event.name, colour=colour))
        self.classes_changed = event.sequence
        return self._note(event, np.empty(0, np.int64), Done(event.sequence, 0, number))

    def _tiles(self, items: Items) -> npt.NDArray[np.int64]:
        """Return the tiles with any of the items, ascending."""
        bounds = np.searchsorted(items, np.append(self.tree.first, self.tree.end[0]))
        return np.flatnonzero(np.diff(bounds))

    def _note(self, event: Event, tiles: npt.NDArray[np.int64], done: Done) -> Done:
        self.changed[tiles] = event.sequence
        self.sequence = event.sequence
        self._done[event.command_id] = done
        if self.sequence - self._stored >= SNAPSHOT_EVENTS:
            self._save()
        return done

    def _save(self) -> None:
        assert isinstance(self.current, np.memmap)
        self.current.flush()
        write_state(self.folder, self._scene, self.sequence)
        self._stored = self.sequence

    def _standing(self) -> set[int]:
        """Return the numbers of the gestures that are not undone."""
        return {action.number for action in self.undo_log if not action.undone}

    def _newest(self) -> int:
        """Return the number of the newest gesture that is not undone; 0 if there is none."""
        return next((a.number for a in reversed(self.undo_log.actions.values()) if not a.undone), 0)

    def _without(self, action: UndoableAction) -> tuple[Items, ClassIds]:
        """Return the items (K,) of a gesture, and their classes (K,) without the gesture."""
        if action.number in self._exact and action.number == self._newest():
            stored = self._before.read(action.made_by)
            if stored is not None:
                return stored
        items = self._items(action.number)
        return items, self._labels(items, self._standing() - {action.number})

    def _items(self, gesture: int) -> Items:
        """Return the items (K,) of a gesture, from the log."""
        return next(
            event.items
            for event in self.log.events()
            if isinstance(event, LabelEvent) and event.sequence == gesture
        )

    def _labels(self, items: Items, standing: set[int]) -> ClassIds:
        """Return the classes (K,) that the gestures `standing` give to items (K,).

        The gestures are read from the log. Items that none of them labels have the scene's class.
        """
        class_ids = np.array(self._given[items])
        for event in self.log.events():
            if isinstance(event, LabelEvent) and event.sequence in standing:
                class_ids[np.isin(items, event.items, assume_unique=True)] = event.class_id
        return class_ids
