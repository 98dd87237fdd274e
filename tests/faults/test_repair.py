"""`lodespace repair` restores each label from the best file that still contains the label."""

import asyncio
import json
import os
import random
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lodespace import protocol
from lodespace.cli import main
from lodespace.errors import LodespaceError
from lodespace.project.log_rebuild import Rebuilding, Snapshot, Sources
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_project
from lodespace.project.repair import repair
from lodespace.recording import salvage
from lodespace.recording.format import HEAD, OPERATION, read_records
from lodespace.session.event_log import EventLog
from lodespace.session.events import (
    LabelEvent,
    StoredProvenance,
    encode_event,
    new_header,
)
from lodespace.session.log_copy import salvage_events
from lodespace.session.sqlite_pages import read_files
from samples.event_logs import BEGUN, Log, command_id, label, label_each, undo
from samples.labelled_projects import EVENTS, make_projects

FUZZED, FUZZED_SLOW = 12, 3000


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two copies of a project: as a stopped server leaves it, and as a killed server leaves it."""
    return asyncio.run(make_projects(tmp_path_factory.mktemp("projects")))


@pytest.fixture
def folder(projects: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(projects[0], tmp_path / "project"))


def state_of(folder: Path) -> tuple[list[int], list[str], list[int]]:
    """Labels, names of classes, and pinned items."""
    _, session = open_offline(folder)
    names = [info.name for info in session.classes.classes if not info.removed]
    return session.labels.tolist(), names, session.held()[0].tolist()


def test_a_damaged_shared_tensor_is_moved_away_with_its_snapshot(folder: Path) -> None:
    """If the tensor stayed, later snapshots with the same tensor would use the damaged file."""
    before = state_of(folder)
    (tensor,) = (folder / "moments" / "shared").iterdir()
    tensor.write_bytes(tensor.read_bytes()[:-1] + b"!")
    report = repair(folder)
    assert f"moments/shared/{tensor.name}: damaged, moved away" in report
    assert "moments/015.safetensors: damaged, moved away" in report
    assert not tensor.exists()
    assert state_of(folder) == before


def test_without_log_the_recording_gives_all_but_pins(folder: Path) -> None:
    labels, names, pins = state_of(folder)
    assert pins
    (folder / "labels.sqlite").unlink()
    report = repair(folder)
    assert state_of(folder) == (labels, names, [])
    assert "0 from the log, 11 from the recording, 4 lost" in report
    assert "event 11: pins are lost" in report
    # The labels that came with the data were never recorded: the first keyframe has them.
    assert "30 labels from recording.lds" in report
    assert "events 1, 2, 3: gestures are lost, but their labels are restored" in report
    _, session = open_offline(folder)
    assert session.settings.beta_kl == 2.5


def test_without_log_and_recording_snapshots_give_the_labels(folder: Path) -> None:
    labels, _, _ = state_of(folder)
    (folder / "labels.sqlite").write_bytes(b"")
    (folder / "recording.lds").unlink()
    report = repair(folder)
    assert state_of(folder)[:2] == (labels, ["a", "b", "c", "class 3"])
    assert f"{EVENTS} events: 0 from the log, 0 from the recording" in report
    assert "labels from moments/015.safetensors" in report
    assert "labels from checkpoints/001.safetensors" in report


def test_damaged_files_are_kept_and_a_second_repair_has_its_own_folder(folder: Path) -> None:
    log = folder / "labels.sqlite"
    for number in (1, 2):
        content = f"damage {number}".encode() * 1000
        log.write_bytes(content)
        report = repair(folder)
        kept = folder / f"damaged-files-{number}"
        assert str(kept) in report
        assert (kept / "labels.sqlite").read_bytes() == content


def test_an_intact_project_is_not_changed(projects: tuple[Path, Path]) -> None:
    for project in projects:
        before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in project.rglob("*")}
        assert "nothing is damaged" in repair(project)
        before.pop(project / ".lock", None)
        after = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in project.rglob("*")}
        assert {path: after[path] for path in before} == before


def test_a_served_project_and_other_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    served = open_project(folder)
    with pytest.raises(LodespaceError, match="another server"):
        repair(folder, "no-such-data")  # nothing is imported for a project that is served
    served.close()
    with pytest.raises(LodespaceError, match="is not a project"):
        repair(tmp_path)


def test_data_are_imported_again_only_if_they_have_the_same_items(
    folder: Path, projects: tuple[Path, Path], tmp_path: Path
) -> None:
    labels = state_of(folder)
    (folder / "data" / "vectors.npy").write_bytes(b"")
    other = tmp_path / "other.npz"
    np.savez(other, X=np.zeros((7, 4), np.float32))
    with pytest.raises(LodespaceError, match="7 items, but the project has 40"):
        repair(folder, str(other))
    assert (folder / "data" / "vectors.npy").read_bytes() == b""
    assert "imported again" in repair(folder, str(projects[0].with_name("data.npz")))
    assert state_of(folder) == labels


def events_log() -> Log:
    """Return a log of fifteen events. One event is an undo, and one adds a class."""
    log = Log()
    for number in range(1, 11):
        log.do(label(number, [number - 1], number % 3), f"client-{number % 2}")
    log.do(undo(11), "client-1")
    log.do(protocol.AddClass(command_id=command_id(12), name="new"), "client-0")
    log.do(label(13, [1, 2], 3), "client-0")
    log.do(label_each(14, {3: 0, 4: 3}), "client-0")
    log.do(label(15, [0], 2), "client-1")
    return log


@pytest.mark.parametrize(
    "lost", [[1], [15], [4, 5], [9], [11], [12], [12, 13, 14], [*range(1, 16)]]
)
def test_lost_events_get_their_labels_from_the_next_snapshot(lost: list[int]) -> None:
    log = events_log()
    stored = {event.sequence: [event] for event in log.events if event.sequence not in lost}
    labels = log.session.labels
    snapshot = Snapshot(15, labels, None, tuple(log.session.classes.classes), "a file")
    rebuilt = Rebuilding(log.items, BEGUN, Sources(stored, {}, [snapshot], 15)).run()
    log.events = rebuilt.events
    assert [event.sequence for event in rebuilt.events] == list(range(1, 16))
    assert log.replayed().labels.tolist() == labels.tolist()
    assert rebuilt.from_log >= 15 - len(lost) - 1  # an undo of a lost event may be lost as well
    kept = {event.sequence: encode_event(event) for event in rebuilt.events}
    intact = [n for n, events in stored.items() if kept[n] == encode_event(events[0])]
    assert len(intact) == rebuilt.from_log


def test_lost_events_without_a_snapshot_are_named() -> None:
    log = events_log()
    stored = {event.sequence: [event] for event in log.events if event.sequence != 5}
    rebuilt = Rebuilding(log.items, BEGUN, Sources(stored, {}, [], 16)).run()
    assert rebuilt.lost == {5: "unknown", 16: "unknown"}
    assert len(rebuilt.events) == 16


def test_pages_of_a_log_without_its_first_page_give_all_events(tmp_path: Path) -> None:
    """SQLite cannot open a log without its first page. Some events of this log are longer than a
    page."""
    path = tmp_path / "labels.sqlite"
    log = EventLog(path)
    dice = random.Random(1)
    counts = dice.choices([1, 30, 400, 5000], k=119)
    written = [log.append_now(event_of(n, count)) for n, count in enumerate(counts, 1)]
    for closed in (False, True):
        if closed:
            log.close()
        files = read_files(path)
        found = salvage_events(files._replace(database=bytes(4096) + files.database[4096:]))
        assert {number: len(events) for number, events in found.items()} == dict.fromkeys(
            range(1, 120), 1
        )
        assert all(encode_event(found[e.sequence][0]) == encode_event(e) for e in written)


def event_of(number: int, count: int) -> LabelEvent:
    return LabelEvent(
        **new_header(command_id(number), "anna"),
        items=np.arange(count, dtype=np.uint32),
        class_id=1,
        provenance=StoredProvenance(tool="lasso"),
    )


def test_records_after_a_damaged_part_of_a_recording_are_read(folder: Path) -> None:
    path = folder / "recording.lds"
    records = list(read_records(path))
    content = bytearray(path.read_bytes())
    third = records[2]
    content[third.offset + 2 : third.offset + 9] = b"damaged"
    path.write_bytes(content)
    assert len(list(read_records(path))) == 2
    assert list(salvage.intact_records(path)) == [*records[:2], *records[3:]]
    assert salvage.is_damaged(path)
    path.write_bytes(content[: records[2].offset + 5])
    assert not salvage.is_damaged(path), "a kill leaves an incomplete record at the end"


def test_the_search_for_records_reads_few_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The damaged part of the file consists of 10,000 record headers. Each header announces a
    record of 50,000 bytes. A search that read all these records would read 500 MB."""
    path = folder / "recording.lds"
    intact = path.read_bytes()
    start = next(read_records(path)).offset
    heads = HEAD.pack(OPERATION, 1e200, 50_000) * 10_000
    path.write_bytes(intact[:start] + heads + intact[start:])
    read = 0
    pread = os.pread

    def counted(descriptor: int, length: int, offset: int) -> bytes:
        nonlocal read
        read += len(found := pread(descriptor, length, offset))
        return found

    monkeypatch.setattr(salvage.os, "pread", counted)
    assert len(list(salvage.intact_records(path))) > 2
    assert read < 10 * path.stat().st_size


