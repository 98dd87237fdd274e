"""Networks of torchvision for classification, such as torchvision:resnet50.

The weights come from PyTorch's server. The name of each file has the beginning of its SHA-256.
"""

import re
from functools import partial
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, Pictures
from lodespace.features.networks import SIDE, PictureNetwork, fitting
from lodespace.features.weights import RemoteFile, Weights

PREFIX = "torchvision"
EXAMPLE = "torchvision:resnet50"
_LAST_LAYERS = ("fc", "classifier", "head", "heads")
_AS_PUBLISHED = {"transform_input": True, "init_weights": False}
_OPTIONS = {"googlenet": _AS_PUBLISHED, "inception_v3": _AS_PUBLISHED}
"""Options that torchvision sets when it loads the published weights itself. These weights were
trained with another scale of colours."""
_LICENCE = "BSD-3-Clause (torchvision); the terms of the training data, ImageNet, may also apply"


def family_of(name: str) -> Family[Pictures]:
    """Return the family of the network `name`, which is checked when it is used."""
    return Family(
        name=f"{PREFIX}:{name}",
        extra="",
        modules=("torchvision",),
        licence="",
        load=partial(_load, name),
        side=SIDE,
        weights=partial(_weights, name),
    )


def without_last_layer(network: Any) -> Any:
    """Remove the last layer, which predicts ImageNet's classes. Return the network."""
    import torch

    for last in _LAST_LAYERS:
        if hasattr(network, last):
            setattr(network, last, torch.nn.Identity())
            break
    return network.eval()


def _choice(name: str) -> Any:
    """Return torchvision's description of the newest weights of a network."""
    from torchvision import models

    if name not in models.list_models(module=models):
        raise DatasetError(
            f"torchvision has no network {name} for pictures; it has resnet50, convnext_tiny, "
            "vit_b_16 and others (https://docs.pytorch.org/vision/stable/models.html)"
        )
    return models.get_model_weights(name)["DEFAULT"]


def _weights(name: str) -> Weights:
    choice = _choice(name)
    known = re.search(r"-([0-9a-f]{8,})\.pth$", choice.url)
    return Weights(
        network=f"{PREFIX}:{name}",
        files=(RemoteFile(choice.url, "weights.pth", known[1] if known else ""),),
        megabytes=float(choice.meta.get("_file_size", 0)),
        licence=str(choice.meta.get("license") or _LICENCE),
    )


def _load(name: str) -> Extractor[Pictures]:
    import torch
    from torchvision import models

    path, found = _weights(name).checked()
    how = _choice(name).transforms()
    network = models.get_model(name, weights=None, **_OPTIONS.get(name, {}))
    with fitting(f"{PREFIX}:{name}"):
        network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    normal = (tuple(how.mean), tuple(how.std))
    return PictureNetwork(without_last_layer(network), found, normal, int(how.crop_size[0]))
