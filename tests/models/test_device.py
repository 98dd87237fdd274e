"""Choice of the device on which a model trains."""

import pytest
import torch

from lodespace.models.device import choose_device


def test_a_device_is_chosen_or_refused_in_words() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(ValueError, match="'abacus' cannot be used here"):
        choose_device("abacus")
