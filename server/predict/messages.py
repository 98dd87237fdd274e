"""Messages between server and prediction process: msgpack, each preceded by its length."""

from typing import BinaryIO

import msgspec

from lodespace.protocol import Predict, Predictions
from lodespace.training.messages import LENGTH


class Answer(msgspec.Struct):
    """Answer to one `Predict`."""

    predictions: Predictions | None = None
    """The predictions; None after an error."""
    code: str = ""
    """Code of the error."""
    message: str = ""
    """The error in a sentence."""


def packed(message: Predict | Answer) -> bytes:
    """Return `message` encoded, preceded by its length."""
    payload = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(payload)) + payload


def read_request(pipe: BinaryIO) -> Predict | None:
    """Wait for the next request and return it; None at the end of the pipe."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    payload = pipe.read(length)
    return msgspec.msgpack.decode(payload, type=Predict) if len(payload) == length else None


def decode_answer(payload: bytes) -> Answer:
    """Decode an answer without the length before it. Raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(payload, type=Answer)
