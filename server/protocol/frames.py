"""Binary frames of the stream. Pure functions between arrays and bytes.

docs/protocol.md has the byte tables. Every frame starts with the same 32-byte little-endian header;
the payload is raw deflate (RFC 1951), which browsers inflate natively.

Positions lie on a grid that divides the box of the scene into 65536 steps per axis. The GLB of the
scene uses the same grid. A delta frame moves every point: ``position += delta << shift``. The
server computes each delta from the positions that the clients have (a closed loop), so rounding
errors do not add up.
"""

import struct
import zlib
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from isal import igzip_lib, isal_zlib

from lodespace.errors import ProtocolError
from lodespace.protocol import FORCE_TERMS

HEADER = struct.Struct("<BBBBIIIIIII")
"""Layout of `Header`: four u8, then seven u32."""
MOVING_SHIFT = 5
"""Shift of delta frames while points move. Positions then change in multiples of 2**5 grid steps
(1/2048 of the box), so the largest error is 1/4096 of the box."""
GRID_STEPS = 65536
"""Number of grid steps along each axis of the scene's box. Positions are sent in these steps."""
_LEVEL = 1


class FrameForces(NamedTuple):
    """Quantised forces of T loss terms on N items: term k has the forces vectors[k] * scales[k]."""

    scales: npt.NDArray[np.float32]
    """Scale per term (T,), in nats per latent unit."""
    vectors: npt.NDArray[np.int8]
    """Force per term and item (T, N, D), in units of the scale."""


class Opcode(IntEnum):
    """Kind of a frame."""

    POSITIONS = 1
    PREDICTIONS = 2
    FORCES = 3


FLAG_RESTING = 1
"""Flag of the last delta frame before training rests. That frame is exact to one grid step."""


class Header(NamedTuple):
    """The header of a frame."""

    opcode: int
    """Kind of the frame."""
    shift: int
    """Exponent: deltas are multiplied by 2**shift."""
    axes: int
    """Number of coordinates per point, 2 or 3; 0 in a predictions frame."""
    flags: int
    """FLAG_RESTING or 0."""
    n: int
    """Number of points, or of changed predictions."""
    base_revision: int
    """Revision of the positions that the deltas are added to."""
    revision: int
    """Revision of the positions after this frame."""
    step: int
    """Training step of the values in this frame."""
    scene_id: int
    """Id of the scene that this frame applies to."""
    payload_bytes: int
    """Size of the payload, in bytes."""
    raw_bytes: int
    """Size of the inflated payload, in bytes."""


class PositionsFrame(NamedTuple):
    """A decoded delta frame."""

    header: Header
    """Header of the frame."""
    delta: npt.NDArray[np.int32]
    """Motion per point (N, axes) since `base_revision`, in grid steps.

    `decode` has already multiplied the values of the frame by 2**shift.
    """


class PredictionsFrame(NamedTuple):
    """A decoded predictions frame: the predictions that changed."""

    header: Header
    """Header of the frame."""
    items: npt.NDArray[np.uint32]
    """Changed items (K,), ascending."""
    class_ids: npt.NDArray[np.int16]
    """Predicted class per item (K,)."""
    confidence: npt.NDArray[np.uint8]
    """Probability of the predicted class per item (K,); 255 stands for the probability 1."""


