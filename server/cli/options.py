"""Options that several commands of the command line share."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from lodespace.importing.source import ImportOptions
from lodespace.protocol import PRESETS, Settings

IMPORT_OPTIONS: dict[str, dict[str, Any]] = {
    "image": {"metavar": "COLUMN", "help": "column of a table with pictures: paths or bytes"},
    "label": {"metavar": "COLUMN", "help": "column with labels"},
    "vector": {"metavar": "COLUMN", "help": "column with vectors (embeddings)"},
    "id": {"metavar": "COLUMN", "help": "column with ids (default: the path, or the row's number)"},
    "thumbnails": {"metavar": "COLUMN", "help": "column with pictures to show for the vectors"},
    "root": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "folder of the relative paths in a table, or of torchvision's data",
    },
    "encoding": {"help": "text encoding of a CSV file (default: utf-8)"},
    "split": {"help": "part of a torchvision data set (default: train)"},
    "download": {"action": "store_true", "help": "let torchvision download the data set"},
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
    "fmin": {"type": float, "metavar": "HZ", "help": "lowest frequency shown (default: 50)"},
    "fmax": {
        "type": float,
        "metavar": "HZ",
        "help": "highest frequency shown (default: half the lowest sample rate)",
    },
    "size": {
        "type": int,
        "choices": [32, 64, 128],
        "help": "side of the stored pictures in pixels (default: by the size of the pictures)",
    },
    "content": {
        "choices": ["symbols", "photos", "spectrograms"],
        "help": "kind of picture: photos may be mirrored for training (default: photos if they "
        "have colour)",
    },
    "features": {
        "type": Path,
        "metavar": "FILE",
        "help": "one vector per item, from which neighbours are found (.npy, .npz, table)",
    },
    "backbone": {
        "metavar": "NAME",
        "help": "network of torchvision that computes such vectors (resnet18, ...)",
    },
    "weights": {"type": Path, "metavar": "FILE", "help": "weights of --backbone (.safetensors)"},
}
"""Arguments of `add_argument` per field of ImportOptions. Defaults are those of the fields."""


def natural(text: str) -> int:
    """The type of an argument that is a whole number from 0 to 2**31 - 1."""
    if not text.isdecimal() or int(text) >= 1 << 31:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 0")
    return int(text)


def port(text: str) -> int:
    """The type of an argument that is a port, 0 to 65535."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port (0 to 65535, 0 for any free one)")
    return int(text)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset", choices=PRESETS, help="training preset (default: default; see docs/model.md)"
    )
    parser.add_argument(
        "--latent-dim", type=int, choices=[2, 3], help="dimensions of the latent space (default: 3)"
    )
    parser.add_argument(
        "--device",
        default="auto",
        help="device of the model: auto, cpu, cuda, mps (default: auto)",
    )
    parser.add_argument(
        "--threads", type=natural, default=0, help="processor threads of the model (default: all)"
    )


def settings_from(options: argparse.Namespace) -> Settings | None:
    """The settings on the command line, or None if there are none."""
    if options.preset is None and options.latent_dim is None:
        return None
    return Settings(preset=options.preset, latent_dim=options.latent_dim)


def add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "about the data", "options that are not given are derived from the data (docs/data.md)"
    )
    for field in dataclasses.fields(ImportOptions):
        arguments = IMPORT_OPTIONS[field.name]
        group.add_argument(f"--{field.name}", default=field.default, **arguments)
    group.add_argument(
        "--labels",
        help="labels of the data to start from: none, all, or a number per class (default: all; "
        "for torchvision's data sets: none)",
    )


def data_options_from(options: argparse.Namespace) -> ImportOptions:
    return ImportOptions(**{name: getattr(options, name) for name in IMPORT_OPTIONS})


def add_label_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels-from",
        type=Path,
        metavar="FILE",
        help="labels to start from: a table with ids, Label Studio's .json, or an earlier project",
    )
    parser.add_argument(
        "--conflicts",
        choices=["keep", "replace"],
        help="what to do with items that already have another label: keep this label, or replace "
        "it (default: list the conflicts and change nothing)",
    )
