"""Exported labels and predictions, imported again: no id, label or column is lost."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from lodespace.errors import ProjectError
from lodespace.exporting.formats import FORMATS, ExportOptions, export
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.project.opening import open_project


def read(path: Path) -> list[dict[str, Any]]:
    match path.suffix:
        case ".csv":
            return list(
                csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
            )
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
        case _:
            return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_round_trip_keeps_every_id_label_and_column(
    pictures: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out{suffix}"
    assert export(pictures, out) == 24
    rows = read(out)
    assert [row["id"] for row in rows] == [f"n{i}" for i in range(24)]
    wanted = ["a", "b", "a", "b", "a", "b", "a", "", "a", *[""] * 15]
    assert [row["label"] for row in rows] == wanted
    assert [row["note"] for row in rows[:6]] == [
        "=1+1",
        "+2",
        "@x",
        "plain, with comma",
        'a "quote"',
        "two\nlines",
    ]
    assert [row["count"] for row in rows] == [str(i) for i in range(24)]
    # The table distinguishes labels of a person from labels in the data.
    assert (rows[4]["labelled_by"], rows[4]["tool"], int(rows[4]["revision"])) == (
        "anna-anna",
        "lasso",
        3,
    )
    assert (rows[0]["labelled_by"], rows[0]["tool"]) == ("import", "api")
    assert float(rows[4]["labelled_at"]) > 1.7e9
    assert {row["prediction"] for row in rows} <= {"a", "b"}
    assert all(
        np.isfinite(float(row[f"{what}_{axis}"]))
        for row in rows
        for what in ("latent", "log_variance")
        for axis in "xyz"
    )

    (tmp_path / f"raw/out{suffix}").write_bytes(out.read_bytes())
    import_data(str(tmp_path / f"raw/out{suffix}"), tmp_path / "again", ImportOptions())
    items = item_set.load(tmp_path / "again")
    assert items.ids == tuple(row["id"] for row in rows)
    assert items.truth is not None
    names = [items.class_names[c] if c >= 0 else "" for c in items.truth.tolist()]
    assert names == wanted
    assert items.table is not None
    assert items.table.column("note") == [row["note"] for row in rows]


def test_columns_with_our_names_are_kept_under_another_name(tmp_path: Path) -> None:
    rows = [
        {"id": str(i), "vector": [i / 10, 1.0, i % 3], "prediction": f"old {i}", "item": i * 2}
        for i in range(10)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    open_project(tmp_path / "t.jsonl", project_folder=tmp_path / "work").close()
    export(tmp_path / "work", tmp_path / "out.jsonl")
    out = read(tmp_path / "out.jsonl")
    assert [row["prediction_original"] for row in out] == [row["prediction"] for row in rows]
    assert [row["item_original"] for row in out] == [row["item"] for row in rows]
    assert [row["item"] for row in out] == list(range(10))


def test_formulas_for_spreadsheets_are_marked_only_with_the_option(
    pictures: Path, tmp_path: Path
) -> None:
    export(pictures, tmp_path / "plain.csv")
    assert not (tmp_path / "plain.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    export(pictures, tmp_path / "excel.csv", options=ExportOptions(excel=True))
    assert (tmp_path / "excel.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    notes = [row["note"] for row in read(tmp_path / "excel.csv")[:4]]
    assert notes == ["'=1+1", "'+2", "'@x", "plain, with comma"]


def test_npz_holds_items_labels_and_map_and_can_be_imported(vectors: Path, tmp_path: Path) -> None:
    export(vectors, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out["X"].shape == (200, 8)
        assert out["y"][:9].tolist() == ["0", "1", "2", "3", "0", "1", "2", "3", ""]
        assert out["latent_mean"].shape == out["latent_log_variance"].shape == (200, 3)
    import_data(str(tmp_path / "out.npz"), tmp_path / "again", ImportOptions())
    items = item_set.load(tmp_path / "again")
    assert items.truth is not None
    assert items.truth[:9].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, -1]


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_figure_shows_the_cloud_and_is_reproducible(
    vectors: Path, tmp_path: Path, suffix: str
) -> None:
    for name in "ab":
        export(vectors, tmp_path / f"{name}{suffix}")
    drawn = (tmp_path / f"a{suffix}").read_bytes()
    assert drawn == (tmp_path / f"b{suffix}").read_bytes()
    if suffix == ".png":
        from PIL import Image

        colours = Image.open(io.BytesIO(drawn)).convert("RGB").getcolors(1 << 24)
        assert colours is not None and len(colours) > 20
    else:
        assert b"<svg" in drawn


@pytest.mark.parametrize("kind", FORMATS)
def test_a_failed_export_leaves_nothing(
    pictures: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind in ("raven", "audacity"):
        with pytest.raises(ProjectError, match="sounds"):
            export(pictures, tmp_path / "out", kind)
    else:
        out = tmp_path / "no" / "such" / "folder" / "out"
        if kind in ("classes", "model"):
            (tmp_path / "no").write_text("in the way")
        with pytest.raises(ProjectError):
            export(pictures, out, kind)
        (tmp_path / "no").unlink(missing_ok=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["raw", "work"]


def test_a_file_that_cannot_be_replaced_leaves_no_other_file(
    pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(ProjectError, match="cannot be written"):
        export(pictures, tmp_path / "out.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "raw", "work"]
    assert list((tmp_path / "out.csv").iterdir()) == []


def test_an_existing_path_is_not_overwritten_by_a_folder(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(ProjectError, match="exists"):
        export(pictures, tmp_path / "out", "classes")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_unknown_format_is_refused_with_its_name(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"\.csv.*classes"):
        export(pictures, tmp_path / "out.xlsx")
    with pytest.raises(ProjectError, match="classes"):
        export(pictures, tmp_path / "out", "coco")


def test_a_project_can_be_exported_while_it_is_served(pictures: Path, tmp_path: Path) -> None:
    project = open_project(pictures)
    try:
        assert export(pictures, tmp_path / "out.csv") == 24
    finally:
        project.close()