class ForcesFrame(NamedTuple):
    """A decoded forces frame."""

    header: Header
    """Header of the frame."""
    vectors: npt.NDArray[np.float32]
    """Force per loss term (in the order of FORCE_TERMS) and item (T, N, axes), in nats per latent
    unit."""


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
    """Encode a delta frame.

    Layout before deflate: zigzag-encoded deltas as uint16, in byte planes. The low bytes of axis 0,
    of axis 1 and so on come first, then the high bytes in the same order. Arguments that are not
    listed below are fields of `Header`.

    Args:
        delta: Motion per point (N, axes), in units of 2**shift grid steps.
        resting: Whether the frame is the last one before training rests.

    Raises:
        ProtocolError: When a delta does not fit into 16 bits.
    """
    n, axes = delta.shape
    if n and (int(delta.min()) < -32768 or int(delta.max()) > 32767):
        raise ProtocolError(
            "A delta does not fit into 16 bits. Send a new scene.", code="delta_overflow"
        )
    narrow = delta.astype(np.int16)
    zigzag = ((narrow << 1) ^ (narrow >> 15)).view(np.uint16)
    # Copy and transpose the bytes: (N, axes, 2 bytes) -> (2 bytes, axes, N).
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
    """Encode a predictions frame of K changed items.

    Layout before deflate: gaps between item numbers as u32, classes as i16, confidences as u8.
    `items` must be strictly ascending. The first gap is the number of the first item. Neighbouring
    items have a gap of 1, and many equal gaps compress well.
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
    """Encode a forces frame.

    Layout before deflate: `scales` (T,) as f32, then `vectors` as i8 in the order (T, axes, N).
    """
    _, n, axes = vectors.shape
    raw = (
        scales.astype("<f4").tobytes() + np.ascontiguousarray(vectors.transpose(0, 2, 1)).tobytes()
    )
    return _frame(Opcode.FORCES, 0, axes, 0, n, revision, revision, step, scene_id, raw)


def decode(frame: bytes) -> PositionsFrame | PredictionsFrame | ForcesFrame:
    """Decode one frame. Raises ProtocolError with a description of the defect."""
    if len(frame) < HEADER.size:
        raise ProtocolError(
            f"A frame starts with {HEADER.size} bytes of header; this one has {len(frame)} bytes."
        )
    header = Header(*HEADER.unpack_from(frame))
    if header.opcode not in tuple(Opcode):
        raise ProtocolError(f"Opcode {header.opcode} is unknown.", code="unknown_opcode")
    if len(frame) != HEADER.size + header.payload_bytes:
        raise ProtocolError(
            f"The header announces {header.payload_bytes} payload bytes; the frame has"
            f" {len(frame) - HEADER.size}."
        )
    if header.opcode != Opcode.PREDICTIONS and (header.axes not in (2, 3) or header.shift > 15):
        raise ProtocolError(
            "A frame of points has 2 or 3 axes and a shift of at most 15; this frame has"
            f" {header.axes} axes and the shift {header.shift}."
        )
    terms = len(FORCE_TERMS)
    expected = {
        Opcode.POSITIONS: 2 * header.axes * header.n,
        Opcode.PREDICTIONS: 7 * header.n,
        Opcode.FORCES: 4 * terms + terms * header.axes * header.n,
    }[Opcode(header.opcode)]
    if header.raw_bytes != expected:
        raise ProtocolError(
            f"The inflated payload of {header.n} entries has {expected} bytes; the header announces"
            f" {header.raw_bytes}."
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
        raise ProtocolError("An item number in the frame is larger than 2147483647.")
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


def compressed_for_files(frame: bytes) -> bytes:
    """Return the same frame with a smaller payload. This takes ten times as long as encoding."""
    header = Header(*HEADER.unpack_from(frame))
    raw = _inflate(frame[HEADER.size :], header.raw_bytes)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FILTERED)
    payload = deflate.compress(raw) + deflate.flush()
    return HEADER.pack(*header._replace(payload_bytes=len(payload))) + payload


def _inflate(payload: bytes, expected: int) -> bytes:
    """Inflate a payload to `expected` bytes. Raises ProtocolError for a payload of another size.

    At most `expected` + 1 bytes are inflated, so that a small payload cannot fill the memory.
    """
    inflater = isal_zlib.decompressobj(-15)
    try:
        raw = inflater.decompress(payload, expected + 1)
    except igzip_lib.IsalError as error:  # pyright: ignore[reportGeneralTypeIssues]
        raise ProtocolError(f"The payload is not raw deflate: {error}") from error
    if len(raw) != expected or not inflater.eof:
        raise ProtocolError(
            f"The header announces an inflated payload of {expected} bytes; the payload inflates to"
            " another size."
        )
    return raw
