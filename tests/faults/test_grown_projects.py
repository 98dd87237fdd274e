"""Projects to which items were added: repair with imported data, and backup meanwhile."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lodespace.config import ServerConfig
from lodespace.errors import DatasetError, ProjectError
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.project import backup
from lodespace.project.growth import add_to_project
from lodespace.project.offline import open_offline
from lodespace.project.opening import new_project, open_existing
from lodespace.project.repair import repair
from lodespace.service.service import Service
from lodespace.session.event_log import EventLog, EventLogError
from lodespace.session.events import AddClassEvent, EditClassEvent, LabelEvent, StoredProvenance
from samples.pictures import draw


def pictures(root: Path, *names: int) -> Path:
    root.mkdir(exist_ok=True)
    for name in names:
        draw(name).save(root / f"{name}.png")
    return root


def add(folder: Path, data: Path) -> None:
    project = open_existing(folder, None)
    add_to_project(project, str(data), ImportOptions())
    project.close()


def damage(path: Path) -> None:
    path.unlink()  # the file may be mapped into memory
    path.write_bytes(b"damaged")


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """A project with the items 2, 3 and 4, to which the item 1 was added."""
    data, folder = pictures(tmp_path / "data", 2, 3, 4), tmp_path / "project"
    new_project(folder, str(data), "test", ImportOptions()).close()
    add(folder, pictures(data, 1))
    assert list(item_set.load(folder / "data").ids) == ["2.png", "3.png", "4.png", "1.png"]
    return folder


def test_a_repair_without_a_description_keeps_the_order(grown: Path, tmp_path: Path) -> None:
    damage(grown / "data" / "dataset.json")
    with pytest.raises(DatasetError, match=r"exactly the items in items-4\.arrow, in their order"):
        repair(grown, str(tmp_path / "data"))
    assert (grown / "data" / "dataset.json").read_bytes() == b"damaged"
    rows = "\n".join(f"{name}.png" for name in (2, 3, 4, 1))
    (tmp_path / "data" / "rows.csv").write_text(f"path\n{rows}\n")
    repair(grown, str(tmp_path / "data" / "rows.csv"))
    assert list(item_set.load(grown / "data").ids) == ["2.png", "3.png", "4.png", "1.png"]


def test_a_repair_needs_all_items_of_a_grown_project(grown: Path, tmp_path: Path) -> None:
    damage(grown / "data" / "pixels.npy")
    original = pictures(tmp_path / "original", 2, 3, 4)
    with pytest.raises(DatasetError, match=r"1 of the 4 items of the project, such as 1\.png"):
        repair(grown, str(original))
    assert (grown / "data" / "pixels.npy").read_bytes() == b"damaged"
    assert not list(grown.glob(".data*"))


def test_a_repair_brings_the_items_into_their_order(grown: Path, tmp_path: Path) -> None:
    before = item_set.load(grown / "data")
    pixels, stamps = before.data.tobytes(), before.stamps
    pictures(tmp_path / "data", 0, 5)  # files that the project does not have
    damage(grown / "data" / "pixels.npy")
    repair(grown, str(tmp_path / "data"))
    items = item_set.load(grown / "data")
    assert list(items.ids) == ["2.png", "3.png", "4.png", "1.png"]
    assert items.data.tobytes() == pixels
    assert stamps is not None and items.stamps is not None
    assert items.stamps.tolist() == stamps.tolist()
    assert items.report == before.report
    add(grown, tmp_path / "data")
    assert list(item_set.load(grown / "data").ids)[4:] == ["0.png", "5.png"]
    damage(grown / "data" / "stamps.npy")
    repair(grown, str(tmp_path / "data"))
    assert len(item_set.load(grown / "data")) == 6, "it can be repaired again"


def test_a_repair_of_a_grown_project_keeps_the_classes(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "project"
    data.mkdir()
    for name, numbers in {"b": (1, 2), "c": (3, 4)}.items():
        pictures(data / name, *numbers)
    new_project(folder, str(data), "test", ImportOptions()).close()
    pictures(data / "a", 5)
    pictures(data / "b", 0)
    add(folder, data)
    before = item_set.load(folder / "data")
    assert before.class_names == ("b", "c") and before.truth is not None
    labels = before.truth.tolist()
    assert labels == [0, 0, 1, 1, -1, 0]
    damage(folder / "data" / "pixels.npy")
    repair(folder, str(data))
    items = item_set.load(folder / "data")
    assert items.class_names == ("b", "c") and items.truth is not None
    assert items.truth.tolist() == labels and list(items.ids) == list(before.ids)


@pytest.mark.parametrize("names", [["vectors.npy"], ["vectors.npy", "standardisation.npy"]])
def test_a_repair_of_a_grown_project_keeps_the_scale(tmp_path: Path, names: list[str]) -> None:
    rows, folder = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32), tmp_path / "p"
    ids = np.array([f"row-{k}" for k in range(9)])
    for name, chosen in {
        "first": slice(6),
        "more": slice(6, 9),
        "all": slice(None, None, -1),
    }.items():
        np.savez(tmp_path / f"{name}.npz", X=rows[chosen], ids=ids[chosen])
    new_project(folder, str(tmp_path / "first.npz"), "test", ImportOptions()).close()
    add(folder, tmp_path / "more.npz")
    before = item_set.load(folder / "data").standardisation
    assert before is not None
    scale = before.copy()
    for name in names:
        damage(folder / "data" / name)
    repair(folder, str(tmp_path / "all.npz"))
    items = item_set.load(folder / "data")
    assert items.standardisation is not None and list(items.ids) == ids.tolist()
    np.testing.assert_array_equal(items.data, rows)
    np.testing.assert_allclose(items.standardisation, scale, atol=1e-6)


@pytest.mark.parametrize("entry", [{}, {"items": "many"}, 3, None])
def test_a_repair_reads_no_scale_from_a_damaged_description(tmp_path: Path, entry: Any) -> None:
    rows, folder = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32), tmp_path / "p"
    np.savez(tmp_path / "first.npz", X=rows[:6], ids=[f"row-{k}" for k in range(6)])
    np.savez(tmp_path / "all.npz", X=rows, ids=[f"row-{k}" for k in range(9)])
    new_project(folder, str(tmp_path / "first.npz"), "test", ImportOptions()).close()
    add(folder, tmp_path / "all.npz")
    item_set.amend(folder / "data", lambda manifest: manifest.update(added=[entry]))
    damage(folder / "data" / "vectors.npy")
    repair(folder, str(tmp_path / "all.npz"))
    np.testing.assert_array_equal(item_set.load(folder / "data").data, rows)
    damage(folder / "data" / "standardisation.npy")
    with pytest.raises(DatasetError, match=r"the scale of the vectors is not known; restore"):
        repair(folder, str(tmp_path / "all.npz"))


def test_a_repair_refuses_pictures_of_another_size(grown: Path, tmp_path: Path) -> None:
    damage(grown / "data" / "stamps.npy")
    draw(7).resize((100, 60)).save(tmp_path / "data" / "7.png")
    with pytest.raises(DatasetError, match=r"project with 40 x 40 pixels, grey; give --size"):
        repair(grown, str(tmp_path / "data"))


@pytest.mark.parametrize("names", [["items-4.arrow"], ["items-4.arrow", "dataset.json"]])
def test_a_repair_without_the_ids_of_a_grown_project_is_refused(
    grown: Path, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        damage(grown / "data" / name)
    with pytest.raises(DatasetError, match=r"cannot be read.*restore the folder .* from a backup"):
        repair(grown, str(tmp_path / "data"))


def test_a_repair_takes_data_in_the_order_of_the_additions(grown: Path, tmp_path: Path) -> None:
    rows = "\n".join(f"{name}.png" for name in (2, 3, 4, 1))
    table = tmp_path / "data" / "rows.csv"
    table.write_text(f"path\n{rows}\n")
    pixels = item_set.load(grown / "data").data.tobytes()
    damage(grown / "data" / "pixels.npy")
    repair(grown, str(table))
    assert item_set.load(grown / "data").data.tobytes() == pixels


@pytest.mark.parametrize("step", ["_still_files", "_add_log"])
def test_a_backup_during_an_addition_can_be_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    data, folder = pictures(tmp_path / "data", 2, 3, 4), tmp_path / "project"
    new_project(folder, str(data), "test", ImportOptions()).close()
    pictures(data, 1)
    do, additions = getattr(backup, step), []

    def with_addition(*arguments: Any) -> Any:
        found = list(do(*arguments)) if step == "_still_files" else None
        if not additions:
            additions.append(step)
            add(folder, data)
            label(folder, item=3)
        return do(*arguments) if found is None else found

    monkeypatch.setattr(backup, step, with_addition)
    monkeypatch.setattr(backup, "_WAIT_SECONDS", 0)
    backup.backup(folder, tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "restored")
    _, session = open_offline(tmp_path / "restored" / "project")
    assert session.labels.tolist() == [-1, -1, -1, 0]
    assert additions == [step]


def label(folder: Path, item: int) -> None:
    log, header = EventLog(folder / "labels.sqlite"), {"client": "test", "at": 1.0}
    provenance, items = StoredProvenance(tool="api", note=""), np.array([item], np.uint32)
    class_id = len(open_offline(folder)[1].classes)
    log.append_now(AddClassEvent(**header, command_id="class-01", class_id=class_id, name="a"))
    event = LabelEvent(
        **header, command_id="label-01", class_id=class_id, items=items, provenance=provenance
    )
    log.append_now(event)
    log.close()


def test_a_backup_during_additions_without_end_is_refused(
    grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def still_files(folder: Path) -> list[Path]:
        item_set.amend(folder / "data", lambda manifest: manifest["added"].append({"items": 0}))
        return []

    monkeypatch.setattr(backup, "_still_files", still_files)
    monkeypatch.setattr(backup, "_WAIT_SECONDS", 0)
    with pytest.raises(ProjectError, match=r"items are being added.*no backup was written"):
        backup.backup(grown, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A project with the labels 0, 0, 1 and 1, in which the labels 0 and 1 of 2 items are due."""
    folder = tmp_path / "labelled"
    rows = np.random.default_rng(0).integers(0, 255, (6, 28, 28), dtype=np.uint8)
    made = from_arrays("v", rows[:4], [0, 0, 1, 1])
    project = new_project(folder, made, "test", ImportOptions())
    # The process is killed after the addition, and before the labels are written.
    add_to_project(project, from_arrays("new", rows[4:], [0, 1]), ImportOptions())
    project.close()
    _, session = open_offline(folder)
    assert session.labels.tolist() == [0, 0, 1, 1, -1, -1]
    return folder