def test_a_link_out_of_the_project_is_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"private" * 1000)
    (folder / "labels.sqlite").unlink()
    (folder / "labels.sqlite").symlink_to(secret)
    with pytest.raises(LodespaceError, match="leads out of the project"):
        repair(folder)
    assert not list(folder.glob("damaged-files-*"))


@pytest.mark.parametrize("outside", ["../other", "absolute"])
def test_data_outside_of_the_project_stay_and_are_replaced(
    outside: str, folder: Path, projects: tuple[Path, Path], tmp_path: Path
) -> None:
    labels = state_of(folder)
    (folder / "data").rename(tmp_path / "other")
    manifest = json.loads((folder / "lodespace.json").read_text())
    manifest["data"] = str(tmp_path / "other") if outside == "absolute" else outside
    (folder / "lodespace.json").write_text(json.dumps(manifest))
    repair(folder, str(projects[0].with_name("data.npz")))
    assert (tmp_path / "other" / "vectors.npy").is_file()
    assert state_of(folder) == labels


def test_a_number_that_makes_no_sense_does_not_hold_up_a_repair(folder: Path) -> None:
    labels = state_of(folder)
    log = sqlite3.connect(folder / "labels.sqlite")
    log.execute("UPDATE sqlite_sequence SET seq = 1 << 60")
    log.commit()
    log.close()
    repair(folder)
    assert state_of(folder) == labels
    snapshot = folder / "moments" / f"{1 << 60}.safetensors"
    snapshot.write_bytes(b"")
    with pytest.raises(LodespaceError, match="move this file out of the project") as refused:
        repair(folder)
    assert str(snapshot) in str(refused.value)


