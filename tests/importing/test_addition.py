"""Addition of items to the data set of a project: what is read, stored and refused."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lodespace.errors import DatasetError, ProjectError
from lodespace.importing import addition, left_out_list
from lodespace.importing.addition import Addition
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.source import ImportOptions, Source
from lodespace.items import appending, item_set, item_set_writer, originals
from lodespace.items.item_set import ItemSet
from lodespace.items.item_set_writer import write_item_set
from lodespace.project.growth import add_to_project, give_labels
from lodespace.project.offline import open_offline
from lodespace.project.opening import new_project, open_project
from lodespace.project.project import Project
from lodespace.session.event_log import EventLog
from lodespace.session.events import DeleteClassEvent, EditClassEvent, MergeClassEvent
from samples.pictures import draw


def made(folder: Path, data: str | Source, **options: Any) -> Project:
    project = new_project(folder, data, "test", ImportOptions(**options))
    project.report = None
    return project


def add(project: Project, data: str | Source, **options: Any) -> Addition:
    added = add_to_project(project, data, ImportOptions(**options))
    project.items = added.items
    return added


def content(folder: Path) -> dict[str, bytes]:
    """The files of a data set, without rows that a reader ignores."""
    items = item_set.load(folder)
    return {
        "pixels": b"" if items.pictures is None else items.pictures.tobytes(),
        "data": items.data.tobytes(),
        "truth": b"" if items.truth is None else items.truth.tobytes(),
        "ids": "\n".join(items.ids).encode(),
        "manifest": (folder / "dataset.json").read_bytes(),
    }


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of 6 pictures of two classes."""
    root = tmp_path / "pictures"
    for number in range(6):
        path = root / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(path)
    return root


@pytest.fixture
def project(tmp_path: Path, pictures: Path) -> Project:
    return made(tmp_path / "project", str(pictures))


def test_new_files_come_behind_the_items_and_others_stay(project: Project, pictures: Path) -> None:
    before = project.items
    draw(20).save(pictures / "a" / "0-new.png")  # sorted before the files of the import
    draw(21, mode="RGB").save(pictures / "b" / "new.png")
    added = add(project, str(pictures))
    items = project.items
    assert (added.first, added.count, len(items)) == (6, 2, 8)
    assert list(items.ids)[:6] == list(before.ids)
    assert list(items.ids)[6:] == ["a/0-new.png", "b/new.png"]
    assert np.array_equal(items.data[:6], before.data)
    assert np.array_equal(items.data[6], np.asarray(draw(20)))
    assert items.data.ndim == before.data.ndim == 3, "the colour picture has become grey"
    assert items.root == pictures.resolve(), "the original files are still read"
    assert originals.picture(items, 7, 64).mode == "RGB"
    assert "2 added after the import" in [line.text for line in items.report]
    with pytest.raises(DatasetError, match="no item that the project does not have"):
        add(project, str(pictures))


def test_the_report_counts_all_items_of_many_additions(
    project: Project, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addition, "MOST_BATCHES", 2)
    for number in range(4):
        draw(20 + number).save(pictures / "a" / f"new{number}.png")
        add(project, str(pictures))
    assert "4 added after the import" in [line.text for line in project.items.report]
    added = json.loads((project.folder / "data" / "dataset.json").read_text())["added"]
    assert [entry["items"] for entry in added] == [3, 1]


def test_labels_that_come_with_new_files_are_given(project: Project, pictures: Path) -> None:
    draw(20).save(pictures / "b" / "new.png")
    (pictures / "c").mkdir()
    draw(21).save(pictures / "c" / "other.png")
    added = add(project, str(pictures))
    give_labels(project, added)
    project.close()
    assert added.labels.tolist() == [1, -1]
    assert any("c" in line.text and line.doubtful for line in added.report.lines)
    _, session = open_offline(project.folder)
    assert session.labels.tolist() == [0, 0, 0, 1, 1, 1, 1, -1]


