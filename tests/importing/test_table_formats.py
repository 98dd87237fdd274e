"""Formats of tables as people have them: delimiters, encodings, headers, columns, labels, paths."""

import gzip
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.annotations.column_names import plain_name
from lodespace.importing.label_text import LabelReader
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables.cells import is_vector, vector_of
from lodespace.importing.tables.columns import Columns, Roles, choose_roles
from lodespace.importing.tables.file_finder import FileFinder
from lodespace.importing.tables.json_rows import elements
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import Row
from lodespace.items.errors import BadItem, ItemError
from lodespace.predict.project_model import reading_of
from lodespace.predict.reading import Reading, open_new, read_batches
from samples.pictures import Import, draw, png, reasons

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


# Columns ------------------------------------------------------------------------------------------


def roles_of(
    rows: list[Row], names: bool = True, files: tuple[str, ...] = (), **options: Any
) -> Roles:
    listed: Any = SimpleNamespace(columns=list(rows[0]), has_names=names, comma_separates=False)
    columns = Columns("t.csv", listed, rows, files.__contains__)
    return choose_roles(columns, ImportOptions(**options))


def table(**columns: list[Any]) -> list[Row]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


PATHS = [f"{i}.jpg" for i in range(6)]
TWO = ["x", "y"] * 3


def labels(roles: Roles) -> tuple[str | None, list[str]]:
    found = [f for f in roles.findings if f.topic == "labels" and f.doubtful]
    return roles.labels.column, [f.option for f in found]


@pytest.mark.parametrize("name", ["species", "breed", "Fine Label", "dx", "Class Label", "genre"])
def test_a_label_column_with_another_usual_name_is_used(name: str) -> None:
    assert labels(roles_of(table(**{"file name": PATHS, name: TWO}))) == (name, [])


def test_a_label_column_with_an_unusual_name_is_only_suggested() -> None:
    rows = table(path=PATHS, kind=TWO, note=PATHS)
    assert labels(roles_of(rows)) == (None, ["--label kind"])
    assert labels(roles_of(rows, label="KIND")) == ("kind", [])
    assert labels(roles_of(table(path=PATHS, kind=TWO))) == ("kind", ["--labels none"])


def test_names_of_classes_are_preferred_to_their_numbers() -> None:
    rows = table(filename=PATHS, target=[1, 2] * 3, category=TWO, fold=[1] * 6)
    assert roles_of(rows).labels.column == "category"
    rows = table(path=PATHS, label=[0, 1] * 3, label_text=TWO)
    assert roles_of(rows).labels.column == "label_text"
    rows = table(path=PATHS, label=[0, 1, 2] * 2, category=TWO)
    assert roles_of(rows).labels.column == "label"


def test_positions_are_not_labels() -> None:
    rows = table(x=[i / 7 for i in range(6)], y=[i / 3 for i in range(6)], kind=TWO)
    roles = roles_of(rows)
    assert roles.numbers == ("x", "y")
    assert labels(roles) == (None, ["--label kind"])


def test_y_beside_x_may_be_a_position_and_fractions_may_be_labels() -> None:
    x, y = list(range(6)), [5, 5, 5, 7, 7, 7]
    assert roles_of(table(path=PATHS, x=x, y=y, species=TWO)).labels.column == "species"
    assert roles_of(table(x=x, y=y, species=TWO)).labels.column == "species"
    assert labels(roles_of(table(path=PATHS, x=x, y=y))) == ("y", ["--labels none"])
    assert labels(roles_of(table(path=PATHS, x=x, y=y, kind=TWO))) == ("y", ["--label kind"])
    assert labels(roles_of(table(path=PATHS, x=x, y=y), label="y")) == ("y", [])
    assert labels(roles_of(table(path=PATHS, y=y))) == ("y", [])
    fractions = [i / 7 for i in range(6)]
    assert labels(roles_of(table(path=PATHS, label=fractions))) == (None, ["--label label"])


