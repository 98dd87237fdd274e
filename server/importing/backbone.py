"""Features from a pretrained network of torchvision, with weights from a file.

This module imports torch.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from lodespace.errors import DatasetError
from lodespace.features.torchvision_networks import without_last_layer
from lodespace.importing.arrays.torch_dataset import torchvision_module
from lodespace.items.item_set import ItemSet
from lodespace.items.originals import picture

_SIDE = 224
_BATCH = 32
_MEAN = [0.485, 0.456, 0.406]
_DEVIATION = [0.229, 0.224, 0.225]
"""Standard deviation of ImageNet's pixels per colour channel. `_MEAN` is the mean.

torchvision's networks expect pictures that are normalised with this mean and deviation.
"""


def features_of(
    items: ItemSet, name: str, weights: Path, *, progress: bool
) -> npt.NDArray[np.float32]:
    """Features (N, F): the output of torchvision's network `name` before its last layer.

    The original pictures are read again and scaled to 224 x 224. `weights` is a safetensors file.
    Raises DatasetError.
    """
    if items.pictures is None:
        raise DatasetError(
            "--backbone computes features of pictures, but these items have no pictures; give "
            "features with --features"
        )
    import torch

    network = _network(name, weights)
    parts: list[npt.NDArray[np.float32]] = []
    bar = tqdm(
        total=len(items),
        desc=f"features by {name}",
        unit=" items",
        disable=not (progress and sys.stderr.isatty()),
        leave=False,
    )
    prepare = _preprocessing()
    with torch.inference_mode(), bar:
        for start in range(0, len(items), _BATCH):
            batch = range(start, min(start + _BATCH, len(items)))
            pictures = torch.stack([prepare(picture(items, i, 2 * _SIDE)) for i in batch])
            parts.append(network(pictures).flatten(1).float().numpy())
            bar.update(len(batch))
    return np.concatenate(parts)


def _preprocessing() -> Callable[[Image.Image], Any]:
    """Return a function that converts a Pillow picture to a normalised tensor (3, 224, 224)."""
    import torch

    v2 = torchvision_module("transforms.v2")
    return v2.Compose(
        [
            v2.RGB(),
            v2.Resize((_SIDE, _SIDE), interpolation=v2.InterpolationMode.BICUBIC),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(_MEAN, _DEVIATION),
        ]
    )


def _network(name: str, weights: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    models = torchvision_module("models")
    if name not in models.list_models(module=models):
        raise DatasetError(
            f"--backbone {name}: torchvision has no such network (it has resnet18, vit_b_16, ...)"
        )
    if weights.suffix != ".safetensors":
        raise DatasetError(
            f"--weights {weights}: give a .safetensors file; other kinds can run code when opened. "
            'To convert a file that you trust: python -c "import torch, safetensors.torch '
            f"as s; s.save_file(torch.load('{weights}', weights_only=True), "
            f"'{weights.with_suffix('.safetensors').name}')\""
        )
    network = models.get_model(name, weights=None)
    try:
        network.load_state_dict(load_file(weights))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise DatasetError(
            f"--weights {weights} does not fit the network {name}: {str(error).splitlines()[0]}"
        ) from error
    return without_last_layer(network)
