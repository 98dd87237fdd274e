"""Layouts of public data sets: labels are right, or the report names the missing option."""

from collections import Counter
from pathlib import Path

import pytest

from samples.pictures import Import
from samples.public_layouts import LAYOUTS, Layout


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layout_is_read_right_or_the_report_names_the_doubt(
    layout: Layout, tmp_path: Path, bring: Import
) -> None:
    items, report = bring(layout.make(tmp_path / "raw"))
    codes = [-1] * len(items) if items.truth is None else items.truth.tolist()
    assert items.kind == layout.kind
    assert Counter(items.class_names[c] if c >= 0 else None for c in codes) == layout.classes
    assert items.table is not None
    splits = {split for split in items.table.column("lodespace.split") if split}
    assert splits == set(layout.splits)
    assert layout.told in report.summary()
    doubts = [line.text for line in report.lines if line.doubtful]
    assert doubts == [] or layout.told
