"""Features of a pretrained network of torchvision, with weights that the user has on disk. Imports torch."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from lodespace.datasets import ItemSet
from lodespace.errors import DatasetError
from lodespace.originals import picture

_SIDE = 224
_BATCH = 32
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's pixels, which torchvision's weights were trained with."""
_LAST_LAYERS = ("fc", "classifier", "head", "heads")


def features_of(items: ItemSet, name: str, weights: Path, *, progress: bool) -> npt.NDArray[np.float32]:
    """What the network `name` of torchvision says of every picture before its last layer, (N, F). Raises DatasetError.

    The originals are read again, at 224 x 224. `weights`: a safetensors file.
    """
    if items.pictures is None:
        raise DatasetError("--backbone goes with pictures")
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
    with torch.inference_mode(), bar:
        for batch in _batches(items):
            parts.append(network(torch.from_numpy(batch)).flatten(1).float().numpy())
            bar.update(len(batch))
    return np.concatenate(parts)


def _batches(items: ItemSet) -> Iterator[npt.NDArray[np.float32]]:
    for start in range(0, len(items), _BATCH):
        rows = [_prepared(picture(items, i, 2 * _SIDE)) for i in range(start, min(start + _BATCH, len(items)))]
        yield np.stack(rows)


def _prepared(image: Image.Image) -> npt.NDArray[np.float32]:
    square = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    values = (np.asarray(square, np.float32) / np.float32(255) - _MEAN) / _DEVIATION
    return np.ascontiguousarray(values.transpose(2, 0, 1), np.float32)


def _network(name: str, weights: Path) -> Any:
    try:
        import torch
        from torchvision import models
    except ImportError as error:
        raise DatasetError("torchvision is not installed: pip install 'lodespace[torchvision]'") from error
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if name not in models.list_models(module=models):
        raise DatasetError(
            f"--backbone {name}: torchvision has no such network (resnet18, vit_b_16, convnext_tiny, ...)"
        )
    if weights.suffix != ".safetensors":
        raise DatasetError(
            f"--weights {weights}: give a .safetensors file; other kinds can run code when they are opened. One that you trust is "
            'turned into one by: python -c "import torch, safetensors.torch as s; '
            f"s.save_file(torch.load('{weights}', weights_only=True), '{weights.with_suffix('.safetensors').name}')\""
        )
    network = models.get_model(name, weights=None)
    try:
        network.load_state_dict(load_file(weights))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise DatasetError(f"--weights {weights}: not the weights of {name}: {str(error).splitlines()[0]}") from error
    for last in _LAST_LAYERS:
        if hasattr(network, last):
            setattr(network, last, torch.nn.Identity())
            break
    return network.eval()
