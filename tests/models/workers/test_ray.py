"""Two processes on a local Ray cluster."""

import pytest

from lodespace.models import Dataset
from lodespace.models.shared_items import shared
from lodespace.models.workers.launch import team_of
from samples.networks import labels_of, vae_training


@pytest.mark.slow
def test_a_ray_cluster_gives_the_same_result_as_local_processes(few_images: Dataset) -> None:
    pytest.importorskip("ray")
    found = []
    for ray in (None, "local"):
        with team_of(2, "cpu", 1, ray=ray) as team:
            training = vae_training(shared(few_images, team))
            terms = [training.step(labels_of(few_images)) for _ in range(3)]
            found.append((terms, training.encode_all().tolist()))
    assert found[0] == found[1]


def test_a_missing_ray_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(ValueError, match=r"pip install 'lodespace\[ray\]'"),
        team_of(2, "cpu", 1, ray="auto"),
    ):
        pass