def test_tags_may_be_separated_by_spaces() -> None:
    tags = ["clear", "haze", "clear haze", "haze", "clear", "haze clear"]
    assert roles_of(table(path=PATHS, tags=tags)).labels.separators == "| "
    assert roles_of(table(path=PATHS, label=tags)).labels.separators == "|"


def test_one_hot_columns_are_the_classes() -> None:
    rows = table(path=PATHS, cat=["1", "0"] * 3, dog=["0.0", "1.0"] * 3)
    roles = roles_of(rows)
    assert roles.labels.one_hot == ("cat", "dog")
    assert roles.labels.value(rows[1]) == ["dog"]
    rows = table(path=PATHS, wet=[1, 1, 0, 0, 1, 1], hot=[1] * 6, far=[0, 1] * 3)
    assert roles_of(rows).labels.one_hot == ()
    assert labels(roles_of(rows)) == (None, ["--label 'wet,hot,far'"])
    assert roles_of(rows, label="wet,far").labels.one_hot == ("wet", "far")


def test_a_column_that_numbers_sites_is_no_class_beside_a_column_of_0_and_1() -> None:
    roles = roles_of(table(path=PATHS, site_id=["1"] * 6, cancer=["0", "1"] * 3))
    assert labels(roles) == (None, ["--label cancer"])


def test_columns_of_numbers_are_the_vector_if_nothing_else_can_be() -> None:
    rows = table(
        id=list("abcdef"),
        label=["1", "2"] * 3,
        dim_0=["0.5"] * 6,
        dim_1=["1"] * 6,
        dim_2=["-2e3"] * 6,
    )
    roles = roles_of([{**row, "year": 2000} for row in rows])
    assert roles.numbers == ("dim_0", "dim_1", "dim_2")
    assert [f.option for f in roles.findings if f.topic == "columns"] == ["--vector 'dim_*'"]
    assert roles_of(rows, vector="dim_[01]").numbers == ("dim_0", "dim_1")
    flowers = table(sepal=["5,1", "4,9"] * 3, petal=["1,4", "1,3"] * 3, species=TWO)
    assert roles_of(flowers).numbers == ("sepal", "petal")
    assert roles_of([{"path": "0.jpg", **row} for row in flowers]).numbers == ()
    with pytest.raises(DatasetError, match="no column 'x_"):
        roles_of(rows, vector="x_*")


def test_a_comma_is_the_decimal_mark_only_if_the_numbers_agree(tmp_path: Path) -> None:
    def read(text: str) -> tuple[Roles, str]:
        (tmp_path / "t.csv").write_text(text)
        source = Table(tmp_path / "t.csv", ImportOptions())
        doubts = [f.text for f in source.findings() if f.doubtful and f.topic == "columns"]
        return source.roles, "; ".join(doubts)

    roles, doubts = read('a,b,price\n1,2,"1,004"\n2,3,950\n3,4,"1,234,567"\n')
    assert roles.numbers == ("a", "b")
    assert "price, with numbers such as 1,004" in doubts
    assert read("a;b\n1,5;1,004\n2,5;2,5\n")[0].decimal_commas == {"a", "b"}
    roles, doubts = read("a;b;c\n1.5;1,004;1\n2.5;2,004;2\n")
    assert (roles.numbers, roles.decimal_commas) == (("a", "c"), frozenset())
    roles, doubts = read("a;b\n1;1,004\n2;2,004\n")
    assert roles.decimal_commas == {"a", "b"}
    assert "1,004 is read as 1.004" in doubts
    roles, doubts = read("a;b;area\n0,5;1;1.234\n1,5;2;2.345\n")
    assert (roles.numbers, "area, with numbers such as 1.234" in doubts) == (("a", "b"), True)
    assert read("a;b;c\n0,5;1;0.234\n1,5;2;2.345\n")[0].numbers == ("a", "b", "c")
    read("a,b\n" + "1,2\n" * 60 + '1,"1,004"\n')
    *_, last = Table(tmp_path / "t.csv", ImportOptions())
    assert isinstance(last, RawItem) and last.vector is not None
    with pytest.raises(ItemError, match=r"column b has '1,004'.*without commas"):
        last.vector()


