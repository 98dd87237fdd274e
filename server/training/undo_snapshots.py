"""Snapshots of the training state for undo: the newest in memory, older ones on disk.

Each snapshot is stored under the number of the event that followed it. A thread writes to disk, so
that training does not wait. If gestures arrive faster than the disk writes, the oldest waiting
snapshots are discarded, so that the memory stays bounded. If a snapshot was not written, or was
lost with a killed process, an undo restores labels, settings and pins, and the model continues
training from its current state.
"""

import logging
import threading
import time
from collections import OrderedDict
from pathlib import Path

from lodespace.json_input import json_value
from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState

log = logging.getLogger(__name__)

IN_MEMORY = 12
"""Maximum number of snapshots in memory, including those that wait to be written."""
MEMORY_BYTES = 256 << 20
"""Maximum size of all snapshots in memory, in bytes. The newest snapshot is always kept."""
ON_DISK = 48
"""Maximum number of snapshots on disk."""
DISK_BYTES = 1 << 30
"""Maximum size of all snapshots on disk, in bytes. Large tensors that several snapshots have in
common count once.

The 4 newest snapshots are kept whatever their size."""
CLOSE_SECONDS = 1.0
"""Longest time that `close` waits for the disk, in seconds. A person who stops the server waits
until `close` returns."""


class UndoSnapshots:
    """Stores training states for undo, each under the number of the event that followed it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[int, TrainingState] = OrderedDict()
        self._unwritten: OrderedDict[int, TrainingState] = OrderedDict()
        """The snapshots of `_kept` that wait to be written."""
        self._writing: tuple[int, TrainingState] | None = None
        self._state_ids = _state_ids_on_disk(folder)
        self._on_disk = set(self._state_ids)
        self._closed = False
        self._changed = threading.Condition()
        """Lock of all fields above. Waiters are notified when a snapshot waits to be written, and
        when a snapshot is written."""
        # The thread is a daemon, so the process can end while a slow disk still writes a snapshot.
        self._thread = threading.Thread(target=self._write_all, name="undo-snapshots", daemon=True)
        self._thread.start()

    def keep(self, event: int, state: TrainingState) -> None:
        """Keep `state`, the training state before event `event`."""
        with self._changed:
            for states in (self._kept, self._unwritten):
                states[event] = state
                states.move_to_end(event)
            self._state_ids[event] = state.state_id
            while self._exceeds_memory():
                self._give_up_oldest()
            self._changed.notify_all()

    def newest(self, state_id: int) -> TrainingState | None:
        """Return the newest snapshot of training state `state_id`; None if there is no snapshot of
        it.
        """
        with self._changed:
            found = [event for event, known in self._state_ids.items() if known == state_id]
        for event in sorted(found, reverse=True):
            state = self._in_memory(event) or self._read(event)
            if state is not None:
                return state
        return None

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Write waiting snapshots, newest first, for at most `seconds`, and end the thread."""
        end = time.monotonic() + seconds
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(max(0.0, end - time.monotonic()))
        with self._changed:
            left = len(self._unwritten) + (self._writing is not None)
            self._unwritten.clear()
        if left:
            log.warning(
                "%d undo snapshots were not written before the process ended; an undo of their "
                "gestures restores the labels, and the layout continues from its current state",
                left,
            )

    def wait(self) -> None:
        """Wait until all snapshots are written to disk, or are no longer needed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unwritten and self._writing is None)

    @property
    def bytes(self) -> int:
        """Size of all snapshots in memory, in bytes, including a snapshot that is being written."""
        states = [*self._kept.values(), *([] if self._writing is None else [self._writing[1]])]
        # States on one graph share its edges (training_state.py).
        sizes = {t.data_ptr(): t.nbytes for state in states for t in state.tensors.values()}
        return sum(sizes.values())

    def _exceeds_memory(self) -> bool:
        return len(self._kept) > IN_MEMORY or (len(self._kept) > 1 and self.bytes > MEMORY_BYTES)

    def _give_up_oldest(self) -> None:
        """Remove the oldest snapshot from memory.

        If this snapshot still waits to be written to disk, it is not written.
        """
        event, _ = self._kept.popitem(last=False)
        waits = self._unwritten.pop(event, None) is not None
        is_written = self._writing is not None and self._writing[0] == event
        if waits and not is_written and event not in self._on_disk:
            self._state_ids.pop(event, None)

    def _write_all(self) -> None:
        """Write waiting snapshots until `close`. Runs in the thread.

        The oldest snapshot is written first. After `close`, the newest snapshot is written first.
        """
        while True:
            with self._changed:
                self._writing = None
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._unwritten or self._closed)
                if not self._unwritten:
                    return
                # After `close`, the time may not suffice for all snapshots. The newest are written
                # first, because an undo needs them first.
                event, state = self._unwritten.popitem(last=self._closed)
                newer = sum(number > event for number in self._on_disk)
                if newer >= ON_DISK:
                    continue  # the file would be deleted immediately
                self._writing = event, state
            self._write(event, state)

    def _write(self, event: int, state: TrainingState) -> None:
        try:
            state.write_snapshot(self.folder, number=event, keep=ON_DISK, most_bytes=DISK_BYTES)
        except (OSError, ValueError, MemoryError) as error:
            log.warning("an undo snapshot could not be written: %s", error)
            return
        with self._changed:
            self._on_disk = {number for number, _ in checkpoint.numbered(self.folder)}

    def _in_memory(self, event: int) -> TrainingState | None:
        with self._changed:
            writing = self._writing
            if writing is not None and writing[0] == event:
                return writing[1]
            return self._kept.get(event)

    def _read(self, event: int) -> TrainingState | None:
        try:
            return TrainingState.from_checkpoint(
                checkpoint.read(self.folder / f"{event:03d}.safetensors")
            )
        except ValueError as error:
            log.info("%s", error)
            with self._changed:
                self._state_ids.pop(event, None)
            return None


def _state_ids_on_disk(folder: Path) -> dict[int, int]:
    """Return the id of the training state in each snapshot on disk, by the snapshot's event number.

    The ids are read from small JSON files on disk. The large files of the snapshots are checked
    only when they are read.
    """
    state_ids: dict[int, int] = {}
    for event, path in checkpoint.numbered(folder):
        try:
            state_ids[event] = int(json_value(path.with_suffix(".json").read_bytes())["tag"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.info("undo snapshot %s cannot be read: %s", path.name, error)
    return state_ids
