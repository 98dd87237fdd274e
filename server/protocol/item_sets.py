"""Packed sets of items: a short form of lists, which can have one class or point per item.

A list of a million items has 8 MB as JSON. Packed, it has at most one bit per item of the data set.
Client and server use the same form: in frames of selections (frames.py), and as base64 in messages.
docs/protocol.md has the byte table. All numbers are little-endian. Pure functions between arrays
and bytes.
"""

import base64
import struct
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.errors import ProtocolError
from lodespace.protocol.values import MAX_LISTED_NEWS, UNLABELED

HEADER = struct.Struct("<BBHII")
"""Layout of the header: coding of the items, kind of the values, the constant 0, number of items,
and number of bytes of the coded items."""
_FIRST = struct.Struct("<I")
_LARGEST_ITEM = 0x7FFFFFFF
_VARINT_BYTES = 5
"""Largest length of a varint of a 32-bit number, in bytes."""

Items = npt.NDArray[np.uint32]
ClassIds = npt.NDArray[np.int16]
Points = npt.NDArray[np.float32]


class Coding(IntEnum):
    """How the items are coded. The encoder takes the shortest coding."""

    BITMAP = 1
    """The first item (u32), then one bit per item from the first to the last; the lowest bit of a
    byte is first."""
    RUNS = 2
    """Runs of consecutive items, as varints. The first run has two numbers: its first item, and its
    length. Each further run also has two numbers: the number of left-out items before the run,
    minus 1, and the length of the run."""
    GAPS = 3
    """The first item, then the difference of each further item to the previous item, as varints."""


class ValueKind(IntEnum):
    """Kind of the values per item, which follow the items. The encoder takes the shortest kind."""

    NONE = 0
    """No values."""
    CLASS_RUNS = 1
    """Runs of entries with the same class: class + 1 and number of entries, as varints."""
    CLASS_BYTES = 2
    """Class + 1 per item (u8)."""
    CLASS_WORDS = 3
    """Class + 1 per item (u16)."""
    POINTS = 4
    """A point of the latent space per item: three numbers (f32)."""


class ItemSet(NamedTuple):
    """A set of K items."""

    items: Items
    """Items (K,), ascending."""
    class_ids: ClassIds | None = None
    """Class per item (K,); None if the set has no classes."""
    points: Points | None = None
    """Point per item (K, 3), in latent units; None if the set has no points."""


def pack(items: Items, class_ids: ClassIds | None = None, points: Points | None = None) -> bytes:
    """Return K items as bytes, with their classes or points. The same set gives the same bytes.

    Args:
        items: Items (K,), strictly ascending.
        class_ids: Class per item (K,), if the set has classes.
        points: Point per item (K, 3), if the set has points.
    """
    coding, coded = _coded_items(items)
    kind, values = ValueKind.NONE, b""
    if class_ids is not None:
        kind, values = _coded_classes(class_ids)
    elif points is not None:
        kind, values = ValueKind.POINTS, points.astype("<f4").tobytes()
    return HEADER.pack(coding, kind, 0, len(items), len(coded)) + coded + values


def largest_packed(n_items: int) -> int:
    """Return the largest number of bytes of a packed set of a data set with `n_items` items."""
    bitmap = _FIRST.size + n_items // 8 + 1
    return HEADER.size + bitmap + 12 * n_items


def unpack(data: bytes, n_items: int) -> ItemSet:
    """Unpack the set of items in `data`. The needed memory is bounded by `n_items`.

    Raises ProtocolError with a description of the defect, also when the set has an item that is not
    below `n_items`.
    """
    if len(data) < HEADER.size:
        raise ProtocolError(
            f"A set of items starts with {HEADER.size} bytes of header; this one has {len(data)}."
        )
    coding, kind, unused, n, size = HEADER.unpack_from(data)
    if coding not in tuple(Coding) or kind not in tuple(ValueKind) or unused:
        raise ProtocolError("The set of items has an unknown coding.")
    if n > n_items or size > len(data) - HEADER.size:
        raise ProtocolError(
            f"The set of items states {n} items in {size} bytes, but there are {n_items} items "
            f"and {len(data) - HEADER.size} bytes."
        )
    items = _items_of(Coding(coding), data[HEADER.size : HEADER.size + size], n, n_items)
    values = data[HEADER.size + size :]
    if kind == ValueKind.POINTS:
        return ItemSet(items, points=_points_of(values, n))
    if kind == ValueKind.NONE:
        if values:
            raise ProtocolError("Bytes follow the set of items.")
        return ItemSet(items)
    return ItemSet(items, class_ids=_classes_of(ValueKind(kind), values, n))


