"""Baked sites for people without Lodespace: the address, frames in other pages, small windows."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Frame, Page

from drivers.page_pool import PagePool
from drivers.playback import replay
from samples.pictures import draw

N = 24
HOST = """<!doctype html><html lang="en"><title>Host</title><style>body {{ height: 3000px }}</style>
<button id="before">before</button>
<iframe src="{first}" width="320" height="240" title="first"></iframe>
<iframe src="{second}" width="320" height="240" title="second"></iframe>
<button id="after">after</button>
<script>
  window.received = [];
  addEventListener('message', (event) => received.push(event.data));
  window.send = (message) => {{
    for (const frame of document.querySelectorAll('iframe'))
      frame.contentWindow.postMessage(message, '*');
  }};
</script></html>"""


class PlainHandler(SimpleHTTPRequestHandler):
    """A simple web server: it knows four kinds of file, and does not serve parts of files."""

    extensions_map = {  # noqa: RUF012
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
        "": "application/octet-stream",
    }

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A bake in a folder of a plain web server: (folder of the bake, URL)."""
    from lodespace.baking.bake import bake

    root = tmp_path_factory.mktemp("www")
    for i in range(N):
        folder = root / "raw" / ("cat", "dog")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        draw(i % 6, (28, 28)).save(folder / f"{i}.png")
    bake(root / "raw", root / "a" / "deep" / "folder", epochs=2, threads=1)
    handler = partial(PlainHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield root / "a" / "deep" / "folder", f"http://127.0.0.1:{server.server_port}/a/deep/folder"
        server.shutdown()


@pytest.fixture
def host(site: tuple[Path, str], pages: PagePool) -> Iterator[Page]:
    """A page of another origin with the site in two frames."""
    folder, url = site
    top = folder.parent.parent.parent
    (top / "host.html").write_text(
        HOST.format(
            first=f"{url}/?test&panels=none&progress=0.5", second=f"{url}/?test&theme=light"
        )
    )
    taken = pages.take(drawn=False, prepare=None)
    address = url.replace("127.0.0.1", "localhost").replace("/a/deep/folder", "")
    taken.page.goto(f"{address}/host.html")
    yield taken.page
    pages.put_back(taken, address)


def wait(page: Page, script: str) -> None:
    page.wait_for_function(script, polling=100)


def wait_for_positions(frame: Frame, wanted: np.ndarray) -> None:
    """Wait until a site shows the grid positions `wanted`, (N, 3)."""
    four = np.c_[wanted, np.zeros(len(wanted), np.int64)].ravel().tolist()
    frame.wait_for_function(
        "(wanted) => lodespace.state.latent.to.every((value, k) => value === wanted[k])",
        arg=four,
        polling=50,
    )


def test_the_page_around_steps_all_sites(site: tuple[Path, str], host: Page) -> None:
    moments = [shown for _, shown in replay(site[0] / "recording.lds")]
    last = len(moments) - 1
    wait(host, "received.filter((m) => m.lodespace === 'ready').length === 2")
    ready = host.evaluate("received.find((m) => m.lodespace === 'ready')")
    assert ready == {"lodespace": "ready", "duration": last / 10, "moments": last + 1}
    first, second = host.frames[1:]
    wait_for_positions(first, moments[round(last / 2)])
    wait_for_positions(second, moments[last])
    before = host.evaluate("received.length")
    for step in (0, 0.31, 0.3):
        host.evaluate("(progress) => send({ lodespace: 'seek', progress })", step)
    wanted = round(0.3 * last)
    for frame in (first, second):
        wait_for_positions(frame, moments[wanted])
    assert host.evaluate("received.length") == before, (
        "a site reported what the page around asked for"
    )
    host.evaluate("send({ lodespace: 'play', speed: 8 })")
    wait(host, "received.filter((m) => m.playing).length > 4")
    host.evaluate("send({ lodespace: 'pause' }); send({ lodespace: 'label' }); send(null)")
    wait(host, "received.at(-1).playing === false")
    host.evaluate("send({ lodespace: 'seek', time: 1e6 })")
    for frame in (first, second):
        frame.wait_for_function("lodespace.state.time.live.value", polling=50)
    assert second.evaluate("document.documentElement.dataset.theme") == "light"


def test_a_message_of_another_window_is_ignored(host: Page) -> None:
    wait(host, "received.filter((m) => m.lodespace === 'ready').length === 2")
    first, second = host.frames[1:]
    live = second.evaluate("lodespace.state.time.live.value")
    first.evaluate("parent.frames[1].postMessage({ lodespace: 'seek', progress: 0 }, '*')")
    second.evaluate("postMessage({ lodespace: 'seek', progress: 0 }, '*')")
    host.wait_for_timeout(400)
    assert second.evaluate("lodespace.state.time.live.value") == live


def test_the_address_sets_the_view(site: tuple[Path, str], open_page: Any) -> None:
    query = (
        "&azimuth=90&elevation=20&distance=2&target=0.1,0,0&colour=prediction&colours=,ff0000"
        "&time=0.4&theme=light&speed=3"
    )
    page = open_page(f"{site[1]}/", query=query)
    page.wait_for_scene()
    page.wait(lambda: not page.state("time.live"))
    camera = page.evaluate(
        "[...lodespace.stage.camera.position.toArray(), ...lodespace.stage.controls.target]"
    )
    level = 2 * np.cos(np.radians(20))
    wanted = [0.1 + level, 2 * np.sin(np.radians(20)), 0, 0.1, 0, 0]
    np.testing.assert_allclose(camera, wanted, atol=1e-3)
    assert page.state("time.moment") == 4
    assert page.state("colourBy") == "prediction"
    assert page.state("theme") == "light"
    colours = [info["colour"] for info in page.state("classes")]
    assert colours[1] == "#ff0000"
    assert colours[0] != "#ff0000"
    notice = page.page.locator(".notice")
    assert "speed=3 (use 0.5, 1, 2, 4 or 8)" in notice.inner_text()
    notice.get_by_role("button", name="Close").click()
    assert notice.count() == 0
    page.evaluate("lodespace.commands.live()")
    page.wait(lambda: page.state("time.live"))
    assert json.dumps(page.state("classes")).count("#ff0000") == 1
