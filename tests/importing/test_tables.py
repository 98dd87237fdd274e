"""Tables: detected columns, other columns that are kept, and bad rows that are left out."""

import base64
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lodespace.errors import DatasetError
from lodespace.items.item_set import ItemSet
from samples.pictures import Import, draw, png, reasons

ROWS = [
    {
        "id": f"n{i}",
        "path": f"pictures/{i}.png",
        "label": "ab"[i % 2] if i else "",
        "split": "train",
        "note": f"=SUM({i})",
    }
    for i in range(6)
]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    for i in range(6):
        draw(i).save(tmp_path / "pictures" / f"{i}.png")
    return tmp_path


def write(path: Path, rows: list[dict[str, Any]], delimiter: str = ",") -> Path:
    if path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(
                file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else delimiter
            )
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def columns(items: ItemSet) -> list[dict[str, Any]]:
    assert items.table is not None
    return [items.table.row(i) for i in range(len(items))]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_pictures_by_path_keep_labels_and_every_column(
    pictures: Path, bring: Import, suffix: str
) -> None:
    items, report = bring(write(pictures / f"table{suffix}", ROWS))
    assert report.bad == []
    assert items.ids == tuple(row["id"] for row in ROWS)
    assert items.class_names == ("a", "b")
    assert items.truth is not None
    assert items.truth.tolist() == [-1, 1, 0, 1, 0, 1]
    assert [row["note"] for row in columns(items)] == [row["note"] for row in ROWS]
    np.testing.assert_array_equal(items.data[3], np.asarray(draw(3)))


def test_semicolons_and_a_byte_order_mark_are_read(pictures: Path, bring: Import) -> None:
    path = write(pictures / "table.csv", ROWS, delimiter=";")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    items, report = bring(path)
    assert report.bad == []
    assert items.ids[0] == "n0"


def test_options_name_columns_with_unusual_names(pictures: Path, bring: Import) -> None:
    rows = [{"nummer": r["id"], "bild": r["path"], "art": r["label"]} for r in ROWS]
    path = write(pictures / "table.csv", rows)
    items, _ = bring(path)  # the column bild has names of pictures
    assert (items.ids[2], items.class_names) == ("pictures/2.png", ("a", "b"))
    items, _ = bring(path, image="bild", label="art", id="nummer")
    assert items.ids[2] == "n2"
    assert items.class_names == ("a", "b")
    with pytest.raises(DatasetError, match="no column 'foto'"):
        bring(path, image="foto")


@pytest.mark.parametrize("cell", ["bytes", "hugging face"])
def test_picture_bytes_in_parquet_are_read(tmp_path: Path, bring: Import, cell: str) -> None:
    rows = [
        {
            "image": png(draw(i))
            if cell == "bytes"
            else {"bytes": png(draw(i)), "path": f"{i}.png"},
            "label": i % 2,
        }
        for i in range(5)
    ]
    table = pa.Table.from_pylist(rows)
    info = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    pq.write_table(
        table.replace_schema_metadata({"huggingface": json.dumps(info)}), tmp_path / "train.parquet"
    )
    items, _ = bring(tmp_path / "train.parquet")
    assert items.class_names == ("cat", "dog")
    np.testing.assert_array_equal(items.data[4], np.asarray(draw(4)))
    assert items.ids[1] == ("1.png" if cell == "hugging face" else "1")


def test_pictures_in_data_urls_are_read(tmp_path: Path, bring: Import) -> None:
    urls = [f"data:image/png;base64,{base64.b64encode(png(draw(i))).decode()}" for i in range(5)]
    rows = [{"image": url, "label": "x"} for url in [*urls, urls[0][:40], "data:image/png;base64,"]]
    items, report = bring(write(tmp_path / "t.jsonl", rows))
    assert len(items) == 5
    np.testing.assert_array_equal(items.data[4], np.asarray(draw(4)))
    assert len(report.bad) == 2
    assert max(len(bad.reason) for bad in report.bad) < 120


@pytest.mark.parametrize("head", [b"RIFF\0\0\0\0WAVEfmt ", b"fLaC" + bytes(12), b"ID3" + bytes(13)])
def test_sounds_in_a_table_are_refused_with_what_to_do(
    tmp_path: Path, bring: Import, head: bytes
) -> None:
    rows = [{"audio": {"bytes": head + bytes(99), "path": f"{i}.wav"}} for i in range(3)]
    with pytest.raises(DatasetError, match=r"column audio holds sounds.*write them as files"):
        bring(write(tmp_path / "t.parquet", rows))


def test_large_pictures_in_a_table_keep_their_original_for_the_card(
    tmp_path: Path, bring: Import
) -> None:
    from lodespace.items.originals import picture

    rows = [{"image": png(draw(i, (300, 200)))} for i in range(3)]
    items, _ = bring(write(tmp_path / "t.parquet", rows))
    assert items.data.shape == (3, 128, 128)
    (tmp_path / "t.parquet").unlink()
    np.testing.assert_array_equal(
        np.asarray(picture(items, 2, 512)), np.asarray(draw(2, (300, 200)))
    )


