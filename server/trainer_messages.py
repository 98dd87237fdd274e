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
    n_items: int
    frames_fd: int
    n_classes: int
    seed: int
    settings: Settings
    device: str
    threads: int
    running: bool


class SetLabels(msgspec.Struct, tag=True):
    """Full label state: little-endian int16 (N,)."""

    labels: bytes


class SetClassCount(msgspec.Struct, tag=True):
    n_classes: int


class SetPriority(msgspec.Struct, tag=True):
    items: list[int]


class Configure(msgspec.Struct, tag=True):
    settings: Settings


class Run(msgspec.Struct, tag=True):
    pass


class Pause(msgspec.Struct, tag=True):
    pass


class Stop(msgspec.Struct, tag=True):
    """Save a checkpoint and end."""


Command = Start | SetLabels | SetClassCount | SetPriority | Configure | Run | Pause | Stop


class Alive(msgspec.Struct, tag=True):
    """Said once a second while data are read and the model is made, which is one long piece of work."""


class FrameReady(msgspec.Struct, tag=True):
    """Frame `sequence` lies in the ring."""

    sequence: int


class State(msgspec.Struct, tag=True):
    """How training stands; sent when it changes and at least once a second: also the heartbeat.

    `configured`: how many Configure commands it has carried out.
    """

    running: bool
    configured: int
    phase: Phase
    progress: float
    step: int
    frames_per_second: float
    settings: Settings


class Measured(msgspec.Struct, tag=True):
    losses: Losses


class Collapsed(msgspec.Struct, tag=True):
    """`message` tells a person what collapsed and what to change; "" when it is mended."""

    message: str


class NotSaved(msgspec.Struct, tag=True):
    """`message` tells a person why no checkpoint could be written; "" when one was written again."""

    message: str


class Failed(msgspec.Struct, tag=True):
    """The trainer cannot go on. `fatal`: starting it again would not help."""

    message: str
    fatal: bool


TrainerEvent = Alive | FrameReady | State | Measured | Collapsed | NotSaved | Failed

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
