"""The function `lodespace.show`, which shows a bake in a notebook or in a browser."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lodespace.errors import ProjectError
from lodespace.project.opening import is_bake
from lodespace.project.project import MANIFEST

if TYPE_CHECKING:
    from lodespace.web.site_server import SiteServer

Value = str | float | bool
"""Value of a parameter in the URL of a site, which is the page of a bake."""

FRAME_HEIGHT = 480
"""Height of a scene in a notebook, in pixels."""

VIEW_NAMES = (
    *("azimuth", "elevation", "distance", "target", "zoom", "colour", "search", "colours"),
    *("time", "progress", "autoplay", "loop", "speed", "theme", "points", "panels"),
)
"""Names of the parameters in the URL of a site (docs/scenes.md)."""

_servers: dict[int, "SiteServer"] = {}
"""The servers of this process, by the requested port."""


class Shown:
    """A bake that this process serves until it ends."""

    def __init__(self, folder: Path, url: str, height: int) -> None:
        self.folder = folder
        """Folder of the bake."""
        self.url = url
        """URL of the scene on this machine, with the parameters of the view."""
        self.height = height
        """Height of the scene in a notebook, in pixels."""

    def _repr_html_(self) -> str:
        """Return HTML that shows the scene inside a notebook.

        The scene is served only to the kernel's machine. Another machine reaches `url` through an
        SSH tunnel.
        """
        return (
            f'<iframe src="{html.escape(self.url)}" title="{html.escape(self.folder.name)}" '
            f'width="100%" height="{self.height}" frameborder="0" '
            'allow="xr-spatial-tracking; fullscreen; clipboard-write"></iframe>'
        )

    def __repr__(self) -> str:
        return (
            f"<lodespace: open {self.url} in a browser; {self.folder} is served until this Python "
            "process ends>"
        )


def show(
    path: str | Path,
    *,
    height: int = FRAME_HEIGHT,
    port: int = 0,
    **view: Value | Sequence[Value],
) -> Shown:
    """Show a bake in a notebook, as the last expression of a cell. Nothing is trained.

    Args:
        path: Folder of a bake, which `lodespace.bake` or `lodespace bake` has written.
        height: Height of the scene in a notebook, in pixels.
        port: Port on this machine. 0 for any free port.
        view: What the scene shows first, by the names in docs/scenes.md, such as
            `colour="prediction", target=(0, 0.1, 0), autoplay=True`.

    Returns:
        An object that a notebook shows as the scene. Its `url` can be opened in a browser.

    Raises:
        ProjectError: `path` is not a bake with a site.
        LodespaceError: The port cannot be used.
        TypeError: `view` has an unknown name.
    """
    unknown = sorted(set(view) - set(VIEW_NAMES))
    if unknown:
        raise TypeError(
            f"unknown view parameter: {', '.join(unknown)}; choose from {', '.join(VIEW_NAMES)}"
        )
    folder = Path(path)
    _check(folder)
    from lodespace.web.site_server import SiteServer

    if port not in _servers:
        _servers[port] = SiteServer(port)
    query = urlencode({name: _text(value) for name, value in view.items()}, safe=",")
    address = _servers[port].address_of(folder)
    return Shown(folder, f"{address}?{query}" if query else address, height)


def _check(folder: Path) -> None:
    """Raise ProjectError unless `folder` is a bake with a site."""
    if not folder.is_dir():
        raise ProjectError(f"{folder} is not a folder; give the folder of a bake")
    if not (folder / MANIFEST).is_file():
        raise ProjectError(
            f"{folder} is not a bake: it has no {MANIFEST}; make one with lodespace.bake"
        )
    if not is_bake(folder):
        raise ProjectError(
            f"{folder} is a project, not a bake. Label in it with lodespace.serve(project=...), or "
            "make a bake of it with lodespace.bake"
        )
    if not (folder / "index.html").is_file():
        raise ProjectError(
            f"{folder} was baked without the part `site`, so there is no page to show; "
            "lodespace.serve can open it"
        )


def _text(value: Value | Sequence[Value]) -> str:
    """Return `value` in the form that the URL of a site uses, for example "yes" for True."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | float | int):
        return str(value)
    return ",".join(map(_text, value))
