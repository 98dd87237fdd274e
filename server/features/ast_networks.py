"""Audio Spectrogram Transformers: ast:MIT/ast-finetuned-audioset-10-10-0.4593.

Y. Gong, Y.-A. Chung and J. Glass: AST: Audio Spectrogram Transformer. Interspeech 2021. Networks
that were trained on AudioSet, two million clips of 527 kinds of sound. The weights come from the
Hugging Face Hub, as safetensors.
"""

import warnings
from functools import partial
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, Sounds
from lodespace.features.networks import SoundNetwork, fitting, from_folder, without_hub
from lodespace.features.preparation import at_least
from lodespace.features.weights import Weights, hub_weights

PREFIX = "ast"
EXAMPLE = "ast:MIT/ast-finetuned-audioset-10-10-0.4593"
RATE = 16_000
"""Sample rate of the networks, in Hz."""
_HOP = 160
"""Samples from one column of the spectrogram to the next."""
_SHORTEST = 400
"""Samples of one column."""
_FILES = ("model.safetensors", "config.json", "preprocessor_config.json")
_KNOWN = {
    "MIT/ast-finetuned-audioset-10-10-0.4593": 346,
    "MIT/ast-finetuned-audioset-10-10-0.450": 346,
}
"""Sizes of some networks under the BSD-3-Clause licence, in MB."""


def family_of(name: str) -> Family[Sounds]:
    """Return the family of the network `name`, OWNER/NAME on the Hugging Face Hub."""
    return Family(
        name=f"{PREFIX}:{name}",
        extra="sounds",
        modules=("transformers",),
        licence="",
        load=partial(_load, name),
        rate=RATE,
        weights=partial(_weights, name),
    )


def _weights(name: str) -> Weights:
    if name.count("/") != 1:
        raise DatasetError(f"{PREFIX}:{name}: give OWNER/NAME, such as {EXAMPLE}")
    size = _KNOWN.get(name, 0)
    licence = "BSD-3-Clause" if size else ""
    return hub_weights(f"{PREFIX}:{name}", name, *_FILES, megabytes=size, licence=licence)


def _load(name: str) -> Extractor[Sounds]:
    path, found = _weights(name).checked()
    without_hub()
    from transformers import ASTFeatureExtractor, ASTModel

    with fitting(f"{PREFIX}:{name}"), warnings.catch_warnings():
        # The narrowest bands of the published spectrograms have no frequency.
        warnings.simplefilter("ignore", UserWarning)
        spectrograms = ASTFeatureExtractor.from_pretrained(path.parent, local_files_only=True)
        if spectrograms.sampling_rate != RATE:
            raise ValueError(f"it reads sounds with {spectrograms.sampling_rate} Hz")
        network = from_folder(ASTModel, path.parent)
    longest = max(_SHORTEST, _HOP * int(network.config.max_length))

    def pooled(sounds: Sounds) -> Any:
        whole = [at_least(_SHORTEST, sound) for sound in sounds]
        read = spectrograms(whole, sampling_rate=RATE, return_tensors="pt")
        return network(read["input_values"]).pooler_output

    return SoundNetwork(pooled, found, longest)
