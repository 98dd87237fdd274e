"""docs/files.md agrees with the code: names, sizes and numbers."""

import json
import re
import sqlite3
from pathlib import Path
from typing import get_args

import pytest

from lodespace.models.checkpoints import checkpoint
from lodespace.project.opening import open_project
from lodespace.project.project import FORMAT as PROJECT_FORMAT
from lodespace.recording import format, recorder
from lodespace.session.event_log import FORMAT, EventLog
from lodespace.session.events import Event, EventHeader
from lodespace.training import checkpoint_saver

PAGE = Path(__file__).parents[2] / "docs" / "files.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def section(page: str, title: str) -> str:
    return page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_page_lists_every_column_of_the_log(page: str, tmp_path: Path) -> None:
    EventLog(tmp_path / "labels.sqlite").close()
    connection = sqlite3.connect(tmp_path / "labels.sqlite")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
    connection.close()
    head = section(page, "labels.sqlite").split("Every event has the fields")[0]
    assert re.findall(r"^\| `(\w+)` \|", head, re.MULTILINE) == columns


def test_the_page_lists_the_fields_of_every_kind_of_event(page: str) -> None:
    text = section(page, "labels.sqlite").split("Every event has the fields")[1]
    common, by_kind = text.split("| kind | meaning | fields |")
    header = {"kind", *EventHeader.__struct_fields__}
    assert set(re.findall(r"^- `(\w+)`", common, re.MULTILINE)) == header - {"sequence"}
    rows = re.findall(r"^\| (`.+?`) \| .+? \| (.+?) \|$", by_kind, re.MULTILINE)
    listed = {
        kind: set(re.findall(r"`(\w+)`", fields)) - {"sequence"}
        for kinds, fields in rows
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    assert listed == {
        str(event.__struct_config__.tag): set(event.__struct_fields__) - header
        for event in get_args(Event)
    }
    assert f"the format, {FORMAT}." in by_kind


def test_the_byte_tables_add_up(page: str) -> None:
    text = section(page, "recording.lds")
    head, record = text.split("Each record:")
    sizes = [int(n) for n in re.findall(r"^\| (\d+) \|", head, re.MULTILINE)]
    assert sizes == [len(format.MAGIC), 4]
    sizes = [int(n) for n in re.findall(r"^\| (\d+) \|", record, re.MULTILINE)]
    assert sizes == [1, 8, 4, format.WORD.size]
    assert sum(sizes[:3]) == format.HEAD.size
    assert f"the {format.HEAD.size} bytes before" in record
    assert format.MAGIC == b"LODESPACE-REC1\r\n"
    assert f"every {format.KEYFRAME_INTERVAL} frames" in record
    assert f"From {format.MAX_BYTES >> 20} MB" in record
    assert recorder.FRAME_SECONDS == 0.1  # "Ten frames a second"


def test_the_example_manifest_opens(page: str, tmp_path: Path) -> None:
    text = section(page, "lodespace.json")
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example is not None
    assert json.loads(example[1])["format"] == PROJECT_FORMAT
    (tmp_path / "lodespace.json").write_text(example[1])
    project = open_project(tmp_path)
    project.close()
    assert len(project.items) == 5000


def test_numbers_of_checkpoints_are_right(page: str) -> None:
    assert checkpoint.KEEP == 3
    assert "the three newest" in page
    assert f"every {checkpoint_saver.CHECKPOINT_SECONDS:.0f} s" in page
