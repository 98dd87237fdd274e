"""Reading of checkpoints: a damaged checkpoint is skipped, and an earlier intact one is read."""

import json
import logging
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lodespace.models.checkpoints import checkpoint


def tensors(value: float = 0.0) -> dict[str, np.ndarray]:
    return {
        "latent_mean": np.full((6, 3), value, np.float32),
        "prediction": np.arange(6, dtype=np.int16),
        "confidence": np.full(6, 0.5, np.float32),
        "vae.weight": np.arange(12, dtype=np.float32).reshape(3, 4).T,  # not contiguous
    }


def test_a_written_checkpoint_is_read(tmp_path: Path) -> None:
    path = checkpoint.write(
        tmp_path / "checkpoints", tensors(1.5), {"step": 7, "config": {"preset": "paper"}}
    )
    found = checkpoint.latest(tmp_path / "checkpoints")
    assert found is not None
    assert found.path == path
    assert found.meta["step"] == 7
    assert found.meta["config"] == {"preset": "paper"}
    assert found.tensors.keys() == tensors().keys()
    for name, tensor in tensors(1.5).items():
        assert np.array_equal(found.tensors[name], tensor)
        assert found.tensors[name].dtype == tensor.dtype


def test_same_content_same_bytes(tmp_path: Path) -> None:
    """The bytes of a checkpoint depend neither on the time of writing nor on the folder."""
    first = checkpoint.write(tmp_path / "a", tensors(), {"step": 1, "epoch": 0.5})
    second = checkpoint.write(
        tmp_path / "b", dict(reversed(tensors().items())), {"epoch": 0.5, "step": 1}
    )
    assert first.read_bytes() == second.read_bytes()
    assert first.with_suffix(".json").read_bytes() == second.with_suffix(".json").read_bytes()


def test_an_empty_or_missing_folder_has_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.latest(tmp_path) is None
    assert checkpoint.latest(tmp_path / "nowhere") is None


def test_the_newest_is_read_and_the_last_three_are_kept(tmp_path: Path) -> None:
    for step in range(12):
        checkpoint.write(tmp_path, tensors(), {"step": step})
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found.meta["step"] == 11
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"{n:03d}.{kind}" for n in (10, 11, 12) for kind in ("json", "safetensors")
    ]


def test_damaged_ones_do_not_count_as_kept(tmp_path: Path) -> None:
    """Two damaged checkpoints must not remove the last intact one."""
    for step in range(3):
        path = checkpoint.write(tmp_path, tensors(), {"step": step})
        if step > 0:
            path.write_bytes(b"rot")
    checkpoint.write(tmp_path, tensors(), {"step": 3})
    checkpoint.write(tmp_path, tensors(), {"step": 4})
    steps = {json.loads(p.read_text())["step"] for p in tmp_path.glob("*.json")}
    assert {0, 3, 4} <= steps


@pytest.mark.parametrize("seed", range(40))
def test_a_mutated_checkpoint_is_skipped_for_the_previous_one(
    seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The mutation is a flipped bit or a truncation, of the tensor file or of the JSON file."""
    checkpoint.write(tmp_path, tensors(1), {"step": 1, "config": {"learning_rate": 0.002}})
    newest = checkpoint.write(tmp_path, tensors(2), {"step": 2, "config": {"learning_rate": 0.002}})
    rng = random.Random(seed)
    victim = newest if seed % 4 < 2 else newest.with_suffix(".json")
    content = bytearray(victim.read_bytes())
    where = rng.randrange(len(content))
    if seed % 2:
        del content[where:]
    else:
        content[where] ^= 1 << rng.randrange(8)
    victim.write_bytes(content)
    with pytest.raises(ValueError, match=newest.name):
        checkpoint.read(newest)
    with caplog.at_level(logging.WARNING):
        found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found.meta["step"] == 1
    assert np.array_equal(found.tensors["latent_mean"], tensors(1)["latent_mean"])
    assert newest.name in caplog.text


def test_a_crash_between_the_two_files_leaves_the_previous_checkpoint(tmp_path: Path) -> None:
    checkpoint.write(tmp_path, tensors(1), {"step": 1})
    checkpoint.write(tmp_path, tensors(2), {"step": 2}).with_suffix(".json").unlink()
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found.meta["step"] == 1


def test_files_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    for name in ("notes.txt", "best.safetensors", "²7.safetensors"):
        (tmp_path / name).write_text("mine")
    checkpoint.write(tmp_path, tensors(), {"step": 1})
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found.meta["step"] == 1
    assert (tmp_path / "best.safetensors").read_text() == "mine"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_not_saved(bad: float, tmp_path: Path) -> None:
    checkpoint.write(tmp_path, tensors(), {"step": 1})
    before = sorted(tmp_path.iterdir())
    astray = tensors()
    astray["vae.weight"][1, 1] = bad
    with pytest.raises(ValueError, match=r"vae\.weight"):
        checkpoint.write(tmp_path, astray, {"step": 2})
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("room_for", range(4))
def test_a_full_disk_leaves_what_was_there(
    room_for: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at one of the syncs (tensors, folder, JSON, folder). Nothing is replaced."""
    checkpoint.write(tmp_path, tensors(), {"step": 1})
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    syncs = iter(range(100))

    def full(descriptor: int) -> None:
        if next(syncs) >= room_for:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write(tmp_path, tensors(2), {"step": 2})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.name in before} == before
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert found.meta["step"] == 1
    assert not list(tmp_path.glob("*.tmp"))


def test_a_checkpoint_without_latent_means_is_not_one(tmp_path: Path) -> None:
    only = {"confidence": np.zeros(2, np.float32)}
    path = checkpoint.write(tmp_path, only, {"step": 1})
    with pytest.raises(ValueError, match="latent means"):
        checkpoint.read(path)


def test_reading_needs_no_torch() -> None:
    """The server process reads checkpoints and must start in a second."""
    code = (
        "import sys, lodespace.models, lodespace.models.checkpoints.checkpoint; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
