"""The labels of a scene in tiles: the label log, and the labels in force as an array on disk.

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

from lodespace.errors import ProjectError, ProtocolError, RequestError
from lodespace.files import atomic_write
from lodespace.json_input import JsonError, json_of
from lodespace.project.lock import ProjectLock
from lodespace.protocol import MAX_CLASSES, UNLABELED, ClassInfo, TilesInfo
from lodespace.protocol.item_sets import ClassIds, Items, pack, unpack
from lodespace.session.classes import palette_colour
from lodespace.session.event_log import EventLog
from lodespace.session.events import (
    AddClassEvent,
    Event,
    Header,
    LabelEvent,
    StoredProvenance,
    UndoEvent,
)
from lodespace.tiles.build import LABELS
from lodespace.tiles.folder import INDEX, TILES
from lodespace.tiles.tileset import TILESET, TileTree

STATE = "tiles.json"
"""File that names the scene, and the newest event that the array contains."""
LOG = "labels.sqlite"
"""File of the label log."""
BEFORE = "before"
"""Folder with a file per gesture: the classes that its items had before the gesture."""
SNAPSHOT_EVENTS = 1000
"""Number of events after which the array is written to disk."""
FORMAT = 1


class _State(msgspec.Struct, kw_only=True):
    format: int
    scene: str
    sequence: int


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
        state = _state_of(folder, self._scene)
        self._lock = ProjectLock(folder)
        self.log = EventLog(folder / LOG)
        self.changed = np.zeros(len(tree), np.int64)
        """Number of the newest event that changed a label of each tile (T,); 0 for no change."""
        self.sequence = 0
        """Number of the newest event."""
        self._gestures: list[int] = []
        """Numbers of the gestures that are not undone, oldest first."""
        self._done: dict[str, Done] = {}
        """Effect of each command, for commands that are repeated."""
        path = folder / LABELS
        undone = self._undone(state.sequence)
        self._stored = 0 if undone.rebuild or not path.is_file() else state.sequence
        if self._stored == 0:
            shutil.copyfile(scene / INDEX / LABELS, path)
        self.current: ClassIds = np.load(path, mmap_mode="r+", allow_pickle=False)
        """Class per item (N,), mapped from a file."""
        if not int(tree.end[0]) == len(self.current) == len(self._given):
            raise ProjectError(f"{path} is damaged; remove it, and it is made again from the log")
        self._replay(undone.gestures)

    def label(
        self, items: Items, class_id: int, provenance: StoredProvenance, head: Header
    ) -> Done:
        """Label items (K,) as one gesture. When the event is on disk, return the effect.

        Raises EventLogError when the event cannot be written.
        """
        event = self.log.append_now(
            LabelEvent(**head, items=items, class_id=class_id, provenance=provenance)
        )
        self._write_before(event.sequence, items)
        self.current[items] = class_id
        self._gestures.append(event.sequence)
        return self._note(event, self._tiles(items), Done(event.sequence, len(items), class_id))

    def undo(self, head: Header) -> Done:
        """Undo the newest gesture that is not undone. When this is on disk, return the effect.

        Raises RequestError when there is no such gesture, EventLogError when the event cannot be
        written.
        """
        if not self._gestures:
            raise RequestError("There is nothing to undo.", code="nothing_to_undo", status=409)
        gesture = self._gestures[-1]
        items, classes = self._before(gesture)
        event = self.log.append_now(UndoEvent(**head, gesture=gesture))
        self._gestures.pop()
        self.current[items] = classes
        return self._note(event, self._tiles(items), Done(event.sequence, len(items), UNLABELED))

    def add_class(self, name: str, colour: str | None, head: Header) -> Done:
        """Create a class. When the event is on disk, return the effect. A class cannot be undone.

        Raises RequestError when a class has the name, or there are too many classes, EventLogError
        when the event cannot be written.
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

    def _undone(self, stored: int) -> "_Undone":
        """Return the undone gestures, for an array that contains the events up to `stored`."""
        events = [e for e in self.log.events() if isinstance(e, UndoEvent)]
        # The system may have written a part of the array after an undone gesture.
        rebuild = any(e.sequence > stored for e in events)
        return _Undone({e.gesture for e in events}, rebuild)

    def _replay(self, undone: set[int]) -> None:
        """Apply the events of the log that the array does not contain.

        Only the newest gesture that is not undone can be undone. So the labels are those of the
        gestures that are not undone, in order.
        """
        tiles: dict[int, npt.NDArray[np.int64]] = {}
        counts: dict[int, int] = {}
        for event in self.log.events():
            number = event.sequence
            if isinstance(event, LabelEvent):
                tiles[number], counts[number] = self._tiles(event.items), len(event.items)
                if number not in undone:
                    self._gestures.append(number)
                    if number > self._stored:
                        self.current[event.items] = event.class_id
                self._note(event, tiles[number], Done(number, counts[number], event.class_id))
            elif isinstance(event, AddClassEvent) and event.class_id == len(self.classes):
                self._add(event)
            elif isinstance(event, UndoEvent) and event.gesture in tiles:
                done = Done(number, counts[event.gesture], UNLABELED)
                self._note(event, tiles[event.gesture], done)
            else:
                raise ProjectError(
                    f"{self.folder / LOG}: event {number} is not an event of a scene in tiles"
                )

    def _add(self, event: AddClassEvent) -> Done:
        number = event.class_id
        colour = event.colour or palette_colour(number)
        self.classes.append(ClassInfo(class_id=number, name=event.name, colour=colour))
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
        state = _State(format=FORMAT, scene=self._scene, sequence=self.sequence)
        atomic_write(self.folder / STATE, msgspec.json.encode(state))
        self._stored = self.sequence

    def _write_before(self, sequence: int, items: Items) -> None:
        """Store the labels of items before a gesture. If this fails, an undo reads the log."""
        try:
            (self.folder / BEFORE).mkdir(exist_ok=True)
            packed = pack(items, np.asarray(self.current[items]))
            atomic_write(self.folder / BEFORE / str(sequence), packed, sync=False)
        except OSError:
            return

    def _before(self, gesture: int) -> tuple[Items, ClassIds]:
        """Return the items of a gesture (K,), and their classes before the gesture (K,)."""
        try:
            packed = (self.folder / BEFORE / str(gesture)).read_bytes()
            stored = unpack(packed, len(self.current))
            if stored.class_ids is not None:
                return stored.items, stored.class_ids
        except (OSError, ProtocolError):
            pass
        items = next(
            e.items
            for e in self.log.events()
            if isinstance(e, LabelEvent) and e.sequence == gesture
        )
        classes = np.array(self._given[items])
        kept = set(self._gestures)
        for event in self.log.events():
            if (
                isinstance(event, LabelEvent)
                and event.sequence in kept
                and event.sequence < gesture
            ):
                classes[np.isin(items, event.items)] = event.class_id
        return items, classes


class _Undone(msgspec.Struct):
    gestures: set[int]
    rebuild: bool


def _state_of(folder: Path, scene: str) -> _State:
    """Return the state in a folder of labels, which is created if needed."""
    path = folder / STATE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            if any(folder.iterdir()):
                raise ProjectError(
                    f"{folder} has other content; give another folder with --project"
                )
            state = _State(format=FORMAT, scene=scene, sequence=0)
            atomic_write(path, msgspec.json.encode(state))
            return state
        state = json_of(path.read_bytes(), _State)
    except JsonError as error:
        raise ProjectError(f"{path} is damaged: {error}") from error
    if state.format > FORMAT or state.scene != scene:
        raise ProjectError(
            f"{folder} has the labels of another scene; give another folder with --project"
        )
    return state
