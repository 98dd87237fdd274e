"""Rules as a file, and their use on new items."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from lodespace import protocol
from lodespace.cli import main
from lodespace.errors import DatasetError, ProjectError
from lodespace.exporting.formats import export
from lodespace.features.search_space import space_of
from lodespace.importing.source import ImportOptions
from lodespace.predict.table import write_by_rules, write_predictions
from lodespace.project.opening import open_project
from lodespace.project.project import Project
from lodespace.rules.regions import FeatureRows, region_of
from lodespace.rules.rules_file import decoded
from lodespace.session.commands.registry import plan
from lodespace.session.commands.rule_commands import PreparedRule
from lodespace.session.event_log import EventLog
from lodespace.session.rule_events import StoredRegion, StoredVotes
from lodespace.session.session import AnnotationSession
from samples.pictures import draw

N = 90


def vectors(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    group = np.arange(N) % 3
    centres = np.random.default_rng(7).normal(size=(3, 5)) * 6
    return (centres[group] + random.normal(size=(N, 5))).astype(np.float32), group


def keep(project: Project, space: FeatureRows, chosen: dict[int, np.ndarray]) -> Path:
    """Keep a region per class as a rule. Returns the folder of the project."""
    session = AnnotationSession(project.items, settings=project.settings)
    log = EventLog(project.labels_path)
    session.replay(log.events())
    commands: list[object] = [
        protocol.AddClass(command_id=f"class-{k:04d}", name=f"c{k}") for k in chosen
    ]
    for class_id, items in chosen.items():
        region = region_of(space, items)
        found = region.matching(space.rows).astype(np.uint32)
        stored = StoredRegion(space.name, region.prototypes.ravel(), region.radii, region.scale)
        command = protocol.AddRule(
            command_id=f"add-rule-{class_id}", items=items.tolist(), class_id=class_id
        )
        votes = StoredVotes(found, len(project.items))
        commands.append(PreparedRule(command, votes, stored))
    for command in commands:
        event = plan(session, command, "page-00001")  # type: ignore[arg-type]
        assert event is not None
        session.apply(log.append_now(event))
    log.close()
    project.close()
    return project.folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_rules_of_vectors_are_applied_to_new_vectors(tmp_path: Path) -> None:
    rows, group = vectors(0)
    np.savez(tmp_path / "old.npz", X=rows)
    project = open_project(
        str(tmp_path / "old.npz"), project_folder=tmp_path / "project", labels="none"
    )
    found = space_of(project.items)
    assert found is not None
    scale = None if found.scale is None else np.asarray(found.scale, np.float32)
    space = FeatureRows(found.name, found.rows, scale)
    chosen = {k: np.flatnonzero(group == k) for k in (0, 1)}
    folder = keep(project, space, chosen)
    file = tmp_path / "out.rules.json"
    export(folder, file, "rules")
    content = decoded(file.read_bytes(), "x")
    assert content.space == "vectors" and content.classes == ["c0", "c1"]
    new, of_new = vectors(5)
    np.savez(tmp_path / "new.npz", X=new)
    out = tmp_path / "out.csv"
    assert main(["predict", "--rules", str(file), str(tmp_path / "new.npz"), "-o", str(out)]) == 0
    with pytest.raises(ProjectError, match="add --rules"):
        write_predictions(file, str(tmp_path / "new.npz"), out, ImportOptions())
    lines = table(out)
    wanted = np.array(["c0", "c1", ""])[of_new]
    assert (np.array([line["prediction"] for line in lines]) == wanted).mean() > 0.9
    assert {"rule region of c0", "rule region of c1", "confidence"} <= set(lines[0])
    assert (np.array([line["rule region of c0"] for line in lines]) == "1").sum() > 20
    np.savez(tmp_path / "wide.npz", X=np.ones((3, 9), np.float32))
    with pytest.raises(DatasetError, match="9 features, and the rules compare 5"):
        write_by_rules(file, str(tmp_path / "wide.npz"), out, ImportOptions())


def test_rules_of_pictures_compare_descriptors(tmp_path: Path) -> None:
    from lodespace.models.training.similarity import descriptors_of
    from lodespace.training.dataset import to_dataset

    for number in range(24):
        path = tmp_path / "old" / f"{number:02d}.png"
        path.parent.mkdir(exist_ok=True)
        draw(number).save(path)
    project = open_project(str(tmp_path / "old"), project_folder=tmp_path / "p", labels="none")
    name, groups = descriptors_of(to_dataset(project.items), 0, 24)
    space = FeatureRows(name, np.concatenate(groups, axis=1))
    folder = keep(project, space, {0: np.arange(4)})
    file, out = tmp_path / "r.rules.json", tmp_path / "out.csv"
    export(folder, file, "rules")
    report = write_by_rules(file, str(tmp_path / "old"), out, ImportOptions())
    assert report.imported == 24
    matched = [line["rule region of c0"] for line in table(out)]
    region = decoded(file.read_bytes(), "x").rules[0].region()
    wanted = np.isin(np.arange(24), region.matching(space.rows))
    assert (np.array(matched) == np.where(wanted, "1", "0")).all() and wanted.any()


def test_rules_with_equal_names_have_columns_of_their_own(tmp_path: Path) -> None:
    rows, group = vectors(0)
    np.savez(tmp_path / "old.npz", X=rows)
    project = open_project(
        str(tmp_path / "old.npz"), project_folder=tmp_path / "project", labels="none"
    )
    space = FeatureRows("vectors", rows)
    folder = keep(project, space, {k: np.flatnonzero(group == k) for k in (0, 1)})
    file, out = tmp_path / "r.rules.json", tmp_path / "out.csv"
    export(folder, file, "rules")
    filed = json.loads(file.read_bytes())
    for rule in filed["rules"]:
        rule["name"] = "mine"
    file.write_text(json.dumps(filed))
    write_by_rules(file, str(tmp_path / "old.npz"), out, ImportOptions())
    lines = table(out)
    for name, k in (("rule mine", 0), ("rule mine (2)", 1)):
        assert (np.array([line[name] for line in lines]) == "1")[group == k].mean() > 0.9
    filed["rules"][1]["class_name"] = "unknown"
    file.write_text(json.dumps(filed))
    with pytest.raises(ProjectError, match="“mine” votes for the class “unknown”"):
        write_by_rules(file, str(tmp_path / "old.npz"), out, ImportOptions())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "not a file of rules"),
        (b'{"kind":"lodespace rules","format":9,"version":"1","items":{},"content":"symbols",'
         b'"background":[],"space":"x","classes":[],"rules":[]}', "newer version"),
        (b'{"kind":"lodespace rules","format":1,"version":"1","items":{},"content":"symbols",'
         b'"background":[],"space":"x","classes":[],"rules":[]}', "how items are read"),
    ],
)  # fmt: skip
def test_files_that_are_not_rules_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=reason):
        write_by_rules(path, "x", tmp_path / "out.csv", ImportOptions())


def test_a_project_without_regions_has_no_file_of_rules(tmp_path: Path) -> None:
    np.savez(tmp_path / "old.npz", X=vectors(0)[0])
    project = open_project(
        str(tmp_path / "old.npz"), project_folder=tmp_path / "project", labels="none"
    )
    project.close()
    with pytest.raises(ProjectError, match="keep a selection as a rule"):
        export(project.folder, tmp_path / "x.rules.json", "rules")
