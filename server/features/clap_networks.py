"""Networks of CLAP, which read sounds and words: clap:laion/clap-htsat-fused.

Y. Wu et al.: Large-scale contrastive language-audio pretraining with feature fusion and
keyword-to-caption augmentation. ICASSP 2023. The weights come from the Hugging Face Hub, as
safetensors.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lodespace.features.family import Extractor, Family, Features, Sounds
from lodespace.features.hub_networks import HubNetworks
from lodespace.features.networks import SoundNetwork, from_folder, spectrograms_from

PREFIX = "clap"
EXAMPLE = "clap:laion/clap-htsat-fused"
RATE = 48_000
"""Sample rate of the networks, in Hz."""
_NETWORKS = HubNetworks(
    PREFIX,
    EXAMPLE,
    files=(
        "model.safetensors",
        "config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ),
    optional=("merges.txt", "special_tokens_map.json", "vocab.json"),
    licence="Apache-2.0",
    megabytes={"laion/clap-htsat-fused": 617},
)


def family_of(name: str) -> Family[Sounds]:
    """Return the family of the network `name`, OWNER/NAME on the Hugging Face Hub."""
    return _NETWORKS.family(
        name, _load, extra="sounds", module="transformers", rate=RATE, reads_words=True
    )


def _load(name: str) -> Extractor[Sounds]:
    """Return the network `name`. Raises DatasetError if its files are missing or do not fit."""
    with _NETWORKS.opened(name) as (folder, found):
        from transformers import ClapFeatureExtractor, ClapModel, RobertaTokenizer

        spectrograms = spectrograms_from(ClapFeatureExtractor, folder, RATE)
        tokenizer = RobertaTokenizer.from_pretrained(folder, local_files_only=True)
        return _Clap(from_folder(ClapModel, folder), spectrograms, tokenizer, found)


class _Clap(SoundNetwork):
    """A network that has sounds and words in one space."""

    def __init__(self, network: Any, spectrograms: Any, tokenizer: Any, weights: str) -> None:
        super().__init__(self._pooled, weights, int(spectrograms.nb_max_samples))
        self._network, self._spectrograms = network, spectrograms
        self._tokenizer = tokenizer

    def _pooled(self, sounds: Sounds) -> Any:
        """Return the features of B sounds, a tensor (B, K)."""
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
