"""A device that requests access over real TLS: the page of the device and the page of the owner."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from drivers.page import PageDriver
from drivers.servers import LanServer


@pytest.fixture(scope="module")
def shared_lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanServer]:
    folder = tmp_path_factory.mktemp("lan")
    server = LanServer("--project", str(folder / "digits"), "--no-training", state=folder / "home")
    server.start()
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def lan(shared_lan: LanServer) -> Iterator[LanServer]:
    """The server that the tests share. After a test, no device is approved, and none waits."""
    yield shared_lan
    access = shared_lan.request("api/access")
    for waiting in access["waiting"]:
        shared_lan.request("api/access/decide", {"request": waiting["request"], "role": None})
    for device in access["devices"]:
        shared_lan.request("api/access/revoke", {"device": device["device"]})


@pytest.fixture
def device(lan: LanServer, open_page: Any) -> PageDriver:
    return open_page(lan.network_url, ignore_https_errors=True)


def code_on(page: Page) -> str:
    return page.get_by_test_id("device-code").inner_text()


def inside(driver: PageDriver) -> bool:
    return bool(
        driver.evaluate("window.lodespace?.state.latent.n > 0 && !lodespace.state.pairing.value")
    )


def test_a_device_is_approved_by_its_code_and_revoked(
    owner: PageDriver, device: PageDriver
) -> None:
    code = code_on(device.page)
    waiting = owner.page.get_by_test_id("waiting")
    assert code in waiting.inner_text()
    waiting.get_by_role("button", name="Allow to label").click()
    device.wait(lambda: inside(device), message="the device was not approved")
    assert device.state("session")["role"] == "annotator"
    device.wait(lambda: device.state("connection")["status"] == "open")
    device.page.reload()  # the device stays approved by its cookie
    device.wait(lambda: inside(device))
    owner.press("g")
    owner.wait(lambda: "connected" in owner.page.inner_text(".device-list"))
    owner.page.get_by_role("button", name="Revoke").click()
    device.wait(
        lambda: device.evaluate("lodespace.state.pairing.value?.state === 'revoked'"),
        message="the revoked device still has access",
    )
    assert "revoked this device's access" in device.page.inner_text(".pairing-page")
    device.page.get_by_role("button", name="Ask again").click()
    assert code_on(device.page) != code
    owner.press("Escape")


def test_a_denied_device_shows_that_it_was_denied(owner: PageDriver, device: PageDriver) -> None:
    code_on(device.page)
    owner.page.get_by_role("button", name="Deny").click()
    device.wait(lambda: "did not allow" in device.page.inner_text(".pairing-page"))
    assert not inside(device)


def test_a_viewer_sees_the_cloud_and_cannot_label(owner: PageDriver, device: PageDriver) -> None:
    code_on(device.page)
    owner.page.get_by_role("button", name="Allow to view").click()
    device.wait(lambda: inside(device))
    assert "view only" in device.page.inner_text(".top-bar")
    device.lasso(device.circle(device.evaluate("Array.from({length: 300}, (_, k) => k)")))
    device.press("3")
    assert (device.labels == -1).all()
    assert device.page.locator("[data-queue], .actions:not(.searches)").count() == 0


def test_a_pairing_code_is_typed_on_the_page_itself(owner: PageDriver, device: PageDriver) -> None:
    device.page.get_by_role("button", name="Enter a pairing code").click()
    pad = device.page.get_by_role("group", name="Keys for the code")
    for key in "00000000":
        pad.get_by_role("button", name=key, exact=True).click()
    device.wait(lambda: "Ask for a new one" in device.page.inner_text(".pairing-page"))
    owner.press("g")
    owner.page.get_by_role("button", name="for labelling").click()
    code = owner.page.locator(".pairing-code").inner_text()
    for key in code.replace("-", ""):
        pad.get_by_role("button", name=key, exact=True).click()
    device.wait(lambda: inside(device), message="the code did not pair the device")


def test_check_lists_missing_features_without_asking_the_owner(
    device: PageDriver, lan: LanServer
) -> None:
    device.page.goto(lan.network_url + "check")
    device.page.get_by_role("heading", name="No VR in this browser yet").wait_for()
    text = device.page.inner_text("main")
    assert "No headset was found" in text or "does not have WebXR" in text
    assert "The address is secure" in text


def test_an_address_without_https_redirects_to_https(device: PageDriver, lan: LanServer) -> None:
    plain = lan.network_url.replace("https", "http") + "check"
    device.page.goto(plain)
    assert device.page.url == lan.network_url + "check"
    assert device.foreign == [plain]
    device.foreign.clear()
