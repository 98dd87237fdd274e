"""Messages between workers carry jobs, and nothing that can run code."""

import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lodespace.models import preset
from lodespace.models.shared_items import _Copy
from lodespace.models.workers.messages import decoded, encoded


def test_jobs_settings_and_networks_arrive_as_they_were_sent() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.BatchNorm1d(2))
    message = (preset("default", 3), network, torch.arange(5), np.float32(0.5), {"a": {1, 2}})
    config, copied, numbers, value, sets = decoded(encoded(message))
    assert config == message[0] and value == np.float32(0.5) and sets == {"a": {1, 2}}
    torch.testing.assert_close(numbers, torch.arange(5))
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(copied.state_dict()[name], tensor)
    job = decoded(encoded(_Copy("items", None, (2, 3))))  # type: ignore[arg-type]
    assert isinstance(job, _Copy) and job.shape == (2, 3)


class Harmful:
    """An object whose pickle calls a function when it is opened."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("function", [os.system, subprocess.Popen, eval, torch.load, Path.unlink])
def test_a_message_that_calls_other_functions_is_refused(function: object, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.touch()
    for data in (encoded(Harmful(function, str(kept))), pickle.dumps(Harmful(function, str(kept)))):
        with pytest.raises(pickle.UnpicklingError, match="may not use"):
            decoded(data)
    assert kept.exists()
