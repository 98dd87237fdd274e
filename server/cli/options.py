"""Options that several commands of the command line share."""

import argparse
import dataclasses
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.process import weights_to_download
from lodespace.importing.source import ImportOptions
from lodespace.items.picture_reading import PLANES


def with_joined_range(arguments: Sequence[str]) -> list[str]:
    """Join the numbers after `--range` to one argument.

    argparse cannot tell where the values of `--range` end if the name of the data follows them.
    """
    joined = list(arguments)
    if "--range" in joined:
        at = joined.index("--range")
        end = at + 1
        while end < len(joined) and _NUMBER.fullmatch(joined[end]):
            end += 1
        if end > at + 1:
            joined[at:end] = ["--range=" + ",".join(joined[at + 1 : end])]
    return joined


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


def _range(text: str) -> tuple[float, ...] | str:
    """Parse "full", or numbers that are separated by commas."""
    if text == "full":
        return text
    parts = text.split(",")
    if not all(_NUMBER.fullmatch(part.strip()) for part in parts) or len(parts) < 2:
        raise argparse.ArgumentTypeError(f"'{text}': give two numbers, LOW HIGH, or `full`")
    return tuple(float(part) for part in parts)


def seconds(text: str) -> float:
    """Parse a time in seconds: "2", "2s", "500ms" or "1.5m"."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m)?", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time, such as 1s, 500ms or 2m")
    return float(found[1]) * {"ms": 0.001, "m": 60.0}.get(found[2] or "s", 1.0)


def _numbers(text: str) -> tuple[int, ...]:
    """Parse whole numbers that are separated by commas."""
    return tuple(natural(part.strip()) for part in text.split(","))


IMPORT_OPTIONS: dict[str, dict[str, Any]] = {
    "labels_at": {
        "metavar": "FOLDER",
        "help": "where the class of a file is named. parent: the folder of the file; top: the top "
        "folder; 2 or another depth: the folder at this depth; name: words in the name of the "
        "file; none: nowhere (default: chosen by the names of all folders)",
    },
    "masks": {
        "metavar": "WHICH",
        "help": "masks of other pictures, such as those in ground_truth/. apart: leave them out; "
        "items: import them as items; or the names of the masks, such as '*_mask' or 'masks/*' "
        "(default: apart)",
    },
    "image": {"metavar": "COLUMN", "help": "table column with pictures, as paths or bytes"},
    "label": {
        "metavar": "COLUMN",
        "help": "table column with labels, or columns with 0 and 1: 'cat,dog' or 'is_*'",
    },
    "vector": {
        "metavar": "COLUMN",
        "help": "table column with vectors (embeddings), or columns with numbers: 'dim_*'",
    },
    "text": {
        "metavar": "COLUMN",
        "help": "table column with texts, which become the items (needs the extra `text`)",
    },
    "id": {
        "metavar": "COLUMN",
        "help": "table column with ids (default: the path, or the row's number)",
    },
    "thumbnails": {
        "metavar": "COLUMN",
        "help": "table column with pictures to show for the vectors",
    },
    "root": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "folder to which paths in a table are relative; or folder of torchvision's data; "
        "or, for a project that was made or copied elsewhere, folder of the original files",
    },
    "encoding": {
        "help": "text encoding of a CSV file (default: by its byte order mark, or utf-8, or "
        "by its letters)"
    },
    "sheet": {"metavar": "NAME", "help": "sheet of an Excel workbook (default: the first)"},
    "missing": {
        "metavar": "TEXTS",
        "help": "labels that mean a missing value, separated by commas (default: NaN, NA, None and "
        "other usual spellings)",
    },
    "split": {"help": "part of a torchvision data set (default: train)"},
    "download": {
        "action": "store_true",
        "help": "download the weights of --features, or let torchvision download the data set",
    },
    "window": {
        "type": float,
        "metavar": "SECONDS",
        "help": "length of a sound item (default: 3)",
    },
    "hop": {
        "type": float,
        "metavar": "SECONDS",
        "help": "time from the start of one sound item to the start of the next (default: the "
        "window)",
    },
    "clips": {
        "action": "store_true",
        "help": "make one item per annotation of a sound, with the sound around the annotation, "
        "instead of one item per window of a recording",
    },
    "overlap": {
        "type": float,
        "metavar": "SHARE",
        "help": "an annotation labels a window of sound if their overlap is at least this share "
        "of the shorter one (default: 0.5)",
    },
    "fmin": {"type": float, "metavar": "HZ", "help": "lowest frequency shown (default: 50)"},
    "fmax": {
        "type": float,
        "metavar": "HZ",
        "help": "highest frequency shown (default: half the sample rate of most recordings)",
    },
    "size": {
        "type": int,
        "choices": [32, 64, 128],
        "help": "side of the stored pictures in pixels (default: by the size of the pictures)",
    },
    "content": {
        "choices": ["symbols", "photos", "spectrograms"],
        "help": "kind of picture: only photos may be mirrored for training (default: photos if the "
        "pictures have colour, otherwise symbols)",
    },
    "range": {
        "type": _range,
        "metavar": "LOW HIGH",
        "help": "numbers that become black and white in pictures of more than 8 bits, or `full` "
        "for the range of the number type (default: the percentiles 0.1 and 99.9)",
    },
    "channels": {
        "type": _numbers,
        "metavar": "NUMBERS",
        "help": "up to three channels to read from files with more channels, such as 0,2 "
        "(default: the first three)",
    },
    "planes": {
        "choices": PLANES,
        "help": "plane to read from a stack (default: the middle plane if the planes are in depth, "
        "otherwise the first)",
    },
    "every": {
        "type": seconds,
        "metavar": "SECONDS",
        "help": "time from one frame of a video to the next, such as 0.5s or 2m (default: 1s)",
    },
    "unpacked": {
        "type": float,
        "metavar": "GB",
        "help": "largest size to which a compressed file may unpack (default: 2 GB, or 20 times "
        "the size of the file if that is more)",
    },
    "features": {
        "metavar": "FILE|NAME",
        "help": "file with one feature vector per item, for the neighbour graph (.npy, .npz, "
        "table), or the name of a pretrained network: efficientnet-lite0 for photographs (default "
        "for colour photographs if the extra `photos` is installed), one with weights to download "
        "(docs/data.md), none",
    },
    "backbone": {
        "metavar": "NAME",
        "help": "network of torchvision that computes the feature vectors (resnet18, ...)",
    },
    "weights": {"type": Path, "metavar": "FILE", "help": "weights of --backbone (.safetensors)"},
    "precomputed_knn": {
        "type": Path,
        "metavar": "FILE",
        "help": "file with the nearest neighbours of the items, instead of a search (.npz with "
        "indices and distances, or a sparse matrix of scipy)",
    },
}
"""Arguments of argparse's `add_argument` for each field of ImportOptions.

