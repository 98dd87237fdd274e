"""The page of `lodespace figure2`: nine panels that one control plays in step."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from drivers.page_pool import PagePool
from lodespace.cli import main
from samples.vectors import write_small_data

EPOCHS = 2
"""Epochs without labels; the longest panel has as many with labels."""
MILLISECONDS = 1000 / 6
"""Time for which an epoch is shown (webxr_client/src/panels/clock.ts)."""
PICTURES = "[...document.querySelectorAll('.panel canvas')].map((canvas) => canvas.toDataURL())"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the panels of 200 vectors."""
    root = tmp_path_factory.mktemp("figure2")
    data = write_small_data(root)
    options = ["--epochs", str(EPOCHS), "--threads", "1"]
    assert main(["figure2", str(data), "-o", str(root / "out"), *options]) == 0
    handler = partial(QuietHandler, directory=str(root / "out"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def panels(address: str, pages: PagePool) -> Iterator[Page]:
    """The page at its first epoch. Only the test lets its time pass."""
    taken = pages.take(drawn=False, prepare=None)
    page = taken.page
    wrong: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(address) else wrong.append(r.url))
    page.on("response", lambda r: wrong.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.clock.install(time=0)
    page.goto(f"{address}?epoch=0")
    page.locator("main[data-ready=yes]").wait_for()
    page.clock.pause_at(60_000)
    yield page
    page.context.close()
    assert wrong == []


@pytest.mark.slow
def test_nine_panels_play_in_step(panels: Page) -> None:
    panels.get_by_role("button", name="Play").click()
    slider = panels.get_by_role("slider", name="Epoch of all panels")
    seen = {0: panels.evaluate(PICTURES)}
    for _ in range(2 * EPOCHS + 1):
        panels.clock.run_for(MILLISECONDS)
        seen[int(slider.input_value())] = panels.evaluate(PICTURES)
    assert sorted(seen) == list(range(2 * EPOCHS + 1))
    assert all(len(pictures) == 9 for pictures in seen.values())
    # All panels start with the same training without labels, so their pictures are equal.
    for epoch in range(EPOCHS + 1):
        assert len(set(seen[epoch])) == 1, epoch
    assert len({seen[epoch][0] for epoch in range(EPOCHS + 1)}) == EPOCHS + 1
    # The three panels of row (b) have one epoch with labels each, and a-left ends before.
    assert len(set(seen[2 * EPOCHS])) == 7
    assert seen[2 * EPOCHS][0] == seen[EPOCHS + 1][0], "the panel without labels has ended"
    assert panels.get_by_role("button", name="Play").is_visible(), "playback stops at the end"