@pytest.mark.slow
def test_large_pictures_in_a_table_are_not_held_all_at_once(tmp_path: Path, bring: Import) -> None:
    """A table has forty pictures of 4 MB. Python never holds all of them at the same time."""
    import tracemalloc

    random = np.random.default_rng(0)
    noise = [
        Image.fromarray(random.integers(0, 256, (1200, 1200, 3), dtype=np.uint8)) for _ in range(2)
    ]
    cells = [png(picture) for picture in noise]
    assert len(cells[0]) > 4_000_000
    rows = [{"id": str(i), "image": cells[i % 2]} for i in range(40)]
    path = write(tmp_path / "t.parquet", rows)
    del rows
    tracemalloc.start()
    items, report = bring(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(items), report.bad) == (40, [])
    assert peak < 130_000_000


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path, bring: Import) -> None:
    (tmp_path / "data").mkdir()
    for part in range(2):
        rows = [{"id": f"{part}-{i}", "embedding": [float(i), 1.0, 2.0]} for i in range(3)]
        write(tmp_path / "data" / f"train-{part}.parquet", rows)
    secret = write(tmp_path / "secret.parquet", [{"id": "s", "embedding": [1.0, 2.0, 3.0]}])
    (tmp_path / "data" / "z.parquet").symlink_to(secret)  # a link that leads out is not followed
    items, _ = bring(tmp_path / "data")
    assert items.ids == ("0-0", "0-1", "0-2", "1-0", "1-1", "1-2")
    assert items.kind == "vector"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_vectors_are_read_from_a_column_of_lists(
    tmp_path: Path, bring: Import, suffix: str
) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(3, 2, (20, 5)).astype(np.float32)
    rows: list[dict[str, Any]] = [
        {"key": f"k{i}", "emb": vectors[i].tolist(), "class": "xy"[i % 2]} for i in range(20)
    ]
    if suffix == ".csv":
        rows = [{**row, "emb": json.dumps(row["emb"])} for row in rows]
    items, _ = bring(write(tmp_path / f"t{suffix}", rows))
    assert items.kind == "vector"
    np.testing.assert_allclose(items.data, vectors, rtol=1e-6)
    assert items.standardisation is not None
    np.testing.assert_allclose(
        items.standardisation, [vectors.mean(axis=0), vectors.std(axis=0)], rtol=1e-4
    )
    assert items.pictures is None


def test_vectors_may_have_thumbnails(pictures: Path, bring: Import) -> None:
    rows = [{**row, "vector": [i, 1.0, 2.0]} for i, row in enumerate(ROWS)]
    items, _ = bring(write(pictures / "t.parquet", rows), thumbnails="path")
    assert items.kind == "vector"
    assert items.pictures is not None
    assert items.pictures.shape == (6, 64, 64)


def test_column_types_are_the_same_in_an_export(pictures: Path, bring: Import) -> None:
    rows = [
        {**row, "count": i, "weight": i / 2, "tags": ["x", str(i)], "ok": i > 2}
        for i, row in enumerate(ROWS)
    ]
    items, _ = bring(write(pictures / "t.parquet", rows))
    kept = columns(items)
    for row, wanted in zip(kept, rows, strict=True):
        assert {key: row[key] for key in ("count", "weight", "tags", "ok", "note")} == {
            key: wanted[key] for key in ("count", "weight", "tags", "ok", "note")
        }


def test_a_column_of_numbers_and_words_is_kept_as_text(pictures: Path, bring: Import) -> None:
    rows = [{**row, "mixed": i if i % 2 else f"no {i}"} for i, row in enumerate(ROWS)]
    items, _ = bring(write(pictures / "t.jsonl", rows))
    assert [row["mixed"] for row in columns(items)] == ["no 0", "1", "no 2", "3", "no 4", "5"]


# Bad rows -----------------------------------------------------------------------------------------


def test_bad_rows_of_a_csv_file_are_left_out_by_line(pictures: Path, bring: Import) -> None:
    path = write(pictures / "t.csv", ROWS)
    lines = path.read_bytes().splitlines(keepends=True)
    bad = [
        b"short,row\r\n",
        b"n7,pictures/1.png,a,train,caf\xe9\r\n",  # latin-1
        b"n8,pictures/none.png,a,train,x\r\n",
        b"n1,pictures/1.png,a,train,twin\r\n",
        b",pictures/1.png,a,train,no id\r\n",
        b"n9,../../etc/passwd,a,train,x\r\n",
        b"n10,/etc/passwd,a,train,x\r\n",
        b"n11,pictures/\0.png,a,train,x\r\n",
        b"n12,pictures/1.png,a,train," + b"y" * (1 << 20) + b"\r\n",
    ]
    path.write_bytes(b"".join(lines[:3] + bad + lines[3:]))
    items, report = bring(path)
    found = reasons(report)
    assert items.ids == ("n0", "n1", "n7", "n12", "n2", "n3", "n4", "n5")
    assert "has 2 fields" in found["line 4"]
    assert columns(items)[2]["note"] == "caf\u00e9", "the file is not UTF-8"
    assert found["n8"] == "there is no such file"
    assert found["n1"] == "another item already has this id"
    assert "no id" in found["line 8"]
    assert "leads out" in found["n9"]
    assert "leads out" in found["n10"]
    assert "NUL" in found["n11"]
    assert columns(items)[3]["note"] == "y" * (1 << 20)


