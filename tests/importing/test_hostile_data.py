"""Hostile data that would end an import or fill memory or disk. The import refuses such a file, or
leaves it out and names it in the report."""

import gzip
import inspect
import json
import math
import os
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from lodespace.errors import DatasetError
from lodespace.importing.tables.csv_rows import CsvRows
from lodespace.importing.tables.parquet_rows import ParquetRows
from lodespace.items import item_set, originals, unpacking
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.paths import walk
from lodespace.items.table_builder import MAX_COLUMNS
from samples.pictures import Import, draw, reasons

RATE = 16_000


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder of three sound files of 3 s."""
    root = tmp_path / "recordings"
    root.mkdir()
    for name in ("a.wav", "b.flac", "c.wav"):
        soundfile.write(root / name, noise(3), RATE)
    return root


def patched(path: Path, offset: int, value: int) -> None:
    """Write `value` as a number of 32 bits into the file."""
    raw = bytearray(path.read_bytes())
    raw[offset : offset + 4] = struct.pack("<I", value)
    path.write_bytes(raw)


# Sounds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0, 1, 8, 100, 1_000_001, (1 << 31) - 1, (1 << 32) - 1])
def test_a_mad_sample_rate_is_left_out_by_name(recordings: Path, bring: Import, rate: int) -> None:
    soundfile.write(recordings / "mad.wav", noise(3), RATE)
    patched(recordings / "mad.wav", 24, rate)
    tracemalloc.start()
    items, report = bring(recordings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert items.ids == ("a.wav@0.000", "b.flac@0.000", "c.wav@0.000")
    assert set(reasons(report)) == {"mad.wav"}
    assert items.details["spectrogram"]["fmax"] == RATE / 2, "the file had an effect on the others"
    assert peak < 100 << 20


@pytest.mark.parametrize("promised", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_false_length_does_not_exceed_the_limit_on_items(
    recordings: Path, bring: Import, promised: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.importing.build.MAX_ITEMS", 1000)
    soundfile.write(recordings / "long.wav", noise(3), RATE)
    patched(recordings / "long.wav", 40, promised)
    assert len(bring(recordings, window=1.0)[0]) >= 9


def test_any_error_of_the_sound_library_leaves_out_one_file(
    recordings: Path, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(soundfile.SoundFile):
        def read(self, *arguments: Any, **more: Any) -> Any:
            if self.format == "FLAC":
                raise MemoryError("Unable to allocate 24.0 GiB")
            return super().read(*arguments, **more)

    monkeypatch.setattr(soundfile, "SoundFile", Failing)
    items, report = bring(recordings)
    assert len(items) == 2
    assert "24.0 GiB" in reasons(report)["b.flac"]


def test_a_sound_that_unpacks_to_too_much_is_cut(recordings: Path, bring: Import) -> None:
    soundfile.write(recordings / "silence.flac", np.zeros(60 * RATE, np.float32), RATE)
    # At most 200 kB may be read, and 3 s take 96 kB.
    items, report = bring(recordings, unpacked=0.0002)
    assert sum(item_id.startswith("silence") for item_id in items.ids) == 2
    assert "--unpacked" in reasons(report)["silence.flac@6.000"]


def test_64_channels_are_read_in_parts(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.tile(noise(20)[:, None], 64), RATE)
    with soundfile.SoundFile(tmp_path / "a.wav") as recording:
        tracemalloc.start()
        mixed = originals.read_mixed(recording, 20 * RATE)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    np.testing.assert_allclose(mixed, noise(20), atol=1e-4)
    assert peak < 40 << 20, "all channels take 82 MB"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0.0, 1e9), (-1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (1e300, 2e300)],
)
def test_times_that_make_no_sense_are_refused(start: float, end: float) -> None:
    with pytest.raises(ItemError):
        originals.part_of(start, end, RATE)


# Archives -----------------------------------------------------------------------------------------


def test_an_archive_may_unpack_to_20_times_its_size_or_2_gb() -> None:
    assert unpacking.most_unpacked(10**6, None) == 2 * 10**9
    assert unpacking.most_unpacked(10**9, None) == 20 * 10**9
    assert unpacking.most_unpacked(10**9, 0.5) == 5 * 10**8
    assert unpacking.most_unpacked(10**6, math.inf) > 10**15


def test_an_npz_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, bring: Import) -> None:
    """The .npz file states an unpacked size of 4 GB, as a small compressed file of zeros can."""
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, X=np.zeros((100, 1000), np.float32))
    raw = bytearray(path.read_bytes())
    directory = raw.index(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = struct.pack("<I", 4_000_000_000)
    path.write_bytes(raw)
    with pytest.raises(DatasetError, match=r"4 GB in a file of .* --unpacked GB"):
        bring(path)


def test_the_option_unpacked_sets_the_limit(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, X=np.zeros((100, 1000), np.float32))
    with pytest.raises(DatasetError, match=r"--unpacked 0\.0001"):
        bring(path, unpacked=0.0001)
    assert len(bring(path, unpacked=0.001)[0]) == 100


def test_a_gz_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    head = b"\0\0\x08\x03" + struct.pack(">III", 100_000, 200, 200)
    path.write_bytes(gzip.compress(head + bytes(10_000)))
    with pytest.raises(DatasetError, match=r"4 GB in a file of .*--unpacked"):
        bring(path)


@pytest.mark.parametrize("kind", ["npz", "gz"])
def test_a_damaged_archive_is_refused_with_a_sentence(
    tmp_path: Path, bring: Import, kind: str
) -> None:
    values = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    if kind == "npz":
        path = tmp_path / "a.npz"
        np.savez_compressed(path, X=values)
    else:
        path = tmp_path / "images-idx3-ubyte.gz"
        head = b"\0\0\x08\x03" + struct.pack(">III", *values.shape)
        path.write_bytes(gzip.compress(head + values.tobytes()))
    whole = path.read_bytes()
    for where in range(200, len(whole) - 200, len(whole) // 12):
        raw = bytearray(whole)
        raw[where : where + 8] = b"\xff" * 8
        path.write_bytes(raw)
        with pytest.raises(DatasetError):
            bring(path)


def test_a_long_npy_header_in_an_archive_is_not_read(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "header.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        head = b"\x93NUMPY\x02\0" + struct.pack("<I", 300_000_000)
        archive.writestr("X.npy", head + bytes(100_000_000))
    tracemalloc.start()
    with pytest.raises(DatasetError, match="the header has 300,000,000 bytes"):
        bring(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


def test_an_item_of_a_gigabyte_is_refused(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "two.npy"
    array = np.lib.format.open_memmap(path, "w+", np.uint8, (2, 1 << 30))
    del array  # a sparse file: it takes no space
    with pytest.raises(DatasetError, match="The first axis must be the items"):
        bring(path)


# Tables -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_table_of_30_000_columns_keeps_every_column(tmp_path: Path, bring: Import) -> None:
    """The import takes less than 1 s, because its time grows linearly with the number of columns.

    With a time that grows with the square of this number, it takes 85 s.
    """
    names = [f"gene{k}" for k in range(30_000)]
    lines = [",".join(["id", "vector", *names])]
    lines += [",".join([f"r{i}", f'"[{i}, 1, 2]"', *["0.5"] * 30_000]) for i in range(3)]
    path = tmp_path / "genes.csv"
    path.write_text("\n".join(lines))
    items, report = bring(path)
    assert (len(items), report.bad) == (3, [])
    assert items.table is not None
    assert items.table.columns == names
    assert items.table.row(2)["gene29999"] == "0.5"
    assert len(items.table.row(2, 500)) == 500


def lines_of(tmp_path: Path, rows: list[dict[str, Any] | str]) -> Path:
    """A file of JSON lines with vectors. A row given as text is written as it is."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def test_odd_json_lines_are_imported_or_left_out(tmp_path: Path, bring: Import) -> None:
    deep: Any = "end"
    for _ in range(25):
        deep = {"in": [deep]}
    path = lines_of(
        tmp_path,
        [
            {"vector": [1, 2], "deep": deep, "bad \ud800 name": 1},
            {"vector": [3, 4], "deep": deep, "empty": {}, "label": {"a": deep}},
            {"vector": [5, 6], "deep": None, "empty": {}},
            '{"vector": [1, 2], "big": ' + "9" * 5000 + "}",
            '{"vector": ' + "[" * 5000 + "}",
            {"vector": [10**400, 1]},
            {"vector": [7, 8], **{f"key{k}": {f"k{k}": 1} for k in range(300)}},
            {"vector": [7, 9], "keys": {f"k{k}": 1 for k in range(5000)}},
        ],
    )
    items, report = bring(path)
    assert len(items) == 5
    assert items.table is not None
    assert items.table.row(0)["deep"].startswith('{"in": [{"in"')
    assert items.table.row(0)["bad \\ud800 name"] == 1
    assert json.loads(items.table.row(4)["keys"])["k4999"] == 1
    assert len(report.bad) == 3


