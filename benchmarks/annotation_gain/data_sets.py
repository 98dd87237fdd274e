"""The data that are labelled: pictures uint8 (N, H, W) with their true classes, which only the simulated person's eyes may see."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 32
CROP = 48
CROPS_OF_EACH = 450
SKIMAGE_PHOTOS = (
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "grass.png", "gravel.png", "rocket.jpg",
)  # fmt: skip
"""The photographs inside the package scikit-image; china.jpg and flower.jpg inside scikit-learn are the other two."""


@dataclass(frozen=True)
class LabelledPictures:
    """`pictures` uint8 (N, H, W), `truth` int16 (N,)."""

    name: str
    pictures: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.int16]
    content: Literal["symbols", "photos"] = "symbols"

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def n_classes(self) -> int:
        return int(self.truth.max()) + 1


def load(name: str) -> LabelledPictures:
    """`digits` (bundled, 5,000 of MNIST), `sklearn` (scikit-learn's 1,797), `textures` (4,500 crops of ten photographs), or `digits-N`."""
    if name == "sklearn":
        return _scikit_digits()
    if name == "textures":
        return _textures()
    if name == "digits":
        return _bundled_digits()
    return _digits(int(name.removeprefix("digits-")))


def _bundled_digits() -> LabelledPictures:
    from lodespace.datasets import load_digits

    items = load_digits()
    assert items.truth is not None
    return LabelledPictures("digits", np.asarray(items.data), items.truth)


def _digits(n: int) -> LabelledPictures:
    """N digits: a part of the bundled ones, or these and deformed copies of them, rotated, sheared, scaled."""
    digits = _bundled_digits()
    random = np.random.default_rng(n)
    if n <= len(digits):
        chosen = random.permutation(len(digits))[:n]
        return LabelledPictures(f"digits-{n}", digits.pictures[chosen], digits.truth[chosen])
    sources = np.concatenate([np.arange(len(digits)), random.integers(len(digits), size=n - len(digits))])
    pictures = digits.pictures[sources].copy()
    for i in range(len(digits), n):
        pictures[i] = _deformed(pictures[i], random)
    order = random.permutation(n)
    return LabelledPictures(f"digits-{n}", pictures[order], digits.truth[sources][order])


def _deformed(picture: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Rotated by up to 12 degrees, sheared by up to 0.2, each side scaled by up to 12 %, about its middle."""
    angle, shear = np.radians(random.uniform(-12, 12)), random.uniform(-0.2, 0.2)
    scale = random.uniform(0.88, 1.12, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag(scale)
    middle = (np.array(picture.shape[::-1]) - 1) / 2
    shift = middle - matrix @ middle
    coefficients = (*matrix[0], shift[0], *matrix[1], shift[1])
    image = Image.fromarray(picture)
    return np.asarray(image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR))


def _scikit_digits() -> LabelledPictures:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = np.rint(digits.images / 16 * 255).astype(np.uint8)
    return LabelledPictures("sklearn", pictures, digits.target.astype(np.int16))


def _textures() -> LabelledPictures:
    """450 grey crops of 48 x 48 of each photograph, brought to 32 x 32: pixel neighbours mean little here."""
    random = np.random.default_rng(1234)
    pictures, truth = [], []
    for class_id, photo in enumerate(_photographs()):
        height, width = photo.shape
        for _ in range(CROPS_OF_EACH):
            top, left = random.integers(height - CROP + 1), random.integers(width - CROP + 1)
            crop = Image.fromarray(photo[top : top + CROP, left : left + CROP])
            pictures.append(np.asarray(crop.resize((SIDE, SIDE), Image.Resampling.BILINEAR)))
            truth.append(class_id)
    order = random.permutation(len(truth))
    return LabelledPictures("textures", np.array(pictures)[order], np.array(truth, np.int16)[order], "photos")


def _photographs() -> list[npt.NDArray[np.uint8]]:
    import skimage
    from sklearn.datasets import load_sample_images

    folder = Path(skimage.__file__).parent / "data"
    found = [Image.open(folder / name) for name in SKIMAGE_PHOTOS]
    found += [Image.fromarray(image) for image in load_sample_images().images]
    return [np.asarray(image.convert("L")) for image in found]
