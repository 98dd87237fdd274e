"""Code that networks of several families share. Functions import torch."""

from collections.abc import Callable
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.family import Features, Pictures

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


def misfit(name: str, error: Exception) -> DatasetError:
    """Return the error for weights that do not fit the network `name`."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return DatasetError(
        f"the downloaded weights do not fit the network {name} of the installed package: {first}. "
        "Install the newest version of the package, or choose another network"
    )
