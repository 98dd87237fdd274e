"""The documentation site on a plain web server: search, live demo, and no other host."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from drivers.page_pool import PagePool

pytest.importorskip("zensical", reason="needs the extra docs: make docs")

import make_site
from samples.vectors import write_small_data


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the site, whose demo is a bake of 200 vectors."""
    from lodespace.baking.bake import bake

    root = tmp_path_factory.mktemp("docs")
    demo = bake(
        str(write_small_data(root)), root / "demo", epochs=1, threads=1, parts=make_site.DEMO_PARTS
    )
    make_site.build(root / "www" / "docs", staging=root / "staging", demo=demo)
    handler = partial(QuietHandler, directory=str(root / "www"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/docs/"
        server.shutdown()


@pytest.fixture
def reader(address: str, pages: PagePool) -> Iterator[Page]:
    """A page that asks only the web server, and reports no error."""
    taken = pages.take(drawn=False, prepare=None)
    page = taken.page
    wrong: list[str] = []
    own = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else wrong.append(r.url))
    page.on("response", lambda r: wrong.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.context.close()
    assert wrong == []


def test_first_page_shows_the_live_demo_in_place_of_its_poster(address: str, reader: Page) -> None:
    reader.goto(address)
    frame = reader.frame_locator(".demo iframe")
    frame.locator("canvas").first.wait_for()
    assert "demo/" in reader.locator(".demo iframe").get_attribute("src")
    reader.locator("a[data-demo]").wait_for(state="detached")
    assert frame.locator("html").get_attribute("data-site") == "baked"


def test_poster_links_to_the_demo_where_the_pointer_is_coarse(address: str, reader: Page) -> None:
    reader.add_init_script(
        "const query = window.matchMedia.bind(window);"
        "window.matchMedia = (text) => /pointer/.test(text) ? { matches: false } : query(text);"
    )
    reader.goto(address)
    reader.locator("a[data-demo]").click()
    reader.wait_for_url("**/demo/index.html")
    reader.locator("canvas").first.wait_for()


def test_search_finds_a_section_and_leads_to_it(address: str, reader: Page) -> None:
    reader.goto(f"{address}files.html")
    reader.locator(".md-search__button").click()
    reader.keyboard.type("label spreading")
    reader.get_by_role("option", name="Voices").click()
    reader.wait_for_url("**/model.html*voices")


def test_equation_has_the_height_of_a_fraction(address: str, reader: Page) -> None:
    reader.goto(f"{address}model.html")
    heights = reader.locator(".math math").evaluate_all("all => all.map((m) => m.clientHeight)")
    assert len(heights) > 2
    assert max(heights) > 1.3 * min(heights)
