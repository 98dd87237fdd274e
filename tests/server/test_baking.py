"""Bakes: a seed always gives the same bytes, and a bake is complete or absent."""

import gzip
import json
import shutil
import struct
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from drivers.gltf_validator import validate
from drivers.playback import replay
from lodespace.baking.bake import bake
from lodespace.baking.parts import PARTS
from lodespace.baking.static_site import SITE_FILES
from lodespace.baking.training_bake import RECORDED_FRAMES
from lodespace.config import BUILT_PAGE
from lodespace.errors import DatasetError, ProjectError, SettingsError, TrainingError
from lodespace.items.item_set import load, load_digits
from lodespace.project import checkpoint_positions
from lodespace.project.initial_labels import choose_labels
from lodespace.project.opening import open_project
from lodespace.project.project import MANIFEST, Project
from lodespace.protocol import Settings
from lodespace.recording.format import FRAME, KEYFRAME, OPERATION, read_records
from lodespace.scene.glb import decode_scene
from lodespace.session.settings import values_in
from samples.pictures import draw
from samples.training_inputs import BRIEF

PARTS_WITHOUT_VIDEO = tuple(part for part in PARTS if part != "video")


def baked(data: Path, output: Path, **options: object) -> Path:
    given = {"epochs": 2, "seed": 1, "threads": 1, "labels": "none", "settings": BRIEF, **options}
    return bake(data, output, **given)  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def opened(folder: Path) -> Project:
    project = open_project(folder)
    project.close()
    return project


@pytest.fixture(scope="module")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set folder: 60 pictures in two classes, in IDX files.

    One of the files is compressed.
    """
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(2)
    truth = (np.arange(60) % 2).astype(np.uint8)
    images = random.integers(0, 80, (60, 28, 28)).astype(np.uint8)
    images[truth == 1, 8:20, 8:20] += 170
    (folder / "images.gz").write_bytes(
        gzip.compress(b"\0\0\x08\3" + struct.pack(">III", 60, 28, 28) + images.tobytes())
    )
    (folder / "labels").write_bytes(b"\0\0\x08\1" + struct.pack(">I", 60) + truth.tobytes())
    manifest = {
        "name": "pictures",
        "images": "images.gz",
        "truth": "labels",
        "classes": ["dark", "bright"],
    }
    (folder / "dataset.json").write_text(json.dumps(manifest))
    (folder / "unrelated.txt").write_text("not part of the data set")
    return folder


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, small_data: Path) -> None:
    first = files(baked(small_data, tmp_path / "a", labels="3", parts=PARTS_WITHOUT_VIDEO))
    page = {
        name for name in first if name.split("/")[0] in ("assets", "models") or name in SITE_FILES
    }
    assert {name for name in SITE_FILES if (BUILT_PAGE / name).is_file()} <= page
    assert set(first) - page == {
        "lodespace.json",
        "settings.toml",
        "scene.glb",
        "training.glb",
        "recording.lds",
        "model/model.json",
        "model/model.safetensors",
        "session.json",
        "timeline.json",
        "items.json",
        "poster.jpg",
        "checkpoints/001.json",
        "checkpoints/001.safetensors",
        "data/dataset.json",
        "data/items.arrow",
        "data/labels.npy",
        "data/standardisation.npy",
        "data/vectors.npy",
    }
    assert files(baked(small_data, tmp_path / "b", labels="3", parts=PARTS_WITHOUT_VIDEO)) == first
    other = files(baked(small_data, tmp_path / "c", labels="3", seed=2, parts=("scene",)))
    assert other["scene.glb"] != first["scene.glb"]


def test_scene_checkpoint_and_recording_end_alike(tmp_path: Path, small_data: Path) -> None:
    out = baked(small_data, tmp_path / "out", parts=("checkpoint", "recording"))
    scene = decode_scene((out / "scene.glb").read_bytes())
    newest = checkpoint_positions.newest(out / "checkpoints", 200)
    assert newest is not None
    np.testing.assert_allclose(scene.latent_mean(), newest.latent_mean, atol=scene.box.size / 65535)
    assert scene.step == newest.step
    shown = replay(out / "recording.lds")
    np.testing.assert_array_equal(shown[-1][1][:, :3], scene.positions)
    records = list(read_records(out / "recording.lds"))
    assert {r.kind for r in records} == {KEYFRAME, FRAME, OPERATION}
    assert len(shown) <= RECORDED_FRAMES + 2
    times = [r.time for r in records]
    assert times == sorted(times)


@pytest.fixture(scope="module")
def picture_bake(picture_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bake of the pictures in two dimensions, with all labels.

    The bake was moved after it was made.
    """
    folder = tmp_path_factory.mktemp("bake")
    out = baked(
        picture_folder,
        folder / "out",
        settings=msgspec.structs.replace(BRIEF, latent_dim=2),
        labels="all",
    )
    return out.rename(folder / "elsewhere")


