"""Networks of timm, such as DINOv2: timm:vit_small_patch14_dinov2.lvd142m.

R. Wightman: PyTorch Image Models. https://github.com/huggingface/pytorch-image-models. The weights
come from the Hugging Face Hub, as safetensors.
"""

from functools import partial
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, Pictures
from lodespace.features.networks import SIDE, PictureNetwork, check_complete, fitting
from lodespace.features.weights import Weights, hub_weights

PREFIX = "timm"
EXAMPLE = "timm:vit_small_patch14_dinov2.lvd142m"
_FILE = "model.safetensors"


def family_of(name: str) -> Family[Pictures]:
    """Return the family of the network `name`, which is checked when it is used."""
    return Family(
        name=f"{PREFIX}:{name}",
        extra="timm",
        modules=("timm",),
        licence="",
        load=partial(_load, name),
        side=SIDE,
        weights=partial(_weights, name),
    )


def _settings(name: str) -> Any:
    """Return timm's description of a network with weights."""
    import timm

    known = timm.models.get_pretrained_cfg(name) if timm.is_model(name) else None
    if known is None or not known.hf_hub_id:
        raise DatasetError(
            f"timm has no network {name} with weights on the Hugging Face Hub; it has "
            "vit_small_patch14_dinov2.lvd142m, resnet50.a1_in1k and others "
            "(https://huggingface.co/timm)"
        )
    return known


def _network(name: str, **options: Any) -> Any:
    """Return a network without its last layer. A transformer is made for pictures of SIDE."""
    import timm

    known = _settings(name)
    if known.fixed_input_size and known.input_size[-1] != SIDE:
        options["img_size"] = SIDE
    return timm.create_model(name, num_classes=0, **options)


def _weights(name: str) -> Weights:
    import torch

    known = _settings(name)
    with torch.device("meta"):
        numbers = sum(values.numel() for values in _network(name).parameters())
    return hub_weights(
        f"{PREFIX}:{name}",
        known.hf_hub_id,
        _FILE,
        megabytes=4 * numbers / 1e6,
        licence=known.license or "",
    )


def _load(name: str) -> Extractor[Pictures]:
    from safetensors import safe_open

    path, found = _weights(name).checked()
    known = _settings(name)
    with fitting(f"{PREFIX}:{name}"):
        # Without `custom_load`, because some networks have a reader for files of another format.
        overlay = {"file": str(path), "custom_load": False}
        network = _network(name, pretrained=True, pretrained_cfg_overlay=overlay)
        with safe_open(path, "pt") as file:
            # timm keeps random values for everything that the file does not contain.
            check_complete(set(network.state_dict()) - set(file.keys()))
    fixed = known.fixed_input_size
    return PictureNetwork(
        network.eval(),
        found,
        (tuple(known.mean), tuple(known.std)),
        SIDE if fixed else int(known.input_size[-1]),
    )
