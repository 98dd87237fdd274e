"""Export of the labels of each person, and the way back through the label model."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from lodespace import protocol
from lodespace.exporting.formats import export
from lodespace.exporting.label_studio import Annotator
from lodespace.exporting.votes import votes_of
from lodespace.importing.source import ImportOptions
from lodespace.project.labels_from import read_labels
from lodespace.project.opening import open_project
from lodespace.project.votes_from import read_table, read_votes
from lodespace.session.commands.registry import plan
from lodespace.session.event_log import EventLog
from lodespace.session.session import AnnotationSession

MIA, TOM = "device-1.page-mia", "device-2.page-tom"


class People:
    """A project on which several people work."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.project = open_project(str(data), project_folder=folder, labels="none")
        self.session = AnnotationSession(self.project.items, settings=self.project.settings)
        self.log = EventLog(self.project.labels_path)
        self.session.replay(self.log.events())
        self._commands = 0

    def label(self, person: str, items: list[int], class_id: int, tool: str = "lasso") -> int:
        """Label `items` as `person`. Returns the number of the gesture."""
        command = protocol.Label(
            command_id=self._id(),
            items=items,
            class_id=class_id,
            revision=0,
            provenance=protocol.Provenance(tool=tool),
        )
        return self._do(command, person)

    def undo(self, person: str, gesture: int) -> None:
        self._do(protocol.Undo(command_id=self._id(), gesture=gesture), person)

    def merge(self, class_id: int, into: int) -> None:
        self._do(protocol.MergeClass(command_id=self._id(), class_id=class_id, into=into), MIA)

    def _id(self) -> str:
        self._commands += 1
        return f"command-{self._commands:04d}"

    def _do(self, command: object, person: str) -> int:
        event = plan(self.session, command, person)
        assert event is not None
        self.session.apply(self.log.append_now(event))
        return self.session.sequence

    def close(self) -> Path:
        self.log.close()
        self.project.close()
        return self.project.folder


@pytest.fixture
def people(small_data: Path, tmp_path: Path) -> People:
    made = People(small_data, tmp_path / "project")
    for name in ("owl", "kite"):
        made._do(protocol.AddClass(command_id=made._id(), name=name), MIA)
    return made


def class_id(people: People, name: str) -> int:
    return next(c.class_id for c in people.session.classes.classes if c.name == name)


def voted(people: People, person: str) -> dict[int, str]:
    """Return the votes of `person`: item -> class name."""
    names = {c.class_id: c.name for c in people.session.classes.classes}
    given = votes_of(people.session).get(person, np.empty(0))
    return {item: names[int(c)] for item, c in enumerate(given) if c >= 0}


def test_a_label_of_another_person_replaces_no_vote(people: People) -> None:
    owl, kite = class_id(people, "owl"), class_id(people, "kite")
    people.label(MIA, [0, 1, 2], owl)
    people.label(TOM, [1, 2], kite)
    people.label(MIA, [2], kite)
    assert voted(people, "device-1") == {0: "owl", 1: "owl", 2: "kite"}
    assert voted(people, "device-2") == {1: "kite", 2: "kite"}


def test_undone_gestures_and_accepted_predictions_are_not_votes(people: People) -> None:
    owl, kite = class_id(people, "owl"), class_id(people, "kite")
    people.label(MIA, [0, 1], owl)
    people.undo(MIA, people.label(MIA, [1], kite))
    people.label(TOM, [3], kite, tool="accept")
    people.label(MIA, [0], protocol.UNLABELED)
    assert voted(people, "device-1") == {1: "owl"}
    assert "device-2" not in votes_of(people.session)


def test_pages_of_the_owner_are_one_person(people: People) -> None:
    owl = class_id(people, "owl")
    people.label("page-number-one", [0], owl)
    people.label("page-number-two", [1], owl)
    assert voted(people, "owner") == {0: "owl", 1: "owl"}


def test_a_merged_class_is_the_class_of_its_votes(people: People) -> None:
    owl, kite = class_id(people, "owl"), class_id(people, "kite")
    people.label(TOM, [0], kite)
    people.merge(kite, owl)
    assert voted(people, "device-2") == {0: "owl"}


def test_an_exported_table_can_be_imported(people: People, tmp_path: Path) -> None:
    owl, kite = class_id(people, "owl"), class_id(people, "kite")
    people.label(MIA, [0, 1], owl)
    people.label(TOM, [1, 2], kite)
    people.label("page-of-the-owner", [1, 2], kite)
    ids = people.project.items.ids
    items = [str(ids[item]) for item in range(3)]
    out = tmp_path / "votes.parquet"
    count = export(people.close(), out, "votes")
    table = pq.read_table(out)
    assert table.num_rows == count
    rows = {row["id"]: row for row in table.to_pylist()}
    assert rows[items[1]]["device-1"] == "owl"
    assert rows[items[1]]["device-2"] == rows[items[1]]["owner"] == "kite"
    assert rows[items[0]]["device-2"] is None
    labels = read_votes(out, ImportOptions()).by_name
    assert labels[items[0]] == "owl"
    assert labels[items[1]] == labels[items[2]] == "kite"


def test_label_studio_has_an_annotation_per_person(people: People, tmp_path: Path) -> None:
    owl, kite = class_id(people, "owl"), class_id(people, "kite")
    people.label(MIA, [0, 1], owl)
    people.label(TOM, [1, 2], kite)
    ids = [str(item_id) for item_id in people.project.items.ids[:4]]
    out = tmp_path / "tasks.json"
    export(people.close(), out, "label-studio")
    tasks = {task["data"]["id"]: task["annotations"] for task in json.loads(out.read_text())}
    seen = {
        ids[k]: [
            (
                one["meta"]["annotator"],
                *one["result"][0]["value"]["choices"],
                one.get("ground_truth", False),
            )
            for one in tasks[ids[k]]
        ]
        for k in range(4)
    }
    assert seen == {
        ids[0]: [("device-1", "owl", False)],
        ids[1]: [("device-1", "owl", False), ("device-2", "kite", True)],
        ids[2]: [("device-2", "kite", False)],
        ids[3]: [],
    }
    votes = read_table(out, ImportOptions())
    assert votes.sources == ["device-1", "device-2"] and len(votes.votes.items) == 4
    of_second = [
        (votes.sources[source], votes.classes[given])
        for item, source, given in zip(*votes.votes, strict=True)
        if ids[1] in votes.names[item]
    ]
    assert of_second == [("device-1", "owl"), ("device-2", "kite")]
    assert read_labels(out, ImportOptions()).by_name == {
        ids[0]: "owl", ids[1]: "kite", ids[2]: "kite"
    }  # fmt: skip


def test_an_address_names_the_annotator_for_label_studio() -> None:
    classes = np.zeros(1, np.int16)
    assert Annotator("d1", "mia@example.org", classes).head() == {
        "completed_by": {"email": "mia@example.org"},
        "meta": {"annotator": "mia@example.org"},
    }
    assert Annotator("d1", "Mia", classes).head() == {"meta": {"annotator": "Mia"}}
    assert Annotator("d1", "", classes).head() == {"meta": {"annotator": "d1"}}
