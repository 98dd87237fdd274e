"""A table with the paragraphs of this documentation: texts for a demo.

    python docs/site/paragraphs.py build/paragraphs.csv

Each row has a page, a heading, and the text of a paragraph or of an entry of a list, without marks
of Markdown. Code, tables and short paragraphs are left out.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAST_WORDS = 12
_CODE = re.compile(r"^(```+|~~~+).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARK = re.compile(r"[`*]|^(?:[-+] |\d+\. )")


def paragraphs(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield the heading and the text of each paragraph."""
    heading = ""
    for block in re.split(r"\n\s*\n|\n(?=[-+] |\d+\. )", _CODE.sub("", markdown)):
        if block.startswith("#"):
            first, _, block = block.partition("\n")
            heading = _plain(first.lstrip("# "))
        text = _plain(block)
        if len(text.split()) >= LEAST_WORDS and not block.lstrip().startswith("|"):
            yield heading, text


def _plain(markdown: str) -> str:
    return _MARK.sub("", " ".join(_LINK.sub(r"\1", markdown).split()))


def main(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("page", "heading", "text"))
        for page in sorted((ROOT / "docs").glob("*.md")):
            rows = paragraphs(page.read_text(encoding="utf-8"))
            table.writerows((page.stem, heading, text) for heading, text in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
