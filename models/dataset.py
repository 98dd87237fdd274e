"""Items as tensors: pictures brought to 32 x 32, vectors standardised."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

UNLABELED = -1
PICTURE_SIZE = 32


@dataclass(frozen=True)
class Dataset:
    """N items ready for the model: `inputs` float32 (N, C, 32, 32) in 0..1, or (N, F) with mean 0 and variance 1."""

    inputs: torch.Tensor
    kind: Literal["image", "vector"]

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def item_shape(self) -> tuple[int, ...]:
        return tuple(self.inputs.shape[1:])

    def to(self, device: torch.device) -> "Dataset":
        return Dataset(self.inputs.to(device), self.kind)

    @classmethod
    def from_images(cls, images: npt.NDArray[np.uint8]) -> "Dataset":
        """uint8 (N, H, W), or (N, H, W, C) with 1 or 3 channels, brought to 32 x 32: the encoder's strides need a power of 2.

        28 x 28 is padded, so that MNIST's pixels stay as they are; other sizes are padded to a square and resampled. Padding
        takes the pictures' own background: the median of their borders. Raises ValueError on other arrays.
        """
        if (
            images.dtype != np.uint8
            or images.ndim not in (3, 4)
            or (images.ndim == 4 and images.shape[3] not in (1, 3))
        ):
            wanted = "uint8 (N, H, W) or (N, H, W, C) with 1 or 3 channels"
            raise ValueError(f"pictures must be {wanted}, not {images.dtype} {images.shape}")
        if 0 in images.shape:
            raise ValueError(f"there are no pictures, or no pixels in them: {images.shape}")
        stacked = images[:, None] if images.ndim == 3 else np.moveaxis(images, 3, 1)
        x = torch.from_numpy(np.array(stacked)).float().div_(255)
        height, width = x.shape[2:]
        x = _padded(x, 32 if (height, width) == (28, 28) else max(height, width))
        if x.shape[2] != PICTURE_SIZE:
            x = F.interpolate(
                x, size=(PICTURE_SIZE, PICTURE_SIZE), mode="bilinear", antialias=True, align_corners=False
            )
        return cls(x.clamp_(0, 1).contiguous(), "image")

    @classmethod
    def from_vectors(cls, vectors: npt.NDArray[Any]) -> "Dataset":
        """Numbers (N, F). Each feature gets mean 0 and variance 1; a constant feature becomes 0."""
        if vectors.ndim != 2:
            raise ValueError(f"vectors must be (N, F), not {vectors.shape}")
        if 0 in vectors.shape:
            raise ValueError(f"there are no vectors, or no features in them: {vectors.shape}")
        x = torch.from_numpy(np.asarray(vectors, np.float32).copy())
        if not torch.isfinite(x).all():
            raise ValueError("vectors hold NaN or infinity")
        deviation = x.std(dim=0, unbiased=False)
        return cls((x - x.mean(dim=0)) / torch.where(deviation > 1e-8, deviation, 1.0), "vector")


def _padded(x: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures (N, C, H, W) in the middle of squares (N, C, side, side) of their background."""
    n, channels, height, width = x.shape
    if (height, width) == (side, side):
        return x
    rim = torch.cat([x[:, :, [0, -1]].flatten(2), x[:, :, :, [0, -1]].flatten(2)], dim=2)
    background = rim.transpose(0, 1).flatten(1).median(dim=1).values
    square = background.view(1, channels, 1, 1).expand(n, channels, side, side).clone()
    top, left = (side - height) // 2, (side - width) // 2
    square[:, :, top : top + height, left : left + width] = x
    return square
