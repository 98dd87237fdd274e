"""Grey pictures: digits, letters and textures, from packages that Lodespace itself uses."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from annotation_gain.data_sets import LabelledItems, folder_of

SIDE = 32
CROP = 48
CROPS_OF_EACH = 450
SKIMAGE_PHOTOS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "rocket.jpg",
)
"""Photographs in the package scikit-image. Two more photographs are in scikit-learn."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
OF_EACH_LETTER = 150
FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
)
"""Font files in the package matplotlib."""


def digits() -> LabelledItems:
    """Return the 5,000 digits of MNIST that are bundled with Lodespace."""
    from lodespace.items.item_set import load_digits

    items = load_digits()
    assert items.truth is not None
    return LabelledItems("digits", np.asarray(items.data), items.truth)


def some_digits(n: int) -> LabelledItems:
    """Return `n` digits: some of the bundled digits, or all bundled digits and deformed copies."""
    whole = digits()
    random = np.random.default_rng(n)
    if n <= len(whole):
        chosen = random.permutation(len(whole))[:n]
        return LabelledItems(f"digits-{n}", whole.items[chosen], whole.truth[chosen])
    sources = np.concatenate(
        [np.arange(len(whole)), random.integers(len(whole), size=n - len(whole))]
    )
    pictures = whole.items[sources].copy()
    for i in range(len(whole), n):
        pictures[i] = _deformed(pictures[i], random)
    order = random.permutation(n)
    return LabelledItems(f"digits-{n}", pictures[order], whole.truth[sources][order])


def _deformed(picture: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Rotate randomly by up to 12 degrees, shear by up to 0.2, scale each side by up to 12 %."""
    angle, shear = np.radians(random.uniform(-12, 12)), random.uniform(-0.2, 0.2)
    scale = random.uniform(0.88, 1.12, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag(scale)
    middle = (np.array(picture.shape[::-1]) - 1) / 2
    shift = middle - matrix @ middle
    coefficients = (*matrix[0], shift[0], *matrix[1], shift[1])
    image = Image.fromarray(picture)
    return np.asarray(
        image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    )


def scikit_digits() -> LabelledItems:
    """Return the 1,797 digits of scikit-learn, 8 x 8 pixels."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pictures = np.rint(found.images / 16 * 255).astype(np.uint8)
    return LabelledItems("sklearn", pictures, found.target.astype(np.int16))


def textures() -> LabelledItems:
    """Return 450 grey crops of 48 x 48 from each photograph, reduced to 32 x 32."""
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
    return LabelledItems(
        "textures", np.array(pictures)[order], np.array(truth, np.int16)[order], content="photos"
    )


def _photographs() -> list[npt.NDArray[np.uint8]]:
    from sklearn.datasets import load_sample_images

    folder = folder_of("skimage") / "data"
    found = [Image.open(folder / name) for name in SKIMAGE_PHOTOS]
    found += [Image.fromarray(image) for image in load_sample_images().images]
    return [np.asarray(image.convert("L")) for image in found]


def letters() -> LabelledItems:
    """Return deformed lower-case letters in 14 fonts and three sizes, with noise."""
    import matplotlib as mpl

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    random = np.random.default_rng(26)
    fonts = {
        (name, size): ImageFont.truetype(folder / f"{name}.ttf", size)
        for name in FONTS
        for size in (18, 21, 24)
    }
    pictures, truth = [], []
    for class_id, letter in enumerate(LETTERS):
        for _ in range(OF_EACH_LETTER):
            font = fonts[FONTS[random.integers(len(FONTS))], (18, 21, 24)[random.integers(3)]]
            picture = Image.new("L", (SIDE, SIDE))
            middle = (SIDE / 2 + random.uniform(-2, 2), SIDE / 2 + random.uniform(-2, 2))
            ImageDraw.Draw(picture).text(
                middle, letter, fill=int(random.integers(150, 256)), font=font, anchor="mm"
            )
            noise = random.normal(0, 12, (SIDE, SIDE))
            drawn = _deformed(np.asarray(picture), random).astype(np.float32)
            pictures.append(np.clip(drawn + noise, 0, 255).astype(np.uint8))
            truth.append(class_id)
    order = random.permutation(len(truth))
    return LabelledItems("letters", np.array(pictures)[order], np.array(truth, np.int16)[order])
