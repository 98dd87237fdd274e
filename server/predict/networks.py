"""The pretrained networks that computed the features of a project or the vectors of its texts."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family
from lodespace.features.preparation import BATCH
from lodespace.features.registry import installed_family, installed_of_texts
from lodespace.importing.reading import Reading
from lodespace.shapes.features import NAME, VERSION

T = TypeVar("T")


class Networks:
    """Computes the features of new items by the networks of a project, which import torch."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def family(self) -> Family[Any] | None:
        """The network that computes the features of items.

        None for features of meshes and point clouds, which need no network. Raises DatasetError.
        """
        if self._reading.own_shape_features:
            check_version(self._reading)
            return None
        return installed_family(self._reading.network)

    def features_of(self, prepared: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        """Return the features (N, K) of items as the network reads them.

        These are pictures (side, side, 3) or samples of sounds (T,). For meshes and point clouds,
        `prepared` already contains the features (K,) of each item. Raises DatasetError.
        """
        if self._reading.own_shape_features:
            return np.stack(prepared)
        network, pictures = self.of_items, prepared[0].ndim > 1
        batches = (prepared[i : i + BATCH] for i in range(0, len(prepared), BATCH))
        return np.concatenate(
            [network.features(np.stack(batch) if pictures else batch) for batch in batches]
        )

    @cached_property
    def of_texts(self) -> Extractor[Sequence[str]]:
        """The network that computed the vectors of the project's texts.

        Raises DatasetError if it is not installed, or has other weights.
        """
        name, _ = self._reading.stated_network("text_network")
        return _checked(self._reading, installed_of_texts(name).load(), "text_network")

    @cached_property
    def of_items(self) -> Extractor[Any]:
        """The network that computed the features of the project.

        Raises DatasetError if it is not installed, or has other weights.
        """
        network: Extractor[Any] = installed_family(self._reading.network).load()
        return _checked(self._reading, network, "features")


def _checked(reading: Reading, network: Extractor[T], key: str) -> Extractor[T]:
    """Return `network`. Raises DatasetError if it has other weights than the project's."""
    name, weights = reading.stated_network(key)
    if network.weights != weights:
        raise DatasetError(
            f"the installed {name} has other weights than the one of the project, so its "
            "features do not fit the model; install the earlier version"
        )
    return network


def check_version(reading: Reading) -> None:
    """Raise DatasetError if the project's features of meshes are those of another version."""
    name, version = reading.stated_network("features")
    if (name, version) != (NAME, VERSION):
        raise DatasetError(
            f"the project has the features {name}, version {version}, and this version of "
            f"Lodespace computes {NAME}, version {VERSION}; import the files again"
        )
