"""Projects of other people: no file outside the project is read until --root is given."""

import io
import json
import os
import shutil
from contextlib import nullcontext as nothing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from PIL import Image

from drivers.servers import ClientOf
from lodespace.cli import main
from lodespace.errors import DatasetError, ProjectError, RequestError
from lodespace.exporting.formats import ExportOptions, export
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set, originals
from lodespace.items.item_set import ItemSet
from lodespace.items.root_approval import RECORD
from lodespace.items.table import ItemTable
from lodespace.project.offline import describe
from lodespace.project.opening import open_project
from samples.pictures import draw

LARGE = (300, 300)
SECRET = b"-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of one user, who has approved nothing yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "lodespace"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder of three large pictures."""
    root = tmp_path / "raw"
    root.mkdir()
    for number in range(3):
        draw(number, LARGE, "RGB").save(root / f"{number}.png")
    return root


@pytest.fixture
def project(raw: Path, tmp_path: Path) -> Path:
    """A project on the pictures of `raw`, made on this computer by this user."""
    folder = tmp_path / "work"
    open_project(raw, project_folder=folder).close()
    return folder


@pytest.fixture
def received(project: Path, tmp_path: Path) -> Path:
    """A copy of `project`."""
    return Path(shutil.copytree(project, tmp_path / "received"))


def opened(folder: Path, root: Path | None = None) -> ItemSet:
    project = open_project(folder, options=ImportOptions(root=root))
    project.close()
    return project.items


def reads_originals(items: ItemSet) -> bool:
    """Whether the card shows the original, which is larger than the stored copy."""
    return originals.picture(items, 0, 512).size == LARGE


def with_paths(project: Path, paths: list[bytes], root: str | None = None) -> Path:
    """Change the paths of the items, and the root, as the author of a malicious project would."""
    data = project / "data"
    table = item_set.load(data).table
    assert table is not None
    changed = table.table.set_column(
        table.table.column_names.index("lodespace.path"),
        "lodespace.path",
        pa.array(paths, pa.binary()),
    )
    ItemTable(changed).write(data / "new.arrow")
    (data / "new.arrow").replace(data / "items.arrow")
    if root is not None:
        item_set.amend(data, lambda manifest: manifest.update(root=root))
    return project


# Approval -----------------------------------------------------------------------------------------


def test_a_project_made_here_reads_its_originals_again_and_again(project: Path) -> None:
    assert reads_originals(opened(project))
    assert reads_originals(opened(project))


def test_a_renamed_project_reads_its_originals(project: Path, tmp_path: Path) -> None:
    project.rename(tmp_path / "elsewhere")
    assert reads_originals(opened(tmp_path / "elsewhere"))


def test_a_copy_reads_nothing_until_root_is_given(received: Path, raw: Path) -> None:
    items = opened(received)
    assert items.root is None
    assert originals.picture(items, 0, 512).size == items.data.shape[1:3]
    assert reads_originals(opened(received, raw))
    assert reads_originals(opened(received)), "the approval is not remembered"


def test_a_project_of_another_user_reads_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-of-another-user"))
    assert opened(project).root is None


