"""A watched folder: which files are added, which are refused, and which are tried again."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from trimesh import creation

from drivers.servers import ClientOf
from lodespace import protocol
from lodespace.items import appending
from lodespace.project.opening import open_project
from lodespace.service.folder_watch import FolderWatch
from lodespace.service.service import Service
from lodespace.web.api import SERVICE
from samples.pictures import draw, png

RATE = 8000


def folder_of_pictures(root: Path) -> Path:
    root.mkdir()
    for number in range(4):
        draw(number).save(root / f"{number}.png")
    return root


async def watch_of(client_of: ClientOf, data: Path, project: Path) -> tuple[FolderWatch, Service]:
    client = await client_of(data, project)
    service: Service = client.server.app[SERVICE]
    return FolderWatch(service.project, service.growth, service.notices, data), service


async def look(watch: FolderWatch) -> list[bytes]:
    """Look until the files count as still, and add them. Returns the files that were added."""
    watch._ready()
    watch._seen = {path: (stamp, at - 60) for path, (stamp, at) in watch._seen.items()}
    ready = watch._ready()
    if ready:
        await watch._add(ready)
    return ready


async def test_files_are_kept_when_the_disk_is_full(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = folder_of_pictures(tmp_path / "pictures")
    watch, service = await watch_of(client_of, data, tmp_path / "project")
    draw(9).save(data / "new.png")
    with monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(appending, "joined", fail)
        await look(watch)
    message = service.notices._current["data"].message
    assert "the disk is full" in message and "Replace the file" not in message
    assert message.endswith(". The server tries again in 30 seconds.")
    assert await look(watch) == [], "not at once"
    watch._again_at = 0.0
    assert await look(watch) == [b"new.png"]
    assert service.project.items.ids[4] == "new.png"
    assert "data" not in service.notices._current


async def test_labels_that_cannot_be_given_are_a_notice(
    client_of: ClientOf, tmp_path: Path
) -> None:
    data = tmp_path / "pictures"
    for name in ("a", "b"):
        data.mkdir(exist_ok=True)
        folder_of_pictures(data / name)
    open_project(data, project_folder=tmp_path / "project").close()
    watch, service = await watch_of(client_of, data, tmp_path / "project")
    command = protocol.EditClass(command_id="locked-class", class_id=1, locked=True)
    await service.commands.carry_out(command, "test")
    draw(9).save(data / "b" / "new.png")
    (data / "b" / "bad.png").write_bytes(b"no picture")
    assert await look(watch) == [b"b/bad.png", b"b/new.png"]
    message = service.notices._current["data"].message
    assert message.startswith("No label for 1 added item: the class 'b' is locked. ")
    assert "bad.png" in message
    draw(10).save(data / "a" / "new.png")
    await look(watch)
    assert service.session.labels[8:].tolist() == [-1, 0]
    assert "data" not in service.notices._current


async def test_a_file_that_was_left_out_is_read_when_it_has_changed(
    client_of: ClientOf, tmp_path: Path
) -> None:
    data = folder_of_pictures(tmp_path / "pictures")
    (data / "masked.png").write_bytes(b"left out by the import")
    watch, service = await watch_of(client_of, data, tmp_path / "project")
    assert await look(watch) == [], "the import has left it out"
    (data / "bad.png").write_bytes(b"no picture")
    draw(9).save(data / "good.png")
    assert await look(watch) == [b"bad.png", b"good.png"]
    assert ". Replace the file" in service.notices._current["data"].message
    assert await look(watch) == []
    (data / "bad.png").write_bytes(png(draw(10)))
    (data / "masked.png").write_bytes(png(draw(11)))
    assert await look(watch) == [b"bad.png", b"masked.png"]
    assert list(service.project.items.ids)[4:] == ["good.png", "bad.png", "masked.png"]


async def test_a_recording_that_is_still_written_is_added_later(
    client_of: ClientOf, tmp_path: Path
) -> None:
    data = tmp_path / "sounds"
    data.mkdir()

    def write(name: str, seconds: int) -> None:
        noise = np.random.default_rng(seconds).normal(0, 0.1, seconds * RATE)
        soundfile.write(data / name, noise, RATE)

    for number in range(3):
        write(f"{number}.wav", 3)
    watch, service = await watch_of(client_of, data, tmp_path / "project")
    write("still.wav", 3)
    watch._ready()
    watch._seen = {path: (stamp, at - 60) for path, (stamp, at) in watch._seen.items()}
    write("written.wav", 3)
    ready = watch._ready()
    assert ready == [b"still.wav"]
    await watch._add(ready)
    assert list(service.project.items.ids)[3:] == ["still.wav@0.000"]
    write("written.wav", 6)
    assert await look(watch) == [b"written.wav"]
    assert list(service.project.items.ids)[4:] == ["written.wav@0.000", "written.wav@3.000"]


async def test_new_shapes_are_added(client_of: ClientOf, tmp_path: Path) -> None:
    data = tmp_path / "shapes"
    data.mkdir()
    for number in range(3):
        creation.box((1, 1, number + 1)).export(data / f"{number}.stl")
    watch, service = await watch_of(client_of, data, tmp_path / "project")
    draw(1).save(data / "photo.png")
    creation.icosphere(1).export(data / "ball.stl")
    assert await look(watch) == [b"ball.stl"]
    assert list(service.project.items.ids)[3:] == ["ball.stl"]
