"""Jobs as bytes: MessagePack with the class of the job and the values of its fields.

The values are numbers, texts, tensors, and records of these, checked against the types of the
fields. A message can therefore start a job of this package, and nothing else.
"""

import importlib
import math
from typing import Any, TypeVar

import msgspec
import torch

T = TypeVar("T")

_PACKAGE = "lodespace.models."
_DTYPES = {
    str(dtype): dtype
    for dtype in (torch.float32, torch.float64, torch.int16, torch.int32, torch.int64)
} | {str(dtype): dtype for dtype in (torch.uint8, torch.bool)}
"""Types of the numbers of a tensor, by name."""


class MessageError(ValueError):
    """A message that is not a job."""


class _Message(msgspec.Struct, array_like=True):
    kind: str
    """Module and name of the class of the job; "" for the end of the team."""
    fields: msgspec.Raw
    """Values of the fields, by name."""


def encoded(job: object | None) -> bytes:
    """Return a job as bytes. None is the end of the team."""
    kind = "" if job is None else f"{type(job).__module__}.{type(job).__qualname__}"
    return _ENCODER.encode(_Message(kind, msgspec.Raw(_ENCODER.encode(job))))


def decoded(data: bytes, base: type[T]) -> T | None:
    """Return the job in `data`, a subclass of `base`; None for the end of the team.

    Raises:
        MessageError: The bytes are not a message, name another class, or have other fields.
    """
    try:
        message = _DECODER.decode(data)
        if not message.kind:
            return None
        module, _, name = message.kind.rpartition(".")
        found = getattr(importlib.import_module(module), name) if _is_own(module) else None
        if not (isinstance(found, type) and issubclass(found, base)):
            raise MessageError(f"a message names {message.kind[:80]}, which is not a job")
        return msgspec.msgpack.decode(message.fields, type=found, dec_hook=_value_of)
    except (msgspec.MsgspecError, ImportError, AttributeError) as error:
        raise MessageError(f"a message is not a job: {error}") from error


def _is_own(module: str) -> bool:
    return module.startswith(_PACKAGE) and all(map(str.isidentifier, module.split(".")))


def _plain(value: Any) -> Any:
    """Return a tensor or a slice as values that MessagePack has."""
    if isinstance(value, torch.Tensor):
        array = value.detach().cpu().contiguous()
        return str(array.dtype), list(array.shape), array.view(-1).numpy().tobytes()
    if isinstance(value, slice):
        return value.start, value.stop
    raise NotImplementedError(f"a job cannot contain {type(value).__name__}")


def _value_of(kind: type, plain: Any) -> Any:
    """Return the tensor or slice of `_plain`. Raises ValueError."""
    if kind is torch.Tensor:
        name, shape, data = msgspec.convert(plain, tuple[str, list[int], bytes])
        if name not in _DTYPES:
            raise ValueError(f"a tensor has values of the unknown type {name[:40]}")
        dtype = _DTYPES[name]
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
            raise ValueError(
                f"a tensor of type {name} and shape {shape[:8]} cannot have {len(data)} bytes"
            )
        if not data:
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(bytearray(data), dtype=dtype).view(shape)
    if kind is slice:
        return slice(*msgspec.convert(plain, tuple[int | None, int | None]))
    raise NotImplementedError(f"a job cannot contain {kind.__name__}")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_plain)
_DECODER = msgspec.msgpack.Decoder(_Message)
