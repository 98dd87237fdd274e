"""A headset without a cable over real TLS: address, code, approval, VR, a label, revocation."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from drivers.headset import HEADSET_VIEW, Headset, installer
from drivers.page import PageDriver
from drivers.servers import LanServer
from lodespace.access.addresses import lan_addresses
from lodespace.protocol import CLOSE_REVOKED
from lodespace.web.request_guard import COOKIE
from samples.digits import SIXES, TRUTH

REVOKED = "The owner revoked this device's access."


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanServer]:
    folder = tmp_path_factory.mktemp("lan")
    server = LanServer("--project", str(folder / "digits"), state=folder / "home")
    server.start()
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def address(lan: LanServer) -> str:
    """The numeric address at which another device reaches the server.

    If the machine has no network, this is the loopback address, which browsers treat as secure.
    """
    host = [*lan_addresses(), "127.0.0.1"][0]
    return f"https://{host}:{lan.lan_port}/"


@pytest.fixture
def headset(lan: LanServer, open_page: Any, owner: PageDriver, address: str) -> Iterator[Headset]:
    """A headset that requests access, after its user accepted the certificate warning.

    The access of all devices ends after the test.
    """
    driver = open_page(address, prepare=installer(), ignore_https_errors=True)
    driver.page.set_viewport_size(HEADSET_VIEW)
    yield Headset(driver)
    for device in lan.request("api/access")["devices"]:
        lan.request("api/access/revoke", {"device": device["device"]})


def approve(owner: PageDriver, headset: Headset) -> None:
    """Compare the code and approve the device as the owner. The device then opens the page."""
    page = headset.driver
    code = page.page.get_by_test_id("device-code").inner_text(timeout=60_000)
    line = owner.page.get_by_test_id("waiting").filter(has_text=code)
    line.get_by_role("button", name="Allow to label").click(timeout=60_000)
    page.wait_for_scene()
    page.wait(
        lambda: page.state("pairing") is None and page.state("connection")["status"] == "open", 60
    )


@pytest.mark.timeout(600)  # the test is long, and a busy machine draws few frames
def test_an_approved_headset_labels_in_vr_until_it_is_revoked(
    owner: PageDriver, headset: Headset, address: str
) -> None:
    page = headset.driver
    streams: list[Any] = []
    page.page.on("websocket", lambda stream: streams.append(stream))
    approve(owner, headset)

    # The page is a secure context, which WebXR needs. Scripts and other pages cannot read the
    # cookie. The stream uses TLS and has the same origin.
    assert page.evaluate("isSecureContext && location.protocol === 'https:'")
    assert page.state("session")["role"] == "annotator"
    (cookie,) = page.page.context.cookies()
    host = address.split("/")[2].split(":")[0]
    assert cookie["name"] == COOKIE and COOKIE.startswith("__Host-")
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert (cookie["domain"], cookie["path"]) == (host, "/")
    assert page.evaluate("document.cookie") == ""
    (stream,) = streams
    assert stream.url == address.replace("https", "wss") + "api/stream"
    assert owner.page.context.cookies() == []  # the owner's loopback address needs no cookie

    # In VR a cluster is brushed and labelled. The owner's page and the model get the label.
    page.wait_for_state("resting")
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.put("right", (0.3, 1.2, 0.3))
    before = owner.positions()
    selected = headset.paint("right", SIXES)
    assert len(selected) > 100 and np.mean(TRUTH[selected] == 6) > 0.8
    headset.touch("right", "class", 6)
    page.wait(
        lambda: page.state("connection")["pending"] == 0, 60, "the label was not acknowledged"
    )
    owner.wait(lambda: (owner.labels[selected] == 6).all(), 60, "the owner does not see the label")
    assert (owner.labels >= 0).sum() == len(selected)
    owner.wait(
        lambda: np.abs(owner.positions() - before).max() > 0.02 * before.std(), 120, "nothing moved"
    )

    # The device is revoked in VR: the stream ends, and the palette and the page state the reason. A
    # test without drawing (tests/web/test_lan.py) limits the time to less than a second.
    owner.press("g")
    owner.wait(lambda: "connected" in owner.page.inner_text(".device-list"))
    owner.page.get_by_role("button", name="Revoke").click()
    page.wait(
        lambda: page.state("connection")["status"] == "refused", 60, "the stream is still open"
    )
    assert page.state("connection")["code"] == CLOSE_REVOKED
    assert page.state("xr.presenting") == "immersive-vr"
    headset.frames(3)
    said = headset.value("view.palette.head.secondLine(lodespace.state.selection.value.items)[0]")
    assert REVOKED in said
    assert REVOKED in page.page.inner_text(".pairing-page")
    owner.wait(lambda: "No device yet" in owner.page.inner_text(".devices"))
    assert page.evaluate("fetch('/api/session').then(({ status }) => status)") == 401

    # The labels of the revoked device stay, and the device may request access again.
    assert (owner.labels[selected] == 6).all()
    page.evaluate("lodespace.xr.entry.leave()")
    page.wait(lambda: page.state("xr.presenting") is None)
    page.page.get_by_role("button", name="Ask again").click()
    owner.press("Escape")
    approve(owner, headset)
    page.wait(
        lambda: (page.labels[selected] == 6).all(), 60, "the labels are no longer on the page"
    )


@pytest.mark.timeout(600)
def test_pictures_are_sent_once_despite_the_certificate(
    owner: PageDriver, headset: Headset
) -> None:
    """Chromium stores nothing that came with a certificate error, so the page keeps the pictures
    itself, until its access ends."""
    page = headset.driver
    approve(owner, headset)
    # The pictures of the digits are on two pages.
    loaded = "lodespace.state.picturesVersion.value >= 2"
    page.wait(lambda: page.evaluate(loaded), 120, "the pictures were not loaded")
    kept = "caches.open('lodespace-pictures').then(async (all) => (await all.keys()).length)"
    page.wait(lambda: page.evaluate(kept) == 2, 60, "the pictures were not kept")
    statuses: list[int] = []
    page.page.on(
        "response",
        lambda answer: statuses.append(answer.status) if "/thumbnails/" in answer.url else None,
    )
    page.page.reload()
    page.wait_for_scene()
    page.wait(lambda: page.evaluate(loaded), 120, "the pictures were not loaded again")
    assert statuses == [304, 304]
    (device,) = owner.evaluate("lodespace.state.access.value.devices")
    owner.evaluate(
        f"fetch('/api/access/revoke', {{method: 'POST', headers: {{'Content-Type': "
        f"'application/json'}}, body: JSON.stringify({{device: '{device['device']}'}})}})"
    )
    page.wait(lambda: page.evaluate(kept) == 0, 60, "the pictures were kept after the revocation")
