"""Audio Spectrogram Transformers: ast:MIT/ast-finetuned-audioset-10-10-0.4593.

Y. Gong, Y.-A. Chung and J. Glass: AST: Audio Spectrogram Transformer. Interspeech 2021. Networks
that were trained on AudioSet, two million clips of 527 kinds of sound. The weights come from the
Hugging Face Hub, as safetensors.
"""

import warnings
from typing import Any

from lodespace.features.family import Extractor, Family, Sounds
from lodespace.features.hub_networks import HubNetworks
from lodespace.features.networks import SoundNetwork, from_folder, spectrograms_from
from lodespace.features.preparation import at_least

PREFIX = "ast"
EXAMPLE = "ast:MIT/ast-finetuned-audioset-10-10-0.4593"
RATE = 16_000
"""Sample rate of the networks, in Hz."""
_HOP = 160
"""Samples from one column of the spectrogram to the next."""
_SHORTEST = 400
"""Samples of one column."""
_NETWORKS = HubNetworks(
    PREFIX,
    EXAMPLE,
    files=("model.safetensors", "config.json", "preprocessor_config.json"),
    optional=(),
    licence="BSD-3-Clause",
    megabytes={
        "MIT/ast-finetuned-audioset-10-10-0.4593": 346,
        "MIT/ast-finetuned-audioset-10-10-0.450": 346,
    },
)


def family_of(name: str) -> Family[Sounds]:
    """Return the family of the network `name`, OWNER/NAME on the Hugging Face Hub."""
    return _NETWORKS.family(name, _load, extra="sounds", module="transformers", rate=RATE)


def _load(name: str) -> Extractor[Sounds]:
    """Return the network `name`. Raises DatasetError if its files are missing or do not fit."""
    with _NETWORKS.opened(name) as (folder, found), warnings.catch_warnings():
        from transformers import ASTFeatureExtractor, ASTModel

        # The narrowest bands of the published spectrograms have no frequency.
        warnings.simplefilter("ignore", UserWarning)
        spectrograms = spectrograms_from(ASTFeatureExtractor, folder, RATE)
        network = from_folder(ASTModel, folder)
    longest = max(_SHORTEST, _HOP * int(network.config.max_length))

    def pooled(sounds: Sounds) -> Any:
        """Return the features of B sounds, a tensor (B, K)."""
        whole = [at_least(_SHORTEST, sound) for sound in sounds]
        read = spectrograms(whole, sampling_rate=RATE, return_tensors="pt")
        return network(read["input_values"]).pooler_output

    return SoundNetwork(pooled, found, longest)
