"""Networks with the name of their repository on the Hugging Face Hub: PREFIX:OWNER/NAME."""

import contextlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, T
from lodespace.features.networks import fitting, without_hub
from lodespace.features.weights import Weights, hub_weights


@dataclass(frozen=True)
class HubNetworks:
    """The networks of one kind."""

    prefix: str
    """First part of their names for `--features`."""
    example: str
    """Name of one of them, for messages."""
    files: tuple[str, ...]
    """Names of the files of a network. The first one has the weights."""
    optional: tuple[str, ...]
    """Names of further files, which some networks do not have."""
    licence: str
    """Licence of the networks in `megabytes`."""
    megabytes: Mapping[str, float]
    """Sizes of some networks."""
    owner: str = ""
    """Owner of the networks whose name has no slash; "" if a name needs its owner."""

    def family(
        self,
        name: str,
        load: Callable[[str], Extractor[T]],
        *,
        extra: str,
        module: str,
        rate: int = 0,
        reads_words: bool = False,
    ) -> Family[T]:
        """Return the family of the network `name`, which `load` loads.

        The other arguments are attributes of the family.
        """
        return Family(
            name=f"{self.prefix}:{name}",
            extra=extra,
            modules=(module,),
            licence="",
            load=partial(load, name),
            rate=rate,
            reads_words=reads_words,
            weights=partial(self.weights, name),
        )

    def weights(self, name: str) -> Weights:
        """Return the weights of the network `name`. Raises DatasetError if it cannot exist."""
        repository = f"{self.owner}/{name}" if self.owner and "/" not in name else name
        if repository.count("/") != 1:
            raise DatasetError(f"{self.prefix}:{name}: give OWNER/NAME, such as {self.example}")
        return hub_weights(
            f"{self.prefix}:{name}",
            repository,
            *self.files,
            optional=self.optional,
            megabytes=self.megabytes.get(name, 0),
            licence=self.licence if name in self.megabytes else "",
        )

    @contextlib.contextmanager
    def opened(self, name: str) -> Generator[tuple[Path, str]]:
        """Give the folder with the files of a network, and the SHA-256 of its weights.

        Raises DatasetError if the files are not stored, or do not fit the network in the `with`
        block.
        """
        path, found = self.weights(name).checked()
        without_hub()
        with fitting(f"{self.prefix}:{name}"):
            yield path.parent, found