def test_a_vector_beside_a_picture_shows_the_picture() -> None:
    rows = table(image=[b"\x89PNG"] * 6, embedding=[[0.0, 1.0]] * 6)
    roles = roles_of(rows)
    assert (roles.vector, roles.image, roles.thumbnail) == ("embedding", None, "image")
    assert roles_of(rows, image="image").thumbnail is None
    assert roles_of(rows, image="image").image == "image"
    rows = table(path=PATHS, embedding=[[0.0, 1.0]] * 6)
    assert roles_of(rows).thumbnail is None
    assert roles_of(rows, files=tuple(PATHS)).thumbnail == "path"


def test_a_box_beside_a_picture_is_not_a_vector() -> None:
    assert roles_of(table(path=PATHS, bbox=["[1, 2, 3, 4]"] * 6)).vector is None
    assert (
        roles_of(table(emotion=["3"] * 6, pixels=["70 80 82 72 58 9 1 2"] * 6)).vector == "pixels"
    )


def test_pictures_are_found_by_their_cells() -> None:
    assert roles_of(table(bild=PATHS, label=TWO)).image == "bild"
    stems = ["abc", "def"] * 3
    assert roles_of(table(id=stems, label=TWO), files=("abc", "def")).image == "id"
    with pytest.raises(DatasetError, match="--image or --vector"):
        roles_of(table(id=stems, label=TWO))


def test_splits_and_ids_are_found_by_name_and_content() -> None:
    rows = table(path=PATHS, Usage=["Training", "Test"] * 3, id=["1", "2"] * 3)
    roles = roles_of(rows)
    assert (roles.split, roles.id) == ("Usage", None)
    assert [f.option for f in roles.findings if f.topic == "ids"] == ["--id id"]
    assert roles_of(table(path=PATHS, type=TWO, id=PATHS[::-1])).split is None
    kaggle = ["Training", "PublicTest", "PrivateTest"] * 2
    assert roles_of(table(path=PATHS, Usage=kaggle)).split == "Usage"
    assert roles_of(table(path=PATHS, Teilmenge=["Training", "Test"] * 3)).split == "Teilmenge"
    assert roles_of(table(path=PATHS, exam=["test"] * 6)).split is None
    assert roles_of(table(path=PATHS, id=PATHS[::-1])).id == "id"


# Cells --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[0.5, 1.0, -2.0]",
        "[ 0.5  1.\n -2. ]",
        "0.5 1 -2",
        "0.5,1,-2",
        "(0.5, 1, -2)",
        "tensor([0.5000, 1.0000, -2.0000], dtype=torch.float64)",
        "array([0.5, 1. , -2. ])",
    ],
)
def test_vectors_are_read_from_every_usual_text(text: str) -> None:
    assert is_vector(text)
    np.testing.assert_array_equal(vector_of(text), np.array([0.5, 1, -2], np.float32))


def test_long_texts_of_cells_and_names_take_linear_time() -> None:
    # With quadratic time, this test would take an hour.
    assert not is_vector("array(" + ",dtype=" * 200_000)
    assert not is_vector("array(" + ",dtype=x" * 200_000 + ")")
    assert plain_name("a" + "( " * 300_000)[1] == 1.0


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "word", "[0.1 0.2 ... 0.9]", "[1, [2]]", "[a, b]", "2024-05-01 x"]
)
def test_other_texts_are_not_vectors(text: str) -> None:
    with pytest.raises(ItemError):
        vector_of(text)


@pytest.mark.parametrize(
    "missing", ["NaN", "nan", "NA", "N/A", "null", "None", "<NA>", "", " ", None]
)
def test_spellings_of_a_missing_value_are_not_classes(missing: str | None) -> None:
    assert LabelReader()(missing) == []