def test_the_approval_is_not_in_the_project(received: Path, raw: Path, state: Path) -> None:
    before = {path: path.read_bytes() for path in received.rglob("*") if path.is_file()}
    opened(received, raw)
    after = {path: path.read_bytes() for path in received.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert {path.name for path in set(after) - set(before)} <= {".lock"}
    assert str(raw) in (state / RECORD).read_text()
    assert (state / RECORD).stat().st_mode & 0o777 == 0o600


def test_other_paths_or_another_root_in_the_same_place_read_nothing(
    project: Path, tmp_path: Path, raw: Path
) -> None:
    """A project that replaces an approved project reads only the files that were approved."""
    private = tmp_path / "private"
    private.mkdir()
    draw(7, LARGE).save(private / "0.png")
    item_set.amend(project / "data", lambda manifest: manifest.update(root=str(private)))
    assert opened(project).root == raw
    draw(8, LARGE).save(raw / "other.png")
    with_paths(project, [b"other.png", b"1.png", b"2.png"])
    assert opened(project).root is None


@pytest.mark.parametrize("damage", [b"", b"[", b"[" * 100_000, b'[{"folder": 1}]', b"{}"])
def test_a_damaged_record_approves_nothing(project: Path, state: Path, damage: bytes) -> None:
    (state / RECORD).write_bytes(damage)
    assert opened(project).root is None


def test_a_root_that_cannot_be_recorded_is_used_with_a_warning(
    received: Path, raw: Path, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(state)
    state.write_text("a file where the folder should be")
    assert reads_originals(opened(received, raw))
    assert "cannot be remembered" in caplog.text


@pytest.mark.parametrize(
    ("root", "message"),
    [("/", "all files of this computer"), ("none", "not a folder"), ("state", "does not contain")],
)
def test_an_unsuitable_root_is_refused(
    received: Path, tmp_path: Path, root: str, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        opened(received, tmp_path / root)


def test_a_refused_root_leaves_the_project_unlocked(tmp_path: Path, raw: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("path\n0.png\n1.png\n2.png\n")
    (tmp_path / "other").mkdir()

    def open_with(root: Path) -> None:
        options = ImportOptions(root=root)
        open_project(table, project_folder=tmp_path / "work", options=options).close()

    open_with(raw)
    with pytest.raises(DatasetError, match="does not contain"):
        open_with(tmp_path / "other")
    open_with(raw)


def test_root_for_items_without_files_is_refused(small_data: Path, tmp_path: Path) -> None:
    open_project(small_data, project_folder=tmp_path / "work").close()
    with pytest.raises(DatasetError, match="no original files"):
        opened(tmp_path / "work", tmp_path)


def test_the_same_import_command_opens_the_project_again(tmp_path: Path, raw: Path) -> None:
    (tmp_path / "table.csv").write_text("path\n0.png\n1.png\n2.png\n")
    for _ in range(2):
        project = open_project(
            tmp_path / "table.csv",
            project_folder=tmp_path / "by-table",
            options=ImportOptions(root=raw),
        )
        project.close()
        assert reads_originals(project.items)


def test_an_imported_data_set_folder_gets_no_approval(
    received: Path, raw: Path, tmp_path: Path
) -> None:
    open_project(received / "data", project_folder=tmp_path / "b").close()
    assert opened(tmp_path / "b").root is None
    project = open_project(
        received / "data", project_folder=tmp_path / "c", options=ImportOptions(root=raw)
    )
    project.close()
    assert reads_originals(project.items)
    assert reads_originals(opened(tmp_path / "c"))


# Attempts of a foreign project to reach other files -----------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a key and a private picture."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_rsa").write_bytes(SECRET)
    draw(50, LARGE).save(home / "private.png")
    return home


@pytest.fixture
def malicious(received: Path, home: Path) -> Path:
    return with_paths(received, [b".ssh/id_rsa", b"private.png", b"private.png"], str(home))


@pytest.mark.parametrize("files", ["copy", "link", "manifest"])
def test_an_export_copies_nothing_from_outside(
    malicious: Path, tmp_path: Path, home: Path, files: Any
) -> None:
    export(malicious, tmp_path / "out", "classes", ExportOptions(files=files))
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix == ".csv":
            assert str(home) not in path.read_text()
        elif path.is_file():
            with Image.open(path) as image:
                assert image.size == (128, 128)


@pytest.mark.parametrize("files", ["copy", "link"])
def test_an_export_with_root_copies_only_pictures(
    malicious: Path, tmp_path: Path, home: Path, files: Any
) -> None:
    export(malicious, tmp_path / "out", "classes", ExportOptions(files=files), root=home)
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(found) == 3
    sizes = []
    for path in found:
        assert SECRET not in path.read_bytes()
        with Image.open(path) as image:
            sizes.append(image.size)
    assert sorted(sizes) == [(128, 128), LARGE, LARGE]


async def test_the_server_shows_no_picture_from_outside(
    malicious: Path, client_of: ClientOf
) -> None:
    client = await client_of(malicious, malicious)
    for item in range(3):
        answer = await client.get(f"/api/items/{item}")
        assert answer.status == 200
        with Image.open(io.BytesIO(await answer.read())) as image:
            assert image.size == (128, 128)


@pytest.mark.parametrize(
    "link", ["data/pixels.npy", "labels.sqlite", "recording.lds", "thumbnails", "checkpoints"]
)
def test_links_that_lead_out_are_refused(received: Path, tmp_path: Path, link: str) -> None:
    path = received / link
    target = tmp_path / "target"
    if path.is_file():
        path.replace(target)
    else:
        target.mkdir()
    path.symlink_to(target)
    with pytest.raises(ProjectError, match=f"{link} is a symbolic link that leads out"):
        opened(received)
    with pytest.raises(ProjectError, match="symbolic link"):
        export(received, tmp_path / "out.csv")


@pytest.mark.parametrize("name", ["labels.sqlite", "recording.lds", "data/pixels.npy", "extra"])
def test_pipes_in_a_project_are_refused(received: Path, name: str) -> None:
    """Opening a pipe would wait forever for a program that opens its other end."""
    (received / name).unlink(missing_ok=True)
    os.mkfifo(received / name)
    with pytest.raises(ProjectError, match=f"{name} is not a regular file"):
        opened(received)
    with pytest.raises(DatasetError, match="not a regular file") if "data" in name else nothing():
        item_set.load(received / "data")


def test_links_inside_of_the_project_are_followed(project: Path) -> None:
    (project / "data").rename(project / "data-1")
    (project / "data").symlink_to("data-1")
    assert len(opened(project)) == 3


def test_links_in_a_data_set_folder_are_refused(
    received: Path, tmp_path: Path, project: Path
) -> None:
    pixels = received / "data" / "pixels.npy"
    pixels.unlink()
    pixels.symlink_to(project / "data" / "pixels.npy")
    with pytest.raises(DatasetError, match="symbolic link"):
        import_data(str(received / "data"), tmp_path / "again", ImportOptions())


@pytest.mark.parametrize("data", ["../work/data", "absolute", "data/../../work/data", "a\0b"])
def test_data_outside_of_the_project_are_refused(received: Path, project: Path, data: str) -> None:
    manifest = json.loads((received / "lodespace.json").read_bytes())
    manifest["data"] = str(project / "data") if data == "absolute" else data
    (received / "lodespace.json").write_text(json.dumps(manifest))
    with pytest.raises(ProjectError, match="leads out of the project"):
        opened(received)


@pytest.mark.parametrize("root", ["a\0b", "\ud800", "x" * 100_000, 7, None, ["/"]])
def test_a_root_that_makes_no_sense_does_no_harm(received: Path, root: Any) -> None:
    item_set.amend(received / "data", lambda manifest: manifest.update(root=root))
    try:
        items = opened(received)
    except DatasetError:
        return
    assert originals.picture(items, 0, 512).size == items.data.shape[1:3]
    assert len(describe(received)) > 100


@pytest.mark.parametrize(("offset", "length"), [(0, -1), (-5, 10), (0, 1 << 62), (1 << 62, 5)])
def test_false_places_of_original_bytes_give_the_stored_picture(
    received: Path, offset: int, length: int
) -> None:
    data = received / "data"
    (data / "originals.bin").write_bytes(b"not a picture")
    item_set.amend(data, lambda manifest: manifest.update(originals="originals.bin"))
    table = item_set.load(data).table
    assert table is not None
    changed = table.table
    for name, value in (("lodespace.offset", offset), ("lodespace.length", length)):
        changed = changed.append_column(name, pa.array([value] * 3, pa.int64()))
    ItemTable(changed).write(data / "new.arrow")
    (data / "new.arrow").replace(data / "items.arrow")
    items = opened(received)
    assert originals.picture(items, 0, 512).size == items.data.shape[1:3]
    export(received, received.parent / "out", "classes")


# Messages -----------------------------------------------------------------------------------------


def test_info_names_the_option_for_a_received_project(
    received: Path, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(received)]) == 0
    said = capsys.readouterr().out
    assert f"lodespace serve {received} --root {raw}" in said
    assert (
        main(["export", str(received), "-o", str(received.parent / "o.csv"), "--root", str(raw)])
        == 0
    )
    assert main(["info", str(received)]) == 0
    assert "not read" not in capsys.readouterr().out.split("wrote")[1]


def test_a_received_project_plays_no_sound_until_root_is_given(tmp_path: Path) -> None:
    root = tmp_path / "sounds"
    root.mkdir()
    for name in "ab":
        soundfile.write(root / f"{name}.wav", np.zeros(8000, np.float32), 8000)
    open_project(root, project_folder=tmp_path / "s", options=ImportOptions(window=1.0)).close()
    assert originals.sound(opened(tmp_path / "s"), 0).startswith(b"RIFF")
    copy = Path(shutil.copytree(tmp_path / "s", tmp_path / "t"))
    with pytest.raises(RequestError, match="--root"):
        originals.sound(opened(copy), 0)
    with pytest.raises(ProjectError, match="--root"):
        export(copy, tmp_path / "out", "classes")
    assert originals.sound(opened(copy, root), 0).startswith(b"RIFF")


def test_a_stated_root_cannot_write_to_the_terminal(received: Path) -> None:
    item_set.amend(
        received / "data", lambda manifest: manifest.update(root="/a\x1b[2J\n'; rm -rf ~")
    )
    said = describe(received)
    assert "\x1b" not in said
    assert "--root '/a\\x1b[2J\\x0a'\"'\"'; rm -rf ~'" in said


def test_approvals_at_the_same_time_are_all_recorded(
    project: Path, tmp_path: Path, raw: Path, state: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    copies = [Path(shutil.copytree(project, tmp_path / f"copy{k}")) for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda copy: opened(copy, raw), copies))
    assert len(json.loads((state / RECORD).read_bytes())) == 9
    assert all(reads_originals(opened(copy)) for copy in copies)


def test_a_root_with_bytes_that_are_not_text_is_remembered(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"raw-\xff")
    root.mkdir()
    for number in range(3):
        draw(number, LARGE).save(root / f"{number}.png")
    open_project(root, project_folder=tmp_path / "odd").close()
    assert reads_originals(opened(tmp_path / "odd"))
