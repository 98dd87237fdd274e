"""Checkpoints that store large tensors once."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from lodespace.models.checkpoints import checkpoint, shared_tensors
from lodespace.models.checkpoints.checkpoint import shared_hashes

LARGE = np.random.default_rng(0).integers(-1 << 63, (1 << 63) - 1, 500)
"""Numbers that cannot be packed."""
PACKED = np.full(1000, 7, np.float32)


@pytest.fixture(autouse=True)
def small_tensors_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "SHARED_BYTES", 1000)


def add(folder: Path, number: int, large: np.ndarray = LARGE, **limits: int) -> Path:
    small = np.zeros(2, np.float32)
    tensors = {"latent_mean": small, "prediction": small, "confidence": small, "edge_head": large}
    return checkpoint.write(
        folder, tensors, {"tag": number}, number=number, verify=False, share=True, **limits
    )


def shared(folder: Path) -> list[Path]:
    return sorted((folder / shared_tensors.FOLDER).iterdir())


def test_equal_tensors_are_stored_once(tmp_path: Path) -> None:
    paths = [add(tmp_path, number) for number in (1, 2, 3)]
    assert len(shared(tmp_path)) == 1
    assert all(path.stat().st_size < LARGE.nbytes for path in paths)
    for path in paths:
        np.testing.assert_array_equal(checkpoint.read(path).tensors["edge_head"], LARGE)


def test_tensors_that_no_checkpoint_needs_are_deleted(tmp_path: Path) -> None:
    for number in range(1, 6):
        add(tmp_path, number, LARGE + number // 3, keep=2)
    assert [number for number, _ in checkpoint.numbered(tmp_path)] == [4, 5]
    assert [path.stem for path in shared(tmp_path)] == list(
        shared_hashes(tmp_path / "005.safetensors").values()
    )


def test_a_limit_of_bytes_counts_shared_tensors_once(tmp_path: Path) -> None:
    for number in range(1, 11):
        add(tmp_path, number, keep=100, most_bytes=4 * LARGE.nbytes)
    assert len(list(checkpoint.numbered(tmp_path))) == 10
    for number in range(11, 21):
        add(tmp_path, number, LARGE + number, keep=100, most_bytes=4 * LARGE.nbytes)
    kept = [number for number, _ in checkpoint.numbered(tmp_path)]
    assert kept == [17, 18, 19, 20]  # LEAST_KEPT


def test_a_damaged_or_missing_tensor_damages_the_checkpoint(tmp_path: Path) -> None:
    path = add(tmp_path, 1)
    (stored,) = shared(tmp_path)
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + b"!")
    with pytest.raises(ValueError, match="tensor edge_head is damaged"):
        checkpoint.read(path)
    assert shared_tensors.SharedTensors(tmp_path).damaged() == [stored]
    stored.unlink()
    with pytest.raises(ValueError, match="tensor edge_head cannot be read"):
        checkpoint.read(path)


@pytest.mark.parametrize("large", [LARGE, PACKED])
@pytest.mark.parametrize("left", [0, 40, 200])
def test_a_shortened_tensor_is_written_again(tmp_path: Path, large: np.ndarray, left: int) -> None:
    add(tmp_path, 1, large)
    (stored,) = shared(tmp_path)
    stored.write_bytes(stored.read_bytes()[:left])
    found = checkpoint.read(add(tmp_path, 2, large)).tensors["edge_head"]
    np.testing.assert_array_equal(found, large)


def test_packed_tensors_are_stored_once_and_checked(tmp_path: Path) -> None:
    paths = [add(tmp_path, number, PACKED) for number in (1, 2)]
    (stored,) = shared(tmp_path)
    assert stored.stat().st_size < PACKED.nbytes / 5
    for path in paths:
        np.testing.assert_array_equal(checkpoint.read(path).tensors["edge_head"], PACKED)
    assert shared_tensors.SharedTensors(tmp_path).damaged() == []
    content = bytearray(stored.read_bytes())
    content[-3] ^= 1
    stored.write_bytes(content)
    assert shared_tensors.SharedTensors(tmp_path).damaged() == [stored]
    with pytest.raises(ValueError, match="tensor edge_head is damaged"):
        checkpoint.read(paths[0])
    add(tmp_path, 3, LARGE, keep=1)
    assert not stored.exists()


@pytest.mark.parametrize("digest", ["../../secret", "/etc/passwd", "", 7, None])
def test_a_name_that_is_not_a_checksum_is_refused(tmp_path: Path, digest: object) -> None:
    path = add(tmp_path, 1)
    header = path.with_suffix(".json")
    meta = json.loads(header.read_bytes())
    meta["shared"] = {"edge_head": digest}
    del meta["sha256"]
    written = json.dumps(meta, indent=1, sort_keys=True).encode()
    meta["sha256"] = hashlib.sha256(path.read_bytes() + written).hexdigest()
    header.write_text(json.dumps(meta))
    with pytest.raises(ValueError, match=r"no valid checksum|not valid"):
        checkpoint.read(path)


def test_checkpoints_without_shared_tensors_are_read(tmp_path: Path) -> None:
    path = add(tmp_path, 1)
    found = checkpoint.read(path)
    single = checkpoint.write(tmp_path / "single", found.tensors, {"tag": 1})
    np.testing.assert_array_equal(checkpoint.read(single).tensors["edge_head"], LARGE)
    assert not (tmp_path / "single" / shared_tensors.FOLDER).exists()
