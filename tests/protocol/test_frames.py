"""Binary frames: shared test vectors, encoding and decoding, and invalid frames."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodespace.errors import ProtocolError
from lodespace.protocol import frames

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "protocol" / "frames.json").read_text()
)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if "error" not in v], ids=lambda v: v["name"]
)
def test_valid_frames_decode_to_the_vectors(vector: dict[str, Any]) -> None:
    decoded = frames.decode(bytes.fromhex(vector["hex"]))
    assert list(decoded.header) == vector["header"]
    if isinstance(decoded, frames.PositionsFrame):
        assert decoded.delta.tolist() == vector["delta"]
    elif isinstance(decoded, frames.ForcesFrame):
        assert decoded.vectors.tolist() == vector["vectors"]
    else:
        assert decoded.items.tolist() == vector["items"]
        assert decoded.class_ids.tolist() == vector["class_ids"]
        assert decoded.confidence.tolist() == vector["confidence"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if "error" in v], ids=lambda v: v["name"])
def test_invalid_frames_are_refused_with_a_code(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        frames.decode(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


@given(
    n=st.integers(0, 40),
    axes=st.sampled_from([2, 3]),
    shift=st.integers(0, 5),
    seed=st.integers(0, 999),
)
def test_decoding_reverts_encoding(n: int, axes: int, shift: int, seed: int) -> None:
    delta = np.random.default_rng(seed).integers(-32768, 32768, (n, axes)).astype(np.int32)
    frame = frames.encode_positions(
        delta, shift=shift, base_revision=1, revision=2, step=3, scene_id=4, resting=True
    )
    decoded = frames.decode(frame)
    assert isinstance(decoded, frames.PositionsFrame)
    assert (decoded.delta == delta << shift).all()
    assert decoded.header.flags == frames.FLAG_RESTING


def test_overflow_of_a_delta_is_an_error() -> None:
    delta = np.array([[32768, 0, 0]], np.int32)
    with pytest.raises(ProtocolError) as caught:
        frames.encode_positions(delta, shift=0, base_revision=0, revision=1, step=0, scene_id=0)
    assert caught.value.code == "delta_overflow"


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        frames.decode(data)


def test_every_truncation_of_a_frame_is_refused() -> None:
    delta = np.arange(60, dtype=np.int32).reshape(20, 3)
    frame = frames.encode_positions(delta, shift=5, base_revision=1, revision=2, step=3, scene_id=4)
    for length in range(len(frame)):
        with pytest.raises(ProtocolError):
            frames.decode(frame[:length])
