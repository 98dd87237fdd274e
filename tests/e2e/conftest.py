"""The real page in a real Chromium against the real server and trainer. Without a browser these tests fail; they are never skipped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from drivers.chromium import FLAGS, VIEW, find_chromium
from drivers.headset import HEADSET_VIEW, Headset, install
from drivers.page import PageDriver
from drivers.servers import LanServer, ServerProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Ended with each module: while it runs, so does its event loop, in which no asynchronous test could."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = find_chromium()
    assert chromium is not None, "no Chromium: run `python tests/drivers/chromium.py --install`"
    browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """The bundled digits, in a project of their own, with the trainer."""
    process = ServerProcess("--project", str(tmp_path / "digits"))
    process.start()
    process.wait_until_ready()
    yield process
    process.stop()


@pytest.fixture
def still_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """The same without the trainer: the map that comes with the digits stays as it is, and tests that need no more are done sooner."""
    process = ServerProcess("--project", str(tmp_path / "digits"), "--no-training")
    process.start()
    process.wait_until_ready()
    yield process
    process.stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Any]:
    """Opens pages, each in a profile of its own, and at the end looks that none complained or asked another host."""
    drivers: list[PageDriver] = []

    def open_one(url: str, *, prepare: Any = None, query: str = "", **options: Any) -> PageDriver:
        context = browser.new_context(
            viewport=VIEW, color_scheme="dark", reduced_motion="reduce", **options
        )
        context.set_default_timeout(90_000)
        driver = PageDriver(context.new_page(), url, prepare=prepare, query=query)
        drivers.append(driver)
        return driver

    yield open_one
    for driver in drivers:
        driver.page.context.close()
        assert driver.foreign == [], "the page asked another host"
        assert driver.complaints() == []


@pytest.fixture
def page(open_page: Any, server: ServerProcess) -> PageDriver:
    """The page of `server`, its scene shown."""
    driver = open_page(server.url)
    driver.wait_for_scene()
    return driver


@pytest.fixture
def owner(open_page: Any, lan: LanServer) -> PageDriver:
    """The owner's own page of `lan`, the server that others reach by the network: each file has one as it needs it."""
    driver = open_page(lan.url)
    driver.wait_for_scene()
    return driver


@pytest.fixture
def still_page(open_page: Any, still_server: ServerProcess) -> PageDriver:
    """The page of `still_server`, at rest: what is aimed at stays where it is."""
    driver = open_page(still_server.url)
    driver.wait_for_scene()
    driver.wait_for_rest("absent")
    return driver


@pytest.fixture
def open_headset(open_page: Any, server: ServerProcess) -> Any:
    def open_one(device: str = "metaQuest3", query: str = "", *, whole: bool = False) -> Headset:
        driver = open_page(
            server.url, prepare=lambda page: install(page, device, whole=whole), query=query
        )
        driver.page.set_viewport_size(HEADSET_VIEW)
        driver.wait_for_scene()
        return Headset(driver)

    return open_one


@pytest.fixture
def headset(open_headset: Any) -> Headset:
    """In VR, before a cloud at rest, the palette out of the way at the left."""
    headset = open_headset()
    headset.driver.wait_for_rest()
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.put("right", (0.3, 1.2, 0.3))
    return headset
