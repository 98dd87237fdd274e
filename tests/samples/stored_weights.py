"""Weights in the cache, stored as a download stores them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lodespace.features import registry, weights
from lodespace.features.family import Family


def family(name: str) -> Family[Any]:
    found = registry.any_family(name)
    assert found is not None
    return found


def loaded(name: str) -> Any:
    """The network `name`, with the weights in the cache."""
    return family(name).load()


def store(name: str, write: Callable[[Path], object]) -> str:
    """Store the files of the network `name`, and return the SHA-256 of its weights.

    `write` gets the path of the file with the weights, and may write files beside it.
    """
    found = family(name)
    assert found.weights is not None
    described = found.weights()
    path = described.folder / described.files[0].name
    path.parent.mkdir(parents=True)
    write(path)
    hashes = {
        file.relative_to(described.folder).as_posix(): weights.hash_of(file)
        for file in described.folder.rglob("*")
        if file.is_file()
    }
    (described.folder / weights.HASHES).write_text(weights.listed(hashes))
    return hashes[described.files[0].name]


def store_files(name: str, files: Path) -> str:
    """Store those files in the folder `files` that a download of the network `name` gets."""
    found = family(name)
    assert found.weights is not None
    names = [file.name for file in found.weights().files]

    def write(path: Path) -> None:
        for wanted in names:
            if (files / wanted).is_file():
                shutil.copyfile(files / wanted, path.parent / wanted)

    return store(name, write)
