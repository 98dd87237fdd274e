"""Synthetic data sets: colour road signs, sounds, and embeddings of 200 classes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from annotation_gain.data_sets import LabelledItems

SIGN_SIDE = 48
DRAWN_SIDE = 192
"""Width and height at which signs are drawn before they are reduced, in pixels."""
OF_EACH_SIGN = 70
RED, BLUE, YELLOW, WHITE, BLACK = (
    (190, 25, 35),
    (20, 70, 160),
    (240, 195, 20),
    (240, 240, 240),
    (20, 20, 20),
)
SHAPES = {
    "round": [(96 + 84 * np.sin(a), 96 - 84 * np.cos(a)) for a in np.arange(40) * np.pi / 20],
    "triangle": [(96, 18), (180, 164), (12, 164)],
    "wedge": [(96, 174), (180, 28), (12, 28)],
    "diamond": [(96, 8), (184, 96), (96, 184), (8, 96)],
    "square": [(16, 16), (176, 16), (176, 176), (16, 176)],
    "octagon": [
        (96 + 88 * np.sin(a), 96 - 88 * np.cos(a)) for a in (np.arange(8) + 0.5) * np.pi / 4
    ],
}
"""Corners (x, y) of the plate of a sign, in pixels, by the name of its shape."""
MARKS: dict[str, list[list[tuple[float, float]]]] = {
    "nothing": [],
    "bar": [[(48, 84), (144, 84), (144, 110), (48, 110)]],
    "up": [[(96, 44), (128, 88), (108, 88), (108, 148), (84, 148), (84, 88), (64, 88)]],
    "right": [[(148, 96), (104, 128), (104, 108), (48, 108), (48, 84), (104, 84), (104, 64)]],
    "left": [[(44, 96), (88, 128), (88, 108), (144, 108), (144, 84), (88, 84), (88, 64)]],
    "one": [[(86, 56), (108, 56), (108, 140), (86, 140)]],
    "two": [[(66, 62), (84, 62), (84, 138), (66, 138)], [(108, 62), (126, 62), (126, 138)]],
    "cross": [
        [(60, 72), (72, 60), (132, 120), (120, 132)],
        [(120, 60), (132, 72), (72, 132), (60, 120)],
    ],
    "bump": [[(48, 132), (78, 92), (114, 92), (144, 132)]],
    "narrow": [[(70, 140), (84, 60), (92, 60), (92, 140)], [(122, 140), (108, 60), (100, 60)]],
}
"""Polygons of the symbol on a plate, in pixels, by the name of the symbol."""
SIGNS = (
    ("round", RED, WHITE, "nothing"),
    ("round", RED, RED, "bar"),
    ("round", RED, WHITE, "one"),
    ("round", RED, WHITE, "two"),
    ("round", RED, WHITE, "left"),
    ("round", RED, WHITE, "right"),
    ("round", RED, BLUE, "cross"),
    ("round", BLUE, BLUE, "up"),
    ("round", BLUE, BLUE, "left"),
    ("round", BLUE, BLUE, "right"),
    ("triangle", RED, WHITE, "one"),
    ("triangle", RED, WHITE, "cross"),
    ("triangle", RED, WHITE, "bump"),
    ("triangle", RED, WHITE, "narrow"),
    ("wedge", RED, WHITE, "nothing"),
    ("diamond", WHITE, YELLOW, "nothing"),
    ("diamond", YELLOW, YELLOW, "bump"),
    ("square", BLUE, BLUE, "up"),
    ("square", BLUE, BLUE, "cross"),
    ("octagon", RED, RED, "bar"),
)
"""Shape, colour of the rim, colour of the plate, and symbol of each class."""
RATE = 8000
OF_EACH_SOUND = 120
MANY, MANY_ITEMS, MANY_FEATURES, GROUPS = 200, 6000, 96, 20


def signs() -> LabelledItems:
    """Return 1,400 road signs of 20 classes, 48 x 48 in colour.

    Place, size, rotation, perspective, light, haze, occlusion, blur and background vary.
    """
    random = np.random.default_rng(20)
    drawn = [
        (_sign(SIGNS[class_id], random), class_id)
        for class_id in range(len(SIGNS))
        for _ in range(OF_EACH_SIGN)
    ]
    order = random.permutation(len(drawn))
    pictures = np.array([drawn[place][0] for place in order])
    return LabelledItems("signs", pictures, np.array([drawn[k][1] for k in order], np.int16))


Colour = tuple[int, int, int]


def _sign(
    sign: tuple[str, Colour, Colour, str], random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    shape, rim, plate, mark = sign
    corners = np.array(SHAPES[shape])
    picture = Image.new("RGBA", (DRAWN_SIDE, DRAWN_SIDE))
    draw = ImageDraw.Draw(picture)
    draw.polygon([tuple(point) for point in corners], fill=rim)
    inner = 96 + (corners - corners.mean(0)) * 0.74 + (corners.mean(0) - 96)
    draw.polygon([tuple(point) for point in inner], fill=plate)
    symbol = BLACK if plate in (WHITE, YELLOW) else WHITE
    for polygon in MARKS[mark]:
        draw.polygon(polygon, fill=symbol)
    moved = picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        _perspective(random),
        Image.Resampling.BILINEAR,
    )
    scene = _background(random)
    scene.paste(moved, mask=moved)
    if random.random() < 0.3:  # a branch or a post in front of the sign
        at = random.integers(DRAWN_SIDE)
        ends = [(at, 0), (int(random.integers(DRAWN_SIDE)), DRAWN_SIDE)]
        ImageDraw.Draw(scene).line(ends, fill=(50, 60, 40), width=int(random.integers(6, 22)))
    scene = scene.resize((SIGN_SIDE, SIGN_SIDE), Image.Resampling.BILINEAR)
    small = np.asarray(scene.filter(ImageFilter.GaussianBlur(random.uniform(0, 1.2))), np.float32)
    haze, light = random.uniform(0, 0.5), random.uniform(0.35, 1.15)
    tint = random.uniform(0.85, 1.15, 3)
    seen = light * tint * ((1 - haze) * small + haze * 190)
    noise = random.normal(0, random.uniform(2, 12), seen.shape)
    return np.clip(seen + noise, 0, 255).astype(np.uint8)


def _perspective(random: np.random.Generator) -> tuple[float, ...]:
    """Return random coefficients with which Image.transform places a traffic sign."""
    angle, scale = np.radians(random.uniform(-14, 14)), 1 / random.uniform(0.6, 1.0)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.array([[1, random.uniform(-0.2, 0.2)], [0, 1]])
    middle = np.array([96, 96])
    shift = middle - turn @ (middle + random.uniform(-18, 18, 2))
    tilt = random.uniform(-0.0012, 0.0012, 2)
    return (*turn[0], shift[0], *turn[1], shift[1], *tilt)


def _background(random: np.random.Generator) -> Image.Image:
    """Return a blurred background of a few rectangles, like sky, walls and trees."""
    colours = ((150, 180, 220), (90, 110, 70), (120, 115, 110), (170, 150, 120))
    side = DRAWN_SIDE // 8
    scene = Image.new("RGB", (side, side), colours[random.integers(4)])
    draw = ImageDraw.Draw(scene)
    for _ in range(6):
        left, top, width, height = random.integers(0, side, 4)
        varied = np.array(colours[random.integers(4)]) + random.normal(0, 30, 3)
        fill = tuple(int(part) for part in np.clip(varied, 0, 255))
        draw.rectangle((left, top, left + width, top + height), fill=fill)
    return scene.resize((DRAWN_SIDE, DRAWN_SIDE), Image.Resampling.BILINEAR)


Wave = npt.NDArray[np.float64]


def sounds() -> LabelledItems:
    """Return 1,200 sounds of one second at 8 kHz, of 10 classes.

    Pitch, length, start, loudness and noise vary.
    """
    random = np.random.default_rng(10)
    made, truth = [], []
    for class_id, voice in enumerate(VOICES):
        for _ in range(OF_EACH_SOUND):
            made.append(_recorded(voice, random))
            truth.append(class_id)
    order = random.permutation(len(truth))
    return LabelledItems(
        "sounds",
        np.array(made, np.float32)[order],
        np.array(truth, np.int16)[order],
        "sounds",
        rate=RATE,
    )


def _recorded(
    voice: Callable[[Wave, float, np.random.Generator], Wave], random: np.random.Generator
) -> Wave:
    """Return one second (RATE,) of noise that contains, at a random time, a sound of `voice`."""
    length = random.uniform(0.35, 0.9)
    times = np.arange(int(length * RATE)) / RATE
    wave = voice(times, random.uniform(250, 900), random)
    fade = np.minimum(1, np.minimum(times, times[::-1]) / 0.02)
    wave = wave * fade / (np.abs(wave).max() + 1e-9)
    whole = np.zeros(RATE)
    start = random.integers(RATE - len(wave) + 1)
    whole[start : start + len(wave)] = wave * random.uniform(0.2, 0.7)
    return whole + random.normal(0, random.uniform(0.005, 0.06), RATE)


def _sweep(times: Wave, pitch: Wave) -> Wave:
    """Return a tone with the pitch (T,) in Hz at each of the times (T,)."""
    del times
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


def _harmonics(times: Wave, pitch: float, weights: npt.ArrayLike) -> Wave:
    return sum(
        (
            weight * np.sin(2 * np.pi * pitch * k * times)
            for k, weight in enumerate(np.asarray(weights), 1)
            if pitch * k < RATE / 2
        ),
        np.zeros(len(times)),
    )


def _noise(times: Wave, low: float, high: float, random: np.random.Generator) -> Wave:
    """Return noise (T,) with frequencies from `low` to `high` Hz, at the times (T,)."""
    spectrum = np.fft.rfft(random.normal(size=len(times)))
    frequencies = np.fft.rfftfreq(len(times), 1 / RATE)
    return np.fft.irfft(spectrum * ((frequencies > low) & (frequencies < high)), len(times))


def _rising(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    return _sweep(times, np.linspace(pitch, pitch * random.uniform(1.6, 3), len(times)))


def _falling(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    return _rising(times, pitch, random)[::-1]


def _steady(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    return _harmonics(times, pitch, 1 / np.arange(1, random.integers(3, 7)))


def _hollow(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    weights = np.zeros(9)
    weights[::2] = 1 / np.arange(1, 10, 2) ** random.uniform(0.6, 1.2)
    return _harmonics(times, pitch, weights)


def _trill(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    wobble = np.sin(2 * np.pi * random.uniform(6, 14) * times)
    return _sweep(times, pitch * (1 + random.uniform(0.12, 0.3) * wobble))


def _pulsed(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    beat = np.sin(2 * np.pi * random.uniform(5, 12) * times) > 0
    return _steady(times, pitch, random) * beat


def _plucked(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    decay = np.exp(-times * random.uniform(5, 12))
    return _harmonics(times, pitch, 1 / np.arange(1, 8)) * decay


def _hiss(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    return _noise(times, pitch * 1.5, RATE / 2, random)


def _rattle(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    clicks = random.random(len(times)) < random.uniform(15, 45) / RATE
    ring = np.exp(-np.arange(240) / 40) * np.sin(2 * np.pi * 2 * pitch * np.arange(240) / RATE)
    return np.convolve(clicks, ring)[: len(times)]


def _chirps(times: Wave, pitch: float, random: np.random.Generator) -> Wave:
    phase = (times * random.uniform(5, 9)) % 1
    return _sweep(times, pitch * (1.3 + phase)) * (phase < 0.6)


VOICES = (
    *(_rising, _falling, _steady, _hollow, _trill),
    *(_pulsed, _plucked, _hiss, _rattle, _chirps),
)


def many_classes(seed: int = MANY) -> LabelledItems:
    """Return 6,000 embeddings (96 numbers) of 200 classes in 20 groups.

    The largest class has about 140 items, the smallest 12. Classes of a group are near to one
    another. Each class varies in its own directions, and all embeddings have the length 1. The
    benchmark measures the set of the default `seed`; other seeds are for tuning (many_classes.py).
    """
    random = np.random.default_rng(seed)
    shares = 1 / (np.arange(MANY) + 12) ** 0.8
    truth = np.repeat(
        np.arange(MANY), np.maximum(12, MANY_ITEMS * shares / shares.sum()).round().astype(int)
    )
    random.shuffle(truth)
    groups = random.normal(size=(GROUPS, MANY_FEATURES))
    middles = groups[random.integers(GROUPS, size=MANY)] + 0.55 * random.normal(
        size=(MANY, MANY_FEATURES)
    )
    directions = random.normal(size=(MANY, 6, MANY_FEATURES)) * 0.28
    rows = middles[truth] + 0.8 * random.normal(size=(len(truth), MANY_FEATURES))
    rows += np.einsum("nk,nkf->nf", random.normal(size=(len(truth), 6)), directions[truth])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return LabelledItems(
        "classes-200", rows.astype(np.float32), truth.astype(np.int16), "embeddings"
    )
