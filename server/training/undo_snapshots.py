"""Snapshots of the training state for undo: the newest in memory, older ones on disk.

Each snapshot is stored under the number of the event that followed it. A thread writes to disk, so
that training does not wait. If a snapshot could not be written, or was lost with a killed process,
an undo restores labels, settings and pins, and the model continues training from its current state.
"""

import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lodespace.json_input import json_value
from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState

log = logging.getLogger(__name__)

IN_MEMORY = 12
"""Maximum number of snapshots in memory."""
MEMORY_BYTES = 256 << 20
"""Maximum size of all snapshots in memory, in bytes. The newest snapshot is always kept."""
ON_DISK = 48
"""Maximum number of snapshots on disk."""
DISK_BYTES = 1 << 30
"""Maximum size of all snapshots on disk, in bytes, estimated from the size of the newest snapshot.

4 snapshots are always kept."""


class UndoSnapshots:
    """Snapshots by event number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[int, TrainingState] = OrderedDict()
        self._state_ids = _state_ids_on_disk(folder)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="undo-snapshots")

    def keep(self, event: int, state: TrainingState) -> None:
        """Keep `state`, the training state before event `event`."""
        self._kept[event] = state
        self._kept.move_to_end(event)
        self._state_ids[event] = state.state_id
        while len(self._kept) > IN_MEMORY or (len(self._kept) > 1 and self._bytes() > MEMORY_BYTES):
            self._kept.popitem(last=False)
        self._thread.submit(self._write, event, state)

    def newest(self, state_id: int) -> TrainingState | None:
        """Return the newest snapshot of training state `state_id`; None without a snapshot."""
        found = (event for event, known in self._state_ids.items() if known == state_id)
        for event in sorted(found, reverse=True):
            state = self._kept.get(event) or self._read(event)
            if state is not None:
                return state
        return None

    def close(self) -> None:
        """Wait until all snapshots are on disk."""
        self._thread.shutdown(wait=True)

    def _bytes(self) -> int:
        return sum(state.bytes for state in self._kept.values())

    def _write(self, event: int, state: TrainingState) -> None:
        keep = max(4, min(ON_DISK, DISK_BYTES // max(1, state.bytes)))
        try:
            state.write(self.folder, number=event, keep=keep)
        except (OSError, ValueError) as error:
            log.warning("an undo snapshot could not be written: %s", error)

    def _read(self, event: int) -> TrainingState | None:
        try:
            return TrainingState.from_checkpoint(
                checkpoint.read(self.folder / f"{event:03d}.safetensors")
            )
        except ValueError as error:
            log.info("%s", error)
            self._state_ids.pop(event, None)
            return None


def _state_ids_on_disk(folder: Path) -> dict[int, int]:
    """Return the id of the training state of each snapshot on disk, read from small JSON files.

    The large files of the snapshots are checked only when they are read.
    """
    state_ids: dict[int, int] = {}
    for event, path in checkpoint.numbered(folder):
        try:
            state_ids[event] = int(json_value(path.with_suffix(".json").read_bytes())["tag"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.info("undo snapshot %s cannot be read: %s", path.name, error)
    return state_ids
