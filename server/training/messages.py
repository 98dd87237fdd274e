"""Messages between the server and the trainer process: msgpack structs over the trainer's pipes.

Each message is preceded by its length. Arrays are little-endian bytes.
"""

import struct
from typing import BinaryIO

import msgspec

from lodespace.protocol import Losses, Phase, Settings
from lodespace.training.inputs import TrainingInputs
from lodespace.training.query_messages import Answer, Question

LENGTH = struct.Struct("<I")


class Start(msgspec.Struct, tag=True):
    """First message: what to train."""

    data: str
    """Name of the data set, as in lodespace.json."""
    folder: str
    """Path of the project folder."""
    checkpoints: str
    """Path of the folder of checkpoints."""
    moments: str
    """Path of the folder of undo snapshots."""
    n_items: int
    """Number of items."""
    frames_fd: int
    """File descriptor of the shared ring of frames."""
    n_classes: int
    """Number of classes, at least 1."""
    seed: int
    """Seed of the model, used if training starts from the beginning."""
    settings: Settings
    """Training settings, with every field filled."""
    device: str
    """Torch device, or "auto"."""
    threads: int
    """Number of processor threads for torch, in each worker."""
    running: bool
    """Whether training runs at the start; False to start paused."""
    workers: int = 1
    """Number of processes that train together, including the trainer process."""


class Drag(msgspec.Struct, tag=True):
    """Items that clients drag. A message without items ends the drag."""

    items: bytes
    """Items, uint32 (K,)."""
    targets: bytes
    """Latent positions of the items, float32 (K, D)."""


class Watch(msgspec.Struct, tag=True):
    """Sets whether frames include forces."""

    forces: bool
    """Whether each frame includes the forces on all items."""


class SetPriority(msgspec.Struct, tag=True):
    """Items that clients look at. The trainer updates these items first."""

    items: list[int]
    """Numbers of the items, ascending."""


class Grow(msgspec.Struct, tag=True):
    """Continue with more items. The answer is `Grown`, before the first frame of all items.

    The ring of frames was enlarged before.
    """

    data: str
    """Name of the data set, as in lodespace.json."""
    n_items: int
    """Number of items with the added items, which are the last ones."""


class Run(msgspec.Struct, tag=True):
    """Continue training."""


class Pause(msgspec.Struct, tag=True):
    """Pause training."""


class Stop(msgspec.Struct, tag=True):
    """Save a checkpoint and end."""


Command = Start | TrainingInputs | Drag | Watch | Question | SetPriority | Grow | Run | Pause | Stop


class Alive(msgspec.Struct, tag=True):
    """Heartbeat, sent every second from a thread of its own while the process lives."""

    turns: int = 0
    """Number of turns of the main loop that are done (turn_watch.py)."""
    processor_seconds: float = 0.0
    """Processor time of all threads of the process so far, in seconds."""


class FrameReady(msgspec.Struct, tag=True):
    """Report of a new frame in the shared ring."""

    sequence: int
    """Number of the frame."""


class State(msgspec.Struct, tag=True):
    """State of training. Sent after each change, and about every 0.5 s."""

    running: bool
    """Whether training runs; False while it is paused."""
    event: int
    """Number of the newest event whose inputs were applied."""
    phase: Phase
    """Phase of training."""
    progress: float
    """Progress of the first training, 0 to 1."""
    step: int
    """Training steps so far."""
    frames_per_second: float
    """Rate of published frames, per second."""
    settings: Settings
    """Current training settings, with every field filled."""
    axis_left_out: list[tuple[int, float]]
    """Per named axis, the number of left-out predictions and their rank correlation with the
    values; empty while they are not known."""


class Measured(msgspec.Struct, tag=True):
    """One sample of the loss curves."""

    losses: Losses
    """Loss terms and metrics."""


class Collapsed(msgspec.Struct, tag=True):
    """Warning that latent dimensions carry no information."""

    message: str
    """Collapsed dimensions and the reason; "" when no dimension is collapsed."""
    suggested_fix: Settings | None = None
    """Settings that should correct the collapse; None if no dimension is collapsed."""


class NotSaved(msgspec.Struct, tag=True):
    """Warning that checkpoints cannot be written."""

    message: str
    """The reason and what to do; "" as soon as checkpoints can be written."""


class Restored(msgspec.Struct, tag=True):
    """Answer to the `TrainingInputs` of an undo or redo that returns to an earlier state."""

    event: int
    """Sequence number of the event in the `TrainingInputs`."""
    found: bool
    """Whether a snapshot of the earlier state was restored; if not, the model keeps its state."""


class Grown(msgspec.Struct, tag=True):
    """Answer to `Grow`: all later frames have all items."""

    n_items: int
    """Number of items of the later frames."""


class Failed(msgspec.Struct, tag=True):
    """Last message of a trainer that cannot continue."""

    message: str
    """Text of the error."""
    fatal: bool
    """Whether a new process would fail as well."""


TrainerEvent = (
    Alive
    | FrameReady
    | State
    | Measured
    | Collapsed
    | NotSaved
    | Restored
    | Grown
    | Answer
    | Failed
)

encode = msgspec.msgpack.Encoder().encode
decode_command = msgspec.msgpack.Decoder(Command).decode
decode_event = msgspec.msgpack.Decoder(TrainerEvent).decode


def packed(message: msgspec.Struct) -> bytes:
    """Return the encoded `message`, with its length in bytes before it."""
    payload = encode(message)
    return LENGTH.pack(len(payload)) + payload


def read_command(pipe: BinaryIO) -> Command | None:
    """Wait for the next command, and return the command; None if the pipe has ended."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    payload = pipe.read(length)
    return decode_command(payload) if len(payload) == length else None
