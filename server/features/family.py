"""The interface of feature extractors, and the description of a family of extractors."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]
"""Colour pictures, (B, side, side, 3)."""
Features = npt.NDArray[np.float32]
"""Features, one row per item."""


class Extractor(Protocol):
    """A pretrained network that is loaded."""

    @property
    def weights(self) -> str:
        """SHA-256 of the file with the weights, in hexadecimal digits."""
        ...

    def features(self, pictures: Pictures) -> Features:
        """Return the features (B, K) of `pictures`. Each row has the length 1."""
        ...


@dataclass(frozen=True)
class Family:
    """A pretrained network, known by its name."""

    name: str
    """Name for `--features`."""
    extra: str
    """Extra of Lodespace that installs the network and its weights."""
    modules: tuple[str, ...]
    """Modules that the extra installs."""
    side: int
    """Side of the pictures that the network reads, in pixels."""
    licence: str
    """Licence of the weights."""
    load: Callable[[], Extractor]
    """Function that loads the network. It imports torch, and raises DatasetError."""

    def installed(self) -> bool:
        """Whether the modules of the network can be imported."""
        return all(importlib.util.find_spec(module) is not None for module in self.modules)

    def install_command(self) -> str:
        """Return the command that installs the extra."""
        return f"pip install 'lodespace[{self.extra}]'"
