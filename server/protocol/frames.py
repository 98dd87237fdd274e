"""Binary frames of the stream, pure: arrays in, bytes out, and back. docs/protocol.md has the byte tables.

Every frame begins with the same 32-byte little-endian header; the payload is raw deflate (RFC 1951), which browsers
inflate natively (`DecompressionStream("deflate-raw")`).

Positions live on a grid: the box of the scene cut into 65536 steps an axis, the same numbers as in the scene's GLB.
A delta frame moves every point: ``position += delta << shift``. The server keeps the positions its clients have and
computes each delta against those (a closed loop), so rounding never adds up.
"""

import struct
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from isal import igzip_lib, isal_zlib

from lodespace.errors import ProtocolError
from lodespace.protocol import FORCE_TERMS

HEADER = struct.Struct("<BBBBIIIIIII")
"""opcode, shift, axes, flags: u8; n, base_revision, revision, step, scene_id, payload_bytes, raw_bytes: u32."""
MOVING_SHIFT = 5
"""2**5 grid steps: 1/2048 of the box, half of which is the largest error while points move."""
GRID_STEPS = 65536
_LEVEL = 1


class FrameForces(NamedTuple):
    """Forces on all items: of term k of FORCE_TERMS, vectors[k] int8 (N, D) times scales[k], in nats per latent unit."""

    scales: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.int8]


class Opcode(IntEnum):
    POSITIONS = 1
    PREDICTIONS = 2
    FORCES = 3


FLAG_RESTING = 1
"""In a delta frame: the last one before training rests, exact to one grid step."""


class Header(NamedTuple):
    opcode: int
    shift: int
    axes: int
    flags: int
    n: int
    base_revision: int
    revision: int
    step: int
    scene_id: int
    payload_bytes: int
    raw_bytes: int


class PositionsFrame(NamedTuple):
    """`delta` int32 (N, axes), already multiplied by 2**shift, to be added to the positions of `base_revision`."""

    header: Header
    delta: npt.NDArray[np.int32]


class PredictionsFrame(NamedTuple):
    """The predictions that changed.

    `items` uint32 (K,), `class_ids` int16 (K,), `confidence` uint8 (K,) where 255 is certain.
    """

    header: Header
    items: npt.NDArray[np.uint32]
    class_ids: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.uint8]


class ForcesFrame(NamedTuple):
    """`vectors` float32 (T, N, axes): the force of each term of protocol.FORCE_TERMS on each item, nats per latent unit."""

    header: Header
    vectors: npt.NDArray[np.float32]


def encode_positions(
    delta: npt.NDArray[np.int32],
    *,
    shift: int,
    base_revision: int,
    revision: int,
    step: int,
    scene_id: int,
    resting: bool = False,
) -> bytes:
    """A delta frame. `delta` (N, axes) counts in units of 2**shift grid steps and must fit 16 bits.

    Layout before deflate: zigzag as uint16, then byte planes: the low bytes of axis 0, 1, .., then the high bytes.
    Raises ProtocolError when a delta does not fit: overflow is an error, never a wrap.
    """
    n, axes = delta.shape
    if n and (int(delta.min()) < -32768 or int(delta.max()) > 32767):
        raise ProtocolError(
            "a delta does not fit 16 bits; a new snapshot is due", code="delta_overflow"
        )
    narrow = delta.astype(np.int16)
    zigzag = ((narrow << 1) ^ (narrow >> 15)).view(np.uint16)
    # One transposing copy: (N, axes, 2 bytes) -> (2 bytes, axes, N)
    planes = np.ascontiguousarray(
        zigzag.astype("<u2", copy=False).view(np.uint8).reshape(n, axes, 2).transpose(2, 1, 0)
    )
    flags = FLAG_RESTING if resting else 0
    return _frame(
        Opcode.POSITIONS,
        shift,
        axes,
        flags,
        n,
        base_revision,
        revision,
        step,
        scene_id,
        planes.tobytes(),
    )


def encode_predictions(
    items: npt.NDArray[np.uint32],
    class_ids: npt.NDArray[np.int16],
    confidence: npt.NDArray[np.uint8],
    *,
    revision: int,
    step: int,
    scene_id: int,
) -> bytes:
    """A predictions frame of K changed items. Before deflate: gaps between items u32, classes i16, confidence u8.

    `items` must be strictly ascending; the first gap is the first item, so that runs of neighbours compress to nothing.
    """
    gaps = np.diff(items, prepend=np.uint32(0)).astype("<u4")
    raw = gaps.tobytes() + class_ids.astype("<i2").tobytes() + confidence.astype(np.uint8).tobytes()
    return _frame(Opcode.PREDICTIONS, 0, 0, 0, len(items), revision, revision, step, scene_id, raw)


