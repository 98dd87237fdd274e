"""Networks of CLAP, which read sounds and words: clap:laion/clap-htsat-fused.

Y. Wu et al.: Large-scale contrastive language-audio pretraining with feature fusion and
keyword-to-caption augmentation. ICASSP 2023. The weights come from the Hugging Face Hub, as
safetensors.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, Features, Sounds
from lodespace.features.networks import SoundNetwork, fitting, from_folder, without_hub
from lodespace.features.weights import Weights, hub_weights

PREFIX = "clap"
EXAMPLE = "clap:laion/clap-htsat-fused"
RATE = 48_000
"""Sample rate of the networks, in Hz."""
_FILES = (
    "model.safetensors",
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
_OPTIONAL = ("merges.txt", "special_tokens_map.json", "vocab.json")
_KNOWN = {"laion/clap-htsat-fused": 617}
"""Sizes of some networks under the Apache License 2.0, in MB."""


def family_of(name: str) -> Family[Sounds]:
    """Return the family of the network `name`, OWNER/NAME on the Hugging Face Hub."""
    return Family(
        name=f"{PREFIX}:{name}",
        extra="sounds",
        modules=("transformers",),
        licence="",
        load=partial(_load, name),
        rate=RATE,
        reads_words=True,
        weights=partial(_weights, name),
    )


def _weights(name: str) -> Weights:
    if name.count("/") != 1:
        raise DatasetError(f"{PREFIX}:{name}: give OWNER/NAME, such as {EXAMPLE}")
    size = _KNOWN.get(name, 0)
    return hub_weights(
        f"{PREFIX}:{name}",
        name,
        *_FILES,
        optional=_OPTIONAL,
        megabytes=size,
        licence="Apache-2.0" if size else "",
    )


def _load(name: str) -> Extractor[Sounds]:
    path, found = _weights(name).checked()
    without_hub()
    from transformers import ClapFeatureExtractor, ClapModel, RobertaTokenizer

    with fitting(f"{PREFIX}:{name}"):
        spectrograms = ClapFeatureExtractor.from_pretrained(path.parent, local_files_only=True)
        if spectrograms.sampling_rate != RATE:
            raise ValueError(f"it reads sounds with {spectrograms.sampling_rate} Hz")
        tokenizer = RobertaTokenizer.from_pretrained(path.parent, local_files_only=True)
        return _Clap(from_folder(ClapModel, path.parent), spectrograms, tokenizer, found)


class _Clap(SoundNetwork):
    """A network that has sounds and words in one space."""

    def __init__(self, network: Any, spectrograms: Any, tokenizer: Any, weights: str) -> None:
        super().__init__(self._pooled, weights, int(spectrograms.nb_max_samples))
        self._network, self._spectrograms = network, spectrograms
        self._tokenizer = tokenizer

    def _pooled(self, sounds: Sounds) -> Any:
        import torch

        read = self._spectrograms(
            [np.asarray(sound, np.float64) for sound in sounds],
            sampling_rate=RATE,
            return_tensors="pt",
        )
        # The library states for a random one of short sounds that it is longer than the limit.
        longer = torch.zeros((len(sounds), 1), dtype=torch.bool)
        read = self._network.get_audio_features(read["input_features"].float(), is_longer=longer)
        return read.pooler_output

    def embed_words(self, texts: Sequence[str], /) -> Features:
        """Return the features (B, K) of texts, in the space of the sounds' features.

        Each row has the length 1.
        """
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(
                list(texts), padding=True, truncation=True, return_tensors="pt"
            )
            rows = self._network.get_text_features(**tokens).pooler_output.float()
            return torch.nn.functional.normalize(rows).numpy()