@pytest.mark.slow
def test_a_bake_is_valid_gltf(tmp_path: Path, picture_bake: Path) -> None:
    report = validate((picture_bake / "scene.glb").read_bytes(), tmp_path)
    assert report["issues"]["messages"] == []


def test_a_bake_can_be_sent(picture_bake: Path, picture_folder: Path) -> None:
    """A bake contains its data set, no other files, and no path of this machine."""
    original = load(picture_folder)
    hidden = picture_folder.rename(picture_folder.with_name("hidden"))
    try:
        project = opened(picture_bake)
    finally:
        hidden.rename(picture_folder)
    assert project.read_only
    np.testing.assert_array_equal(project.items.data, original.data)
    assert project.items.class_names == ("dark", "bright")
    kept = files(picture_bake)
    assert {"data/dataset.json", "data/images.gz", "data/labels"} <= set(kept)
    assert not any("unrelated" in name for name in kept)
    assert "thumbnails/0.webp" in kept
    assert not any(str(picture_folder.parent).encode() in content for content in kept.values())


def test_labels_are_in_the_scene_and_learned(tmp_path: Path, small_data: Path) -> None:
    out = baked(small_data, tmp_path / "out", labels="10")
    truth = np.arange(200) % 4
    scene = decode_scene((out / "scene.glb").read_bytes())
    labelled = scene.labels >= 0
    assert np.bincount(scene.labels[labelled]).tolist() == [10] * 4
    assert (scene.labels[labelled] == truth[labelled]).all()
    assert (scene.predictions == truth).mean() >= 0.9


@pytest.mark.parametrize("which", ["all", "none", "7"])
def test_labels_are_chosen_as_asked(which: str) -> None:
    items = load_digits()
    assert items.truth is not None
    labels = choose_labels(items, which, seed=3)
    expected = {"all": [500] * 10, "none": [], "7": [7] * 10}[which]
    assert np.bincount(labels[labels >= 0]).tolist() == expected
    assert (labels[labels >= 0] == items.truth[labels >= 0]).all()
    np.testing.assert_array_equal(labels, choose_labels(items, which, seed=3))


def test_both_presets_and_dimensions_bake(tmp_path: Path, small_data: Path) -> None:
    out = baked(
        small_data, tmp_path / "out", settings=Settings(preset="paper", latent_dim=2), epochs=1
    )
    project = opened(out)
    assert (project.settings.preset, project.settings.latent_dim) == ("paper", 2)
    assert decode_scene((out / "scene.glb").read_bytes()).latent_dim == 2