def test_labels_are_trimmed_and_whole_numbers_are_one_class() -> None:
    read = LabelReader()
    assert [
        read(value) for value in (" cat", "cat ", "1.0", 1.0, 1, b"1", "1.50", "Cat", "none")
    ] == [
        *[["cat"]] * 2,
        *[["1"]] * 4,
        ["1.50"],
        ["Cat"],
        ["none"],
    ]
    options = [(f.doubtful, f.option) for f in read.findings()]
    assert options == [(True, "--missing none")]
    assert LabelReader("none,x")("none") == []
    assert LabelReader("")("NaN") == ["NaN"]


def test_objects_in_json_give_the_name_or_the_marked_keys() -> None:
    read = LabelReader()
    assert read({"id": 0, "name": "dog"}) == ["dog"]
    assert read([{"label": "dog", "score": 0.5}, {"label": "cat", "score": 0.5}]) == ["dog", "cat"]
    assert read({"cat": 0, "dog": 1, "owl": 1}) == ["dog", "owl"]
    assert read({"cat": 0, "dog": 0}) == []


@pytest.mark.parametrize(
    "value",
    ["a|b", ["a", "b"], "['a', 'b']", '["a", "b"]', "['a' 'b']", "a;b", ["a", "", "b", "a"]],
)
def test_of_several_labels_the_first_is_the_class(value: Any) -> None:
    read = LabelReader(separators="|;")
    assert read(value) == ["a", "b"]
    assert ["several labels" in f.text for f in read.findings()] == [True]
    assert LabelReader()("a;b, c") == ["a;b, c"]


@pytest.mark.parametrize(
    ("texts", "separate"),
    [
        (["cat", "dog"], True),
        (["cat|dog", "cat", "dog"], True),
        (["cat|dog", "dog|bird", "bird|cat"], True),
        (["A|B", "C"], False),
        (["A|B", "A|B", "C|D"], False),
    ],
)
def test_a_bar_separates_labels_that_other_items_have_too(texts: list[str], separate: bool) -> None:
    roles = roles_of(table(path=PATHS, label=(texts * 6)[:6]))
    assert roles.labels.separators == ("|" if separate else "")
    read = LabelReader(separators=roles.labels.separators)
    assert len(read(texts[0])) == (2 if separate and "|" in texts[0] else 1)
    assert any("bar" in f.text for f in read.findings()) == (not separate)


# Whole tables -------------------------------------------------------------------------------------