@pytest.mark.slow
def test_a_file_with_new_columns_in_every_row_is_refused(tmp_path: Path, bring: Import) -> None:
    rows = [
        {"vector": [i, 1], **{f"c{i}_{k}": 1 for k in range(10_000)}}
        for i in range(MAX_COLUMNS // 10_000 + 1)
    ]
    with pytest.raises(DatasetError, match="65,536 different columns"):
        bring(lines_of(tmp_path, rows))  # type: ignore[arg-type]


def test_a_very_long_row_of_a_csv_file_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.importing.tables.csv_rows.MAX_LINE", 1000)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n" + "x" * 5000 + ',1\n3,4\n"' + "y\n" * 2000)
    found = list(CsvRows(path, "utf-8"))
    assert found[0] == ("line 2", {"a": "1", "b": "2"})
    assert isinstance(found[1], BadItem) and "the row has more than" in found[1].reason
    assert found[2] == ("line 4", {"a": "3", "b": "4"})
    # A quoted field continues over many lines and has no end. The import stops reading the field,
    # and reads its lines as rows.
    assert isinstance(found[3], BadItem) and "the row has more than" in found[3].reason
    assert all(isinstance(row, BadItem) for row in found[4:])


def test_text_that_ends_in_half_a_character_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-16") + b"\x00\xd8\x41")
    with pytest.raises(DatasetError, match="not utf-16 text from line"):
        list(CsvRows(path, "utf-16"))


