"""`lodespace bake PROJECT --as-is`: the bake shows what the page of the project showed."""

import asyncio
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from drivers.playback import replay
from drivers.servers import ClientOf
from lodespace import protocol
from lodespace.baking.bake import bake
from lodespace.baking.parts import DEFAULT_PARTS, MORPH_TARGETS
from lodespace.errors import ProjectError, TrainingError
from lodespace.exporting.formats import export
from lodespace.models.checkpoints.checkpoint import latest, numbered
from lodespace.project.offline import describe, open_offline
from lodespace.project.opening import open_project
from lodespace.recording.index import index_of
from lodespace.recording.published import largest_size
from lodespace.scene.glb import Scene, decode_scene
from samples.trained_projects import CAMERA, DEVICE, OWNER, TrainedProject, make_trained_project

ALL_BUT_VIDEO = (*DEFAULT_PARTS, "checkpoint")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TrainedProject:
    """A project with labels, pins and a recording. The tests do not change it."""
    return asyncio.run(make_trained_project(tmp_path_factory.mktemp("made")))


@pytest.fixture(scope="module")
def out(made: TrainedProject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bake of `made` with all parts. The tests do not change it."""
    return bake(
        made.folder, tmp_path_factory.mktemp("bake") / "out", as_is=True, parts=ALL_BUT_VIDEO
    )


@pytest.fixture
def copy_of(made: TrainedProject, tmp_path: Path) -> Callable[[], Path]:
    """Return a function that makes a copy of the project."""
    return lambda: shutil.copytree(made.folder, tmp_path / "copy")


def session_of(out: Path) -> protocol.SessionInfo:
    return msgspec.json.decode((out / "session.json").read_bytes(), type=protocol.SessionInfo)


def scene_of(out: Path) -> Scene:
    return decode_scene((out / "scene.glb").read_bytes())


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.mark.slow
def test_the_bake_shows_what_the_page_showed(made: TrainedProject, out: Path) -> None:
    scene, shown = scene_of(out), made.scene
    assert scene.box == shown.box
    step = shown.box.size / 65535
    np.testing.assert_allclose(scene.latent_mean(), shown.latent_mean(), atol=1.01 * step)
    for name in ("labels", "predictions", "confidence"):
        np.testing.assert_array_equal(getattr(scene, name), getattr(shown, name))
    assert scene.classes == shown.classes
    assert scene.axes == shown.axes and [axis.name for axis in scene.axes] == ["size"]
    assert [info.colour for info in scene.classes][1] == "#445566"
    session = session_of(out)
    info = msgspec.json.decode(msgspec.json.encode(made.info), type=protocol.SessionInfo)
    for name in (
        "dataset",
        "n_items",
        "latent_dim",
        "classes",
        "pins",
        "axes",
        "quality",
        "report",
    ):
        assert getattr(session, name) == getattr(info, name), name
    assert session.quality is not None and session.quality.verified == 20
    assert session.training.settings == info.training.settings
    assert session.training.step == info.training.step
    unsigned = [
        msgspec.structs.replace(gesture, by="", at=0.0, revision=0)
        for gesture in info.history.gestures
    ]
    assert session.history.gestures == unsigned
    assert len(unsigned) == 11 and sum(gesture.undone for gesture in unsigned) == 1


def test_the_recording_has_the_motion_and_the_gestures(made: TrainedProject, out: Path) -> None:
    shown = replay(out / "recording.lds")
    np.testing.assert_array_equal(shown[-1][1], scene_of(out).positions)
    own = index_of(made.folder / "recording.lds")
    first = replay(made.folder / "recording.lds")[0][1]
    np.testing.assert_array_equal(shown[0][1], first)
    timeline = index_of(out / "recording.lds")
    assert msgspec.json.decode((out / "timeline.json").read_bytes(), type=protocol.Timeline) == (
        timeline
    )
    assert 30 < timeline.moments <= 120 < own.moments
    told = [(tick.event, tick.gesture.kind, tick.gesture.note) for tick in own.ticks]
    kept = [(tick.event, tick.gesture.kind, tick.gesture.note) for tick in timeline.ticks]
    assert kept == told and len(told) == 12
    places = [tick.moment / timeline.moments for tick in timeline.ticks]
    np.testing.assert_allclose(places, [t.moment / own.moments for t in own.ticks], atol=0.02)
    assert set(timeline.curves.values) == set(own.curves.values)
    assert (out / "recording.lds").stat().st_size < largest_size(200)


def test_the_animation_is_that_of_the_recording(made: TrainedProject, out: Path) -> None:
    import pygltflib

    document = pygltflib.GLTF2().load_binary(str(out / "training.glb"))
    assert document is not None
    (primitive,) = document.meshes[0].primitives
    assert len(primitive.targets) == MORPH_TARGETS
    blob = document.binary_blob()
    assert blob is not None

    def rows(accessor: int, dtype: str) -> np.ndarray:
        view = document.bufferViews[document.accessors[accessor].bufferView]
        values = np.frombuffer(blob, dtype, offset=view.byteOffset, count=view.byteLength // 2)
        return values.reshape(-1, 4)[:, :3].astype(np.float64)

    base = rows(primitive.attributes.POSITION, "<u2")
    first = base + rows(primitive.targets[0]["POSITION"], "<i2")
    began = replay(made.folder / "recording.lds")[0][1].astype(np.float64)
    for grid, positions in ((base, scene_of(out).positions), (first, began)):
        for axis in range(3):
            assert np.corrcoef(grid[:, axis], positions[:, axis])[0, 1] > 0.9999


def test_no_file_states_who_gave_the_labels_or_when(made: TrainedProject, out: Path) -> None:
    contents = files(out)
    hidden = [OWNER, DEVICE, "phone", str(CAMERA), str(made.folder), "command-0"]
    hidden += [str(int(gesture.at)) for gesture in made.info.history.gestures]
    for text in hidden:
        found = [name for name, content in contents.items() if text.encode() in content]
        assert found == [], text
    assert not {"labels.sqlite", "moments"} & {name.split("/")[0] for name in contents}
    times = [time for time, _ in replay(out / "recording.lds")]
    np.testing.assert_allclose(np.diff(times), 0.1)


def test_the_model_is_the_exported_model(made: TrainedProject, out: Path, tmp_path: Path) -> None:
    export(made.folder, tmp_path / "model", "model")
    for name in ("model.json", "model.safetensors"):
        assert (out / "model" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()
    mine, theirs = latest(out / "checkpoints"), latest(made.folder / "checkpoints")
    assert mine is not None and theirs is not None
    np.testing.assert_array_equal(mine.tensors["latent_mean"], theirs.tensors["latent_mean"])


def test_the_same_project_gives_the_same_bytes(
    made: TrainedProject, out: Path, tmp_path: Path
) -> None:
    again = bake(made.folder, tmp_path / "again", as_is=True, parts=ALL_BUT_VIDEO)
    assert files(again) == files(out)


async def test_a_server_shows_the_bake(out: Path, client_of: ClientOf, tmp_path: Path) -> None:
    http = await client_of(out, tmp_path / "none")
    answer = await http.get("/api/session")
    served = msgspec.json.decode(await answer.read(), type=protocol.SessionInfo)
    session = session_of(out)
    assert (served.pins, served.history, served.quality) == (
        session.pins,
        session.history,
        session.quality,
    )
    assert served.read_only and served.has_recording
    scene = decode_scene(await (await http.get("/api/scene.glb")).read())
    np.testing.assert_array_equal(scene.labels, scene_of(out).labels)
    rows = (await (await http.get("/api/labels?format=jsonl")).text()).splitlines()
    assert sum(json.loads(row)["verified"] for row in rows) == 20


def test_info_states_that_a_bake_is_as_it_was(out: Path) -> None:
    text = describe(out)
    assert "baked      as is: the map and the session of a project\n" in text
    assert "labelled   36\n" in text


async def test_a_project_is_published_while_it_is_served(
    copy_of: Callable[[], Path],
    client_of: ClientOf,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = copy_of()
    http = await client_of(folder, tmp_path / "none")
    provenance = {"tool": "api"}
    label = {"command_id": "a" * 32, "items": [100, 101], "class_id": 2, "revision": 0}
    answer = await http.post("/api/labels", json={**label, "provenance": provenance})
    assert answer.status == 200, await answer.text()
    with caplog.at_level(logging.WARNING):
        out = await asyncio.to_thread(bake, folder, tmp_path / "out", as_is=True)
    assert "the model has not learned from them" in caplog.text
    assert scene_of(out).labels[[100, 101]].tolist() == [2, 2]


def test_a_project_without_a_model_is_refused(small_data: Path, tmp_path: Path) -> None:
    open_project(small_data, project_folder=tmp_path / "new").close()
    with pytest.raises(ProjectError, match="because no model has been trained"):
        bake(tmp_path / "new", tmp_path / "out", as_is=True)
    assert not (tmp_path / "out").exists()


def test_a_damaged_checkpoint_is_replaced_or_named(
    copy_of: Callable[[], Path], made: TrainedProject, tmp_path: Path
) -> None:
    folder = copy_of()
    (_, newest), *_ = reversed(list(numbered(folder / "checkpoints")))
    for suffix in (".safetensors", ".json"):
        broken = newest.with_name(f"900{suffix}")
        broken.write_bytes(newest.with_suffix(suffix).read_bytes()[:-9])
    out = bake(folder, tmp_path / "out", as_is=True, parts=["scene"])
    np.testing.assert_array_equal(scene_of(out).positions, made.scene.positions)
    newest.write_bytes(b"damaged")
    with pytest.raises(ProjectError, match="no checkpoint can be read"):
        bake(folder, tmp_path / "other", as_is=True, parts=["scene"])


def test_without_its_recording_a_project_has_a_still_site(
    copy_of: Callable[[], Path], tmp_path: Path
) -> None:
    folder = copy_of()
    (folder / "recording.lds").unlink()
    out = bake(folder, tmp_path / "out", as_is=True)
    assert not session_of(out).has_recording
    assert not (out / "recording.lds").exists() and not (out / "timeline.json").exists()
    assert (out / "training.glb").is_file()


def test_a_damaged_recording_is_published_without_the_damage(
    copy_of: Callable[[], Path], tmp_path: Path
) -> None:
    folder = copy_of()
    recording = folder / "recording.lds"
    content = bytearray(recording.read_bytes())
    content[len(content) // 2] ^= 0xFF
    recording.write_bytes(content)
    out = bake(folder, tmp_path / "out", as_is=True, parts=["scene", "recording"])
    np.testing.assert_array_equal(replay(out / "recording.lds")[-1][1], scene_of(out).positions)
    assert index_of(out / "recording.lds").moments > 30


def test_data_and_bakes_cannot_be_published_as_is(
    out: Path, small_data: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    with pytest.raises(ProjectError, match="not a project"):
        bake(small_data, target, as_is=True)
    with pytest.raises(ProjectError, match="is a bake already"):
        bake(out, target, as_is=True)
    with pytest.raises(TrainingError, match="leave out epochs, seed"):
        bake(out, target, as_is=True, epochs=3)
    assert not target.exists()


def test_a_site_without_a_model_is_as_it_was(made: TrainedProject, tmp_path: Path) -> None:
    out = bake(made.folder, tmp_path / "out", as_is=True, parts=["scene", "site"])
    project, session = open_offline(out)
    assert project.manifest.as_is and not project.has_model
    assert int(session.verified.sum()) == 20 and session_of(out).pins == [20, 21]
