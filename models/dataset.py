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
        """uint8 (N, H, W) or (N, H, W, C). 28 x 28 is padded with its corner's background to 32 x 32; other sizes are resampled.

        Padding keeps MNIST's pixels as they are; the strides of the encoder need a multiple of 16.
        """
        if images.dtype != np.uint8 or images.ndim not in (3, 4):
            raise ValueError(f"pictures must be uint8 (N, H, W) or (N, H, W, C), not {images.dtype} {images.shape}")
        stacked = images[:, None] if images.ndim == 3 else np.moveaxis(images, 3, 1)
        x = torch.from_numpy(np.array(stacked)).float().div_(255)
        height, width = x.shape[2:]
        if (height, width) == (28, 28):
            x = F.pad(x, (2, 2, 2, 2))
        elif (height, width) != (PICTURE_SIZE, PICTURE_SIZE):
            x = F.interpolate(
                x, size=(PICTURE_SIZE, PICTURE_SIZE), mode="bilinear", antialias=True, align_corners=False
            )
        return cls(x.clamp_(0, 1).contiguous(), "image")

    @classmethod
    def from_vectors(cls, vectors: npt.NDArray[Any]) -> "Dataset":
        """Numbers (N, F). Each feature gets mean 0 and variance 1; a constant feature becomes 0."""
        if vectors.ndim != 2:
            raise ValueError(f"vectors must be (N, F), not {vectors.shape}")
        x = torch.from_numpy(np.asarray(vectors, np.float32).copy())
        if not torch.isfinite(x).all():
            raise ValueError("vectors hold NaN or infinity")
        deviation = x.std(dim=0, unbiased=False)
        return cls((x - x.mean(dim=0)) / torch.where(deviation > 1e-8, deviation, 1.0), "vector")
