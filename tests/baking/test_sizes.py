"""A bake of 5,000 digits with labels has at most 5 MB: a training, and a project as it is."""

import asyncio
import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest

from lodespace.baking.animation_glb import encode_training
from lodespace.baking.bake import bake
from lodespace.baking.parts import MORPH_TARGETS
from lodespace.baking.static_site import ATLAS_EFFORT, copy_page
from lodespace.drawing.poster import draw_poster, encode_poster
from lodespace.items import thumbnails
from lodespace.items.item_set import ItemSet, bundled_digits_folder, load_digits
from lodespace.protocol import ClassInfo
from lodespace.recording.published import largest_size
from lodespace.scene.glb import Scene, decode_scene, encode_scene
from lodespace.session.class_colours import palette_colour
from samples.scenes import CLASSES, make_scene
from samples.trained_projects import make_trained_project

N = 5_000
DEMO = Path(__file__).parent.parent.parent / "assets" / "demo" / "scene.glb"
"""The scene of the bundled demo: the digits without labels."""
MOST_BYTES = 5_000_000
MODEL_BYTES = 1_800_000
"""Size of the model of the digits with its student; the slow tests measure it."""
OTHER_BYTES = 60_000
"""Size of items.json (39,000 bytes), timeline.json, session.json and other small files."""


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum(p.stat().st_size for p in (path, *path.rglob("*")) if p.is_file())


def test_the_parts_of_5000_digits_fit_into_5_mb(tmp_path: Path) -> None:
    copy_page(tmp_path)
    page = size_of(tmp_path)
    scene = len(encode_scene(make_scene(N)))
    random = np.random.default_rng(0)
    moments = [random.normal(size=(N, 3)).astype(np.float32) for _ in range(MORPH_TARGETS + 1)]
    known = np.zeros(N, np.int16)
    animation = len(encode_training(moments, known, list(CLASSES), "digits", 12.0))
    digits = load_digits()
    last, image = io.BytesIO(), thumbnails.draw_page(digits, 1)
    image.save(last, "WEBP", lossless=True, quality=ATLAS_EFFORT, method=6)
    layout = thumbnails.describe(digits)
    assert layout is not None and layout.pages == 2
    on_last = N - layout.columns**2
    pictures = last.tell() * N // on_last
    poster = len(encode_poster(draw_poster(digits, labelled_demo(digits))))
    written = (page, scene, animation, pictures, poster)
    parts = (*written, largest_size(N), MODEL_BYTES, OTHER_BYTES)
    assert sum(parts) <= MOST_BYTES, parts


def labelled_demo(digits: ItemSet) -> Scene:
    """Return the scene of the bundled demo, with a label for each item."""
    assert digits.truth is not None
    classes = tuple(
        ClassInfo(class_id=k, name=name, colour=palette_colour(k))
        for k, name in enumerate(digits.class_names)
    )
    scene = decode_scene(DEMO.read_bytes())
    return dataclasses.replace(scene, labels=digits.truth.astype(np.int16), classes=classes)


@pytest.mark.slow
def test_5000_digits_are_published_as_is_in_5_mb(slow: bool, tmp_path: Path) -> None:
    if not slow:
        pytest.skip("runs with --slow")
    made = asyncio.run(make_trained_project(tmp_path, bundled_digits_folder()))
    out = bake(made.folder, tmp_path / "out", as_is=True)
    assert size_of(out) <= MOST_BYTES
    assert size_of(out / "model") <= MODEL_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["10", "none"])
def test_5000_digits_are_trained_and_baked_in_5_mb(labels: str, slow: bool, tmp_path: Path) -> None:
    if not slow:
        pytest.skip("runs with --slow")
    out = bake(bundled_digits_folder(), tmp_path / "out", epochs=2, seed=1, labels=labels)
    assert size_of(out) <= MOST_BYTES
    assert size_of(out / "model") <= MODEL_BYTES
