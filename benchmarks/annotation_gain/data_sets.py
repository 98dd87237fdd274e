"""Data sets of the benchmark: items, their true classes, and where they come from."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["pictures", "vectors", "embeddings", "series", "sounds"]
Truth = npt.NDArray[np.int16]
CACHE = Path(__file__).parents[2] / "build" / "annotation_gain" / "features"
"""Folder of features that take long to compute."""


class MissingDataError(Exception):
    """A package with the data is not installed, or has other data than the benchmark expects."""


@dataclass(frozen=True)
class LabelledItems:
    """Items with their classes."""

    name: str
    """Name of the data set, as in docs/gain.md."""
    items: npt.NDArray[np.generic]
    """Pictures uint8 (N, H, W) or (N, H, W, 3), rows float32 (N, F), or samples float32 (N, T)."""
    truth: Truth
    """True classes (N,), 0..C-1. The methods that are compared must not read them."""
    kind: Kind = "pictures"
    """Kind of the items. An item of the kind `series` is a curve, sampled at equal distances."""
    content: Literal["symbols", "photos"] = "symbols"
    """Kind of picture, as in the option `--content` of the server."""
    rate: int = 0
    """Samples per second of sounds."""

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def n_classes(self) -> int:
        return int(self.truth.max()) + 1

    @property
    def coloured(self) -> bool:
        """Whether the items are colour pictures."""
        return self.kind == "pictures" and self.items.ndim == 4

    @property
    def grey(self) -> bool:
        """Whether the items are grey pictures."""
        return self.kind == "pictures" and self.items.ndim == 3


@dataclass(frozen=True)
class Source:
    """Where a data set comes from."""

    load: Callable[[], LabelledItems]
    """Loader. Raises MissingDataError."""
    kind: Kind
    """Kind of the items."""
    content: str
    """Content of the items, and the package with the data."""


def sources() -> dict[str, Source]:
    """Return the data sets by name, in the order of the report."""
    from annotation_gain import made_sets, packaged_sets, picture_sets

    return {
        "digits": Source(picture_sets.digits, "pictures", "5,000 digits of MNIST, bundled"),
        "segments": Source(
            packaged_sets.segments, "vectors", "UCI image segments, 18 numbers; river"
        ),
        "breast-cancer": Source(
            packaged_sets.breast_cancer, "vectors", "measures of cells, 30 numbers; scikit-learn"
        ),
        "sklearn": Source(picture_sets.scikit_digits, "pictures", "1,797 digits; scikit-learn"),
        "letters": Source(picture_sets.letters, "pictures", "letters in 14 fonts; matplotlib"),
        "textures": Source(
            picture_sets.textures, "pictures", "grey crops of ten photographs; scikit-image"
        ),
        "photos": Source(
            packaged_sets.photos, "pictures", "colour photographs; Debian's tuxpaint stamps"
        ),
        "photo-features": Source(
            packaged_sets.photo_features, "embeddings", "EfficientNet-Lite0 of the photos"
        ),
        "OSULeaf": Source(
            lambda: packaged_sets.series("OSULeaf"), "series", "outlines of leaves; sktime"
        ),
        "ArrowHead": Source(
            lambda: packaged_sets.series("ArrowHead"), "series", "outlines of arrowheads; sktime"
        ),
        "ItalyPowerDemand": Source(
            lambda: packaged_sets.series("ItalyPowerDemand"), "series", "days of power; sktime"
        ),
        "vowel": _r_table("vowel", "UCI spoken vowels, 10 numbers; mlbench"),
        "satellite": _r_table("satellite", "UCI satellite pixels, 36 numbers; mlbench"),
        "diabetes": _r_table("diabetes", "UCI patients, 8 numbers; mlbench"),
        "sonar": _r_table("sonar", "UCI sonar echoes, 60 numbers; mlbench"),
        "dna": _r_table("dna", "UCI splice sites, 180 bits; mlbench"),
        "spam": _r_table("spam", "UCI e-mails, 57 numbers; kernlab"),
        "musk": _r_table("musk", "UCI shapes of molecules, 166 numbers; kernlab"),
        "ACSF1": Source(
            lambda: packaged_sets.series("ACSF1"), "series", "power of appliances; sktime"
        ),
        "signs": Source(made_sets.signs, "pictures", "drawn road signs in colour; made"),
        "sounds": Source(made_sets.sounds, "sounds", "sounds of one second; made"),
        "classes-200": Source(
            made_sets.many_classes, "embeddings", "200 classes of unequal size; made"
        ),
    }


TUNING = ("digits", "segments")
"""The only data sets of the report on which constants of Lodespace may be chosen.

These data sets were selected before the tuning started. Constants may be chosen on the data sets of
`development`, too, which the report does not have.
"""


def development() -> dict[str, Source]:
    """Return the data sets that are only for tuning, by name. `sources` does not have them."""
    from annotation_gain import packaged_sets

    return {
        "glass": _r_table("glass", "UCI glass, 9 numbers; mlbench"),
        "ionosphere": _r_table("ionosphere", "UCI radar echoes, 34 numbers; mlbench"),
        "vehicle": _r_table("vehicle", "UCI outlines of vehicles, 18 numbers; mlbench"),
        "shuttle": _r_table("shuttle", "UCI states of the space shuttle, 9 numbers; mlbench"),
        "letter-recognition": _r_table(
            "letter-recognition", "UCI printed letters, 16 numbers; mlbench"
        ),
        "GunPoint": Source(
            lambda: packaged_sets.series("GunPoint"), "series", "motions of a hand; sktime"
        ),
        "cells": _r_table("cells", "pictures of cells, 56 numbers; modeldata"),
        "credit": _r_table("credit", "loans, 9 numbers; modeldata"),
        "churn": _r_table("churn", "customers of a telephone company, 15 numbers; modeldata"),
        "hpc": _r_table("hpc", "jobs of a cluster of computers, 5 numbers; modeldata"),
        "bivariate": _r_table("bivariate", "pictures of cells, 2 numbers; modeldata"),
        "two-class": _r_table("two-class", "made classes that overlap, 2 numbers; modeldata"),
    }


def _r_table(name: str, content: str) -> Source:
    """Return a data set of r_sets.py."""
    from annotation_gain import r_sets

    return Source(lambda: r_sets.vectors(name), "vectors", content)


def load(name: str) -> LabelledItems:
    """Return a data set by name: of `sources` or `development`, or `digits-N` for N digits.

    Raises MissingDataError if a package is missing or has other data, and KeyError for another
    name.
    """
    if name.startswith("digits-"):
        from annotation_gain import picture_sets

        return picture_sets.some_digits(int(name.removeprefix("digits-")))
    return (sources() | development())[name].load()


def folder_of(package: str) -> Path:
    """Return the folder of an installed package without importing it. Raises MissingDataError."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingDataError(
            f"the package {package} is not installed; run `pip install -e '.[gain]'`"
        )
    return Path(found.origin).parent
