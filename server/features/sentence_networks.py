"""Networks for texts: sentence-transformers:all-mpnet-base-v2.

N. Reimers and I. Gurevych: Sentence-BERT. EMNLP 2019. The weights come from the Hugging Face Hub,
as safetensors. Networks that bring code of their own are refused.
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family
from lodespace.features.minilm import Reader, loaded_from
from lodespace.features.networks import fitting
from lodespace.features.weights import Weights, hub_weights
from lodespace.json_input import json_of

PREFIX = "sentence-transformers"
EXAMPLE = "sentence-transformers:all-mpnet-base-v2"
_KNOWN = {
    "all-mpnet-base-v2": 438,
    "all-MiniLM-L12-v2": 134,
    "paraphrase-multilingual-MiniLM-L12-v2": 480,
    "paraphrase-multilingual-mpnet-base-v2": 1120,
}
"""Sizes of some networks under the Apache License 2.0, in MB."""
_FILES = ("model.safetensors", "modules.json", "config.json", "tokenizer_config.json")
_OPTIONAL = (
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "tokenizer.json",
    "vocab.txt",
)


_OWN = "sentence_transformers."
"""Beginning of the names of the parts that the library has. It imports a part by its name."""


class _Module(msgspec.Struct):
    """A part of a network, as modules.json states it."""

    type: str


def family_of(name: str) -> Family[Sequence[str]]:
    """Return the family of the network `name`. A name without a slash is sentence-transformers/NAME
    on the Hugging Face Hub."""
    return Family(
        name=f"{PREFIX}:{name}",
        extra="text",
        modules=("sentence_transformers",),
        licence="",
        load=partial(_load, name),
        weights=partial(_weights, name),
    )


def _weights(name: str) -> Weights:
    repository = name if "/" in name else f"{PREFIX}/{name}"
    size = _KNOWN.get(name, 0)
    return hub_weights(
        f"{PREFIX}:{name}",
        repository,
        *_FILES,
        optional=_OPTIONAL,
        megabytes=size,
        licence="Apache-2.0" if size else "",
    )


def _load(name: str) -> Extractor[Sequence[str]]:
    path, found = _weights(name).checked()
    with fitting(f"{PREFIX}:{name}"):
        modules = json_of((path.parent / "modules.json").read_bytes(), list[_Module])
        foreign = [module.type for module in modules if not module.type.startswith(_OWN)]
        if foreign:
            raise DatasetError(
                f"the network {PREFIX}:{name} has parts with code of their own ({foreign[0]}), "
                "which is not run; choose another network"
            )
        return Reader(loaded_from(path.parent), found)