def encode_forces(
    scales: npt.NDArray[np.float32],
    vectors: npt.NDArray[np.int8],
    *,
    revision: int,
    step: int,
    scene_id: int,
) -> bytes:
    """A forces frame: vectors int8 (T, N, axes), each term's times its scale (T,). Before deflate: the scales as f32, then i8 planes,
    term by term and axis by axis."""
    _, n, axes = vectors.shape
    raw = (
        scales.astype("<f4").tobytes() + np.ascontiguousarray(vectors.transpose(0, 2, 1)).tobytes()
    )
    return _frame(Opcode.FORCES, 0, axes, 0, n, revision, revision, step, scene_id, raw)


def decode(frame: bytes) -> PositionsFrame | PredictionsFrame | ForcesFrame:
    """Parse one frame. Raises ProtocolError naming what is wrong; never reads past the frame's end."""
    if len(frame) < HEADER.size:
        raise ProtocolError(
            f"a frame has a header of {HEADER.size} bytes; this one is {len(frame)} bytes long"
        )
    header = Header(*HEADER.unpack_from(frame))
    if header.opcode not in tuple(Opcode):
        raise ProtocolError(f"opcode {header.opcode} is unknown", code="unknown_opcode")
    if len(frame) != HEADER.size + header.payload_bytes:
        raise ProtocolError(
            f"the header says {header.payload_bytes} payload bytes, {len(frame) - HEADER.size} are there"
        )
    if header.opcode != Opcode.PREDICTIONS and (header.axes not in (2, 3) or header.shift > 15):
        raise ProtocolError(
            f"a frame of points has 2 or 3 axes and a shift up to 15, not {header.axes}, {header.shift}"
        )
    terms = len(FORCE_TERMS)
    expected = {
        Opcode.POSITIONS: 2 * header.axes * header.n,
        Opcode.PREDICTIONS: 7 * header.n,
        Opcode.FORCES: 4 * terms + terms * header.axes * header.n,
    }[Opcode(header.opcode)]
    if header.raw_bytes != expected:
        raise ProtocolError(
            f"{header.n} entries take {expected} bytes, the header says {header.raw_bytes}"
        )
    raw = _inflate(frame[HEADER.size :], expected)
    if header.opcode == Opcode.POSITIONS:
        planes = np.frombuffer(raw, np.uint8).reshape(2, header.axes, header.n)
        zigzag = planes[0].astype(np.int32) | (planes[1].astype(np.int32) << 8)
        delta = ((zigzag >> 1) ^ -(zigzag & 1)) << header.shift
        return PositionsFrame(header, np.ascontiguousarray(delta.T))
    if header.opcode == Opcode.FORCES:
        scales = np.frombuffer(raw, "<f4", terms)
        planes = np.frombuffer(raw, np.int8, offset=4 * terms).reshape(terms, header.axes, header.n)
        return ForcesFrame(
            header, planes.transpose(0, 2, 1).astype(np.float32) * scales[:, None, None]
        )
    k = header.n
    gaps = np.frombuffer(raw, "<u4", k)
    items = np.cumsum(gaps, dtype=np.uint64)
    if k and int(items[-1]) > 0x7FFFFFFF:
        raise ProtocolError("an item number is out of range")
    class_ids = np.frombuffer(raw, "<i2", k, offset=4 * k).astype(np.int16)
    confidence = np.frombuffer(raw, np.uint8, k, offset=6 * k)
    return PredictionsFrame(header, items.astype(np.uint32), class_ids, confidence)


def _frame(
    opcode: Opcode,
    shift: int,
    axes: int,
    flags: int,
    n: int,
    base: int,
    revision: int,
    step: int,
    scene: int,
    raw: bytes,
) -> bytes:
    payload = isal_zlib.compress(raw, _LEVEL, -15)
    return (
        HEADER.pack(
            opcode, shift, axes, flags, n, base, revision, step, scene, len(payload), len(raw)
        )
        + payload
    )


def _inflate(payload: bytes, expected: int) -> bytes:
    """Inflate at most `expected` bytes: a frame cannot make its reader allocate more than its header admits."""
    inflater = isal_zlib.decompressobj(-15)
    try:
        raw = inflater.decompress(payload, expected + 1)
    except igzip_lib.IsalError as error:  # pyright: ignore[reportGeneralTypeIssues]  # mis-typed in its stub
        raise ProtocolError(f"the payload is not raw deflate: {error}") from error
    if len(raw) != expected or not inflater.eof:
        raise ProtocolError(
            f"the payload does not inflate to the {expected} bytes its header promises"
        )
    return raw
