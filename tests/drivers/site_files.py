"""Links, anchors and loaded files of HTML pages and style sheets."""

import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING_RELATIONS = {
    "stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch",
    "manifest", "apple-touch-icon",
}  # fmt: skip
"""Values of `rel` with which a browser connects to the address of a `link` element."""
_IN_STYLE = re.compile(r"""url\(\s*["']?(.*?)["']?\s*\)|@import\s+["'](.*?)["']""")


@dataclass
class HtmlPage(HTMLParser):
    """The addresses and anchors of a page."""

    links: list[str] = field(default_factory=list)
    """Addresses of the links that a reader can click (`a href`)."""
    loaded: list[str] = field(default_factory=list)
    """Addresses that a browser loads to show the page."""
    anchors: set[str] = field(default_factory=set)
    """Values of the attributes `id` and `name`, to which a link can lead."""

    def __post_init__(self) -> None:
        super().__init__()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self._in_style = tag == "style"
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link":
            if LOADING_RELATIONS & set(given.get("rel", "").lower().split()):
                self.loaded.append(given.get("href", ""))
        else:
            self.loaded += [
                given[name]
                for name in ("src", "href", "xlink:href", "poster", "data", "action")
                if name in given
            ]
        self.loaded += [part.split()[0] for part in given.get("srcset", "").split(",") if part]
        self.loaded += in_style(given.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loaded += in_style(data)


@cache
def html_page(path: Path) -> HtmlPage:
    """Read the page in the file `path`."""
    page = HtmlPage()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def in_style(text: str) -> list[str]:
    """Return the addresses that a style sheet loads."""
    return [first or second for first, second in _IN_STYLE.findall(text)]


def is_foreign(address: str) -> bool:
    """Return whether an address names a host. `data:` and `blob:` addresses do not."""
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ws", "wss", "ftp")


def foreign_addresses(site: Path) -> list[str]:
    """Return the addresses with a host that the pages and style sheets in `site` load."""
    found: list[str] = []
    for path in sorted(site.rglob("*")):
        loaded: list[str] = []
        if path.suffix in (".html", ".svg"):
            loaded = html_page(path).loaded
        elif path.suffix == ".css":
            loaded = in_style(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(site)}: {one}" for one in loaded if is_foreign(one)]
    return found


def broken_links(site: Path) -> list[str]:
    """Return the links and loaded files of the pages in the folder `site` that do not exist.

    Links to other hosts are not fetched.
    """
    pages = {path: html_page(path) for path in sorted(site.glob("*.html"))}
    broken: list[str] = []
    for path, page in pages.items():
        for address in [*page.links, *page.loaded]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = site / unquote(parts.path).lstrip("/") if parts.path else path
            if target.is_dir():
                target /= "index.html"
            anchors = pages[target].anchors if target in pages else set[str]()
            if not target.is_file() or (
                parts.fragment and target in pages and unquote(parts.fragment) not in anchors
            ):
                broken.append(f"{path.name}: {address}")
    return broken