def test_another_encoding_can_be_set(pictures: Path, bring: Import) -> None:
    path = write(pictures / "t.csv", ROWS)
    path.write_bytes(path.read_bytes().replace(b"=SUM", b"caf\xe9"))
    items, report = bring(path, encoding="latin-1")
    assert report.bad == []
    assert columns(items)[0]["note"].startswith("café")
    with pytest.raises(DatasetError, match="no such encoding"):
        bring(path, encoding="klingon")


def test_bad_lines_of_json_are_left_out(pictures: Path, bring: Import) -> None:
    path = write(pictures / "t.jsonl", ROWS)
    path.write_text(
        path.read_text()
        + '{"id": \n[1, 2]\n'
        + "[" * 5000
        + "\n"
        + '{"id": "lone", "path": "\\ud800"}\n'
    )
    items, report = bring(path)
    assert len(items) == 6
    assert set(reasons(report)) >= {"line 7", "line 8", "line 9"}
    assert len(report.bad) == 4


def test_incomplete_characters_are_escaped(tmp_path: Path, bring: Import) -> None:
    lines = [
        json.dumps({"id": f"{i}\ud800", "vector": [i, 1.0], "label": "a\udfff", "note": "\ud801"})
        for i in range(3)
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    items, report = bring(tmp_path / "t.jsonl")
    assert report.bad == []
    assert items.ids[0] == "0\\ud800"
    assert items.class_names == ("a\\udfff",)
    assert columns(items)[0]["note"] == "\\ud801"


def test_bad_vectors_are_left_out(tmp_path: Path, bring: Import) -> None:
    cells: list[Any] = [[1.0, 2.0]] * 3 + [
        [1.0],
        [float("nan"), 1.0],
        [float("inf"), 1.0],
        None,
        [],
    ]
    rows = [{"id": str(i), "vector": cell, "n": i} for i, cell in enumerate(cells)]
    items, report = bring(write(tmp_path / "t.parquet", rows))
    assert items.ids == ("0", "1", "2")
    assert set(reasons(report)) == {"3", "4", "5", "6", "7"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "empty"),
        ("t.csv", b"\n\n", "first line"),
        ("t.csv", b"id,path\n", "has no rows"),
        ("t.csv", b"id,id\n1,2\n", "two columns"),
        ("t.jsonl", b"[1]\n[2]\n", "JSON object"),
        ("t.parquet", b"PAR1 not whole PAR1", "Parquet"),
    ],
)
def test_invalid_tables_are_refused(
    tmp_path: Path, bring: Import, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        bring(tmp_path / name)


def test_a_truncated_parquet_file_is_refused(pictures: Path, bring: Import) -> None:
    path = write(pictures / "t.parquet", ROWS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DatasetError, match="not a complete Parquet file"):
        bring(path)


def test_a_small_file_of_very_many_rows_is_refused(tmp_path: Path, bring: Import) -> None:
    indices = pa.array(np.zeros(6_000_000, np.int8))
    table = pa.table({"image": pa.DictionaryArray.from_arrays(indices, pa.array(["a.png"]))})
    pq.write_table(table, tmp_path / "many.parquet")
    assert (tmp_path / "many.parquet").stat().st_size < 100_000
    with pytest.raises(DatasetError, match="at most 5,000,000"):
        bring(tmp_path / "many.parquet")


def test_nested_columns_are_kept(pictures: Path, bring: Import) -> None:
    rows = [{**row, "box": {"x": i, "tags": [{"k": "v"}]}} for i, row in enumerate(ROWS)]
    items, _ = bring(write(pictures / "t.parquet", rows))
    assert columns(items)[3]["box"] == {"x": 3, "tags": [{"k": "v"}]}


@pytest.mark.slow
def test_a_label_column_of_2_000_values_is_refused_with_advice(
    tmp_path: Path, bring: Import
) -> None:
    table = pa.table(
        {"vector": [[1.0, 2.0]] * 2_000, "label": [f"class {i}" for i in range(2_000)]}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DatasetError, match=r"2,000 classes.*--label"):
        bring(tmp_path / "t.parquet")


def test_searching_finds_ids_paths_and_columns_in_any_case(pictures: Path, bring: Import) -> None:
    rows = [
        {**row, "place": "Saarbrücken" if i == 4 else "elsewhere", "count": 100 + i}
        for i, row in enumerate(ROWS)
    ]
    items, _ = bring(write(pictures / "t.parquet", rows))
    assert items.matching("N2") == [2]
    assert items.matching("pictures/3") == [3]
    assert items.matching("saarBRÜCKEN") == [4]
    assert items.matching("105") == [5]
    assert items.matching("nothing like it") == []
    assert items.matching("place:elsewhere") == [0, 1, 2, 3, 5]
    assert items.matching("id:n3") == [3]
    assert items.matching("nothing:n3") == []
