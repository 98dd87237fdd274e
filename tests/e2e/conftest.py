"""The real page in a real Chromium against the real server and trainer.

Without a browser these tests fail; they are not skipped.
"""

import logging
from collections.abc import Hashable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from drivers.chromium import FLAGS, ONE_RENDERER, find_chromium
from drivers.headset import Headset, in_vr_at_rest, put_on
from drivers.page import PageDriver
from drivers.page_pool import PagePool, PooledPage
from drivers.restored_page import differences, leave, remember
from drivers.review import label_impurely
from drivers.servers import LanServer, ServerProcess
from drivers.shared_project import SharedProject

log = logging.getLogger(__name__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright, stopped after the last test of this folder: asynchronous tests cannot run while
    it is started."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def pages(playwright: Playwright) -> Iterator[PagePool]:
    """The pages of one browser, which the tests use one after the other."""
    chromium = find_chromium()
    assert chromium is not None, "no Chromium: run `python tests/drivers/chromium.py --install`"
    browser = playwright.chromium.launch(
        executable_path=str(chromium), args=[*FLAGS, *ONE_RENDERER]
    )
    yield PagePool(browser)
    browser.close()


@pytest.fixture(scope="session")
def shared_digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedProject]:
    """A project on the bundled digits with the trainer."""
    folder = tmp_path_factory.mktemp("shared")
    project = SharedProject(folder, lambda place: ServerProcess("--project", str(place)))
    yield project
    project.close()


@pytest.fixture(scope="session")
def shared_still_digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedProject]:
    """A project on the bundled digits, served without the trainer, so that no point moves."""
    folder = tmp_path_factory.mktemp("still")
    project = SharedProject(
        folder, lambda place: ServerProcess("--project", str(place), "--no-training")
    )
    yield project
    project.close()


@pytest.fixture(scope="session")
def shared_impure_digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedProject]:
    """A project in which half of each class is labelled and every fifteenth label is wrong, so that
    the model doubts some labels."""
    folder = tmp_path_factory.mktemp("impure")
    project = SharedProject(
        folder, lambda place: ServerProcess("--project", str(place)), label_impurely
    )
    yield project
    project.close()


@pytest.fixture
def server(shared_digits: SharedProject) -> Iterator[ServerProcess]:
    """The shared server with the trainer. After a test, the gestures of the test are undone."""
    with shared_digits.use() as process:
        yield process


@pytest.fixture
def still_server(shared_still_digits: SharedProject) -> Iterator[ServerProcess]:
    """The shared server without the trainer. After a test, its gestures are undone."""
    with shared_still_digits.use() as process:
        yield process


@pytest.fixture
def impure_server(shared_impure_digits: SharedProject) -> Iterator[ServerProcess]:
    """The shared server with some wrong labels. After a test, the test's gestures are undone."""
    with shared_impure_digits.use() as process:
        yield process


@pytest.fixture
def own_server(tmp_path: Path, server_process: type[ServerProcess]) -> ServerProcess:
    """A server, with its trainer, for a single test.

    A test needs its own server if it kills the trainer, reads the whole history, or undoes in an
    order that does not return the model to its first state.
    """
    process = server_process("--project", str(tmp_path / "digits"))
    process.start()
    process.wait_until_ready()
    return process


@pytest.fixture
def own_still_server(tmp_path: Path, server_process: type[ServerProcess]) -> ServerProcess:
    """A server without the trainer for one test that kills the server or adds classes."""
    process = server_process("--project", str(tmp_path / "digits"), "--no-training")
    process.start()
    process.wait_until_ready()
    return process


@pytest.fixture
def open_page(request: pytest.FixtureRequest, pages: PagePool) -> Iterator[Any]:
    """Return a function that opens an address in a page without stored data. After the test, check
    that no page reported an error or sent a request to another host.

    With `drawn=True` the page draws as a user sees it while its `testDrawsAll` is true. With
    `rests`, the page may be that of the previous test, restored to the state that `remember` has
    stored. The value is the state of training in which it is restored.
    """
    opened: list[tuple[PooledPage, PageDriver, Hashable]] = []
    failed = request.session.testsfailed

    def open_one(
        url: str,
        *,
        prepare: Any = None,
        query: str = "",
        drawn: bool = False,
        rests: str = "",
        **options: Any,
    ) -> PageDriver:
        address = (url, query, rests) if rests else None
        if address and (kept := pages.kept(address, drawn=drawn, prepare=prepare, **options)):
            driver = kept[1]
            driver.listen()
            driver.page.set_viewport_size(driver.evaluate("testSize"))
            differing = differences(driver, rests)
            if not differing:
                opened.append((*kept, address))
                return driver
            log.info("the page is opened again, because these parts differ: %s", differing)
            driver.leave()
            pages.put_back(kept[0], url)
        pages.forget(url)
        taken = pages.take(drawn=drawn, prepare=prepare, **options)
        driver = PageDriver(taken.page, url, query=query)
        opened.append((taken, driver, address))
        return driver

    yield open_one
    for taken, driver, address in opened:
        kept = bool(address) and request.session.testsfailed == failed and leave(driver)
        driver.leave()
        if kept:
            pages.keep(taken, driver, address)
        elif request.session.testsfailed == failed:
            pages.put_back(taken, driver.url)
        else:
            taken.page.context.close()
        assert driver.foreign == [], "the page sent a request to another host"
        assert driver.complaints() == []


# Fixtures and tests have the server before the page in their parameters, so that pytest closes the
# page before the server.


@pytest.fixture
def page(server: ServerProcess, open_page: Any) -> PageDriver:
    """A page of `server`, at rest."""
    driver = open_page(server.url, rests="resting")
    driver.wait_for_scene()
    driver.wait_for_rest()
    remember(driver)
    return driver


@pytest.fixture
def owner(lan: LanServer, open_page: Any) -> PageDriver:
    """The page of the owner of `lan`, a server that other devices reach by the network. Each module
    defines the fixture `lan`."""
    driver = open_page(lan.url)
    driver.wait_for_scene()
    return driver


def still(driver: PageDriver) -> PageDriver:
    driver.wait_for_scene()
    driver.wait_for_rest("absent")
    remember(driver)
    return driver


@pytest.fixture
def still_page(still_server: ServerProcess, open_page: Any) -> PageDriver:
    """A page of `still_server`, at rest: an item stays where the test points at it."""
    return still(open_page(still_server.url, rests="absent"))


@pytest.fixture
def own_still_page(own_still_server: ServerProcess, open_page: Any) -> PageDriver:
    """A page of `own_still_server`, at rest."""
    return still(open_page(own_still_server.url))


@pytest.fixture
def open_headset(still_server: ServerProcess, open_page: Any) -> Any:
    """Return a function that opens a page of `still_server` in a headset."""
    return partial(put_on, open_page, still_server.url)


@pytest.fixture
def still_headset(still_server: ServerProcess, open_page: Any) -> Headset:
    """A headset in VR like `headset`, with a server without the trainer."""
    return in_vr_at_rest(put_on(open_page, still_server.url, rests="absent"), "absent")


@pytest.fixture
def headset(server: ServerProcess, open_page: Any) -> Headset:
    """A headset in VR, facing a cloud at rest. The palette at the left does not hide the cloud."""
    return in_vr_at_rest(put_on(open_page, server.url, rests="resting"))


@pytest.fixture
def own_still_headset(own_still_server: ServerProcess, open_page: Any) -> Headset:
    """A headset in VR like `still_headset`, with a server for one test."""
    return in_vr_at_rest(put_on(open_page, own_still_server.url), "absent")
