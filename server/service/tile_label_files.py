"""Files beside the label log of a scene in tiles: its state, and the labels before each gesture."""

from pathlib import Path

import msgspec

from lodespace.errors import ProjectError, ProtocolError
from lodespace.files import atomic_write
from lodespace.json_input import JsonError, json_of
from lodespace.protocol.item_sets import ClassIds, Items, pack, unpack

STATE = "tiles.json"
"""File that names the scene, and the newest event that the array contains."""
BEFORE = "before"
"""Folder with a file per gesture: the classes that its items had before the gesture."""
FORMAT = 1


class State(msgspec.Struct, kw_only=True):
    """Content of STATE."""

    format: int
    """Version of the files."""
    scene: str
    """SHA-256 of the scene's tileset.json."""
    sequence: int
    """Number of the newest event that the array of labels contains."""


def state_of(folder: Path, scene: str) -> State:
    """Return the state in a folder of labels, which is created if needed.

    Raises ProjectError when the folder has other content, or the labels of another scene.
    """
    path = folder / STATE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            if any(folder.iterdir()):
                raise ProjectError(
                    f"{folder} has other content; give another folder with --project"
                )
            return write_state(folder, scene, 0)
        state = json_of(path.read_bytes(), State)
    except JsonError as error:
        raise ProjectError(f"{path} is damaged: {error}") from error
    if state.format > FORMAT or state.scene != scene:
        raise ProjectError(
            f"{folder} has the labels of another scene; give another folder with --project"
        )
    return state


def write_state(folder: Path, scene: str, sequence: int) -> State:
    """Store that the array contains the events up to `sequence`. Raises OSError."""
    state = State(format=FORMAT, scene=scene, sequence=sequence)
    atomic_write(folder / STATE, msgspec.json.encode(state))
    return state


class LabelsBefore:
    """The classes that the items of each gesture had before the gesture, one file per gesture.

    The files only save time: all classes can also be computed from the log. The name of a file is
    the number of the event that last carried out the gesture: its first event, or its newest redo.
    """

    def __init__(self, folder: Path, n: int) -> None:
        """Use the files in `folder` / BEFORE, for a scene with `n` items."""
        self._folder, self._n = folder / BEFORE, n

    def write(self, event: int, items: Items, class_ids: ClassIds) -> None:
        """Store the classes (K,) of items (K,). If this fails, there is no file."""
        try:
            self._folder.mkdir(exist_ok=True)
            atomic_write(self._folder / str(event), pack(items, class_ids), sync=False)
        except OSError:
            return

    def read(self, event: int) -> tuple[Items, ClassIds] | None:
        """Return the items (K,) and their classes (K,); None if they cannot be read."""
        try:
            stored = unpack((self._folder / str(event)).read_bytes(), self._n)
        except (OSError, ProtocolError):
            return None
        return None if stored.class_ids is None else (stored.items, stored.class_ids)

    def remove(self, event: int) -> None:
        """Remove the file of an event. A file that cannot be removed stays."""
        try:
            (self._folder / str(event)).unlink(missing_ok=True)
        except OSError:
            return
