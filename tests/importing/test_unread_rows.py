"""Rows of annotations with units, clock times, dates and numbers that cannot be read."""

from pathlib import Path

import pytest

from lodespace.importing.annotations.cell_numbers import number_in
from lodespace.importing.check import check_data
from lodespace.importing.source import ImportOptions
from samples.annotations import read_file, record, spans


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("3 s", 3.0),
        ("250ms", 0.25),
        ("1m30s", 90.0),
        ("1 h 2 min 3,5 sec", 3723.5),
        ("2.5 kHz", 2500.0),
        ("00:01:02", 62.0),
        ("1:30.5", 90.5),
        (3, 0.003),
        ("3", 0.003),
        ("1,5", 0.0015),
    ],
)
def test_numbers_state_their_own_unit_or_get_that_of_the_column(
    cell: object, wanted: float
) -> None:
    assert number_in(cell, 0.001) == pytest.approx(wanted)


@pytest.mark.parametrize("cell", ["2024-05-01 06:00:03", "3 x", "1:x", "s", "x 3 s", "1e400"])
def test_other_texts_are_not_numbers(cell: str) -> None:
    with pytest.raises(ValueError, match=cell[:4]):
        number_in(cell)


def test_times_with_units_and_clock_times_are_read(tmp_path: Path) -> None:
    text = "file,start_ms,end,label\na.wav,500 ms,00:00:02,owl\na.wav,3000,4 s,crow\n"
    found = read_file(tmp_path, "a.csv", text)
    assert spans(found) == [(0.5, 2.0, "owl"), (3.0, 4.0, "crow")]
    assert found.bad == []


def doubts(root: Path) -> list[str]:
    return [line.text for line in check_data(str(root), ImportOptions()).lines if line.doubtful]


def test_rows_that_are_not_used_are_counted_with_the_reason(tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    record(tmp_path / "b.wav")
    rows = "a.wav,0,1,owl\na.wav,x,2,owl\nb.wav,y,3,crow\nb.wav,0,1,crow\n"
    (tmp_path / "t.csv").write_text("file,start,end,label\n" + rows)
    reason = "column start: 'x' is not a number of seconds or Hz"
    assert f"t.csv: 2 of 4 rows not used, such as line 3: {reason}" in doubts(tmp_path)


def test_a_file_without_a_row_that_can_be_read_is_stated(tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    record(tmp_path / "b.wav")
    rows = "a.wav,2024-05-01 06:00:03,2024-05-01 06:00:05,owl\n"
    (tmp_path / "t.csv").write_text("file,start,end,label\n" + 3 * rows)
    found = [text for text in doubts(tmp_path) if text.startswith("t.csv: 3 of 3 rows not used")]
    assert len(found) == 1
    assert "is a date; give seconds from the start of the recording" in found[0]
    report = check_data(str(tmp_path), ImportOptions())
    assert any("3 rows, such as t.csv: line 2" in line.text for line in report.lines)


def test_a_row_with_a_wrong_frequency_keeps_its_label(tmp_path: Path) -> None:
    text = "file,start,end,low_freq,high_freq,label\na.wav,0,1,-,900,owl\na.wav,1,2,5,x kHz,crow\n"
    found = read_file(tmp_path, "a.csv", text)
    assert spans(found) == [(0, 1, "owl"), (1, 2, "crow")]
    assert (found.annotations[0].low, found.annotations[0].high) == (None, 900)
    texts = [finding.text for finding in found.findings if finding.doubtful]
    assert texts[0].startswith("a.csv: 1 cell of the column low_freq without a number, such as '-'")
    assert len(texts) == 2


def test_formats_of_annotations_that_are_not_read_name_the_next_step(tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    record(tmp_path / "b.wav")
    (tmp_path / "a.TextGrid").write_text("x")
    assert any("each named like its recording" in text for text in doubts(tmp_path))
    (tmp_path / "all.csv").write_text("start,end,label\n0,1,owl\n1,2,crow\n")
    assert any(
        "no column names the recording; name the file like the recording" in text
        for text in doubts(tmp_path)
    )
    (tmp_path / "all.csv").rename(tmp_path / "a.csv")
    report = check_data(str(tmp_path), ImportOptions()).summary()
    assert "1 of 6 items in 1 class: owl (1)" in report
