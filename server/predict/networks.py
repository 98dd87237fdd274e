"""The pretrained networks that computed the features of a project or the vectors of its texts."""

from collections.abc import Sequence
from typing import TypeVar

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Pictures
from lodespace.features.registry import installed_family, installed_of_texts
from lodespace.importing.reading import Reading
from lodespace.shapes.features import NAME, VERSION

T = TypeVar("T")


def network_of_texts(reading: Reading) -> Extractor[Sequence[str]]:
    """Load the network of the project's texts. It imports torch.

    Raises DatasetError if it is not installed, or has other weights.
    """
    name, _ = reading.stated_network("text_network")
    return _checked(reading, installed_of_texts(name).load(), "text_network")


def network_of_pictures(reading: Reading) -> Extractor[Pictures]:
    """Load the network that computed the features of the project. It imports torch.

    Raises DatasetError if it is not installed, or has other weights.
    """
    return _checked(reading, installed_family(reading.network).load(), "features")


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
    """Raise DatasetError if this version computes other features of shapes than the project has."""
    name, version = reading.stated_network("features")
    if (name, version) != (NAME, VERSION):
        raise DatasetError(
            f"the project has the features {name}, version {version}, and this version of "
            f"Lodespace computes {NAME}, version {VERSION}; import the shapes again"
        )
