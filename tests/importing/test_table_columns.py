"""The columns of a table: which one has labels, vectors, pictures, splits or ids."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lodespace.errors import DatasetError
from lodespace.importing.label_text import LabelReader
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables.columns import Columns
from lodespace.importing.tables.roles import Roles, choose_roles
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import Row
from lodespace.items.errors import ItemError


class _Listed(SimpleNamespace):
    """The rows of a table."""

    rows: list[Row]

    def __iter__(self) -> Iterator[tuple[str, Row]]:
        return (("row", row) for row in self.rows)


def roles_of(
    rows: list[Row], names: bool = True, files: tuple[str, ...] = (), **options: Any
) -> Roles:
    columns = list(rows[0])
    listed: Any = _Listed(
        columns=columns, width=len(columns), has_names=names, comma_separates=False, rows=rows
    )
    of_table = Columns("t.csv", listed, rows, files.__contains__)
    return choose_roles(of_table, ImportOptions(**options))


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


def test_columns_that_number_sites_are_not_proposed() -> None:
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
    assert "price; numbers such as 1,004" in doubts
    assert read("a;b\n1,5;1,004\n2,5;2,5\n")[0].decimal_commas == {"a", "b"}
    roles, doubts = read("a;b;c\n1.5;1,004;1\n2.5;2,004;2\n")
    assert (roles.numbers, roles.decimal_commas) == (("a", "c"), frozenset())
    roles, doubts = read("a;b\n1;1,004\n2;2,004\n")
    assert roles.decimal_commas == {"a", "b"}
    assert "1,004 is read as 1.004" in doubts
    roles, doubts = read("a;b;area\n0,5;1;1.234\n1,5;2;2.345\n")
    assert (roles.numbers, "area; numbers such as 1.234" in doubts) == (("a", "b"), True)
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
    with pytest.raises(DatasetError, match="--image, --vector or --text"):
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
