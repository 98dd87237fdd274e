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
    """Return the encoded `message`, with its length in bytes before it."""
    payload = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(payload)) + payload


def read_request(pipe: BinaryIO) -> Predict | None:
    """Wait for the next request, and return the request.

    Return None if the pipe ends before a complete request.
    """
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    payload = pipe.read(length)
    return msgspec.msgpack.decode(payload, type=Predict) if len(payload) == length else None


def decode_answer(payload: bytes) -> Answer:
    """Decode the payload of an answer: the bytes that follow the length in the pipe.

    Raises msgspec.DecodeError.
    """
    return msgspec.msgpack.decode(payload, type=Answer)
