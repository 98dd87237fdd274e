"""The nine panels of figure 2: one shared training without labels, nine bakes, one page."""

import json
from pathlib import Path

import numpy as np
import pytest

from drivers.playback import replay
from lodespace.baking.figure2 import bake_figure2
from lodespace.baking.figure2_panels import PANELS, chains, scaled
from lodespace.errors import DatasetError, ProjectError, TrainingError
from lodespace.items.item_set import load
from lodespace.project.opening import is_bake, open_project
from lodespace.recording.format import FRAME, KEYFRAME, read_records
from samples.vectors import write_small_data

EPOCHS = 2


@pytest.fixture(scope="module")
def figure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figure2")
    data = write_small_data(folder)
    return bake_figure2(data, folder / "out", epochs=EPOCHS, seed=1, threads=1)


def moments(folder: Path) -> list[np.ndarray]:
    """Grid positions at each moment of a recording."""
    return [positions for _, positions in replay(folder / "recording.lds")]


def test_panels_have_the_weights_and_epochs_of_the_paper() -> None:
    assert [panel.name for panel in PANELS] == [
        f"{row}-{column}" for row in "abc" for column in ("left", "centre", "right")
    ]
    centre = PANELS[1]
    assert (centre.beta_kl, centre.beta_classifier, centre.hidden_layers) == (3, 100, 0)
    assert PANELS[2].hidden_layers == 2
    assert [panel.epochs for panel in PANELS] == [0, 50, 50, 5, 15, 30, 50, 50, 50]
    assert (PANELS[6].beta_kl, PANELS[6].beta_classifier) == (1, 1)


def test_panels_of_one_training_are_trained_once() -> None:
    found = chains(scaled(50))
    assert sorted(len(chain) for chain in found) == [1, 1, 1, 1, 4]
    longest = max(found, key=len)
    assert [panel.epochs for panel in longest] == [5, 15, 30, 50]
    assert [panel.epochs for panel in scaled(10)] == [0, 10, 10, 1, 3, 6, 10, 10, 10]
    assert [panel.title for panel in scaled(10)[3:6]] == ["1 epoch", "3 epochs", "6 epochs"]
    assert scaled(50) == PANELS


def test_each_panel_is_a_bake_and_the_page_lists_all(figure: Path) -> None:
    page = json.loads((figure / "panels.json").read_text())
    assert [panel["name"] for panel in page["panels"]] == [panel.name for panel in PANELS]
    assert (page["epochs"], set(page["rows"])) == (EPOCHS, set("abc"))
    for panel, shown in zip(scaled(EPOCHS), page["panels"], strict=True):
        folder = figure / panel.name
        assert is_bake(folder) and (folder / "index.html").is_file()
        assert (folder / "training.glb").is_file() and (folder / "model").is_dir()
        assert shown["epochs"] == panel.epochs
        kinds = [record.kind for record in read_records(folder / "recording.lds")]
        recorded = sum(kind in (KEYFRAME, FRAME) for kind in kinds)
        # The start, each epoch without labels, and each epoch with labels.
        assert recorded == 1 + EPOCHS + panel.epochs
    html = (figure / "index.html").read_text()
    assert "default-src 'none'" in html and "http" not in html.replace("http-equiv", "")


def test_all_panels_start_with_the_same_training(figure: Path) -> None:
    first = moments(figure / "a-left")
    others = [moments(figure / panel.name) for panel in PANELS[1:]]
    for other in others:
        for mine, theirs in zip(first[:EPOCHS], other, strict=False):
            np.testing.assert_array_equal(mine, theirs)
    # With 2 instead of 50 epochs, the panels of 5, 15 and 30 epochs have one epoch each.
    ends = {
        panel.name: other[-1].tobytes() for panel, other in zip(PANELS[1:], others, strict=True)
    }
    assert ends["b-left"] == ends["b-centre"] == ends["b-right"]
    assert len(set(ends.values())) == len(ends) - 2


def test_a_panel_is_a_project_to_look_at_with_its_own_settings(figure: Path) -> None:
    for panel in (PANELS[2], PANELS[7]):
        project = open_project(figure / panel.name)
        project.close()
        settings = project.settings
        assert (settings.preset, settings.latent_dim) == ("figure2", 2)
        assert (settings.hidden_layers, settings.beta_kl) == (panel.hidden_layers, panel.beta_kl)
        assert len(load(figure / panel.name / "data")) == len(project.items)


def test_an_existing_folder_is_replaced_only_if_it_is_a_figure(
    figure: Path, small_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match="--force"):
        bake_figure2(small_data, figure, epochs=1)
    (tmp_path / "mine.txt").write_text("text")
    with pytest.raises(ProjectError, match="exists"):
        bake_figure2(small_data, tmp_path, epochs=1, force=True)
    with pytest.raises(ProjectError, match="project"):
        bake_figure2(figure / "a-left", tmp_path / "new", epochs=1)


def test_data_without_labels_are_refused(small_data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="needs labels"):
        bake_figure2(small_data, tmp_path / "out", epochs=1, labels="none")
    (tmp_path / "vectors.npy").write_bytes(b"")
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(30, 5)))
    with pytest.raises(DatasetError, match="no labels"):
        bake_figure2(tmp_path / "vectors.npy", tmp_path / "out", epochs=1)
    assert not (tmp_path / "out").exists()
