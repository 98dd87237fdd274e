"""Lock of a folder of checkpoints, held by the trainer process that writes them."""

import fcntl
import logging
import time
from pathlib import Path
from typing import IO

from lodespace.errors import TrainingError

log = logging.getLogger(__name__)

WAIT_SECONDS = 20.0
"""Longest time that a trainer waits for the previous trainer of the project to end, in seconds."""
_RETRY_SECONDS = 0.1


class CheckpointLock:
    """Lets one process at a time write checkpoints into `folder`.

    The system releases the lock when the process ends, even if the process is killed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[bytes] | None = None

    def acquire(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait up to `seconds` for the lock. Raises TrainingError when another process keeps it."""
        try:
            self.folder.mkdir(exist_ok=True)
            file = (self.folder / ".lock").open("ab")
        except OSError as error:
            # Nothing can be written into this folder, so nothing needs the lock.
            log.info("%s cannot be locked: %s", self.folder, error.strerror)
            return
        end = time.monotonic() + seconds
        while not _locked(file):
            if time.monotonic() > end:
                file.close()
                raise TrainingError(
                    f"another training process still writes to {self.folder}; end that process, "
                    "then press Run",
                    code="checkpoints_in_use",
                )
            time.sleep(_RETRY_SECONDS)
        self._file = file

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(file: IO[bytes]) -> bool:
    """Lock `file`; return False when another process holds the lock.

    Some network file systems have no locks. There, this function returns True.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        log.info("no lock on the checkpoints: %s", error.strerror)
    return True
