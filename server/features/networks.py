"""Code that networks of several families share. Functions import torch."""

import contextlib
import os
from collections.abc import Callable, Collection, Generator
from pathlib import Path
from typing import Any

import numpy as np

from lodespace.errors import DatasetError
from lodespace.features.family import Features, Pictures, Sounds
from lodespace.features.preparation import SOUND_BATCH

SIDE = 224
"""Side of the pictures for networks with downloaded weights, in pixels. A network that reads
pictures of another size gets them scaled."""
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's pixels per colour channel, from 0 to 1."""


class PictureNetwork:
    """A network that turns pictures into features."""

    def __init__(
        self,
        network: Callable[[Any], Any],
        weights: str,
        normal: tuple[tuple[float, ...], tuple[float, ...]] = IMAGENET,
        side: int = SIDE,
    ) -> None:
        """Use `network`, a function from pictures (B, 3, side, side) to features (B, K, ...).

        Args:
            network: the function, on tensors of torch.
            weights: SHA-256 of the file with the weights.
            normal: mean and standard deviation per colour channel, of pixels from 0 to 1.
            side: side of the pictures that the network reads.
        """
        self.network = network
        self.weights = weights
        self.normal = normal
        self.side = side

    def features(self, pictures: Pictures, /) -> Features:
        """Return the features (B, K), with rows of length 1."""
        import torch

        mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in self.normal)
        values = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
        if values.shape[-1] != self.side:
            values = torch.nn.functional.interpolate(
                values, (self.side, self.side), mode="bicubic", antialias=True
            ).clamp(0, 1)
        with torch.inference_mode():
            rows = self.network((values - mean) / deviation).flatten(1).float()
            return torch.nn.functional.normalize(rows).numpy()


class SoundNetwork:
    """A network that turns sounds of a limited length into features."""

    def __init__(self, network: Callable[[Sounds], Any], weights: str, longest: int) -> None:
        """Use `network`, a function from B sounds to features (B, K), a tensor of torch.

        Args:
            network: the function, for sounds of at most `longest` samples.
            weights: SHA-256 of the file with the weights.
            longest: number of samples that the network reads at once. A longer sound is read in
                equal parts, and gets the mean of their features.
        """
        self.network = network
        self.weights = weights
        self.longest = longest

    def features(self, sounds: Sounds, /) -> Features:
        """Return the features (B, K), with rows of length 1."""
        import torch

        split = [np.array_split(sound, max(1, -(-len(sound) // self.longest))) for sound in sounds]
        parts = [part for each in split for part in each]
        batches = (parts[i : i + SOUND_BATCH] for i in range(0, len(parts), SOUND_BATCH))
        with torch.inference_mode():
            rows = torch.cat([self.network(batch).float() for batch in batches])
            means = [of_sound.mean(dim=0) for of_sound in rows.split([len(each) for each in split])]
            return torch.nn.functional.normalize(torch.stack(means)).numpy()


def without_hub() -> None:
    """Forbid the libraries of the Hugging Face Hub to download files, and to print warnings.

    This changes the environment of this process, and has to be called before the libraries are
    imported. Otherwise they ask the hub for newer files, and warn of values in a file that a
    network does not use, such as those of its last layer.
    """
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"


def from_folder(kind: Any, folder: Path) -> Any:
    """Return the network of the class `kind`, of transformers, whose files are in `folder`.

    Raises KeyError if values are missing, which transformers would leave at random.
    """
    network, loaded = kind.from_pretrained(
        folder,
        local_files_only=True,
        # A file with pickled weights could run code.
        use_safetensors=True,
        output_loading_info=True,
    )
    check_complete(loaded["missing_keys"])
    return network.eval()


def spectrograms_from(kind: Any, folder: Path, rate: int) -> Any:
    """Return what makes spectrograms: the class `kind`, of transformers, with its file in `folder`.

    Raises ValueError if it reads sounds with another sample rate than `rate`, in Hz.
    """
    found = kind.from_pretrained(folder, local_files_only=True)
    if found.sampling_rate != rate:
        raise ValueError(f"it reads sounds with {found.sampling_rate} Hz")
    return found


def check_complete(missing: Collection[str]) -> None:
    """Raise KeyError if names of values are `missing` in a file with weights."""
    if missing:
        raise KeyError(f"{len(missing)} values are missing, such as {min(missing)}")


@contextlib.contextmanager
def fitting(name: str) -> Generator[None]:
    """Raise DatasetError, with advice, if the weights do not fit the network `name`."""
    import pickle

    from safetensors import SafetensorError

    try:
        yield
    except (
        OSError,
        RuntimeError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        pickle.UnpicklingError,
        SafetensorError,
    ) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(
            f"the downloaded weights do not fit the network {name} of the installed package: "
            f"{first}. Install the newest version of the package, or choose another network"
        ) from error