def test_labels_of_removed_and_locked_classes_become_notes(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (12, 28, 28), dtype=np.uint8)
    labels = [0, 1, 2, 3, 4] * 2
    project = made(tmp_path / "p", from_arrays("v", pictures[:10], labels))
    log, at = EventLog(project.labels_path), {"client": "test", "at": 1.0}
    log.append_now(MergeClassEvent(**at, command_id="merge", class_id=0, into=1))
    log.append_now(DeleteClassEvent(**at, command_id="delete", class_id=2))
    log.append_now(EditClassEvent(**at, command_id="lock", class_id=3, locked=True))
    log.close()
    new = from_arrays("new", pictures[:5] // 2, labels[:5])
    added = give_labels(project, add(project, new))
    project.close()
    assert added.notes == (
        "no label for 1 added item: the class '2' was deleted",
        "no label for 1 added item: the class '3' is locked",
    )
    assert all(note in added.summary("v") for note in added.notes)
    _, session = open_offline(project.folder)
    assert session.labels[10:].tolist() == [1, 1, -1, -1, 4]


def test_a_file_elsewhere_is_stored_with_its_original(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    draw(30, (90, 90), "RGB").save(other / "x.png")
    draw(31).save(other / "y.png")
    added = add(project, str(other / "x.png"))
    assert added.count == 1
    assert project.items.ids[6] == "other/x.png"
    (other / "x.png").unlink()
    assert originals.picture(project.items, 6, 128).size == (90, 90)
    assert add(project, str(other)).count == 1
    assert project.items.ids[7] == "other/y.png"


def test_files_that_cannot_be_read_leave_the_project_as_it_was(
    project: Project, pictures: Path
) -> None:
    data = project.folder / "data"
    before = content(data)
    (pictures / "a" / "bad.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"bad\.png.*stays as it was; correct the files"):
        add(project, str(pictures))
    assert content(data) == before
    draw(20).save(pictures / "a" / "good.png")
    added = add(project, str(pictures))
    assert (added.count, added.report.left_out) == (1, 1)
    assert "bad.png" in (data / "left-out.tsv").read_text()


def test_a_file_that_changes_while_it_is_read_is_left_out(
    project: Project, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(20).save(pictures / "a" / "new.png")
    draw(21).save(pictures / "a" / "still.png")
    from lodespace.items import decoding

    read = decoding.decode

    def replacing(file: Any, *rest: Any) -> Any:
        found = read(file, *rest)
        path = pictures / "a" / "new.png"
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            draw(22).save(path)
            os.utime(path, (1, 1))
        return found

    monkeypatch.setattr(decoding, "decode", replacing)
    added = add(project, str(pictures))
    assert [project.items.ids[k] for k in range(6, len(project.items))] == ["a/still.png"]
    assert "changed while it was read" in added.report.bad[0].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (np.zeros((3, 5), np.float32), "contains vectors; give pictures"),
        (np.full((2, 40, 40), np.nan, np.float32), "finite number"),
    ],
)
def test_items_of_another_kind_are_refused(project: Project, data: np.ndarray, reason: str) -> None:
    before = content(project.folder / "data")
    with pytest.raises(DatasetError, match=reason):
        add(project, from_arrays("new", data))
    assert content(project.folder / "data") == before


def test_vectors_of_another_length_are_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    project = made(tmp_path / "p", from_arrays("v", rng.normal(3, 5, (9, 4))))
    known = project.items.standardisation
    with pytest.raises(DatasetError, match="a vector of 5 numbers; earlier vectors have 4"):
        add(project, from_arrays("new", np.ones((3, 5))))
    added = add(project, from_arrays("new", rng.normal(90, 5, (2, 4)), None, ["x", "y"]))
    assert added.count == 2
    assert list(project.items.ids)[7:] == ["7", "8", "x", "y"]
    assert np.array_equal(project.items.standardisation, known), "the scales stay"
    assert add(project, from_arrays("more", np.ones((1, 4)))).first == 11
    assert project.items.ids[11] == "11"


def test_features_of_new_items_are_needed_if_the_project_has_some(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "f.npy", rng.normal(size=(9, 3)))
    np.save(tmp_path / "more.npy", rng.normal(size=(2, 3)))
    np.save(tmp_path / "wrong.npy", rng.normal(size=(2, 4)))
    data = rng.integers(0, 255, (9, 28, 28), dtype=np.uint8)
    project = made(tmp_path / "p", from_arrays("v", data), features=tmp_path / "f.npy")
    new = from_arrays("new", data[:2])
    with pytest.raises(DatasetError, match="3 features per item; give the features"):
        add(project, new)
    with pytest.raises(DatasetError, match=r"features\.npy: the rows of the new items are"):
        add(project, new, features=tmp_path / "wrong.npy")
    add(project, new, features=tmp_path / "more.npy")
    assert project.items.features is not None
    assert np.allclose(project.items.features[9:], np.load(tmp_path / "more.npy"))


def test_imported_neighbours_refuse_new_items(tmp_path: Path) -> None:
    data = np.random.default_rng(0).normal(size=(9, 4))
    near = [[other for other in range(9) if other != item] for item in range(9)]
    knn = (np.array(near), np.tile(np.arange(1.0, 9.0), (9, 1)))
    project = made(tmp_path / "p", from_arrays("v", data), precomputed_knn=knn)
    with pytest.raises(DatasetError, match="neighbours of the items were imported"):
        add(project, from_arrays("new", data))


def test_an_interrupted_addition_changes_nothing(
    project: Project, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(20).save(pictures / "a" / "new.png")
    before = list(project.items.ids), project.items.data.tobytes()
    for step in ("_append_rows", "joined", "sync_to_disk"):
        with monkeypatch.context() as broken:

            def fail(*_: Any) -> None:
                raise OSError(28, "No space left on device")

            broken.setattr(appending, step, fail)
            with pytest.raises(DatasetError, match="the disk is full"):
                add(project, str(pictures))
        items = item_set.load(project.folder / "data")
        assert (list(items.ids), items.data.tobytes()) == before
    assert not list(project.folder.glob(".adding-*"))
    assert add(project, str(pictures)).count == 1
    assert len(item_set.load(project.folder / "data")) == 7


def test_a_second_interrupted_addition_leaves_the_project_whole(
    project: Project, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = project.items.data.tobytes()
    pixels = project.folder / "data" / "pixels.npy"
    for number in (20, 21):
        draw(number).save(pictures / "a" / f"{number}.png")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(appending, "joined", fail)
        with pytest.raises(DatasetError, match="the disk is full"):
            add(project, str(pictures))
    assert len(np.load(pixels)) == 8, "the array has rows that dataset.json does not state"
    write = appending._write_header

    def stops(file: Any, dtype: Any, shape: tuple[int, ...], start: int) -> bool:
        return fail() or False if shape[0] > 6 else write(file, dtype, shape, start)

    (pictures / "a" / "21.png").unlink()
    with monkeypatch.context() as broken:
        broken.setattr(appending, "_write_header", stops)
        with pytest.raises(DatasetError, match="the disk is full"):
            add(project, str(pictures))
    assert item_set.load(project.folder / "data").data.tobytes() == before
    assert add(project, str(pictures)).count == 1


def test_added_rows_and_headers_are_on_disk_before_they_are_stated(
    project: Project, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(20).save(pictures / "a" / "new.png")
    data, sync = project.folder / "data", os.fsync
    synced: dict[str, bytes] = {}

    def noted(descriptor: int) -> None:
        sync(descriptor)
        for path in data.glob("*.npy"):
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                synced[path.name] = path.read_bytes()

    monkeypatch.setattr(os, "fsync", noted)
    add(project, str(pictures))
    assert synced == {path.name: path.read_bytes() for path in data.glob("*.npy")}


def test_items_that_were_renumbered_keep_their_numbers(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 255, (9, 28, 28), dtype=np.uint8)
    project = made(tmp_path / "p", from_arrays("v", data))
    from lodespace.importing.renumbering import renumber

    order = np.random.default_rng(1).permutation(9)
    renumber(project.folder / "data", order)
    for _ in range(2):
        add(project, from_arrays("new", data[:2]))
    items = item_set.load(project.folder / "data")
    assert items.order is not None
    assert items.order.tolist() == [*order.tolist(), 9, 10, 11, 12]
    assert items.runs == (9, 4)
    assert np.array_equal(np.load(project.folder / "order.npy"), items.order)


def test_a_project_on_the_digits_gets_data_of_its_own(tmp_path: Path) -> None:
    project = open_project(None, project_folder=tmp_path / "p")
    digit = project.items.data[:1]
    assert add(project, from_arrays("new", digit)).first == 5000
    project.close()
    again = open_project(None, project_folder=tmp_path / "p")
    assert len(again.items) == 5001
    assert again.items.ids[5000] == "5000"
    assert np.array_equal(again.items.data[5000], digit[0])
    manifest = json.loads((tmp_path / "p" / "lodespace.json").read_text())
    assert (manifest["data"], manifest["source"]) == ("data", "bundled:digits")
    again.close()


def test_the_data_of_a_project_on_the_digits_appear_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = open_project(None, project_folder=tmp_path / "p")
    data = tmp_path / "p" / "data"
    new = from_arrays("new", project.items.data[:1])

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(item_set_writer, "atomic_write", fail)
        with pytest.raises(ProjectError, match="the disk is full"):
            add(project, new)
    assert not data.exists()
    assert not list((tmp_path / "p").glob(".data.*"))
    data.mkdir()
    (data / "pixels.npy").write_bytes(b"an older version was interrupted")
    (data / "notes.txt").write_text("mine")
    with pytest.raises(ProjectError, match=r"has other files, such as notes\.txt"):
        add(project, new)
    (data / "notes.txt").unlink()
    assert add(project, new).first == 5000
    project.close()
    again = open_project(None, project_folder=tmp_path / "p")
    assert len(again.items) == 5001
    again.close()


def test_a_bake_takes_no_items(project: Project, pictures: Path) -> None:
    project.manifest.kind = "bake"
    with pytest.raises(ProjectError, match="is a bake"):
        add(project, str(pictures))


def test_rows_are_rewritten_if_the_header_has_no_room(
    project: Project, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "_write_header", lambda *_: False)
    before = project.items.data.copy()
    draw(20).save(pictures / "a" / "new.png")
    add(project, str(pictures))
    assert np.array_equal(project.items.data[:6], before)
    assert np.array_equal(project.items.data[6], np.asarray(draw(20)))


def test_a_written_copy_of_grown_items_is_a_whole_data_set(
    project: Project, pictures: Path, tmp_path: Path
) -> None:
    draw(20).save(pictures / "a" / "new.png")
    add(project, str(pictures))
    write_item_set(project.items, tmp_path / "copy")
    copy: ItemSet = item_set.load(tmp_path / "copy")
    assert list(copy.ids) == list(project.items.ids)
    assert np.array_equal(copy.data, project.items.data)
    assert left_out_list.names_left_out(project.folder / "data") == frozenset()