def as_text(packed: bytes) -> str:
    """Return a packed set as base64, for JSON."""
    return base64.b64encode(packed).decode()


def of_text(text: str) -> bytes:
    """Return the packed set that `as_text` wrote. Raises ProtocolError."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ProtocolError(f"The set of items is not base64: {error}") from error


def listed_or_packed(items: Items) -> tuple[list[int], str]:
    """Return items (K,), ascending, as two fields of a server message: a list, and a packed set as
    text. One of the fields is empty."""
    if len(items) > MAX_LISTED_NEWS:
        return [], as_text(pack(items))
    return items.tolist(), ""


# Items


def _coded_items(items: Items) -> tuple[Coding, bytes]:
    if len(items) == 0:
        return Coding.RUNS, b""
    gaps = np.diff(items, prepend=np.uint32(0))
    starts = np.flatnonzero(gaps[1:] != 1) + 1
    firsts = np.concatenate([[0], starts])
    lengths = np.diff(firsts, append=len(items))
    runs = np.empty(2 * len(firsts), np.uint32)
    runs[0::2] = gaps[firsts]
    runs[2::2] -= 2  # between two runs, at least one item is left out
    runs[1::2] = lengths
    sizes = {
        Coding.BITMAP: _FIRST.size + int(items[-1] - items[0]) // 8 + 1,
        Coding.RUNS: int(_varint_sizes(runs).sum()),
        Coding.GAPS: int(_varint_sizes(gaps).sum()),
    }
    coding = min(sizes, key=lambda coding: sizes[coding])
    if coding == Coding.BITMAP:
        bits = np.zeros(int(items[-1] - items[0]) + 1, np.bool_)
        bits[items - items[0]] = True
        return coding, _FIRST.pack(int(items[0])) + np.packbits(bits, bitorder="little").tobytes()
    return coding, _varints(runs if coding == Coding.RUNS else gaps)


def _items_of(coding: Coding, coded: bytes, n: int, n_items: int) -> Items:
    """Return the items (n,). Raises ProtocolError."""
    if coding == Coding.BITMAP:
        items = _of_bitmap(coded, n_items)
    elif coding == Coding.RUNS:
        items = _of_runs(_numbers_of(coded), n, n_items)
    else:
        gaps = _numbers_of(coded)
        if (gaps[1:] == 0).any():
            raise ProtocolError("An item is in the set twice.")
        items = np.cumsum(gaps)
    if len(items) != n:
        raise ProtocolError(f"The set states {n} items, but has {len(items)}.")
    if n and int(items[-1]) >= min(n_items, _LARGEST_ITEM):
        raise _unknown(int(items[-1]), n_items)
    return items.astype(np.uint32)


def _of_bitmap(coded: bytes, n_items: int) -> npt.NDArray[np.int64]:
    if len(coded) < _FIRST.size or len(coded) - _FIRST.size > n_items // 8 + 1:
        raise ProtocolError(f"A bitmap of {n_items} items does not have {len(coded)} bytes.")
    (first,) = _FIRST.unpack_from(coded)
    bits = np.unpackbits(np.frombuffer(coded, np.uint8, offset=_FIRST.size), bitorder="little")
    return np.flatnonzero(bits) + first


def _of_runs(numbers: npt.NDArray[np.int64], n: int, n_items: int) -> npt.NDArray[np.int64]:
    if len(numbers) % 2:
        raise ProtocolError("A run of items has no length.")
    gaps, lengths = numbers[0::2].copy(), numbers[1::2]
    gaps[1:] += 1
    # This check comes before the items are listed, because a few bytes can state runs of billions
    # of items.
    if len(lengths) and (int(lengths.min()) == 0 or int(lengths.sum()) != n):
        raise ProtocolError(f"The lengths of the runs do not sum to {n} items.")
    last = int(gaps.sum() + lengths.sum()) - 1
    if last >= n_items:
        raise _unknown(last, n_items)
    starts = np.cumsum(gaps + np.concatenate([[0], lengths[:-1]])) if len(gaps) else gaps
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)


def _unknown(item: int, n_items: int) -> ProtocolError:
    return ProtocolError(
        f"There is no item {item}. Items are 0 to {n_items - 1}.", code="unknown_item"
    )


# Values


def _coded_classes(class_ids: ClassIds) -> tuple[ValueKind, bytes]:
    numbers = class_ids.astype(np.uint32) - np.uint32(UNLABELED & 0xFFFFFFFF)
    firsts = np.flatnonzero(np.diff(numbers, prepend=np.uint32(0xFFFFFFFF)))
    runs = np.empty(2 * len(firsts), np.uint32)
    runs[0::2] = numbers[firsts]
    runs[1::2] = np.diff(firsts, append=len(numbers))
    small = int(numbers.max(initial=0)) < 256
    if int(_varint_sizes(runs).sum()) <= len(numbers) * (1 if small else 2):
        return ValueKind.CLASS_RUNS, _varints(runs)
    if small:
        return ValueKind.CLASS_BYTES, numbers.astype(np.uint8).tobytes()
    return ValueKind.CLASS_WORDS, numbers.astype("<u2").tobytes()


def _classes_of(kind: ValueKind, values: bytes, n: int) -> ClassIds:
    """Return the classes (n,). Raises ProtocolError."""
    if kind == ValueKind.CLASS_RUNS:
        if len(values) > 2 * n * _VARINT_BYTES:
            raise ProtocolError(f"The set has more classes than its {n} items.")
        runs = _numbers_of(values)
        if len(runs) % 2 or int(runs[1::2].sum()) != n:
            raise ProtocolError(f"The lengths of the runs of classes do not sum to {n} items.")
        numbers = np.repeat(runs[0::2], runs[1::2])
    else:
        dtype = np.dtype(np.uint8 if kind == ValueKind.CLASS_BYTES else "<u2")
        if len(values) != n * dtype.itemsize:
            raise ProtocolError(f"The set does not have one class per item, for {n} items.")
        numbers = np.frombuffer(values, dtype).astype(np.int64)
    if int(numbers.max(initial=0)) > 0x7FFF:
        raise ProtocolError(f"There is no class {int(numbers.max()) - 1}.")
    return (numbers + UNLABELED).astype(np.int16)


def _points_of(values: bytes, n: int) -> Points:
    if len(values) != n * 12:
        raise ProtocolError(f"The set must have exactly one point for each of the {n} items.")
    return np.frombuffer(values, "<f4").reshape(n, 3).astype(np.float32)


# Numbers of a variable number of bytes (LEB128)


def _varint_sizes(numbers: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    sizes = np.ones(len(numbers), np.int64)
    for byte in range(1, _VARINT_BYTES):
        sizes += numbers >= 1 << 7 * byte
    return sizes


def _varints(numbers: npt.NDArray[np.uint32]) -> bytes:
    """Return numbers as varints: 7 bits per byte, lowest first; the highest bit is set in all bytes
    of a number but the last."""
    sizes = _varint_sizes(numbers)
    starts = np.cumsum(sizes) - sizes
    coded = np.empty(int(sizes.sum()), np.uint8)
    for byte in range(int(sizes.max(initial=0))):
        longer = sizes > byte
        more = np.where(sizes[longer] > byte + 1, 0x80, 0)
        coded[starts[longer] + byte] = ((numbers[longer] >> 7 * byte) & 0x7F) | more
    return coded.tobytes()


def _numbers_of(coded: bytes) -> npt.NDArray[np.int64]:
    """Return the numbers of the varints in `coded`. Raises ProtocolError."""
    data = np.frombuffer(coded, np.uint8)
    if len(data) == 0:
        return np.empty(0, np.int64)
    ends = np.flatnonzero(data < 0x80)
    if len(ends) == 0 or int(ends[-1]) != len(data) - 1:
        raise ProtocolError("The last number of the set of items is incomplete.")
    starts = np.concatenate([[0], ends[:-1] + 1])
    sizes = ends - starts + 1
    longest = int(sizes.max())
    if longest > _VARINT_BYTES:
        raise ProtocolError("A number of the set of items has more than 32 bits.")
    numbers = np.zeros(len(ends), np.int64)
    for byte in range(longest):
        longer = sizes > byte
        numbers[longer] |= (data[starts[longer] + byte].astype(np.int64) & 0x7F) << 7 * byte
    return numbers
