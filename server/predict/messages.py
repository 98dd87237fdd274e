"""Messages between server and prediction process: msgpack, each preceded by its length."""

from typing import BinaryIO

import msgspec

from lodespace.protocol import Predict, Predictions
from lodespace.training.messages import LENGTH


class Example(msgspec.Struct):
    """A file or words, for which similar items of the project are searched."""

    name: str = ""
    """Name of the file."""
    content: bytes = b""
    """Content of the file."""
    words: str = ""
    """The words; empty if there is a file."""


class ExampleRead(msgspec.Struct):
    """The items of an example."""

    shape: list[int]
    """Shape of the array: (K, F), (K, H, W) or (K, H, W, 3)."""
    features: bytes = b""
    """Features or vectors of the items, float32."""
    pictures: bytes = b""
    """The items as pictures, uint8, if there are no features."""


class Request(msgspec.Struct):
    """A request to the prediction process: new items to predict, or an example to read."""

    predict: Predict | None = None
    example: Example | None = None


class Answer(msgspec.Struct):
    """Answer to one `Request`."""

    predictions: Predictions | None = None
    """The predictions; None after an error, and for an example."""
    example: ExampleRead | None = None
    """The example that was read; None after an error, and for predictions."""
    code: str = ""
    """Code of the error."""
    message: str = ""
    """The error in a sentence."""


def packed(message: Request | Answer) -> bytes:
    """Return the encoded `message`, with its length in bytes before it."""
    payload = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(payload)) + payload


def read_request(pipe: BinaryIO) -> Request | None:
    """Wait for the next request, and return the request.

    Return None if the pipe ends before a complete request.
    """
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    payload = pipe.read(length)
    return msgspec.msgpack.decode(payload, type=Request) if len(payload) == length else None


def decode_answer(payload: bytes) -> Answer:
    """Decode the payload of an answer: the bytes that follow the length in the pipe.

    Raises msgspec.DecodeError.
    """
    return msgspec.msgpack.decode(payload, type=Answer)
