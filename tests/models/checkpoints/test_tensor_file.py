"""Files of tensors that are written without a copy in memory."""

import hashlib
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.tensor_file import TensorFile

TENSORS = {
    "bytes": np.arange(5, dtype=np.uint8),
    "mask": np.array([True, False]),
    "half": np.linspace(0, 1, 7, dtype=np.float16),
    "labels": np.array([-1, 3], np.int16),
    "edges": np.arange(6, dtype=np.int32).reshape(2, 3),
    "position": np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32),
    "columns": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "total": np.array([2.5], np.float64),
    "none": np.empty((0, 3), np.float32),
    "number": np.array(0.25, np.float32),
}


def test_safetensors_reads_the_file() -> None:
    written = io.BytesIO()
    content = TensorFile(TENSORS)
    content.write(written)
    found = load(written.getvalue())
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor)
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
    assert content.length == len(written.getvalue())
    assert content.digest() == hashlib.sha256(written.getvalue()).hexdigest()


def test_equal_tensors_in_another_order_give_the_same_file() -> None:
    other = TensorFile(dict(reversed(TENSORS.items())))
    assert b"".join(other.parts()) == b"".join(TensorFile(TENSORS).parts())


def test_other_kinds_of_values_are_refused() -> None:
    with pytest.raises(ValueError, match="tensor names"):
        TensorFile({"names": np.array(["a"])})


def test_a_checkpoint_is_written_and_checked_without_a_copy(tmp_path: Path) -> None:
    """The check reads the checkpoints that were written before."""
    tensors = {
        "latent_mean": np.zeros((1_000_000, 3), np.float32),
        "prediction": np.zeros(1, np.int16),
        "confidence": np.zeros(1, np.float32),
    }
    tracemalloc.start()
    for step in range(3):
        checkpoint.write(tmp_path, tensors, {"step": step})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The test for NaN takes one byte per value.
    assert peak < 0.5 * tensors["latent_mean"].nbytes
