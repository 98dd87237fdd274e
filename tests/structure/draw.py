"""Pictures and tables of the code's folders for docs/architecture.md, made from the code.

Run `make architecture` after folders or imports have changed. A test fails if the stored pictures
or tables differ from the code.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath

from structure.imports import ROOT, imported_topics, models_modules, server_modules, topic_of
from structure.order import MODELS, SERVER, Topic

PAGE = ROOT / "docs" / "architecture.md"
CLIENT = ROOT / "webxr_client" / "src"
CLIENT_ORDER = ROOT / "webxr_client" / "tests" / "folder-order.json"
CLIENT_CONTENT = {
    "protocol": "messages and frames on the wire, scene files, recordings",
    "net": "connection, HTTP requests, static sites",
    "state": "signals and pure functions over them",
    "session": "commands, the stream's messages, playback, pairing",
    "scene/cloud": "points, their pictures, arrows, lines",
    "scene": "stage, other people, sound",
    "scene/tiles": "scenes in tiles: choice, requests, places of tiles",
    "scene/layers": "islands, lines of equal density, histograms over the map",
    "scene/xr": "brush, ray, controllers and hands, room",
    "scene/xr/boards": "palette, sheet and card as textures",
    "interaction/keys": "keys, keyboard layouts, the user's changes to keys",
    "interaction": "pointer, lasso, drag",
    "interaction/xr/input": "controllers and hands, sticks, pulses",
    "interaction/xr/placement": "places of boards in the room",
    "interaction/xr/naming": "class names: keyboard, speech",
    "interaction/xr/boards": "aiming at boards, their tiles",
    "interaction/xr/brush": "selection with the brush",
    "interaction/xr/grab": "grabbing a cluster or the world",
    "interaction/xr": "one frame in VR",
    "interaction/xr/session": "entering and leaving VR",
    "ui/kit": "tokens, icons, dialogs, formats",
    "ui/access": "pairing and devices",
    "ui/classes": "class panel, menu, colours",
    "ui/selection": "selection panel, hover card, search",
    "ui/training": "dials, state of training",
    "ui/review": "contact sheet, figures of quality",
    "ui/shell": "top bar, tools, notices, help",
    "ui/people": "people, their agreement and requests",
    "ui/rules": "switch, list and controls of rules",
    "ui/table": "table of items",
    "ui/timeline": "timeline, curves",
    "ui/site": "baked sites in small windows and frames",
    "ui": "the page's panels together",
    "check": "the page /check",
    "panels": "the page with all panels of figure 2",
    "app": "bindings between state and scene",
    ".": "the entry point",
}
"""Content of each folder of the client. folder-order.json has the order of the folders."""

CELL = 20
HEAD = 70
LABEL = 170


@dataclass(frozen=True)
class Drawing:
    """The topics (folders, modules) of one part of the repository, and the imports between them."""

    name: str
    """Name of the part: server, models or client."""
    folder: str
    """Folder of the part in the repository."""
    topics: Sequence[Topic]
    """The topics of the part. A topic imports only from earlier topics."""
    imports: frozenset[tuple[str, str]]
    """Pairs of topics. A module of the first topic imports from the second topic."""

    @property
    def picture(self) -> Path:
        """Path of the SVG file."""
        return ROOT / "docs" / "images" / f"folders-{self.name}.svg"

    def svg(self) -> str:
        """Return an SVG matrix. A row's topic imports from the topics of the filled columns."""
        topics = [topic for topic in self.topics if not topic.planned]
        width, height = LABEL + CELL * len(topics) + 90, HEAD + CELL * len(topics) + 10
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
            "<style>text{fill:#333}.grid{stroke:#ddd}.own{fill:#ccc}.cell{fill:#2a6f97}"
            "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}.own{fill:#666}"
            ".cell{fill:#61a5c2}}</style>",
            f"<title>Imports between the folders of {escape(self.folder)}</title>",
        ]
        for at, topic in enumerate(topics):
            middle = CELL * at + CELL // 2
            y, x = HEAD + middle, LABEL + middle
            lines += [
                f'<line class="grid" x1="{LABEL}" x2="{LABEL + CELL * at}" y1="{y}" y2="{y}"/>',
                f'<text x="{LABEL - 6}" y="{y + 4}" text-anchor="end">{escape(topic.name)}</text>',
                f'<text transform="translate({x + 4} {HEAD + CELL * at - 6}) rotate(-45)">'
                f"{escape(topic.name)}</text>",
                _square("own", x, y),
            ]
            lines += [
                _square("cell", LABEL + CELL * column + CELL // 2, y)
                for column, other in enumerate(topics[:at])
                if (topic.name, other.name) in self.imports
            ]
        return "\n".join([*lines, "</svg>", ""])

    def table(self) -> str:
        """Return the Markdown table of the topics."""
        rows = [
            f"| `{topic.name}` | {topic.content}{' (planned)' if topic.planned else ''} |"
            for topic in self.topics
        ]
        return "\n".join(["| topic | content |", "|---|---|", *rows])


def _square(kind: str, x: int, y: int) -> str:
    return f'<rect class="{kind}" x="{x - 7}" y="{y - 7}" width="14" height="14" rx="3"/>'


def drawings() -> list[Drawing]:
    """Return the drawings of the server, the models and the client, read from the code."""
    server = _python("server", "lodespace", SERVER, server_modules())
    models = _python("models", "lodespace.models", MODELS, models_modules())
    return [server, models, _client()]


def _python(name: str, package: str, topics: Sequence[Topic], modules: Sequence[Path]) -> Drawing:
    imports = frozenset(
        (topic_of(path), topic) for path in modules for topic, _ in imported_topics(path, package)
    )
    return Drawing(name, f"{name}/", topics, imports)


def _client() -> Drawing:
    order = [folder for row in json.loads(CLIENT_ORDER.read_text()) for folder in row]
    imports: set[tuple[str, str]] = set()
    for path in sorted(CLIENT.rglob("*.ts*")):
        own = dirname(path.relative_to(CLIENT).as_posix()) or "."
        specifiers = re.findall(r'\b(?:from|import)\s*\(?\s*"(\.[^"]+)"', path.read_text())
        imports |= {(own, dirname(normpath(join(own, name))) or ".") for name in specifiers}
    topics = [Topic(folder, CLIENT_CONTENT.get(folder, "")) for folder in order]
    return Drawing("client", "webxr_client/src/", topics, frozenset(imports))


def page_with_tables(page: str, drawn: Sequence[Drawing]) -> str:
    """Return `page` with current tables. Each table is between two HTML comments of the page."""
    end = "<!-- end -->"
    for drawing in drawn:
        begin = f"<!-- folders of {drawing.folder} -->"
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        page = f"{before}{begin}\n\n{drawing.table()}\n\n{end}{after}"
    return page


def main() -> None:
    """Write the pictures to files and the tables to docs/architecture.md."""
    drawn = drawings()
    for drawing in drawn:
        drawing.picture.write_text(drawing.svg())
    PAGE.write_text(page_with_tables(PAGE.read_text(), drawn))


if __name__ == "__main__":
    main()
