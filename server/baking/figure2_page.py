"""The page that shows the panels of figure 2 side by side: plain files for any web server.

The page (webxr_client/src/panels/) reads panels.json, and the recordings in the folders of the
panels.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lodespace.baking.figure2_panels import ROWS, Panel
from lodespace.config import BUILT_PAGE
from lodespace.errors import ProjectError

PANELS_FILE = "panels.json"
PAGE_FILES = ("icon.svg", "inter-license.txt", "assets")
"""Files and folders of the built page that are copied beside the page of the panels."""


class PagePanel(msgspec.Struct):
    """One panel in panels.json."""

    name: str
    """Folder of the panel's bake."""
    row: str
    """Row of the panel: "a", "b" or "c"."""
    title: str
    """Title of the panel."""
    detail: str
    """Text that states the loss weights and the number of epochs of the panel."""
    epochs: int
    """Number of epochs with labels, which follow the epochs without labels."""


class Page(msgspec.Struct):
    """Content of panels.json."""

    name: str
    """Name of the data set."""
    epochs: int
    """Number of epochs without labels. The recording of each panel begins with these epochs."""
    rows: dict[str, str]
    """Title of each row."""
    panels: list[PagePanel]
    """The panels, row by row."""


def write_page(folder: Path, name: str, epochs: int, panels: Sequence[Panel]) -> None:
    """Write the page of `panels` into `folder`. Raises ProjectError or OSError."""
    page = BUILT_PAGE / "panels.html"
    if not page.is_file():
        raise ProjectError("the page has not been built: run `make client`")
    shutil.copyfile(page, folder / "index.html")
    for file in PAGE_FILES:
        if (BUILT_PAGE / file).is_dir():
            shutil.copytree(BUILT_PAGE / file, folder / file)
        else:
            shutil.copyfile(BUILT_PAGE / file, folder / file)
    shown = [
        PagePanel(panel.name, panel.row, panel.title, panel.detail, panel.epochs)
        for panel in panels
    ]
    content = Page(name=name, epochs=epochs, rows=ROWS, panels=shown)
    (folder / PANELS_FILE).write_bytes(msgspec.json.encode(content))
