"""The table of paragraphs that `make demo-texts` serves."""

import csv
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "docs" / "site" / "paragraphs.py"


def test_the_paragraphs_of_the_documentation_are_plain_texts(tmp_path: Path) -> None:
    path = tmp_path / "new" / "paragraphs.csv"
    subprocess.run([sys.executable, str(PROGRAM), str(path)], check=True)
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] for row in rows]
    assert len(rows) > 500 and len({row["page"] for row in rows}) > 15
    assert all(len(text.split()) >= 12 for text in texts)
    assert not [text for text in texts if "](" in text or "```" in text or text.startswith("|")]
    assert any(row["page"] == "data" and row["heading"] == "Texts" for row in rows)
