"""Tables of the Markdown files: a bar inside a cell has to be escaped, also in code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCED = re.compile(r"^(```+|~~~+).*?^\1[^\n]*$", re.M | re.S)


def uneven_rows(text: str) -> Iterator[str]:
    """Yield each row of a table that has another number of cells than the head of the table."""
    wanted = 0
    lines = FENCED.sub("", text).splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("|"):
            wanted = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        if number + 1 < len(lines) and re.fullmatch(r"\|[-| :]+\|", lines[number + 1]):
            wanted = cells
        if cells != wanted:
            yield line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rows_of_a_table_have_as_many_cells_as_its_head(path: Path) -> None:
    assert list(uneven_rows(path.read_text(encoding="utf-8"))) == []


def test_a_bar_that_is_not_escaped_is_found() -> None:
    text = "| a | b |\n|---|---|\n| `x \\| y` | 1 |\n| |KL| | 2 |\n\n```\n| no | table |\n```\n"
    assert list(uneven_rows(text)) == ["| |KL| | 2 |"]