def test_paths_from_another_computer_find_their_files(tmp_path: Path) -> None:
    for name in ("img/cat/1.jpg", "img/dog/1.jpg", "img/dog/ABC.PNG", "2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        draw(1).save(tmp_path / name)
    find = FileFinder(tmp_path)
    for path, wanted in {
        "img/cat/1.jpg": "img/cat/1.jpg",
        "img\\cat\\1.jpg": "img/cat/1.jpg",
        "C:\\data\\img\\dog\\1.jpg": "img/dog/1.jpg",
        "/home/me/set/dog/1.jpg": "img/dog/1.jpg",
        "file:///home/me/2.png": "2.png",
        "abc": "img/dog/ABC.PNG",
        "2": "2.png",
        "dog/1": "img/dog/1.jpg",
    }.items():
        assert find(path) == wanted.encode(), path
    assert (find.exact, find.by_end) == (1, 7)
    for name in ("train/3.png", "test_images/3.png"):
        (tmp_path / name).parent.mkdir()
        draw(1).save(tmp_path / name)
    assert FileFinder(tmp_path, "train_labels")("3") == b"train/3.png"
    assert FileFinder(tmp_path, "test")("3.png") == b"test_images/3.png"
    for path in ("1.jpg", "https://example.org/1.jpg"):
        with pytest.raises(ItemError, match=r"fits 2 files|web address"):
            find(path)
    assert find("none.jpg") == b"none.jpg"
    assert find("../../etc/passwd") == b"../../etc/passwd"
    assert [(f.doubtful, f.option) for f in find.findings()] == [
        (False, "--root FOLDER"),
        (True, "--root FOLDER"),
    ]


def test_a_row_does_not_get_the_file_of_another_row(tmp_path: Path) -> None:
    for name in ("cat/0.jpg", "cat/1.jpg", "set/owl/2.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        draw(1).save(tmp_path / name)
    rows = ["dog/0.jpg", "cat/0.jpg", "nope/1.jpg", "x/owl/2.jpg", "x/bat/2.jpg", "y/bat/2.jpg"]
    find = FileFinder(tmp_path, paths=lambda: rows)
    for path in ("dog/0.jpg", "x/bat/2.jpg", "y/bat/2.jpg"):
        with pytest.raises(ItemError, match=r"no such file; .* another row names it"):
            find(path)
    assert find("cat/0.jpg") == b"cat/0.jpg"
    assert find("x/owl/2.jpg") == b"set/owl/2.jpg"
    assert find("nope/1.jpg") == b"cat/1.jpg"  # no other row names it, so the folder may be renamed
    doubt = next(f.text for f in find.findings() if f.doubtful)
    assert (
        doubt == "1 path matched by the file name, but the folder differs (nope/1.jpg: cat/1.jpg)"
    )
    # Of rows with equally good paths, neither can be preferred.
    find = FileFinder(tmp_path, paths=lambda: ["a/0.jpg", "b/0.jpg"])
    with pytest.raises(ItemError, match="another row names it"):
        find("a/0.jpg")


def test_equal_file_names_are_compared_once_per_folder(tmp_path: Path) -> None:
    paths = [f"train/p{i}/s1/view.jpg".encode() for i in range(300)]
    find = FileFinder(tmp_path)
    find._by_name = {"view.jpg": paths}
    compared: list[int] = []
    choose = find._best

    def counting(best: list[bytes], name: str) -> bytes | str:
        compared.append(len(best))
        return choose(best, name)

    find._best = counting
    for i in range(300):
        assert find(f"Data-v1/train/p{i}/s1/view.jpg") == paths[i]
        with pytest.raises(ItemError, match="fits 300 files"):
            find(f"elsewhere/p{i}/s1/x/view.jpg")
    assert sum(compared) == 600


def test_rows_with_pictures_keep_an_id_whatever_their_paths(tmp_path: Path, bring: Import) -> None:
    rows = [
        {"image": {"bytes": png(draw(i)), "path": f"{i % 3}.png"}, "label": "abc"[i // 3]}
        for i in range(9)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    items, report = bring(tmp_path / "t.parquet")
    assert report.bad == []
    assert items.class_names == ("a", "b", "c")
    assert items.ids == ("0.png", "1.png", "2.png", *(f"{i % 3}.png#{i}" for i in range(3, 9)))


def test_parquet_files_of_splits_give_the_split(tmp_path: Path, bring: Import) -> None:
    for name, start in (("train-00000-of-00001", 0), ("test-00000-of-00001", 3)):
        rows = [{"image": png(draw(start + i)), "label": "ab"[i % 2]} for i in range(3)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    items, _ = bring(tmp_path)
    assert items.table is not None
    assert items.table.column("lodespace.split") == ["test"] * 3 + ["train"] * 3


def test_an_index_without_a_name_is_neither_split_nor_picture(
    tmp_path: Path, bring: Import
) -> None:
    for i in range(2):
        draw(i).save(tmp_path / f"{i}.png")
    (tmp_path / "t.csv").write_text(",path,label\n0,0.png,x\n1,1.png,y\n")
    items, _ = bring(tmp_path / "t.csv")
    assert items.table is not None
    assert items.table.column("lodespace.split") == [None, None]
    assert items.class_names == ("x", "y")


def test_an_odd_first_row_does_not_decide_the_length(tmp_path: Path, bring: Import) -> None:
    lengths, labels = [3, 2, 2, 2], ["b", "a|b", "a|b", "a"]
    rows = [
        {"vector": [0.0] * length, "label": label}
        for length, label in zip(lengths, labels, strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    items, report = bring(tmp_path / "t.parquet")
    assert items.ids == ("1", "2", "3")
    assert reasons(report) == {"0": "a vector of 3 numbers; most vectors have 2 numbers"}
    assert items.class_names == ("a",)
    assert items.table is not None
    assert items.table.column("lodespace.other_labels") == ["b", "b", None]


def test_thumbnails_are_shown_without_an_option(tmp_path: Path, bring: Import) -> None:
    for name in "abc":
        draw(0).save(tmp_path / f"{name}.png")
    lines = [f"{name}.png,{i},1,2" for i, name in enumerate(["a", "b", "c", "a", "none"])]
    lines.insert(0, "path,x0,x1,x2")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    items, report = bring(tmp_path / "t.csv", vector="x*")
    assert report.bad == []
    assert items.ids == ("a.png", "b.png", "c.png", "a.png#3", "none.png")
    assert items.pictures is not None
    assert (items.pictures[4] == 128).all()


def test_findings_of_a_table_state_how_it_was_read(tmp_path: Path) -> None:
    for i in range(3):
        draw(i).save(tmp_path / f"{i}.png")
    (tmp_path / "t.csv").write_text("file;art\nx\\0.png;a\nx\\1.png;NaN\nx\\9.png;a\n")
    source = Table(tmp_path / "t.csv", ImportOptions(label="art"))
    assert sum(not isinstance(item, BadItem) for item in source) == 3
    found = {(f.topic, f.text, f.doubtful) for f in source.findings() if f.topic != "values"}
    assert found == {
        ("columns", "separated by semicolons", False),
        ("labels", "from the column art", False),
        ("labels", "values without a label: NaN (1)", False),
        ("ids", "2 paths matched by the end (x\\0.png: 0.png)", False),
        ("ids", "1 path without a file", True),
        ("ids", "the paths", False),
    }


@pytest.mark.parametrize("form", ["names", "no names", "text"])
def test_rows_of_pixels_are_pictures(tmp_path: Path, bring: Import, form: str) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (6, 9, 9), dtype=np.uint8)
    flat = pictures.reshape(6, 81)
    names = ",".join(["label", *(f"pixel{i}" for i in range(81))])
    lines = [f"{i % 3}," + ",".join(map(str, row)) for i, row in enumerate(flat)]
    if form == "names":
        lines.insert(0, names)
    elif form == "text":
        lines = [f"{i % 3}," + " ".join(map(str, row)) for i, row in enumerate(flat)]
        lines.insert(0, "emotion,pixels")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    items, report = bring(tmp_path / "t.csv")
    assert (items.kind, report.bad) == ("image", [])
    np.testing.assert_array_equal(items.data, pictures)
    assert items.class_names == ("0", "1", "2")
    option = {"names": "pixel*", "no names": "column *", "text": "pixels"}[form]
    assert bring(tmp_path / "t.csv", vector=option)[0].kind == "vector"


def test_new_vectors_are_read_by_the_names_of_their_columns(tmp_path: Path, bring: Import) -> None:
    new = tmp_path / "new.csv"

    def vectors(text: str, **options: Any) -> list[list[float]]:
        new.write_text(text)
        found = ImportReport("new")
        source = open_new(str(new), reading, ImportOptions(**options))
        (batch,) = read_batches(source, reading, found, 10)
        return batch.array().tolist()

    (tmp_path / "t.csv").write_text("label,b,a,c\nx,1,2,3\ny,4,5,6\n")
    items, _ = bring(tmp_path / "t.csv")
    reading = Reading.of(reading_of(items))
    assert reading.details == {"vector_columns": ["b", "a", "c"]}
    assert vectors("c,a,b,d\n3,2,1,0\n") == [[1, 2, 3]]
    assert vectors("c,a,b\n3,2,1\n", vector="[abc]") == [[1, 2, 3]]
    assert vectors("x,y,z\n3,2,1\n", vector="y,z,x") == [[2, 1, 3]]
    with pytest.raises(DatasetError, match=r"1 of the 3 columns .* are missing: c\. "):
        vectors("a,b,d\n1,2,3\n")
    with pytest.raises(DatasetError, match="missing: b, a, c"):
        vectors("1,2,3\n1.5,2,3\n")