def test_values_that_python_cannot_hold_become_text(tmp_path: Path, bring: Import) -> None:
    n = 4
    invalid = pa.StringArray.from_buffers(
        n, pa.py_buffer(np.arange(n + 1, dtype=np.int32)), pa.py_buffer(b"a\xffbc")
    )
    table = pa.table(
        {
            "vector": [[float(i), 1.0] for i in range(n)],
            "at": pa.array([1, 2_000_000_001, None, 4], pa.timestamp("ns")),
            "far": pa.array([0, 1 << 50, None, 4], pa.timestamp("ms")),
            "text": invalid,
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    items, report = bring(tmp_path / "a.parquet")
    assert (len(items), report.bad) == (n, [])
    assert items.table is not None
    row = items.table.row(1)
    assert "000000001" in str(row["at"])
    assert row["text"] == "\\xff"


def test_a_repeated_value_is_counted_in_every_row(tmp_path: Path) -> None:
    """The file has 100 kB. Its rows unpack to 2 GB."""
    text = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(20_000, np.int32)), pa.array(["x" * 100_000])
    )
    path = tmp_path / "bomb.parquet"
    table = pa.table({"vector": [[1.0, 2.0]] * 20_000, "text": text})
    pq.write_table(table, path, compression="zstd")
    tracemalloc.start()
    rows, count = iter(ParquetRows([path], 0.1)), 0
    with pytest.raises(DatasetError, match=r"--unpacked 0\.1"):
        for _ in rows:
            count += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 300 <= count <= 1000
    assert peak < 100 << 20


def test_the_report_is_short_and_has_no_control_characters(tmp_path: Path, bring: Import) -> None:
    rows = [{"id": f"\x1b[2J\u202e{i}\x9b", "vector": ["x" * 100_000]} for i in range(5)]
    rows += [{"id": str(i), "vector": [i, 1]} for i in range(3)]  # type: ignore[dict-item]
    _, report = bring(lines_of(tmp_path, rows))  # type: ignore[arg-type]
    assert report.left_out == 5
    assert max(len(bad.reason) for bad in report.bad) <= 1000
    summary = report.summary()
    assert all(c.isprintable() or c == "\n" for c in summary)
    assert len(summary) < 10_000