def test_a_damaged_name_in_the_log_is_repaired(folder: Path) -> None:
    labels = state_of(folder)
    path = folder / "labels.sqlite"
    content = path.read_bytes()
    damaged = content.replace(b"tableeventsevents", b"table\xd9ventsevents")
    damaged = damaged.replace(b"CREATE TABLE events", b"CREATE TABEL events")
    assert damaged.count(b"\xd9vents") == 1
    path.write_bytes(damaged)
    with pytest.raises(LodespaceError, match="lodespace repair"):
        state_of(folder)
    repair(folder)
    assert state_of(folder) == labels


def test_a_damaged_format_of_the_log_is_repaired(folder: Path) -> None:
    labels = state_of(folder)
    log = sqlite3.connect(folder / "labels.sqlite")
    log.execute("PRAGMA user_version = 1000000")
    log.commit()
    log.close()
    repair(folder)
    assert state_of(folder) == labels


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
def test_random_damage_ends_in_a_sentence_or_in_all_labels(
    projects: tuple[Path, Path], tmp_path: Path, slow: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(7)
    expected = state_of(projects[0])[0]
    outcomes: Counter[str] = Counter()
    for _ in range(FUZZED_SLOW if slow else FUZZED):
        folder = Path(shutil.copytree(dice.choice(projects), tmp_path / "project"))
        chosen = dice.sample(sorted(path for path in folder.rglob("*") if path.is_file()), 2)
        for path in chosen:
            damage(path, dice)
        lost_data = any(path.parent.name == "data" for path in chosen)
        data = ["--data", str(projects[0].with_name("data.npz"))] if lost_data else []
        status = main(["info", str(folder)])
        said = capsys.readouterr().err
        if status == 0:
            assert state_of(folder)[0] == expected
        else:
            assert said.count("\n") == 1 and "lodespace repair" in said
        outcomes[f"info {status}"] += 1
        assert main(["repair", str(folder), *data]) == 0, capsys.readouterr().err
        outcomes["complete" if state_of(folder)[0] == expected else "incomplete"] += 1
        shutil.rmtree(folder)
    assert outcomes["info 2"] and outcomes["complete"]


def damage(path: Path, dice: random.Random) -> None:
    """Overwrite, remove or insert up to 200 bytes of the file."""
    content = bytearray(path.read_bytes())
    start = dice.randrange(len(content) + 1)
    end = start + dice.randrange(1, 200)
    content[start:end] = dice.randbytes(dice.choice([end - start, 0, dice.randrange(200)]))
    path.write_bytes(content)
