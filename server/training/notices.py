"""Notices about the trainer process, and their texts."""

from lodespace.protocol import Notice
from lodespace.training.messages import Failed
from lodespace.training.trainer_process import START_AGAIN_SECONDS
from lodespace.training.turn_watch import SLOW_SECONDS

NOT_TURNED_BACK = Notice(
    topic="undo",
    code="not_turned_back",
    message="Labels, settings and pins are restored. The earlier layout is no longer stored; "
    "training continues from the current layout.",
)
ENDED = "Training ended without an error message and is being restarted. Your labels are safe."
ENDED_OFTEN = (
    "Training ended several times in a row; the server's terminal shows why. "
    "Your labels are safe. Press Run to try again."
)
SLOW = (
    f"Training has not finished a step for {SLOW_SECONDS:.0f} seconds. The computer may "
    "be busy, or short of memory. Training continues. Your labels are safe."
)


def not_started(error: Exception) -> str:
    """Return the text for a process that the system could not start."""
    reason = error.strerror if isinstance(error, OSError) else error
    return (
        f"Training cannot be started: {reason}. The server tries again in "
        f"{START_AGAIN_SECONDS:.0f} seconds. Your labels are safe."
    )


def failure(failed: Failed) -> str:
    """Return the text for a process that reported an error."""
    what = "Training stopped" if failed.fatal else "Training stopped and is being restarted"
    return f"{what}: {failed.message}. Your labels are safe."
