"""Every export format works with odd names of files, folders, classes and columns."""

import csv
import io
import json
import os
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from PIL import Image

from lodespace.cli import main
from lodespace.exporting.formats import FILES, FOLDERS, ExportOptions, export
from lodespace.exporting.npz_file import as_npz
from lodespace.exporting.table import Table
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_project
from samples.pictures import draw

ODD = [
    b"Z\xfcrich.png",
    b"\xff\xfe.png",
    b"new\nline.png",
    b"tab\there.png",
    b"esc\x1b[2J.png",
    b"quote\"'.png",
    b"100%.png",
    b"back\\slash.png",
    "über.png".encode(),
    "\u202egnp.exe.png".encode(),
    "👩‍🚀.png".encode(),
    b"-o.png",
    b"=1+1.png",
    b"$x^{2.png",
    b"x" * 251 + b".png",
    b"\xfc" * 251 + b".png",
    b"con.png",
    b" space .png",
    b"a.PNG",
    b"_hidden.png",
]
CLASSES = [b"$\\frac{", b"_hidden", b"Z\xfcrich", b"<b>&amp;", b"ctrl\x01\x1b", b"a..b"]
NEED_MORE = {"model", "onnx", "webm", "rules"}
"""Formats that need a model, a recording or a rule."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder with an odd name. Its pictures are in other folders with odd names."""
    root = os.fsencode(tmp_path) + b"/pict\xfcres"
    for number, name in enumerate(ODD):
        folder = root + b"/" + CLASSES[number % len(CLASSES)]
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(folder + b"/" + name, "wb") as file:  # noqa: PTH123
            draw(number, (300, 300)).save(file, "PNG")
    folder = tmp_path / os.fsdecode(b"w\xfcrk")
    for _ in range(2):  # the second time, the project is opened again
        opened = open_project(os.fsdecode(root), project_folder=folder)
        opened.close()
    assert len(opened.items) == len(ODD)
    return folder


@pytest.mark.parametrize("kind", sorted((set(FILES) | set(FOLDERS)) - NEED_MORE))
def test_every_format_exports_pictures_of_any_name(
    project: Path, tmp_path: Path, kind: str
) -> None:
    suffix = FILES[kind][0] if kind in FILES else ""
    out = tmp_path / os.fsdecode(b"o\xfct" + os.fsencode(suffix))
    if kind in ("raven", "audacity"):
        with pytest.raises(Exception, match="are for sounds"):
            export(project, out, kind)
        return
    assert export(project, out, kind) == len(ODD)
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"), newline="")))
        assert rows[0]["path"].startswith("$\\frac{/")
    elif kind == "parquet":
        with out.open("rb") as file:
            assert pq.read_table(file).num_rows == len(ODD)
    elif kind == "jsonl":
        assert len([json.loads(line) for line in out.read_text("utf-8").splitlines()]) == len(ODD)
    elif kind == "label-studio":
        assert any("Z%FCrich" in task["data"]["image"] for task in json.loads(out.read_bytes()))
    elif kind == "svg":
        xml.etree.ElementTree.parse(out)
    elif kind == "classes":
        written = [path for path in out.rglob("*") if path.is_file()]
        assert len(written) == len(ODD)
        assert (out / "Z\\xfcrich").is_dir() or (out / "Z%5Cxfcrich").is_dir()
        for path in written:
            with Image.open(path) as image:
                assert image.size == (300, 300)
        assert any("Z%FCrich" in path.name for path in written)
        # The exported folder has the same pictures and can be imported again.
        import_data(str(out), tmp_path / "again", ImportOptions())
        assert len(item_set.load(tmp_path / "again")) == len(ODD)


@pytest.mark.parametrize("files", ["link", "manifest"])
def test_links_and_manifest_name_the_files_byte_for_byte(
    project: Path, tmp_path: Path, files: Any
) -> None:
    export(project, tmp_path / "out", "classes", ExportOptions(files=files))
    if files == "link":
        written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
        assert len(written) == len(ODD)
        assert all(path.stat().st_nlink == 2 for path in written)
        return
    text = (tmp_path / "out" / "manifest.csv").read_text("utf-8", "surrogateescape")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(ODD)
    assert all(Path(row["path"]).is_file() for row in rows)


@pytest.mark.parametrize("kind", ["classes", "raven", "audacity", "label-studio", "csv", "parquet"])
def test_every_format_exports_sounds_of_any_name(tmp_path: Path, kind: str) -> None:
    root = os.fsencode(tmp_path) + b"/s\xfcunds"
    os.makedirs(root + b"/Z\xfcrich")  # noqa: PTH103
    for name in (b"a\xff.wav", b"new\nline.flac", b"$.ogg"):
        with open(root + b"/Z\xfcrich/" + name, "wb") as file:  # noqa: PTH123
            soundfile.write(
                file,
                np.zeros(16_000, np.float32),
                8000,
                format=name.decode("latin-1").rsplit(".", 1)[1].upper(),
            )
    open_project(
        os.fsdecode(root),
        project_folder=tmp_path / "work",
        options=ImportOptions(window=1.0, labels_at="top"),
    ).close()
    suffix = FILES[kind][0] if kind in FILES else ""
    assert export(tmp_path / "work", tmp_path / f"out{suffix}", kind) == 6


def test_every_format_exports_odd_columns(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"id \ud800 {i} \0 =1",
            "vector": [i, 1],
            "label": ["$\\frac", "_x", "a\nb\0", "\ud800", "x" * 300][i % 5],
            "empty": {},
            "list": [],
            "nested": {"a": [1, {"b": None}]},
            "lodespace.id": "mine",
            "label_original": "=1+1",
            "bad \ud800": "\ud800",
            "": "no name",
            "number": [1, "one", None, 1e308, True][i % 5],
        }
        for i in range(10)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    open_project(tmp_path / "a.jsonl", project_folder=tmp_path / "work").close()
    for kind in sorted(set(FILES) - NEED_MORE):
        assert export(tmp_path / "work", tmp_path / f"out{FILES[kind][0]}", kind) == 10, kind


def test_ids_too_long_for_npz_are_refused_with_another_format(tmp_path: Path) -> None:
    lines = [json.dumps({"id": "x" * 10_000_000, "vector": [0, 1]})]
    lines += [json.dumps({"id": str(i), "vector": [i, 1]}) for i in range(40)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    open_project(tmp_path / "a.jsonl", project_folder=tmp_path / "work").close()
    project, session = open_offline(tmp_path / "work")
    project.close()
    with pytest.raises(Exception, match="export as parquet"):
        as_npz(Table.of(session))


def test_the_command_line_prints_names_that_are_not_text(
    project: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["export", str(project), "-o", str(tmp_path / os.fsdecode(b"\xff.csv"))]) == 0
    assert main(["info", str(project)]) == 0
    assert "Traceback" not in capfdbinary.readouterr().err.decode()


def test_two_files_of_one_name_are_both_exported(tmp_path: Path) -> None:
    """The export adds the item's number to the name of a second file of the same name. The result
    can be the name of a third file."""
    root = tmp_path / "raw"
    for number, name in enumerate(["a/x-3.png", "a/y.png", "b/x.png", "c/x.png"]):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(root / name)
    (root / "t.csv").write_text("path,label\na/x-3.png,k\na/y.png,k\nb/x.png,k\nc/x.png,k\n")
    open_project(root / "t.csv", project_folder=tmp_path / "work").close()
    export(tmp_path / "work", tmp_path / "out", "classes")
    assert len(list((tmp_path / "out" / "k").iterdir())) == 4
