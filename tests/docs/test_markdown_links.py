"""Links between the Markdown files of the repository, as GitHub follows them."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CODE = re.compile(r"^(```+|~~~+).*?^\1[^\n]*$|`[^`\n]+`", re.M | re.S)


def without_code(text: str) -> str:
    return CODE.sub(lambda match: "" if match[0].startswith("``") else match[0], text)


def anchors_on_github(text: str) -> set[str]:
    """The anchors of the headings: words in lower case, with hyphens, and numbers if repeated."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", without_code(text), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number, name = 0, slug
        while name in found:
            number += 1
            name = f"{slug}-{number}"
        found.add(name)
    return found


def broken(path: Path, text: str) -> list[str]:
    """Return the relative links in `text`, the content of `path`, that lead nowhere."""
    wrong: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", text)):
        file, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", file):
            continue
        meant = Path(os.path.normpath(path.parent / file)) if file else path
        if not meant.exists():
            wrong.append(target)
        elif anchor:
            linked = text if meant == path else meant.read_text(encoding="utf-8")
            if meant.suffix != ".md" or anchor not in anchors_on_github(linked):
                wrong.append(target)
    return wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_links_of_a_markdown_file_lead_to_files_and_anchors(path: Path) -> None:
    assert broken(path, path.read_text(encoding="utf-8")) == []


def test_the_check_finds_a_missing_file_and_a_missing_anchor() -> None:
    text = (
        "# A title (of `one` page)\n\n[a](#a-title-of-one-page) [b](nowhere.md) [c](#b)\n"
        "[d](docs/model.md#voices) [e](docs/model.md#nothing) `[f](code.md)` "
        "[g](https://example.org/missing)\n\n```\n# no heading\n```\n[h](#no-heading)\n"
    )
    assert broken(ROOT / "README.md", text) == [
        "nowhere.md", "#b", "docs/model.md#nothing", "#no-heading",
    ]  # fmt: skip
