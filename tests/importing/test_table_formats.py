"""Files of tables as people have them: delimiters, encodings, headers, JSON, workbooks, Feather."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.tables.json_rows import elements
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import Row
from lodespace.items.errors import BadItem

WANTED = [{"path": "é.jpg", "label": "a"}, {"path": "b.jpg", "label": "b, c"}]


def rows_in(path: Path, content: str | bytes, encoding: str | None = None) -> list[Row]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = list(open_rows(path, encoding))
    assert not any(isinstance(row, BadItem) for row in found), found
    return [row[1] for row in found if not isinstance(row, BadItem)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", 'path,label\né.jpg,a\nb.jpg,"b, c"\n'),
        ("t.csv", "path;label\né.jpg;a\nb.jpg;b, c\n"),
        ("t.csv", "path\tlabel\né.jpg\ta\nb.jpg\tb, c\n"),
        ("t.txt", "path|label\né.jpg|a\nb.jpg|b, c\n"),
        ("t.tab", "path\tlabel\né.jpg\ta\nb.jpg\tb, c\n"),
        ("t.csv", 'path, label\né.jpg, a\nb.jpg, "b, c"\n'),
        ("t.csv", 'sep=;\npath;label\né.jpg;a\nb.jpg;"b, c"\n'),
        ("t.csv", '# made by me, 2024\n\npath,label\né.jpg,a\nb.jpg,"b, c"\n'),
        ("t.csv", '#path,label\né.jpg,a\n# a note\nb.jpg,"b, c"\n'),
        ("t.csv", 'path,label,,\né.jpg,a,,\nb.jpg,"b, c",,\n,,,\n'),
        ("t.csv", ',path,label\n0,é.jpg,a\n1,b.jpg,"b, c"\n'),
        ("t.csv", '"path","label"\n"1","é.jpg","a"\n"2","b.jpg","b, c"\n'),
        ("t.csv", 'path,label\né.jpg,a,\nb.jpg,"b, c",\n'),
        ("t.csv", 'My pictures,\n,\npath,label\né.jpg,a\nb.jpg,"b, c"\n'),
        ("t.txt", '"path" "label"\n"1" "é.jpg" "a"\n"2" "b.jpg" "b, c"\n'),
    ],
)
def test_text_tables_are_read_whatever_the_delimiter(tmp_path: Path, name: str, text: str) -> None:
    assert rows_in(tmp_path / name, text) == WANTED


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac-roman"],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    text = 'path,label\nété.jpg,a\nb.jpg,"b, c"\n'
    wanted = [{"path": "été.jpg", "label": "a"}, WANTED[1]]
    assert rows_in(tmp_path / "t.csv", text.encode(encoding)) == wanted
    doubtful = [f.option for f in open_rows(tmp_path / "t.csv").findings if f.doubtful]
    other = {"cp1252": ["--encoding cp1250"], "mac-roman": ["--encoding cp1252"]}
    assert doubtful == other.get(encoding, [])


def test_an_accent_in_the_name_of_a_column_is_read(tmp_path: Path) -> None:
    content = b"path,pr\xe9nom\na.jpg,z\nb.jpg,y\n"
    assert rows_in(tmp_path / "t.csv", content)[0] == {"path": "a.jpg", "prénom": "z"}
    assert list(rows_in(tmp_path / "t.csv", content, "utf-8")[0]) == ["path", "pr\\udce9nom"]


def test_names_of_columns_may_contain_other_delimiters(tmp_path: Path) -> None:
    text = 'path;"width, height";label\na.jpg;"1,5";x\nb.jpg;"2,5";y\n'
    assert rows_in(tmp_path / "t.csv", text)[0] == {
        "path": "a.jpg",
        "width, height": "1,5",
        "label": "x",
    }


def test_a_table_without_names_keeps_its_first_row(tmp_path: Path) -> None:
    rows = rows_in(tmp_path / "list.txt", "a/1.jpg 0\na/2.jpg 1\n")
    assert rows == [
        {"column 1": "a/1.jpg", "column 2": "0"},
        {"column 1": "a/2.jpg", "column 2": "1"},
    ]
    assert [f.doubtful for f in open_rows(tmp_path / "list.txt").findings] == [False, True]
    # The names of columns may be numbers: pandas writes 0, 1, 2, ...
    assert rows_in(tmp_path / "t.csv", ",0,1\n0,0.5,0.25\n1,0.5,0.75\n")[1] == {
        "0": "0.5",
        "1": "0.75",
    }


@pytest.mark.parametrize(
    ("first", "is_data"),
    [
        ("5.1,3.5,1.4,setosa", True),
        ("7,0,0,0", True),
        ("0,1,2,3", False),
        ("country,2019,2021,2024", False),
        ("a,b,1,2", False),
        ("a.jpg,x,y,z", True),
    ],
)
def test_a_first_row_of_data_is_not_taken_for_names(
    tmp_path: Path, first: str, is_data: bool
) -> None:
    (tmp_path / "t.csv").write_text(f"{first}\n0.5,2,3,x\n0.25,6,7,y\n")
    assert open_rows(tmp_path / "t.csv").has_names != is_data


@pytest.mark.parametrize(
    ("text", "first", "doubtful"),
    [
        (
            "path,label\n0.jpg,Salmon, smoked\n1.jpg,Cod\n2.jpg,Cod, raw\n",
            "0.jpg Salmon  smoked",
            True,
        ),
        ("path,label\n0.jpg,cat,blurred\n1.jpg,dog,\n", "0.jpg cat blurred", True),
        ("id,label\n1,cat,wet\n2,cat,dry\n", "1 cat wet", True),
        ('"path","label"\n"a","0.jpg","cat"\n"b","1.jpg","dog"\n', "a 0.jpg cat", False),
        ("path,label\na,0.jpg,cat\nb,1.jpg,dog\n", "a 0.jpg cat", True),
        ('"mpg","cyl"\n"Mazda",21,6\n"Fiat",19,4\n', "Mazda 21 6", False),
    ],
)
def test_a_field_without_a_name_is_first_only_if_it_names_the_row(
    tmp_path: Path, text: str, first: str, doubtful: bool
) -> None:
    row = rows_in(tmp_path / "t.csv", text)[0]
    assert " ".join(row.values()) == first
    names = [name for name in row if not name.startswith("column ")]
    assert [row[name] for name in names] == first.split(" ")[first[0] not in "01" :][: len(names)]
    assert any(f.doubtful for f in open_rows(tmp_path / "t.csv").findings) == doubtful


@pytest.mark.parametrize(
    ("first", "is_data", "doubtful"),
    [
        ("cat,83,58,49", True, True),
        ("owl,83,58,49", True, True),
        ("owl,12,58,83", False, True),
        ("cat,12,58,83", True, True),
        ("id,2019,2021,2024", False, False),
    ],
)
def test_whole_numbers_in_the_first_row_are_data_or_doubtful(
    tmp_path: Path, first: str, is_data: bool, doubtful: bool
) -> None:
    (tmp_path / "t.csv").write_text(f"{first}\ncat,2,3,9\ndog,6,7,2\n")
    rows = open_rows(tmp_path / "t.csv")
    assert rows.has_names != is_data
    assert any(f.doubtful for f in rows.findings) == doubtful


@pytest.mark.parametrize("suffix", [".csv.gz", ".jsonl.gz", ".json.gz"])
def test_compressed_tables_are_read(tmp_path: Path, suffix: str) -> None:
    lines = [json.dumps(row) for row in WANTED]
    text = {
        ".csv.gz": 'path,label\né.jpg,a\nb.jpg,"b, c"\n',
        ".jsonl.gz": "\n".join(lines),
        ".json.gz": f"[{','.join(lines)}]",
    }[suffix]
    assert rows_in(tmp_path / f"t{suffix}", gzip.compress(text.encode())) == WANTED
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"path,label\n" + b"a,b\n" * 10_000))
    with pytest.raises(DatasetError, match="unpacks to more"):
        list(open_rows(tmp_path / "bomb.csv.gz", unpacked=1e-5))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text.encode())[:-12])
    with pytest.raises(DatasetError, match="cannot be read"):
        list(open_rows(tmp_path / "cut.csv.gz"))


@pytest.mark.parametrize(
    "value",
    [
        WANTED,
        {"path": {"0": "é.jpg", "1": "b.jpg"}, "label": {"0": "a", "1": "b, c"}},
        {"path": ["é.jpg", "b.jpg"], "label": ["a", "b, c"]},
        {
            "columns": ["path", "label"],
            "index": [0, 1],
            "data": [["é.jpg", "a"], ["b.jpg", "b, c"]],
        },
        {"version": 1, "data": WANTED},
        {"é.jpg": {"label": "a"}, "b.jpg": {"label": "b, c"}},
        {"é.jpg": "a", "b.jpg": "b, c"},
        {"a": ["é.jpg"], "b, c": ["b.jpg"]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_files_are_read_in_every_usual_order(
    tmp_path: Path, value: Any, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    assert rows_in(tmp_path / "t.json", text) == WANTED


def test_lists_in_json_are_vectors_by_file_name_or_columns(tmp_path: Path) -> None:
    vectors = {"a.jpg": [1, 2, 3], "b.jpg": [4, 5, 6]}
    assert rows_in(tmp_path / "t.json", json.dumps(vectors)) == [
        {"path": "a.jpg", "vector": [1, 2, 3]},
        {"path": "b.jpg", "vector": [4, 5, 6]},
    ]
    with pytest.raises(DatasetError, match="'label' has 1 cells and 'path' has 2"):
        rows_in(tmp_path / "t.json", json.dumps({"path": ["a.jpg", "b.jpg"], "label": ["x"]}))


def test_numbers_filled_up_with_spaces_are_data(tmp_path: Path) -> None:
    text = "".join(f"{i / 3:8.3f}{-i / 9:10.4f}   {i % 2}\n" for i in range(20))
    rows = rows_in(tmp_path / "t.txt", text)
    assert len(rows) == 20
    assert rows[1] == {"column 1": "0.333", "column 2": "-0.1111", "column 3": "1"}


def test_elements_of_a_json_list_are_split_without_decoding() -> None:
    text = b'  [ {"a": "]},{[\\"", "b": [1, {"c": 2}]} , 3,"x,y" ] rest'
    assert [part.strip() for part in elements(text)] == [
        b'{"a": "]},{[\\"", "b": [1, {"c": 2}]}',
        b"3",
        b'"x,y"',
    ]
    assert list(elements(b"[]")) == []
    assert [part.strip() for part in elements(b'[{"a": 1}, {"b": ')] == [b'{"a": 1}', b'{"b":']


def test_annotations_of_coco_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    with pytest.raises(DatasetError, match="COCO"):
        open_rows(path)


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_from_its_first_sheet_with_rows(tmp_path: Path) -> None:
    rows = [
        [None],
        ["My pictures"],
        ["path", " label ", None, "n"],
        ["é.jpg", "a", None, 1],
        ["b.jpg", None, None, 2.5],
    ]
    path = workbook(tmp_path / "t.xlsx", {"empty": [], "one": rows, "two": [["x"], [1]]})
    found = open_rows(path)
    assert [row[1] for row in found if not isinstance(row, BadItem)] == [
        {"path": "é.jpg", "label": "a", "n": 1},
        {"path": "b.jpg", "label": None, "n": 2.5},
    ]
    assert [(f.doubtful, f.option) for f in found.findings] == [(True, "--sheet two")]
    assert [row[1] for row in open_rows(path, sheet="two") if not isinstance(row, BadItem)] == [
        {"x": 1}
    ]
    with pytest.raises(DatasetError, match="no sheet 'three'"):
        open_rows(path, sheet="three")


def test_false_workbooks_and_those_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(DatasetError, match="not an Excel workbook"):
        open_rows(tmp_path / "a.xlsx")
    path = workbook(tmp_path / "t.xlsx", {"one": [["path"], ["a.jpg"]]})
    with pytest.raises(DatasetError, match="--unpacked"):
        open_rows(path, unpacked=1e-6)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as copy:
        for name in whole.namelist():
            text = whole.read(name)
            if "sheet1" in name:
                text = text.replace(b"<worksheet", bomb + b"<worksheet", 1)
            copy.writestr(name, text)
    with pytest.raises(DatasetError, match=r"cannot be read|not an Excel"):
        list(open_rows(tmp_path / "b.xlsx"))


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_feather_files_are_read(tmp_path: Path, compression: str) -> None:
    table = pa.Table.from_pylist([{**row, "n": 1} for row in WANTED])
    table = table.append_column("kind", pa.array(["x", "y"]).dictionary_encode())
    pyarrow.feather.write_feather(table, str(tmp_path / "t.feather"), compression=compression)
    rows = [row[1] for row in open_rows(tmp_path / "t.feather") if not isinstance(row, BadItem)]
    assert rows == table.to_pylist()
    whole = (tmp_path / "t.feather").read_bytes()
    for cut in (4, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.feather").write_bytes(whole[:cut])
        with pytest.raises(DatasetError, match="Feather"):
            open_rows(tmp_path / "cut.feather")


def test_a_feather_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    table = pa.table({"vector": np.zeros(1_000_000)})
    pyarrow.feather.write_feather(table, str(tmp_path / "t.feather"), compression="zstd")
    assert (tmp_path / "t.feather").stat().st_size < 100_000
    with pytest.raises(DatasetError, match="--unpacked"):
        open_rows(tmp_path / "t.feather", unpacked=0.001)
