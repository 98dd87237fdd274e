"""Lossless packing of safetensors files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from lodespace.models.checkpoints.packing import length_by_header, packed, unpacked
from lodespace.models.checkpoints.tensor_file import TensorFile


def file_of(tensor: np.ndarray) -> bytes:
    return save({"tensor": tensor})


def packed_of(tensor: np.ndarray) -> bytes | None:
    smaller = packed(TensorFile({"tensor": tensor}), tensor.itemsize)
    return None if smaller is None else b"".join(smaller.parts())


@given(
    dtype=st.sampled_from([np.float32, np.float16, np.int16, np.int32, np.bool_, np.float64]),
    shape=st.sampled_from([(0,), (1,), (5000,), (700, 3), (40, 0)]),
    seed=st.integers(0, 100),
)
def test_an_unpacked_file_is_the_packed_one(dtype: type, shape: tuple[int, ...], seed: int) -> None:
    values = (np.random.default_rng(seed).normal(size=shape) * 50).astype(dtype)
    smaller = packed_of(values)
    assert smaller is None or unpacked(smaller) == b"".join(TensorFile({"tensor": values}).parts())


def test_rare_values_are_packed_to_almost_nothing() -> None:
    labels = np.full(100_000, -1, np.int16)
    labels[::1000] = 7
    smaller = packed_of(labels)
    assert smaller is not None and len(smaller) < labels.nbytes / 50
    np.testing.assert_array_equal(load(unpacked(smaller))["tensor"], labels)


def test_random_bits_are_not_packed() -> None:
    assert packed_of(_noise()) is None


def _noise() -> np.ndarray:
    return np.frombuffer(np.random.default_rng(0).bytes(200_000), np.int32)


def test_positions_of_many_items_take_less_space() -> None:
    """Random floats have a few bits in common: their signs and exponents."""
    position = np.random.default_rng(0).normal(size=(50_000, 3)).astype(np.float32)
    smaller = packed_of(position)
    assert smaller is not None and len(smaller) < 0.9 * position.nbytes


def test_values_that_hardly_repeat_take_about_their_entropy() -> None:
    """A search for repetitions would cost 20 % here (zlib.Z_HUFFMAN_ONLY)."""
    random = np.random.default_rng(0)
    codes = (63 * random.random(200_000) ** 8).astype(np.uint8)
    counts = np.bincount(codes)[np.bincount(codes) > 0] / len(codes)
    entropy = -(counts * np.log2(counts)).sum() / 8
    smaller = packed_of(codes)
    assert smaller is not None and len(smaller) < 1.05 * entropy * len(codes)
    np.testing.assert_array_equal(load(unpacked(smaller))["tensor"], codes)


@pytest.mark.parametrize("damage", [b"", b"x" * 40, b"\xff" * 8])
def test_a_damaged_packed_file_raises_value_error(damage: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpacked(damage)


def test_a_wrong_plane_raises_value_error() -> None:
    smaller = packed_of(np.zeros(10_000, np.int32))
    assert smaller is not None
    parts = load(smaller)
    parts["packed0"] = parts["packed0"][:-3]
    with pytest.raises(ValueError, match="damaged"):
        unpacked(save(parts))


def test_the_header_states_the_length_of_a_file() -> None:
    payload = file_of(_noise())
    assert length_by_header(payload) == len(payload)
    assert length_by_header(payload[:200]) == len(payload)
    assert length_by_header(b"") == length_by_header(b"\x05" + b"\0" * 20) == -1
