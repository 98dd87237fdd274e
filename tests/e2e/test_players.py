"""training.glb in a 3D viewer of a browser: three's GLTFLoader draws the points as recorded."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route

from drivers.page_pool import PagePool
from lodespace.baking.animation_glb import encode_training
from lodespace.protocol import ClassInfo

THREE = Path(__file__).parent.parent.parent / "webxr_client" / "node_modules" / "three"
ADDRESS = "http://localhost/"
SECONDS = 2.0
TURNS = (0.0, 0.4, 0.8)
"""Angle of the ring at each moment, in radians."""
CLASSES = [
    ClassInfo(class_id=0, name="red", colour="#ff0000"),
    ClassInfo(class_id=1, name="blue", colour="#0000ff"),
]
SIZE = 400
PLAYER = """<!doctype html><html lang="en"><title>Player</title>
<canvas width="400" height="400"></canvas>
<script type="importmap">
  {"imports": {"three": "/three/build/three.module.js", "three/addons/": "/three/examples/jsm/"}}
</script>
<script type="module">
  import * as THREE from "three";
  import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
  const canvas = document.querySelector("canvas");
  const renderer = new THREE.WebGLRenderer({ canvas, preserveDrawingBuffer: true });
  renderer.setSize(400, 400, false);
  const camera = new THREE.OrthographicCamera(-0.6, 0.6, 0.6, -0.6, -2, 2);
  const gltf = await new GLTFLoader().loadAsync("/training.glb");
  gltf.scene.traverse((object) => {
    if (object.isPoints) Object.assign(object.material, { size: 9, sizeAttenuation: false });
  });
  const scene = new THREE.Scene().add(gltf.scene);
  const mixer = new THREE.AnimationMixer(gltf.scene);
  const action = mixer.clipAction(gltf.animations[0]);
  action.setLoop(THREE.LoopOnce);
  action.clampWhenFinished = true;
  action.play();
  window.pictureAt = (seconds) => {
    mixer.setTime(seconds);
    renderer.render(scene, camera);
    return canvas.toDataURL();
  };
</script></html>"""


def ring(turn: float) -> np.ndarray:
    """Return six latent means on a circle, (6, 3)."""
    angles = 2 * np.pi * np.arange(6) / 6 + turn
    return np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=1).astype(np.float32)


@pytest.fixture
def player(pages: PagePool) -> Iterator[Page]:
    """A page with three's GLTFLoader that plays a ring that turns."""
    moments = [ring(turn) for turn in TURNS]
    known = np.array([0, 1, 0, 1, 0, 1], np.int16)
    content = encode_training(moments, known, CLASSES, "ring", SECONDS)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("three/"):
            route.fulfill(path=THREE / path.removeprefix("three/"))
        elif path == "training.glb":
            route.fulfill(body=content, content_type="model/gltf-binary")
        else:
            route.fulfill(body=PLAYER, content_type="text/html")

    taken = pages.take(drawn=True, prepare=None)
    taken.page.route(f"{ADDRESS}**", answer)
    taken.page.goto(ADDRESS)
    taken.page.wait_for_function("window.pictureAt", polling=50)
    taken.page.evaluate("window.testDrawsAll = true")
    yield taken.page
    taken.page.context.close()


def picture_at(player: Page, seconds: float) -> np.ndarray:
    """Return the drawn picture (SIZE, SIZE, 3) at a time of the animation."""
    encoded = player.evaluate("(seconds) => pictureAt(seconds)", seconds)
    png = base64.b64decode(encoded.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def drawn_at(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the colours (6, 3) at places in scene metres."""
    x = np.round((points[:, 0] + 0.6) / 1.2 * SIZE).astype(int)
    y = np.round((0.6 - points[:, 1]) / 1.2 * SIZE).astype(int)
    return picture[y, x]


@pytest.mark.slow
def test_gltf_loader_draws_the_points_of_each_moment(player: Page) -> None:
    # The clouds of all moments fill the cube of 1 m.
    extent = max(np.ptp(np.concatenate([ring(turn) for turn in TURNS]), axis=0))
    for moment, turn in enumerate(TURNS):
        picture = picture_at(player, moment * SECONDS / (len(TURNS) - 1))
        colours = drawn_at(picture, ring(turn) / extent)
        assert (colours[::2] == (255, 0, 0)).all()
        assert (colours[1::2] == (0, 0, 255)).all()
        drawn = (picture.sum(axis=2) > 0).sum()
        assert drawn <= 6 * 10**2, "the picture has points of another moment"
