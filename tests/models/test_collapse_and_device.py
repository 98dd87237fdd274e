import numpy as np
import pytest
import torch

from lodespace.models.collapse import KL_THRESHOLD, collapsed_dimensions, describe
from lodespace.models.device import choose_device


def test_dimensions_below_the_threshold_have_collapsed() -> None:
    kl = np.array([KL_THRESHOLD / 2, 2 * KL_THRESHOLD, 0.0], np.float32)
    assert collapsed_dimensions(kl) == (0, 2)


def test_a_kl_that_was_never_measured_is_no_collapse() -> None:
    assert collapsed_dimensions(np.full(3, np.nan, np.float32)) == ()


def test_the_words_name_the_dimension_and_the_mend() -> None:
    assert describe((), 3, 3.0) == ""
    partly, wholly = describe((1,), 3, 50.0), describe((0, 1, 2), 3, 50.0)
    assert "along y" in partly
    assert "every item" in wholly
    for words in (partly, wholly):
        assert "lower beta_kl (now 50" in words


def test_a_device_is_chosen_or_refused_in_words() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(ValueError, match="'abacus' cannot be used here"):
        choose_device("abacus")
