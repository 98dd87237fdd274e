"""Networks of OpenCLIP, which read pictures and words: open_clip:ViT-B-32/laion2b_s34b_b79k.

M. Cherti et al.: Reproducible scaling laws for contrastive language-image learning. CVPR 2023. The
weights come from the Hugging Face Hub, as safetensors.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, Features, Pictures
from lodespace.features.networks import SIDE, PictureNetwork, fitting
from lodespace.features.weights import Weights, hub_weights

PREFIX = "open_clip"
EXAMPLE = "open_clip:ViT-B-32/laion2b_s34b_b79k"
_FILE = "open_clip_model.safetensors"
_MIT = ("laion", "datacomp", "commonpool")
"""Beginnings of the names of weights under the MIT licence."""


def family_of(name: str) -> Family[Pictures]:
    """Return the family of the network `name`, which is checked when it is used."""
    return Family(
        name=f"{PREFIX}:{name}",
        extra="clip",
        modules=("open_clip",),
        licence="",
        load=partial(_load, name),
        side=SIDE,
        reads_words=True,
        weights=partial(_weights, name),
    )


def _settings(name: str) -> tuple[str, str, dict[str, Any]]:
    """Return the names of the network and of its weights, and OpenCLIP's settings for them."""
    import open_clip

    network, _, tag = name.partition("/")
    known = open_clip.get_pretrained_cfg(network, tag) if tag else None
    if not known or not known.get("hf_hub"):
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(network)) or "none"
        raise DatasetError(
            f"OpenCLIP has no weights {name} on the Hugging Face Hub; give NETWORK/WEIGHTS, such "
            f"as ViT-B-32/laion2b_s34b_b79k (weights of {network}: {tags})"
        )
    words = (open_clip.get_model_config(network) or {}).get("text_cfg", {})
    if "hf_tokenizer_name" in words or "hf_model_name" in words:
        raise DatasetError(
            f"{name} needs a further download for words, which is not supported; choose another "
            "network, such as ViT-B-32/laion2b_s34b_b79k"
        )
    return network, tag, known


def _weights(name: str) -> Weights:
    import open_clip

    network, tag, known = _settings(name)
    repository = "/".join(known["hf_hub"].split("/")[:2])  # a file may follow
    empty = open_clip.create_model(network, device="meta")
    numbers = sum(values.numel() for values in empty.parameters())
    return hub_weights(
        f"{PREFIX}:{name}",
        repository,
        _FILE,
        megabytes=4 * numbers / 1e6,
        licence="MIT" if tag.startswith(_MIT) else "",
    )


def _load(name: str) -> Extractor[Pictures]:
    import open_clip

    path, found = _weights(name).checked()
    network, _, known = _settings(name)
    with fitting(f"{PREFIX}:{name}"):
        loaded = open_clip.create_model(
            network, pretrained=str(path), force_quick_gelu=bool(known.get("quick_gelu"))
        ).eval()
    return _OpenClip(loaded, open_clip.get_tokenizer(network), found, known)


class _OpenClip(PictureNetwork):
    """A network that has pictures and words in one space."""

    def __init__(self, network: Any, tokenizer: Any, weights: str, known: dict[str, Any]) -> None:
        size = network.visual.image_size
        side = int(size[0] if isinstance(size, tuple | list) else size)
        super().__init__(
            network.encode_image, weights, (tuple(known["mean"]), tuple(known["std"])), side
        )
        self._words = network.encode_text
        self._tokenizer = tokenizer

    def embed_words(self, texts: Sequence[str], /) -> Features:
        """Return the features (B, K) of texts, in the space of the pictures' features.

        Each row has the length 1.
        """
        import torch

        with torch.inference_mode():
            rows = self._words(self._tokenizer(list(texts))).float()
            return torch.nn.functional.normalize(rows).numpy()