The argument `default` is left out, because the field of ImportOptions has a default.
"""


def natural(text: str) -> int:
    """Parse an argument that is a whole number from 0 to 2**31 - 1."""
    if not text.isdecimal() or int(text) >= 1 << 31:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a whole number from 0 to {(1 << 31) - 1}"
        )
    return int(text)


def probability(text: str) -> float:
    """Parse an argument that is a probability, 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a probability from 0 to 1, such as 0.9")
    return value


def port(text: str) -> int:
    """Parse an argument that is a port, 0 to 65535."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a port (0 to 65535, 0 for any free port)"
        )
    return int(text)


def add_data_options(parser: argparse.ArgumentParser, *, labels: bool = True) -> None:
    group = parser.add_argument_group(
        "about the data", "options that are not given are derived from the data (docs/data.md)"
    )
    defaults = ImportOptions()
    for name, arguments in IMPORT_OPTIONS.items():
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, default=getattr(defaults, name), **arguments)
    if not labels:
        return
    group.add_argument(
        "--labels",
        help="which labels of the data to start with: none, all, or a number of labels per class "
        "(default: all; for torchvision's data sets: none)",
    )


def data_options_from(options: argparse.Namespace, *, ask: bool = True) -> ImportOptions:
    """Return the options about the data.

    With `ask`, a person at a terminal is asked before the weights of `--features` are downloaded.
    """
    found = ImportOptions(**{name: getattr(options, name) for name in IMPORT_OPTIONS})
    return with_consent(found) if ask else found


def with_consent(options: ImportOptions) -> ImportOptions:
    """Ask whether the weights of `options.features` may be downloaded, if they are not here.

    Without a terminal, nothing is asked, and the import needs `--download`. Raises DatasetError if
    the answer is not yes.
    """
    if options.features is None or options.download or not at_terminal():
        return options
    weights = weights_to_download(str(options.features))
    if weights is None:
        return options
    if not agrees(
        f"{weights.network} needs a download, which is kept in {weights.folder}:\n"
        f"  {weights.description()}\n"
        "Download it?"
    ):
        raise DatasetError("nothing was downloaded or imported")
    return dataclasses.replace(options, download=True)


def at_terminal() -> bool:
    """Whether a person can be asked on the terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str) -> bool:
    """Ask a question on the terminal, and return whether the answer is yes."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def add_label_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels-from",
        type=Path,
        metavar="FILE",
        help="import labels from a table with ids or paths, Raven selection tables, Audacity label "
        "tracks, an export of Label Studio, or an earlier project",
    )
    parser.add_argument(
        "--votes-from",
        type=Path,
        metavar="FILE",
        help="import labels from a table with a column of ids or paths and a column of classes per "
        "source (person, rule or program); the label model weighs the sources",
    )
    parser.add_argument(
        "--above",
        type=probability,
        metavar="P",
        help="with --votes-from: smallest probability of a class that becomes a label "
        "(default: 0.5)",
    )
    parser.add_argument(
        "--conflicts",
        choices=["keep", "replace"],
        help="for items that already have another label: keep or replace the existing label "
        "(default: list the conflicts and change nothing)",
    )
