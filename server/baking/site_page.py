"""The HTML of a static site: the title, the poster, and the metadata for previews of links."""

import html
from pathlib import Path
from urllib.parse import urlsplit

from lodespace.drawing.poster import SIZE, describe, draw_poster, encode_poster
from lodespace.errors import ProjectError
from lodespace.items.item_set import ItemSet
from lodespace.scene.glb import Scene

PAGE = "index.html"
"""File of the page."""
POSTER = "poster.jpg"
"""File of the poster."""
_ROOT = '<html lang="en"'
"""Beginning of the page's root element, to which the attributes of a site are added."""
_TITLE = "<title>Lodespace</title>"
_EMPTY = '<div id="app"></div>'
"""Element that the scripts of the page fill."""
_IMAGE = '<meta property="og:image" content="{address}" />'
_ADDRESS = '<meta property="og:url" content="{address}" />'


def write_page(folder: Path, items: ItemSet, scene: Scene, *, cards: bool) -> None:
    """Write the poster, and turn the built page in `folder` into the page of a site.

    The page shows the poster until the scene is loaded. If a person opens the page as a file
    instead of from a web server, the page states what to do.

    Args:
        folder: Folder of the site, into which the built page has been copied.
        items: Items of the scene.
        scene: The scene at the end of the training.
        cards: Whether the site has pictures for the hover card, which shows the item under the
            pointer.

    Raises:
        ProjectError: The built page is from another version of Lodespace.
    """
    poster = encode_poster(draw_poster(items, scene))
    write_head(folder, items.name, describe(items, scene), poster, cards=cards)


def write_head(folder: Path, name: str, description: str, poster: bytes, *, cards: bool) -> None:
    """Do what `write_page` does, with a poster (JPEG) and a description that are already made."""
    (folder / POSTER).write_bytes(poster)
    title, text = html.escape(name), html.escape(description)
    head = "\n    ".join(
        (
            f"<title>{title} · Lodespace</title>",
            f'<meta name="description" content="{text}" />',
            f'<meta property="og:title" content="{title}" />',
            f'<meta property="og:description" content="{text}" />',
            '<meta property="og:type" content="website" />',
            _IMAGE.format(address=POSTER),
            f'<meta property="og:image:width" content="{SIZE[0]}" />',
            f'<meta property="og:image:height" content="{SIZE[1]}" />',
            f'<meta property="og:image:alt" content="{title}: {text}" />',
            '<meta name="twitter:card" content="summary_large_image" />',
        )
    )
    site = f'{_ROOT} data-site="baked" data-cards="{"yes" if cards else "no"}"'
    loading = (
        f'<div id="app"><img class="poster" src="{POSTER}" alt="" /></div>\n'
        '    <script src="opened-as-file.js"></script>'
    )
    page = (folder / PAGE).read_text(encoding="utf-8")
    for part, of_site in ((_ROOT, site), (_TITLE, head), (_EMPTY, loading)):
        if part not in page:
            raise ProjectError(
                "the built page is from another version of Lodespace: run `make client` again"
            )
        page = page.replace(part, of_site, 1)
    (folder / PAGE).write_text(page, encoding="utf-8")


def check_base_url(base_url: str) -> None:
    """Raise ProjectError unless `base_url` is a web address."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ProjectError(
            f"{base_url!r} is not the address of a site; give an address such as "
            "https://example.org/scene/"
        )


def set_base_url(folder: Path, base_url: str) -> None:
    """Write the future address of the site in `folder` into its page, for previews of links.

    Many services show the poster only if its address is absolute.
    """
    base = html.escape(base_url.rstrip("/") + "/")
    absolute = "\n    ".join((_IMAGE.format(address=base + POSTER), _ADDRESS.format(address=base)))
    page = (folder / PAGE).read_text(encoding="utf-8")
    (folder / PAGE).write_text(
        page.replace(_IMAGE.format(address=POSTER), absolute, 1), encoding="utf-8"
    )