# Folders ------------------------------------------------------------------------------------------


def test_deep_folders_are_walked_without_recursion(folder: Path) -> None:
    """Real folders can be nested 2,000 deep, which is more than Python's limit of 1,000 calls."""
    deep = folder.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    draw(9).save(deep / "deep.png")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        found = list(walk(folder))
    finally:
        sys.setrecursionlimit(limit)
    assert os.fsencode(deep.relative_to(folder) / "deep.png") in found
    assert len(found) == 6


def test_any_error_of_the_picture_library_leaves_out_one_file(
    folder: Path, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lodespace.importing.folders import picture_folder

    reads = picture_folder.decoding.fitted

    def failing(picture: Any, frame: tuple[int, int]) -> Any:
        if np.asarray(picture)[0, 0] == np.asarray(draw(1))[0, 0]:
            raise ZeroDivisionError("division by zero")
        return reads(picture, frame)

    monkeypatch.setattr("lodespace.items.decoding.fitted", failing)
    items, report = bring(folder)
    assert (len(items), len(report.bad)) == (4, 1)
    assert "division by zero" in report.bad[0].reason


# Data sets that somebody else wrote ---------------------------------------------------------------


def test_an_arrow_file_with_false_offsets_is_refused(folder: Path, bring: Import) -> None:
    """The offset of a text points 1 GB past the column, to other memory of the process."""
    items, _ = bring(folder)
    assert items.table is not None
    ids = items.table.table["lodespace.id"].combine_chunks()
    offsets = np.frombuffer(ids.buffers()[1], np.int32, len(ids) + 1)
    target = next(folder.parent.glob("imported-*"))
    raw = (target / "items.arrow").read_bytes()
    assert offsets.tobytes() in raw
    false = offsets + np.array([0, 0, 0, 0, 0, 1 << 30], np.int32)
    (target / "items.arrow").write_bytes(raw.replace(offsets.tobytes(), false.tobytes()))
    with pytest.raises(DatasetError, match=r"items\.arrow is damaged"):
        item_set.load(target)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("pixels", np.zeros((5, 40, 40), np.float32)),
        ("pixels", np.zeros((5, 40), np.uint8)),
        ("pixels", np.zeros((5, 40, 40, 7), np.uint8)),
        ("pixels", np.zeros((5, 0, 40), np.uint8)),
        ("labels", np.zeros((5, 2), np.int16)),
        ("labels", np.array([0, 1, 0, 1, 99], np.int16)),
        ("labels", np.array([0, 1, 0, 1, -7], np.int16)),
        ("labels", np.zeros(5, np.float64)),
        ("features", np.zeros(5, np.float32)),
        ("features", np.zeros((5, 2), "U3")),
    ],
)
def test_arrays_of_another_kind_are_refused(
    folder: Path, bring: Import, name: str, array: np.ndarray
) -> None:
    bring(folder)
    target = next(folder.parent.glob("imported-*"))
    np.save(target / f"{name}.npy", array)
    item_set.amend(target, lambda manifest: manifest.update({name: f"{name}.npy"}))
    with pytest.raises(DatasetError):
        item_set.load(target)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": [str(k) for k in range(100_000)]},
        {"classes": ["x" * 1_000_000, "y"]},
        {"classes": ["", "y"]},
        {"content": "movies"},
        {"kind": "sound"},
        {"pixels": "a\0b"},
        {"pixels": ["pixels.npy"]},
        {"format": 1e400},
    ],
)
def test_descriptions_that_make_no_sense_are_refused(
    folder: Path, bring: Import, change: dict[str, Any]
) -> None:
    bring(folder)
    target = next(folder.parent.glob("imported-*"))
    item_set.amend(target, lambda manifest: manifest.update(change))
    with pytest.raises(DatasetError):
        item_set.load(target)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "\ud800", "[]", "", "{}"])
def test_a_description_of_another_type_is_refused(folder: Path, bring: Import, text: str) -> None:
    bring(folder)
    target = next(folder.parent.glob("imported-*"))
    (target / "dataset.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(DatasetError):
        item_set.load(target)
