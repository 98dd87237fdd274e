"""Features of the wide classifier for all items. Saved states do not contain them.

The features of a million items take 256 MB. A saved state contains the network of the classifier
instead, from which the features can be computed again. The network does not change between a sweep
and the use of the features. So after a state is loaded, the missing features are computed when they
are first used.
"""

from collections.abc import Mapping

import torch

from lodespace.models.classification.wide_classifier import WideClassifier
from lodespace.models.features.network import WIDTH

CHUNK = 1000
"""Number of items that pass through the network at once, in about 15 ms."""


class ItemFeatures:
    """Features of N items, float32 (N, WIDTH)."""

    def __init__(self, n: int, device: torch.device) -> None:
        """Start with zeros for `n` items."""
        self._values = torch.zeros(n, WIDTH, device=device)
        self._missing = torch.empty(0, dtype=torch.int64)

    def start_sweep(self) -> None:
        """Begin a sweep, which sets the features of all items, so that none count as missing."""
        self._missing = self._missing[:0]

    def put(self, items: torch.Tensor, values: torch.Tensor) -> None:
        """Set the features (B, WIDTH) of `items` int64 (B,)."""
        self._values[items] = values

    def known(self, classifier: WideClassifier) -> torch.Tensor:
        """Return the features of all items. Compute missing features with `classifier`."""
        missing, self._missing = self._missing, self._missing[:0]
        # The batches are the same as in the sweep. Other batches could change the last bits of the
        # features.
        for items in missing.to(self._values.device).split(CHUNK):
            self._values[items] = classifier.features(items)
        return self._values

    def load(self, tensors: Mapping[str, torch.Tensor], swept: torch.Tensor) -> None:
        """Take over a saved state.

        Args:
            tensors: a saved state. States of older versions contain the features.
            swept: items whose features the newest sweep has computed, int64 (K,), in the order of
                the sweep.
        """
        saved = tensors.get("classifier_features")
        if saved is None:
            self._missing = swept
        else:
            self._missing = swept[:0]
            self._values = saved.clone().to(self._values.device)
