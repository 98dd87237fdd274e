"""Messages between the server and the trainer process: msgpack structs over the trainer's pipes.

Each message is preceded by its length. Arrays are little-endian bytes.
"""

import struct
from typing import BinaryIO, Self

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.protocol import Losses, Phase, Settings
from lodespace.session.undo import StateTransition
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


class TrainingInputs(msgspec.Struct, tag=True):
    """All data that the model learns from, in the state after one event of the session."""

    event: int
    """Sequence number of the event; 0 before the first event."""
    from_state: int
    """Id of the training state before the event (`state_id` in session/undo.py)."""
    to_state: int
    """Training state after the event. A new state gets the number of the event as its id."""
    labels: bytes
    """Class per item, int16 (N,); UNLABELED for an item without a label."""
    verified: bytes
    """uint8 (N,): 1 for an item that a person looked at when labelling it, else 0."""
    accepted: bytes
    """uint8 (N,): 1 for an item whose label is an accepted prediction, else 0."""
    n_classes: int
    """Number of classes, at least 1."""
    settings: Settings
    """Training settings, with every field filled."""
    pinned: bytes
    """Pinned items, uint32 (K,)."""
    pins: bytes
    """Latent positions of the pinned items, float32 (K, D)."""
    axes: list[int]
    """Dimension (0, 1 or 2) of each named axis, ascending."""
    axis_values: bytes
    """Value of each item on each axis, float32 (N, A), NaN for an unknown value."""

    @classmethod
    def of(
        cls,
        transition: StateTransition,
        *,
        labels: npt.NDArray[np.int16],
        verified: npt.NDArray[np.bool_],
        accepted: npt.NDArray[np.bool_],
        n_classes: int,
        settings: Settings,
        pinned: npt.NDArray[np.uint32],
        pins: npt.NDArray[np.float32],
        axes: tuple[list[int], npt.NDArray[np.float32]],
    ) -> Self:
        """Return the message for N items, of which K are pinned in D latent dimensions.

        `axes` are the dimensions of A named axes, and the values of the items (N, A).
        """
        return cls(
            event=transition.event,
            from_state=transition.from_state,
            to_state=transition.to_state,
            labels=labels.astype("<i2").tobytes(),
            verified=verified.astype(np.uint8).tobytes(),
            accepted=accepted.astype(np.uint8).tobytes(),
            n_classes=max(1, n_classes),
            settings=settings,
            pinned=pinned.astype("<u4").tobytes(),
            pins=pins.astype("<f4").tobytes(),
            axes=axes[0],
            axis_values=axes[1].astype("<f4").tobytes(),
        )

    def label_array(self) -> npt.NDArray[np.int16]:
        """Return the labels, int16 (N,)."""
        return np.frombuffer(self.labels, "<i2").astype(np.int16)

    def verified_array(self) -> npt.NDArray[np.bool_]:
        """Return whether the label of each item is verified, bool (N,)."""
        return np.frombuffer(self.verified, np.uint8).astype(np.bool_)

    def accepted_array(self) -> npt.NDArray[np.bool_]:
        """Return whether the label of each item is an accepted prediction, bool (N,)."""
        return np.frombuffer(self.accepted, np.uint8).astype(np.bool_)

    def axis_array(self) -> npt.NDArray[np.float32]:
        """Return the value of each item on each axis, (N, A)."""
        n_items = len(self.labels) // 2
        return np.frombuffer(self.axis_values, "<f4").reshape(n_items, len(self.axes))

    def pin_arrays(self, latent_dim: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the pinned items (K,) and their positions (K, latent_dim)."""
        pins = np.frombuffer(self.pins, "<f4").reshape(-1, latent_dim)
        return np.frombuffer(self.pinned, "<u4").astype(np.int64), pins


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


class Run(msgspec.Struct, tag=True):
    """Continue training."""


class Pause(msgspec.Struct, tag=True):
    """Pause training."""


class Stop(msgspec.Struct, tag=True):
    """Save a checkpoint and end."""


Command = Start | TrainingInputs | Drag | Watch | Question | SetPriority | Run | Pause | Stop


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


class Failed(msgspec.Struct, tag=True):
    """Last message of a trainer that cannot continue."""

    message: str
    """Text of the error."""
    fatal: bool
    """Whether a new process would fail as well."""


TrainerEvent = (
    Alive | FrameReady | State | Measured | Collapsed | NotSaved | Restored | Answer | Failed
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
