"""Networks for texts: sentence-transformers:all-mpnet-base-v2.

N. Reimers and I. Gurevych: Sentence-BERT. EMNLP 2019. The weights come from the Hugging Face Hub,
as safetensors. Networks that bring code of their own are refused.
"""

from collections.abc import Sequence

import msgspec

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family
from lodespace.features.hub_networks import HubNetworks
from lodespace.features.minilm import Reader, loaded_from
from lodespace.json_input import json_of

PREFIX = "sentence-transformers"
EXAMPLE = "sentence-transformers:all-mpnet-base-v2"
_NETWORKS = HubNetworks(
    PREFIX,
    EXAMPLE,
    files=("model.safetensors", "modules.json", "config.json", "tokenizer_config.json"),
    optional=(
        "1_Pooling/config.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
        "tokenizer.json",
        "vocab.txt",
    ),
    licence="Apache-2.0",
    megabytes={
        "all-mpnet-base-v2": 438,
        "all-MiniLM-L12-v2": 134,
        "paraphrase-multilingual-MiniLM-L12-v2": 480,
        "paraphrase-multilingual-mpnet-base-v2": 1120,
    },
    owner=PREFIX,
)
_OWN = "sentence_transformers."
"""Beginning of the names of the parts that the library has. It imports a part by its name."""


class _Module(msgspec.Struct):
    """A part of a network, as modules.json states it."""

    type: str


def family_of(name: str) -> Family[Sequence[str]]:
    """Return the family of the network `name`. A name without a slash is sentence-transformers/NAME
    on the Hugging Face Hub."""
    return _NETWORKS.family(name, _load, extra="text", module="sentence_transformers")


def _load(name: str) -> Extractor[Sequence[str]]:
    """Return the network `name`.

    Raises DatasetError if its files are missing or do not fit, or if it has code of its own.
    """
    with _NETWORKS.opened(name) as (folder, found):
        modules = json_of((folder / "modules.json").read_bytes(), list[_Module])
        foreign = [module.type for module in modules if not module.type.startswith(_OWN)]
        if foreign:
            raise DatasetError(
                f"the network {PREFIX}:{name} has parts with code of their own ({foreign[0]}), "
                "which is not run; choose another network"
            )
        return Reader(loaded_from(folder), found)