@pytest.mark.slow
def test_the_settings_of_a_bake_give_the_same_bake(
    tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lodespace.cli import main

    monkeypatch.chdir(tmp_path)
    options = "--epochs 1 --seed 3 --threads 1 --labels 2 --preset calm --beta-kl 5 --batch-size 64"
    network = "--model-hidden 32 --model-channels 4,8"
    assert main(["bake", "small.npz", "-o", "a", *options.split(), *network.split()]) == 0
    assert main(["bake", "small.npz", "-o", "b", "--settings", "a/settings.toml"]) == 0
    assert files(tmp_path / "a") == files(tmp_path / "b")
    settings = values_in(opened(tmp_path / "b").settings)
    assert (settings["beta_kl"], settings["batch_size"], settings["model_hidden"]) == (5, 64, 32)
    other = ["bake", "small.npz", "-o", "c", "--settings", "a/settings.toml", "--beta-kl", "7"]
    assert main(other) == 0
    assert values_in(opened(tmp_path / "c").settings) == settings | {"beta_kl": 7.0}


def test_a_bake_of_a_project_has_the_settings_of_the_project(
    tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lodespace.cli import main

    monkeypatch.chdir(tmp_path)
    given = Settings(preset="calm", latent_dim=2, beta_kl=5.0)
    open_project(small_data, project_folder=tmp_path / "work", settings=given).close()
    options = ["--epochs", "1", "--threads", "1", "--beta-classifier", "7", "--parts", "scene"]
    assert main(["bake", "work", "-o", "out", *options]) == 0
    baked = opened(tmp_path / "out").settings
    assert (baked.preset, baked.latent_dim, baked.beta_kl) == ("calm", 2, 5)
    assert (baked.stiffness, baked.beta_classifier) == (0.8, 7)


def test_nothing_of_somebody_is_replaced(tmp_path: Path, small_data: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    work = open_project(small_data, project_folder=tmp_path / "work")
    work.close()
    for folder in ("mine", "work"):
        before = files(tmp_path / folder)
        for force in (False, True):
            with pytest.raises(ProjectError, match="not a bake"):
                baked(small_data, tmp_path / folder, force=force)
        assert files(tmp_path / folder) == before


def test_a_bake_is_replaced_only_by_force(tmp_path: Path, small_data: Path) -> None:
    out = baked(small_data, tmp_path / "out")
    first = files(out)
    with pytest.raises(ProjectError, match="--force"):
        baked(small_data, out, seed=2)
    assert files(out) == first
    baked(small_data, out, seed=2, force=True)
    assert opened(out).seed == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "small.npz"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"labels": "some"}, DatasetError),
        ({"labels": "0"}, DatasetError),
        ({"epochs": 0}, TrainingError),
        ({"device": "abacus"}, SettingsError),
        ({"settings": Settings(stiffness=8.0)}, TrainingError),
    ],
)
def test_a_failed_bake_leaves_nothing(
    tmp_path: Path, small_data: Path, options: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        baked(small_data, tmp_path / "out", **options)
    assert [p.name for p in tmp_path.iterdir()] == ["small.npz"]


def test_data_without_labels_cannot_give_any(tmp_path: Path) -> None:
    np.savez(tmp_path / "bare.npz", X=np.random.default_rng(0).normal(size=(30, 3)))
    with pytest.raises(DatasetError, match="has no labels"):
        baked(tmp_path / "bare.npz", tmp_path / "out", labels="all")


def test_a_bake_that_breaks_off_leaves_nothing(
    tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lodespace.baking.bake.finish_bake", interrupted)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        baked(small_data, out)
    assert [p.name for p in tmp_path.iterdir()] == ["small.npz"]
    monkeypatch.undo()
    first = files(baked(small_data, out))
    monkeypatch.setattr("lodespace.baking.bake.finish_bake", interrupted)
    with pytest.raises(KeyboardInterrupt):
        baked(small_data, out, force=True)
    assert files(out) == first
    assert (out / MANIFEST).is_file()


def test_a_project_is_baked_with_its_labels_and_classes(
    tmp_path: Path, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lodespace import protocol
    from lodespace.session.commands.registry import plan
    from lodespace.session.event_log import EventLog
    from lodespace.session.session import AnnotationSession

    project = open_project(small_data, project_folder=tmp_path / "work", labels="none")
    session = AnnotationSession(project.items)
    event_log = EventLog(project.labels_path)

    def do(command: Any) -> None:
        event = plan(session, command, "anna")
        assert event is not None
        session.apply(event_log.append_now(event))

    lasso = protocol.Provenance(tool="lasso")
    do(protocol.AddClass(command_id="command-1", name="mine"))
    do(
        protocol.Label(
            command_id="command-2", items=[0, 4, 8], class_id=4, revision=0, provenance=lasso
        )
    )
    do(
        protocol.Label(
            command_id="command-3", items=[1, 5, 9], class_id=1, revision=0, provenance=lasso
        )
    )
    do(protocol.MergeClass(command_id="command-4", class_id=0, into=1))
    event_log.close()
    project.close()
    out = bake(tmp_path / "work", tmp_path / "out", epochs=1, threads=1, progress=True)
    assert f"{tmp_path / 'work'}: the map is trained again from seed 0" in capsys.readouterr().err
    scene = decode_scene((out / "scene.glb").read_bytes())
    assert [c.name for c in scene.classes if not c.removed] == ["1", "2", "3", "mine"]
    assert scene.labels[[0, 4, 8]].tolist() == [4, 4, 4]
    assert scene.labels[[1, 5, 9]].tolist() == [1, 1, 1]
    assert (scene.labels >= 0).sum() == 6
    assert baked(tmp_path / "work", tmp_path / "bare", labels="none") == tmp_path / "bare"


def test_a_received_project_is_baked_without_files_from_outside(tmp_path: Path) -> None:
    from lodespace.baking.baked_data import copy_data, project_state
    from lodespace.importing.source import ImportOptions
    from lodespace.items import originals

    for number in range(2):
        draw(number, (300, 300)).save(tmp_path / f"{number}.png")
    (tmp_path / "table.csv").write_text("path\n0.png\n1.png\n")
    open_project(tmp_path / "table.csv", project_folder=tmp_path / "work").close()
    shutil.copytree(tmp_path / "work", tmp_path / "received")
    for folder, root, side in (
        ("work", None, 300),
        ("received", None, 128),
        ("received", tmp_path, 300),
        ("received", None, 300),
    ):
        state = project_state(tmp_path / folder, root)
        assert state is not None
        assert (state.root is None) == (side == 128)
        made = tmp_path / f"{folder}-{side}-{root is None}"
        items, _ = copy_data(state.data, made, ImportOptions(), False)
        assert originals.picture(items, 0, 512).size == (side, side)