async def serve_once(folder: Path) -> Service:
    service = Service(open_existing(folder, None), ServerConfig(train=False))
    await service.stop()
    return service


async def test_labels_of_added_items_survive_a_kill(killed: Path) -> None:
    served = await serve_once(killed)
    assert served.session.labels.tolist() == [0, 0, 1, 1, 0, 1]
    _, session = open_offline(killed)
    assert session.labels.tolist() == [0, 0, 1, 1, 0, 1]
    count = session.sequence
    assert (await serve_once(killed)).session.sequence == count, "they are given once"


async def test_due_labels_replace_no_label_of_a_person(killed: Path) -> None:
    label(killed, item=4)
    assert (await serve_once(killed)).session.labels.tolist()[4:] == [2, 1]


async def test_due_labels_that_cannot_be_given_are_a_notice(killed: Path) -> None:
    log = EventLog(killed / "labels.sqlite")
    log.append_now(
        EditClassEvent(client="test", at=1.0, command_id="lock-001", class_id=1, locked=True)
    )
    log.close()
    served = await serve_once(killed)
    assert served.session.labels.tolist()[4:] == [0, -1]
    assert served.notices._current["data"].message == (
        "No label for 1 added item: the class '1' is locked."
    )


async def test_labels_stay_due_until_they_are_written(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise EventLogError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(EventLog, "append_now", fail)
        served = await serve_once(killed)
    assert "the disk is full" in served.notices._current["data"].message
    assert (await serve_once(killed)).session.labels.tolist()[4:] == [0, 1]
