"""Text of Markdown and HTML files."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from pieces import Kind, Prose, without_code

_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.)\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"<[^>\n]+>")


def markdown_prose(source: str) -> Iterator[Prose]:
    """Yield headings, table rows, list items and paragraphs, without code blocks."""
    paragraph: list[str] = []
    first = 0
    fenced = False
    for number, line in enumerate([*source.split("\n"), ""], 1):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        alone = _kind_of(line)
        closes = fence or fenced or alone or not line.strip() or _LIST_ITEM.match(line)
        if closes and paragraph:
            yield Prose(first, _plain("\n".join(paragraph)), "text")
            paragraph = []
        if fence or fenced or not line.strip():
            continue
        if alone:
            yield Prose(number, _plain(line.lstrip("#> ")), alone)
            continue
        if not paragraph:
            first = number
        paragraph.append(_LIST_ITEM.sub("", line, count=1) if not paragraph else line.strip("> "))


def _kind_of(line: str) -> Kind | None:
    """Return the kind of a line that is a piece of prose on its own; None for other lines."""
    if line.startswith("#"):
        return "heading"
    return "table" if line.lstrip().startswith("|") else None


def _plain(text: str) -> str:
    text = without_code(text)
    text = _LINK.sub(r"\1", text)
    return _TAG.sub("", text).replace("**", "")


def html_prose(source: str) -> Iterator[Prose]:
    """Yield comments and texts of an HTML page, without scripts and styles."""
    page = _Page()
    page.feed(source)
    page.close()
    yield from page.found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Prose] = []
        self._skips = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skips = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._skips = False

    def handle_comment(self, data: str) -> None:
        self.found.append(Prose(self.getpos()[0], without_code(data), "comment"))

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._skips:
            self.found.append(Prose(self.getpos()[0], without_code(data), "text"))
