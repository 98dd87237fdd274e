"""Project folders: created only in empty folders, opened again unchanged, refused with a reason."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lodespace.errors import DatasetError, ProjectError
from lodespace.items.item_set import load_digits
from lodespace.project import checkpoint_positions
from lodespace.project.opening import is_bake, open_project
from lodespace.project.project import BUNDLED, MANIFEST, Project
from lodespace.protocol import Settings
from lodespace.session.settings import configuration, merge, settings_from, with_defaults


def opened(path: Path | None, **options: object) -> Project:
    """Open a project, close it, and return it."""
    project = open_project(path, **options)  # type: ignore[arg-type]
    project.close()
    return project


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_data_set_becomes_a_project_in_the_current_folder(folder: Path, small_data: Path) -> None:
    project = opened(small_data, seed=5)
    assert project.folder == Path("lodespace-small")
    assert json.loads((folder / "lodespace-small" / MANIFEST).read_text())["seed"] == 5
    assert not project.read_only
    again = opened(small_data, seed=9)
    assert again.seed == 5, "the seed of an existing project was changed"
    assert len(again.items) == 200
    assert opened(Path("lodespace-small")).manifest == again.manifest


def test_a_project_can_be_moved(folder: Path, small_data: Path) -> None:
    first = opened(small_data, project_folder=folder / "here")
    (folder / "here").rename(folder / "there")
    assert opened(folder / "there").manifest == first.manifest


def test_without_data_the_bundled_digits_start_from_the_demo(folder: Path) -> None:
    project = opened(None)
    assert project.folder == Path("lodespace-digits")
    assert project.manifest.data == BUNDLED
    scene = project.baked_scene()
    assert scene is not None
    newest = checkpoint_positions.newest(project.checkpoints, 5000)
    assert newest is not None
    # The scene and the checkpoint show the same positions.
    np.testing.assert_allclose(scene.latent_mean(), newest.latent_mean, atol=scene.box.size / 65535)


def test_the_bundled_demo_is_a_good_map_of_the_digits(folder: Path) -> None:
    """The required accuracy is that of a new bake. A bake made without descriptors reaches only
    0.93."""
    from sklearn.neighbors import KNeighborsClassifier

    scene = opened(None).baked_scene()
    assert scene is not None
    truth = load_digits().truth
    assert truth is not None
    mean, held_out = scene.latent_mean(), np.arange(5000) % 5 == 0
    neighbours = KNeighborsClassifier(10).fit(mean[~held_out], truth[~held_out])
    assert neighbours.score(mean[held_out], truth[held_out]) >= 0.96


def test_the_bundled_checkpoint_fits_this_version(folder: Path) -> None:
    from lodespace.models import Dataset, Trainer

    project = opened(None)
    trainer = Trainer.load(
        project.checkpoints, Dataset.from_images(project.items.data), device="cpu"
    )
    assert trainer.loop.resting


def test_other_settings_start_afresh(folder: Path) -> None:
    project = opened(None, settings=Settings(latent_dim=2))
    assert project.baked_scene() is None
    assert not project.checkpoints.exists()


def test_an_existing_project_refuses_settings_that_are_fixed(
    folder: Path, small_data: Path
) -> None:
    given = settings_from({"beta_kl": 5, "batch_size": 64, "model_hidden": 32})
    assert opened(small_data, settings=given).settings == given
    again = opened(small_data, settings=merge(given, Settings(beta_kl=7.0)))
    assert again.asked == Settings(beta_kl=7.0)
    assert opened(small_data, settings=settings_from({"batch_size": 64})).asked is None
    with pytest.raises(ProjectError) as raised:
        opened(small_data, settings=settings_from({"batch_size": 8, "model_channels": (4,)}))
    said = str(raised.value)
    assert "was started with model_channels 8,16,32, batch_size 64" in said
    assert "cannot use model_channels 4, batch_size 8" in said
    assert "--project NEW --labels-from lodespace-small" in said
    opened(small_data)  # the lock of the project was released


def test_an_existing_bake_refuses_other_settings(folder: Path, small_data: Path) -> None:
    project = opened(small_data, settings=Settings(preset="calm"), labels="none")
    manifest = project.folder / MANIFEST
    manifest.write_text(manifest.read_text().replace('"project"', '"bake"'))
    assert opened(project.folder, settings=Settings(preset="calm", stiffness=0.8)).asked is None
    with pytest.raises(ProjectError, match=r"is a bake with stiffness 0\.8; the settings"):
        opened(project.folder, settings=Settings(stiffness=0.5))


def test_settings_of_a_project_that_cannot_be_written_are_refused(
    folder: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(small_data)
    monkeypatch.setattr("lodespace.project.opening.obstacle", lambda _: "the disk is full")
    assert opened(project.folder).read_only
    with pytest.raises(ProjectError, match=r"settings cannot change, because .* the disk is full"):
        opened(project.folder, settings=Settings(beta_kl=5.0))


def test_the_folder_of_the_bundled_digits_is_known_by_its_name(folder: Path) -> None:
    from lodespace.items.item_set import bundled_digits_folder

    assert opened(bundled_digits_folder()).manifest.data == BUNDLED


def test_nothing_of_somebody_is_touched(folder: Path, small_data: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ProjectError, match="not a project"):
        open_project(small_data, project_folder=folder / "mine")
    assert [p.name for p in (folder / "mine").iterdir()] == ["thesis.txt"]
    (folder / "file").write_text("")
    with pytest.raises(ProjectError, match="not a project"):
        open_project(small_data, project_folder=folder / "file")


def test_a_project_on_other_data_is_not_mixed(folder: Path, small_data: Path) -> None:
    opened(small_data, project_folder=folder / "p")
    other = folder / "other.npz"
    shutil.copy(small_data, other)
    with pytest.raises(ProjectError, match="other data"):
        open_project(other, project_folder=folder / "p")
    opened(small_data, project_folder=folder / "p")  # the lock of the project was released


def test_a_project_holds_its_data(folder: Path, small_data: Path) -> None:
    project = opened(small_data)
    small_data.unlink()
    assert len(opened(project.folder).items) == 200
    shutil.rmtree(project.folder / "data")
    with pytest.raises(ProjectError, match=r"no longer at .*lodespace-small/data"):
        open_project(project.folder)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b'{"format": 1, "kind": "project"}', "data"),
        (b'{"format": 1, "kind": "virus", "data": "x"}', "damaged"),
        (b'{"format": 1, "kind": "project", "data": "x", "seed": -1}', "damaged"),
        (b'{"format": 1, "kind": "project", "data": "x", "seed": 1e300}', "damaged"),
        (
            b'{"format": 1, "kind": "project", "data": "bundled:digits", '
            b'"settings": {"learning_rate": 5}}',
            "damaged",
        ),
        (
            b'{"format": 1, "kind": "project", "data": "bundled:digits", "settings": {"evil": 5}}',
            "damaged",
        ),
        (
            b'{"format": 1, "kind": "project", "data": "bundled:digits", '
            b'"settings": {"more": {"batch_size": 1}}}',
            "batch_size must be 2 or more",
        ),
        (b'{"format": 2, "kind": "project", "data": "bundled:digits"}', "newer"),
        (b'{"format": 1, "kind": "project", "data": "../nowhere.npz"}', "nowhere"),
        (b'{"format": 1, "kind": "project", "data": "/dev/null"}', "null"),
        (b'{"format": 1, "kind": "project", "data": "a\\u0000b"}', "data"),
    ],
)
def test_a_hostile_or_damaged_manifest_is_refused_in_words(
    folder: Path, content: bytes, says: str
) -> None:
    (folder / "p").mkdir()
    (folder / "p" / MANIFEST).write_bytes(content)
    with pytest.raises((ProjectError, DatasetError), match=says):
        open_project(folder / "p")
    assert (folder / "p" / MANIFEST).read_bytes() == content


def test_two_servers_do_not_open_one_project(folder: Path, small_data: Path) -> None:
    project = open_project(small_data)
    with pytest.raises(ProjectError, match="another server") as caught:
        open_project(small_data)
    assert caught.value.code == "project_in_use"
    project.close()
    opened(small_data)


def test_the_lock_ends_with_the_process_that_held_it(folder: Path, small_data: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from lodespace.project.opening import open_project\n"
        "held = open_project(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(small_data)])
    assert (folder / "lodespace-small" / MANIFEST).is_file()
    opened(small_data)


def test_settings_of_the_beginning_are_kept_and_later_ones_asked_for(
    folder: Path, small_data: Path
) -> None:
    begun = Settings(preset="paper", beta_kl=2.0)
    open_project(small_data, settings=begun).close()
    again = opened(small_data)
    assert (again.settings, again.asked) == (begun, None)
    again.close()
    asking = opened(small_data, settings=Settings(latent_dim=2))
    assert (asking.settings, asking.asked) == (begun, Settings(latent_dim=2))


def test_another_preset_begins_from_its_own_values() -> None:
    old = Settings(preset="default", latent_dim=2, beta_neighbour=3.0, stiffness=0.5)
    assert merge(old, Settings(preset="paper")) == Settings(preset="paper", latent_dim=2)
    assert merge(old, Settings(preset="default", stiffness=0.1)).beta_neighbour == 3.0
    assert merge(old, Settings(beta_kl=1.0)).beta_neighbour == 3.0


def test_the_preset_figure2_sets_the_dimension_too() -> None:
    three = Settings(preset="default", latent_dim=3)
    assert merge(three, Settings(preset="figure2")) == Settings(preset="figure2")
    assert with_defaults(Settings(preset="figure2")).latent_dim == 2
    assert merge(three, Settings(preset="figure2", latent_dim=3)).latent_dim == 3
    begun = configuration(Settings(preset="paper", latent_dim=3))
    assert configuration(Settings(preset="figure2"), begun).latent_dim == 2
    assert configuration(Settings(preset="paper"), begun).latent_dim == 3


def test_a_scene_of_other_data_is_refused_in_a_bake_only(
    folder: Path, small_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = opened(small_data)
    demo = opened(None)
    shutil.copy(demo.scene_path, project.scene_path)
    assert project.baked_scene() is None
    assert "scene.glb shows 5000 items" in caplog.text
    project.manifest.kind = "bake"
    with pytest.raises(ProjectError, match="bake the data again"):
        project.baked_scene()


def test_a_project_is_not_opened_as_a_bake(folder: Path, small_data: Path) -> None:
    project = opened(small_data)
    assert not is_bake(project.folder)
    assert not is_bake(folder)


def test_settings_asked_for_when_a_project_is_opened_again_are_a_gesture(
    folder: Path, small_data: Path
) -> None:
    from lodespace.config import ServerConfig
    from lodespace.service.service import Service

    open_project(small_data, labels="none").close()
    for _ in range(2):  # the second call changes no setting
        project = open_project(small_data, settings=Settings(stiffness=0.7))
        service = Service(project, ServerConfig(train=False))
        assert service.session.settings.stiffness == 0.7
        assert [(act.client, act.note) for act in service.session.undo_log] == [
            ("cli", "stiffness 0.7")
        ]
        service.event_log.close()
        project.close()
