"""Pages of the documentation site, staged from the Markdown files of the repository.

The files read well on GitHub as they are. Staging changes what a static site does better:

- `CONTRIBUTING.md` and `CHANGELOG.md` become pages. Links between all pages are adapted. A link
  whose text is the name of a file gets the title of the page in the navigation.
- ```` ```math ```` blocks, which GitHub draws itself, become MathML, which browsers draw without
  any script.
- `<!-- reference: lodespace.serve -->` becomes the reference of this object, from its docstring.
- `<!-- demo -->` after a picture makes the picture the poster of the live demo.
- `<!-- figure2 -->` becomes a link to the nine live panels of figure 2, if the site has them.
"""

import html
import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from latex2mathml.converter import convert

SITE = Path(__file__).resolve().parent
ROOT = SITE.parents[1]
MOVED = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages outside docs/: path in the repository, and path in the site."""
COPIED = ("images", "figures")
"""Folders of docs/ with pictures."""
PANELS = "<!-- figure2 -->"
LINK_TO_PANELS = '<p><a href="figure2/index.html">The nine panels as live scenes</a></p>'
POSTER = "poster.jpg"
"""Picture in a baked site."""
OWN = ("site.css", "demo.js")
"""Files in the folder of this module that the pages load."""
PARTS_OF_PACKAGE = ("server/*.py", "server/*/", "models")

FIRST = "docs/index.md"
"""The first page of the site. It has no side columns, so that the demo is wide enough for its
panels."""

_CODE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[^\n]*$|`[^`\n]+`", re.M | re.S)
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_MATH = re.compile(r"^```math\n(.*?)^```$", re.M | re.S)
_REFERENCE = re.compile(r"<!-- reference: (?P<name>[\w.]+) -->")
_DEMO = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<src>[^)]+)\)\s*<!-- demo -->")


class StagingError(Exception):
    """A page cannot be staged."""


def stage(target: Path, *, demo: Path | None, figure2: bool = False) -> None:
    """Write the pages, pictures and settings of the site into `target`, a folder.

    Args:
        target: Folder that is replaced.
        demo: A baked site, which will be the folder `demo/` of the site. The first page shows it.
        figure2: Whether the site will have the nine panels of figure 2 in the folder `figure2/`.

    Raises:
        StagingError: A link points to a file that is not part of the site.
    """
    shutil.rmtree(target, ignore_errors=True)
    pages = target / "pages"
    pages.mkdir(parents=True)
    poster = None if demo is None else POSTER if (demo / POSTER).is_file() else ""
    for source, name in page_names().items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = text.replace(PANELS, LINK_TO_PANELS if figure2 else "")
        (pages / name).write_text(staged(text, source, poster=poster), encoding="utf-8")
    for folder in COPIED:
        shutil.copytree(ROOT / "docs" / folder, pages / folder, ignore=_no_scripts)
    for name in OWN:
        shutil.copyfile(SITE / name, pages / name)
    shutil.copyfile(SITE / "mkdocs.yml", target / "mkdocs.yml")
    link_package(target / "python" / "lodespace")


def page_names() -> dict[str, str]:
    """Return the pages: path in the repository, and path in the site."""
    docs = {f"docs/{path.name}": path.name for path in sorted((ROOT / "docs").glob("*.md"))}
    return docs | MOVED


@cache
def titles() -> dict[str, str]:
    """Return the title of each page in the navigation, by the path of the page in the site."""
    navigation = yaml.safe_load((SITE / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    return {path: title for title, path in _entries(navigation)}


def _entries(navigation: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in navigation:
        for title, content in entry.items():
            if isinstance(content, str):
                yield title, content
            else:
                yield from _entries(content)


def staged(text: str, source: str, *, poster: str | None = None) -> str:
    """Return the page of the site for `text`, the content of the Markdown file `source`.

    `poster` is the picture of the demo in the folder of the demo. If `poster` is empty, the demo
    has no picture of its own, and the picture on the page becomes its poster. None means that there
    is no demo.
    """
    text = _MATH.sub(lambda match: _as_mathml(match[1]), text)
    text = _DEMO.sub(lambda match: _demo(match, poster), text)
    text = _REFERENCE.sub(r"::: \g<name>", text)
    head = "---\nhide:\n  - navigation\n  - toc\n---\n\n" if source == FIRST else ""
    return head + "".join(_adapted(piece, source) for piece in _outside_code(text))


def link_package(folder: Path) -> None:
    """Make `folder` the package `lodespace` for tools that only read its files."""
    folder.mkdir(parents=True)
    for pattern in PARTS_OF_PACKAGE:
        for path in ROOT.glob(pattern):
            (folder / path.name).symlink_to(path)


def adapted_target(target: str, source: str) -> str:
    """Return the target of a link on the page `source`, adapted to the site.

    Raises StagingError if the link leads to a file that is not part of the site.
    """
    path, mark, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", path):
        return target
    here = PurePosixPath(source).parent
    meant = PurePosixPath(os.path.normpath(here / path)).as_posix()
    names = page_names()
    if meant in names:
        return f"{names[meant]}{mark}{anchor}"
    inside = meant.removeprefix("docs/")
    if meant.startswith("docs/") and inside.split("/")[0] in COPIED and (ROOT / meant).is_file():
        return inside
    raise StagingError(f"{source}: {target} is not part of the site")


def _adapted(piece: "_Piece", source: str) -> str:
    if piece.code:
        return piece.text

    def adapted(match: re.Match[str]) -> str:
        text, target = match["text"], adapted_target(match["target"], source)
        if text.endswith(".md"):
            text = titles()[target.partition("#")[0]]
        return f"[{text}]({target})"

    return _LINK.sub(adapted, piece.text)


class _Piece:
    """A part of a page: code, or text outside code."""

    def __init__(self, text: str, *, code: bool) -> None:
        self.text = text
        self.code = code


def _outside_code(text: str) -> Iterator[_Piece]:
    end = 0
    for match in _CODE.finditer(text):
        yield _Piece(text[end : match.start()], code=False)
        yield _Piece(match[0], code=True)
        end = match.end()
    yield _Piece(text[end:], code=False)


def _as_mathml(latex: str) -> str:
    drawn = convert(" ".join(latex.split()), display="block")
    return f'<div class="math">{drawn}</div>'


def _demo(match: re.Match[str], poster: str | None) -> str:
    if poster is None:
        return f"![{match['alt']}]({match['src']})"
    alt = html.escape(" ".join(match["alt"].split()))
    picture = f"demo/{poster}" if poster else match["src"]
    width, height = (1200, 630) if poster else (1280, 800)
    return (
        f'<div class="demo"><a href="demo/index.html" data-demo title="Open the live demo">'
        f'<img src="{html.escape(picture)}" alt="{alt}" width="{width}" height="{height}">'
        "<span>Open the live demo</span></a></div>"
    )


_no_scripts: Callable[..., set[str]] = shutil.ignore_patterns("*.py", "__pycache__")
