"""Data sets in packages of R: mlbench, kernlab and modeldata. Debian ships them as r-cran-NAME.

The Python package rdata reads the files. No code of R runs, and nothing is downloaded.
"""

import lzma
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from annotation_gain.data_sets import LabelledItems, MissingDataError, folder_of
from annotation_gain.packaged_sets import read, shuffled

FOLDER = Path(os.environ.get("R_DATA", "/usr/lib/R/site-library"))
"""Folder of the packages of R.

Set R_DATA if the packages, such as `r-cran-mlbench`, are unpacked but not installed.
"""
DATABASES = {
    "modeldata": (
        "c23e1be60f2730fb526ce158a307e154c91a953169fcb8e73350c4e032e14538",
        "2ecef5e8da0f782ae4e3f65d928fe769702accffd8981cc358a3097f6736f58f",
    ),
}
"""SHA-256 of the files Rdata.rdx and Rdata.rdb of packages without .rda files."""


@dataclass(frozen=True)
class Table:
    """A data frame in a package of R."""

    package: Literal["mlbench", "kernlab", "modeldata"]
    """Name of the package."""
    frame: str
    """Name of the data frame, and of its file without .rda."""
    sha256: str | None = None
    """SHA-256 of the file; None for a table in the files of DATABASES."""
    classes: str = "Class"
    """Name of the column with the classes."""
    most: int | None = None
    """Largest number of items. Of a larger table, a random part is used; None for all items."""
    mixed: bool = False
    """Whether to use only the columns of numbers that vary, and the rows without missing values.

    Without it, all other columns are numbers, or factors whose levels are numbers.
    """


TABLES = {
    "vowel": Table(
        "mlbench", "Vowel", "6577f9ca304153797ec7621d79020b010d160c425da2007639b9e6a2b23fb127"
    ),
    "satellite": Table(
        "mlbench",
        "Satellite",
        "29f8cf9bb1bc51b769d694c9caf740fd1c36ed6a7c87603edf5985962e330f64",
        classes="classes",
        most=3000,
    ),
    "diabetes": Table(
        "mlbench",
        "PimaIndiansDiabetes",
        "fc134e041577d3ff2b784e1610b6fbbe165f815abc83652ba77a28f4bccb89ec",
        classes="diabetes",
    ),
    "sonar": Table(
        "mlbench", "Sonar", "e75dbab91efeba53ff00d13281977619a9e584bd2ccff48550e8a252f7c49cd4"
    ),
    "dna": Table(
        "mlbench",
        "DNA",
        "df941ad89a49f705a29bf38e52c91dc34029539cedb13fa24f803f1224278c9e",
        most=1500,
    ),
    "glass": Table(
        "mlbench",
        "Glass",
        "dd6d25227d9b49c30a4de04566bec1a2877e790b7690544ad848d847144f32b7",
        classes="Type",
    ),
    "ionosphere": Table(
        "mlbench", "Ionosphere", "1e72974db40749e025434dbb45c815c826d3cce7c1b324fd07ee89aee44e08b7"
    ),
    "vehicle": Table(
        "mlbench", "Vehicle", "ea993a1fe72b2611a609101aa6ebee43b6a9dd07c329c9acd1a184ba971a2710"
    ),
    "shuttle": Table(
        "mlbench",
        "Shuttle",
        "5b1db218b76a47c83f575f1ff38d7a7d36e569b0e27d8bf4aa92eae6c0bcb826",
        most=1500,
    ),
    "letter-recognition": Table(
        "mlbench",
        "LetterRecognition",
        "967a1a3e10b548d7269cbe50182bcecd6365cc58ea07638bbc34c51f17f34f1d",
        classes="lettr",
        most=1500,
    ),
    "spam": Table(
        "kernlab",
        "spam",
        "09281b38bc7b064f63616d9056091f924f59e38aa9fd07dd3bc1af0cba9613d3",
        classes="type",
        most=1500,
    ),
    "musk": Table(
        "kernlab", "musk", "8449a3b68a7af76315a5912fedc47a0226971b8e1e7d3cc3dca2ff675583d3c8"
    ),
    "cells": Table("modeldata", "cells", classes="class", most=1000, mixed=True),
    "credit": Table("modeldata", "credit_data", classes="Status", most=1000, mixed=True),
    "churn": Table("modeldata", "mlc_churn", classes="churn", most=1000, mixed=True),
    "hpc": Table("modeldata", "hpc_data", classes="class", most=1000, mixed=True),
    "bivariate": Table("modeldata", "bivariate_train", most=1000, mixed=True),
    "two-class": Table("modeldata", "two_class_dat", most=1000, mixed=True),
}
"""Tables by the name of the data set."""


def vectors(name: str) -> LabelledItems:
    """Return the items of a data set in TABLES: rows (N, F). Raises MissingDataError.

    A factor whose levels are numbers becomes these numbers. Classes without an item in the part are
    left out.
    """
    table = TABLES[name]
    folder = FOLDER / table.package / "data"
    if not folder.is_dir():
        raise MissingDataError(
            f"there is no folder {folder}; run `apt-get install --no-install-recommends "
            f"r-cran-{table.package}` (no code of R runs), or unpack this package and set R_DATA "
            "to its folder site-library"
        )
    if table.sha256 is None:
        frame = _in_database(folder, table)
    else:
        frame = _converted(read(folder / f"{table.frame}.rda", table.sha256))[table.frame]
    numbers = frame.drop(columns=table.classes)
    if table.mixed:
        numbers = numbers.select_dtypes("number").dropna()
        numbers = numbers.loc[:, numbers.nunique() > 1]
    rows = numbers.astype(np.float32).to_numpy()
    classes = frame.loc[numbers.index, table.classes].astype(str)
    return shuffled(name, rows, list(classes), most=table.most)


def _in_database(folder: Path, table: Table) -> Any:
    """Return a data frame of a lazy-load database. Raises MissingDataError.

    The index, Rdata.rdx, has the start and length in bytes of each object in Rdata.rdb. An object
    is its length as four bytes, one byte for the compression, and the compressed object. The
    compression is raw LZMA2 for every table that is used.
    """
    index_hash, content_hash = DATABASES[table.package]
    index = read(folder / "Rdata.rdx", index_hash)
    content = read(folder / "Rdata.rdb", content_hash)
    start, length = _converted(index, ".rds")["variables"][table.frame]
    packed = content[start + 5 : start + length]
    filters = [{"id": lzma.FILTER_LZMA2}]
    return _converted(lzma.decompress(packed, lzma.FORMAT_RAW, filters=filters), ".rds")


def _converted(content: bytes, extension: Literal[".rda", ".rds"] = ".rda") -> Any:
    """Return the objects of a file by name, or for .rds its object. Raises MissingDataError."""
    folder_of("rdata")
    from rdata import conversion, parser

    # A tibble is a data frame. rdata warns of classes that it does not know.
    known = {**conversion.DEFAULT_CLASS_MAP, "tbl_df": conversion.dataframe_constructor}
    # Without a stated encoding, rdata warns of each name. All names in these files are ASCII.
    parsed = parser.parse_data(content, extension=extension)
    return conversion.convert(parsed, known, default_encoding="ascii")
