"""What server and trainer process say to each other: msgpack structs, each preceded by its length, over the trainer's pipes."""

import struct
from typing import BinaryIO

import msgspec

from lodespace.protocol import Losses, Phase, Settings

LENGTH = struct.Struct("<I")


class Start(msgspec.Struct, tag=True):
    """First message: what to train. `data` as in lodespace.json; `frames_fd` is the shared ring."""

    data: str
    folder: str
    checkpoints: str
    moments: str
    n_items: int
    frames_fd: int
    n_classes: int
    seed: int
    settings: Settings
    device: str
    threads: int
    running: bool


class Inputs(msgspec.Struct, tag=True):
    """All that the model learns from, as it is after event `number` (0: no event), which moved the line of states (undo.py) from state
    `before` to state `after`. `labels`: little-endian int16 (N,); `verified` uint8 (N,): 1 where somebody has looked at the item;
    `pinned` uint32 (K,), `pins` float32 (K, D)."""

    number: int
    before: int
    after: int
    labels: bytes
    verified: bytes
    n_classes: int
    settings: Settings
    pinned: bytes
    pins: bytes


class Drag(msgspec.Struct, tag=True):
    """Items uint32 (K,) are held at targets float32 (K, D); none: let go."""

    items: bytes
    targets: bytes


class Watch(msgspec.Struct, tag=True):
    """Whether forces go with every frame."""

    forces: bool


class Probe(msgspec.Struct, tag=True):
    """How the model sees `items`: answered by Probed."""

    request: int
    items: list[int]


class Decode(msgspec.Struct, tag=True):
    """What lies at points float32 (K, D): answered by Decoded."""

    request: int
    points: bytes


class SetPriority(msgspec.Struct, tag=True):
    items: list[int]


class Run(msgspec.Struct, tag=True):
    pass


class Pause(msgspec.Struct, tag=True):
    pass


class Stop(msgspec.Struct, tag=True):
    """Save a checkpoint and end."""


Command = Start | Inputs | Drag | Watch | Probe | Decode | SetPriority | Run | Pause | Stop


class Alive(msgspec.Struct, tag=True):
    """Said once a second while data are read and the model is made, which is one long piece of work."""


class FrameReady(msgspec.Struct, tag=True):
    """Frame `sequence` lies in the ring."""

    sequence: int


class State(msgspec.Struct, tag=True):
    """How training stands; sent when it changes and at least once a second: also the heartbeat.

    `event`: the newest one whose inputs it has taken.
    """

    running: bool
    event: int
    phase: Phase
    progress: float
    step: int
    frames_per_second: float
    settings: Settings


class Measured(msgspec.Struct, tag=True):
    losses: Losses


class Collapsed(msgspec.Struct, tag=True):
    """`message` tells a person what collapsed and why; "" when it is mended. `mend`: what to change."""

    message: str
    mend: Settings | None = None


class NotSaved(msgspec.Struct, tag=True):
    """`message` tells a person why no checkpoint could be written; "" when one was written again."""

    message: str


class Turned(msgspec.Struct, tag=True):
    """Event `number` was to lead back. `found`: that moment was kept; otherwise the model goes on from where it is."""

    number: int
    found: bool


class Probed(msgspec.Struct, tag=True):
    """`forces`: float32 (K, D) of each term, nats per latent unit. `pictures`: uint8 (K, H, W, channels), empty for vectors.
    `error` nats; `sigma` float32 (K, D). `refused`: why there is no answer."""

    request: int
    step: int
    forces: dict[str, bytes]
    pictures: bytes
    error: list[float]
    sigma: bytes
    refused: str = ""


class Decoded(msgspec.Struct, tag=True):
    """`pictures`: uint8 (K, H, W, channels). `refused`: why there is no answer."""

    request: int
    pictures: bytes
    refused: str = ""


class Failed(msgspec.Struct, tag=True):
    """The trainer cannot go on. `fatal`: starting it again would not help."""

    message: str
    fatal: bool


TrainerEvent = (
    Alive
    | FrameReady
    | State
    | Measured
    | Collapsed
    | NotSaved
    | Turned
    | Probed
    | Decoded
    | Failed
)

encode = msgspec.msgpack.Encoder().encode
decode_command = msgspec.msgpack.Decoder(Command).decode
decode_event = msgspec.msgpack.Decoder(TrainerEvent).decode


def packed(message: msgspec.Struct) -> bytes:
    """`message` with its length before it."""
    payload = encode(message)
    return LENGTH.pack(len(payload)) + payload


def read_command(pipe: BinaryIO) -> Command | None:
    """The next command, waiting for it; None at the end of the pipe."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    payload = pipe.read(length)
    return decode_command(payload) if len(payload) == length else None
