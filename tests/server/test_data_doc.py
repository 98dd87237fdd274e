"""docs/data.md: the examples run, and the page lists every format, option and limit."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lodespace.baking.parts import PARTS
from lodespace.cli.options import IMPORT_OPTIONS
from lodespace.errors import DatasetError
from lodespace.exporting.formats import FILES, FOLDERS
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables import table_rows
from lodespace.items import decoding, formats

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
ARRAYS = {".npy", ".npz"}
READ = (formats.OF_PILLOW | formats.SOUNDS | table_rows.SUFFIXES | ARRAYS).union(
    *(extra.suffixes for extra in formats.EXTRAS)
)
"""Suffixes of the files that an import reads, with all extras."""
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

ONLY_SLOW = pytest.mark.only_slow("trains two models of pictures")


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=[ONLY_SLOW] if "(60, 28, 28)" in text else [])
        for number, text in enumerate(EXAMPLES)
    ],
)
@pytest.mark.slow
def test_the_examples_run(
    number: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(EXAMPLES[number], {"__name__": "__main__"})
    assert capsys.readouterr().out


def test_every_format_is_listed() -> None:
    for suffix, _ in FILES.values():
        assert f"`{suffix}`" in PAGE, suffix
    for name in FOLDERS:
        assert f"--format {name}" in PAGE, name
    assert f"`--parts {','.join(PARTS)}`" in PAGE


def test_every_option_is_listed() -> None:
    for name in IMPORT_OPTIONS:
        # Error messages name the options `encoding` and `download`.
        if name not in ("encoding", "download"):
            assert f"--{name.replace('_', '-')}" in PAGE, name
    without = {field.name for field in fields(ImportOptions)} - IMPORT_OPTIONS.keys()
    # The project determines the columns of new items. The server stops an addition.
    assert without == {"vector_columns", "stop"}


def test_limits_are_the_ones_in_force() -> None:
    assert f"up to {decoding.MAX_PIXELS // 1_000_000} megapixels" in PAGE


def test_every_suffix_is_listed() -> None:
    for suffix in READ:
        assert f"`{suffix}`" in PAGE, suffix


def test_every_listed_suffix_is_read() -> None:
    section = PAGE.split("## Import")[1].split("### The report of an import")[0]
    listed = set(re.findall(r"`(\.[a-z0-9]+)`", section))
    assert len(listed) > 50
    assert listed - READ <= {".gz", ".mat", ".pth", ".raw"}


@pytest.mark.parametrize("suffix", sorted(table_rows.SUFFIXES | ARRAYS))
def test_every_suffix_of_a_table_or_array_is_opened_as_such(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"data{suffix}"
    path.write_bytes(b"no such content")
    with pytest.raises(DatasetError) as caught:
        open_source(str(path), ImportOptions())
    assert "cannot be read; give" not in str(caught.value)
