"""The trainer process's memory of moments: the newest in memory, older ones on disk, each by the number of the event that followed it.

Writing happens in a thread of its own: a gesture does not wait for the disk. A moment that could not be written, or was lost with
a killed process, is simply not there: undo then brings labels, settings and pins back, and the model trains on.
"""

import json
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import Moment

log = logging.getLogger(__name__)

IN_MEMORY = 12
MEMORY_BYTES = 256 << 20
ON_DISK = 48
DISK_BYTES = 1 << 30


class Moments:
    """Moments by number. `newest(tag)` finds the way back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[int, Moment] = OrderedDict()
        self._tags = _tags_on_disk(folder)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="moments")

    def keep(self, number: int, moment: Moment) -> None:
        """`moment` is how things were before event `number`."""
        self._kept[number] = moment
        self._kept.move_to_end(number)
        self._tags[number] = moment.tag
        while len(self._kept) > IN_MEMORY or (len(self._kept) > 1 and self._bytes() > MEMORY_BYTES):
            self._kept.popitem(last=False)
        self._thread.submit(self._write, number, moment)

    def newest(self, tag: int) -> Moment | None:
        """The newest moment in which training was in state `tag`; None when it is not kept any more."""
        for number in sorted((n for n, t in self._tags.items() if t == tag), reverse=True):
            moment = self._kept.get(number) or self._read(number)
            if moment is not None:
                return moment
        return None

    def close(self) -> None:
        """Until everything is on disk."""
        self._thread.shutdown(wait=True)

    def _bytes(self) -> int:
        return sum(moment.bytes for moment in self._kept.values())

    def _write(self, number: int, moment: Moment) -> None:
        keep = max(4, min(ON_DISK, DISK_BYTES // max(1, moment.bytes)))
        try:
            moment.write(self.folder, number=number, keep=keep)
        except (OSError, ValueError) as error:
            log.warning("a moment could not be kept for undo after a restart: %s", error)

    def _read(self, number: int) -> Moment | None:
        try:
            return Moment.of_checkpoint(checkpoint.read(self.folder / f"{number:03d}.safetensors"))
        except ValueError as error:
            log.info("%s", error)
            self._tags.pop(number, None)
            return None


def _tags_on_disk(folder: Path) -> dict[int, int]:
    """What state each moment on disk is of, by its small JSON; whether it is sound is seen when it is read."""
    tags: dict[int, int] = {}
    for number, path in checkpoint.numbered(folder):
        try:
            tags[number] = int(json.loads(path.with_suffix(".json").read_bytes())["tag"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.info("moment %s cannot be read: %s", path.name, error)
    return tags
