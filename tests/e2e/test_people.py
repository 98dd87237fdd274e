"""Two people on one project: names, agreement, blind labels, and what each does now."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from drivers.axe import serious
from drivers.headset import Headset, in_vr_at_rest, put_on
from drivers.page import PageDriver
from drivers.review import sheet, wait_for_sheet
from drivers.servers import LanServer
from samples.still_maps import write_still_map

CAMERA = "lodespace.stage.camera.position.toArray()"
MATRIX = "lodespace.stage.camera.matrixWorld.elements"
HEAD = """lodespace.stage.camera.matrix.clone().compose(
  view.head.position, view.head.orientation, view.at.clone().set(1, 1, 1)).elements"""
PAGE_OF = """(name) => [...lodespace.state.peers.value.values()].find(
  (peer) => peer.name === name)?.client_id"""


class People(NamedTuple):
    """The page of the owner, and the page of another person."""

    olga: PageDriver
    mia: PageDriver


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanServer]:
    """A server of a small map without the trainer, for the owner Olga and for other devices."""
    folder = tmp_path_factory.mktemp("people")
    data = write_still_map(folder)
    process = LanServer(str(data), "--no-training", "--name", "Olga", state=folder / "home")
    process.start()
    process.wait_until_ready()
    yield process
    process.stop()


@pytest.fixture
def people(server: LanServer, open_page: Any) -> Iterator[People]:
    olga: PageDriver = open_page(server.url)
    mia: PageDriver = open_page(server.network_url, ignore_https_errors=True)
    mia.page.get_by_label("Your name").fill("Mia")
    waiting = olga.page.get_by_test_id("waiting")
    olga.wait(lambda: "Mia" in waiting.inner_text(), message="the owner does not see the name")
    waiting.get_by_role("button", name="Allow to label").click()
    for page in (olga, mia):
        page.wait_for_scene()
        page.wait_for_rest("absent")
    for name in ("oak", "elm"):
        if name not in [info["name"] for info in olga.state("classes")]:
            olga.evaluate(f"lodespace.commands.addClass('{name}')")
    for page in (olga, mia):
        page.wait(lambda page=page: len(page.state("classes")) >= 2)
    yield People(olga, mia)
    for device in server.request("api/access")["devices"]:
        server.request("api/access/revoke", {"device": device["device"]})


def open_panel(page: PageDriver) -> Any:
    if not page.state("people.open"):
        page.page.locator(".rules-line", has_text="People").click()
    panel = page.page.locator(".people-panel")
    panel.wait_for()
    return panel


def give_all(page: PageDriver, classes: list[str]) -> list[int]:
    """Give each picture of the open sheet a class by its key, and confirm. Return the items."""
    items = [one["item"] for one in wait_for_sheet(page, "double")]
    pictures = page.page.locator(".cell-picture")
    for place, key in enumerate(classes):
        pictures.nth(place).click()
        page.press(key)
    page.press("Enter")
    return items


def test_the_panel_names_the_people_and_their_agreement(people: People) -> None:
    olga, mia = people
    olga.label(0, range(30))
    mia.wait(lambda: (mia.labels[:30] == 0).all())
    panel = open_panel(olga)
    olga.wait(lambda: "Mia" in panel.inner_text() and "Olga (you)" in panel.inner_text())
    assert panel.get_by_test_id("no-agreement").is_visible()
    mia.label(0, range(15))
    mia.label(1, range(15, 20))
    kappa = panel.get_by_test_id("kappa")
    olga.wait(lambda: kappa.count() == 1 and "20 items" in panel.inner_text())
    assert "same class on 75 %" in panel.inner_text()
    assert kappa.inner_text() == "0.00", "one class of one person: no better than chance"
    olga.label(1, range(15, 18))
    olga.wait(lambda: kappa.inner_text() == "0.69")
    assert serious(olga) == []
    seen = open_panel(mia)
    mia.wait(lambda: "Mia (you)" in seen.inner_text() and "0.69" in seen.inner_text())


def test_two_people_label_the_same_items_blind(people: People) -> None:
    olga, mia = people
    mia.evaluate("lodespace.commands.openSheet('double')")
    before = mia.labels
    items = give_all(mia, ["0"] * 27)
    mia.wait(lambda: (sheet(mia) or {}).get("status") == "open"
             and sheet(mia)["items"][0]["item"] not in items)  # fmt: skip
    mia.press("Escape")
    assert (before[items] == -1).all() and len(items) == 27
    olga.wait(lambda: any("blind" in g["note"] for g in olga.gestures))
    for page in people:
        assert np.array_equal(page.labels, before), "a blind label is shown"

    # As if another person had labelled the items before, without a blind sheet.
    olga.evaluate(f"for (const item of {items}) lodespace.state.annotations.labels[item] = 0")
    olga.evaluate("lodespace.state.annotations.predictions.fill(0)")
    open_panel(olga).get_by_role("button", name="Label items blind").click()
    assert [one["item"] for one in wait_for_sheet(olga, "double")] == items
    for one in sheet(olga)["items"]:
        assert (one["class_id"], one["prediction"], one["proposed"]) == (-1, -1, -1)
    drawn = olga.array("lodespace.cloud.points.geometry.getAttribute('classes').array", "int16")
    labels, predictions = drawn.reshape(-1, 2).T
    hidden = np.isin(np.arange(len(before)), items)
    assert (labels[items] < 0).all() and np.array_equal(predictions < 0, hidden)
    olga.page.locator(".cells button").first.hover()
    card = olga.page.locator(".hover-card")
    olga.wait(lambda: card.count() == 1 and "label hidden" in card.inner_text())
    assert "predicted" not in card.inner_text(), "the card shows what the model thinks"
    give_all(olga, ["1", "1"] + ["0"] * 25)
    for page in people:
        page.wait(lambda page=page: (page.labels[items] >= 0).all(), message="not revealed")
        assert page.labels[items].tolist() == [1, 1] + [0] * 25
    olga.press("Escape")

    panel = open_panel(mia)
    panel.get_by_role("button", name="Decide conflicts").click()
    shown = [one["item"] for one in wait_for_sheet(mia, "conflicts")]
    assert set(items[:2]) <= set(shown)
    mia.press("Escape")

    olga.press("Control+z")
    for page in people:
        page.wait(lambda page=page: np.array_equal(page.labels, before), message="still shown")


def test_people_see_pointers_and_selections_and_follow(people: People) -> None:
    olga, mia = people
    for page in people:
        page.wait(lambda page=page: len(page.evaluate("[...lodespace.state.peers.value]")) == 1)
    olga.evaluate("lodespace.commands.select(Uint32Array.from([1, 5, 9]))")
    mia.wait(
        lambda: mia.evaluate("[...lodespace.state.people.selections.value.values()][0]?.count") == 3
    )
    where = olga.on_screen()[7]
    olga.page.mouse.move(*where)
    cursor = "[...lodespace.state.peers.value.values()][0]?.cursor"
    mia.wait(lambda: mia.evaluate(cursor) is not None, message="no pointer is shown")
    peer = mia.evaluate("[...lodespace.state.peers.value.values()][0]")
    assert peer["name"] == "Olga"
    hovered = olga.state("hovered")["item"]
    place = olga.evaluate(f"lodespace.stage.placeOf({hovered}).toArray()")
    assert np.allclose(mia.evaluate(cursor), place, atol=1e-3)

    olga.press("Escape")  # in a low window, the line is hidden while items are selected
    panel = open_panel(olga)
    panel.get_by_role("button", name="Follow me").click()
    call = mia.page.get_by_test_id("call")
    mia.wait(lambda: call.count() == 1)
    assert "Olga asks you to follow" in call.inner_text()
    call.get_by_role("button", name="Follow", exact=True).click()
    olga.evaluate("lodespace.stage.placeCamera({azimuth: 60, elevation: 20, distance: 1.5})")
    mia.wait(
        lambda: np.allclose(mia.evaluate(CAMERA), olga.evaluate(CAMERA), atol=0.02),
        message="the page does not follow",
    )
    assert "Olga sees" in mia.page.get_by_test_id("following").inner_text()
    mia.page.get_by_role("button", name="Stop", exact=True).click()
    olga.evaluate("lodespace.stage.placeCamera({azimuth: 0, elevation: 5, distance: 2})")
    panel.get_by_role("button", name="Follow me").click()  # off
    panel.get_by_role("button", name="Come here").click()
    mia.wait(lambda: call.count() == 1 and "asks you to come" in call.inner_text())
    call.get_by_role("button", name="Go there").click()
    mia.wait(lambda: np.allclose(mia.evaluate(CAMERA), olga.evaluate(CAMERA), atol=0.02))
    assert call.count() == 0
    assert olga.gestures == mia.gestures, "presence is a gesture"


def seen_by(headset: Headset, page: PageDriver) -> tuple[Any, Any]:
    """Return how a person in VR sees the view of a page, relative to where the person looks, on the
    level: the turn of the view (3, 3), and the place of what the page looks at, metres."""
    camera = np.array(page.evaluate(MATRIX)).reshape(4, 4).T
    target = page.evaluate("lodespace.stage.controls.target.toArray()")
    head = np.array(headset.value(HEAD)).reshape(4, 4).T
    ahead = -head[:3, 2] * (1, 0, 1)
    back = -ahead / np.linalg.norm(ahead)
    level = np.c_[np.cross((0, 1, 0), back), (0, 1, 0), back]
    world = headset.world
    turn = level.T @ world[:3, :3] @ camera[:3, :3] / np.cbrt(np.linalg.det(world[:3, :3]))
    return turn, level.T @ ((world @ [*target, 1])[:3] - head[:3, 3])


def sees(headset: Headset, page: PageDriver) -> bool:
    """Whether a person in VR sees the cloud from the same side as a page, before the eyes."""
    turn, place = seen_by(headset, page)
    right = np.allclose(turn[:, 0], (1, 0, 0), atol=0.02)  # the right of the page is at the right
    return bool(right and turn[1, 1] > 0.9 and np.allclose(place, (0, -0.19, -0.7), atol=0.03))


def test_a_headset_and_a_page_follow_each_other(people: People, open_page: Any) -> None:
    olga, mia = people
    headset = in_vr_at_rest(put_on(open_page, olga.url), "absent")
    mia_page = f"({PAGE_OF})('Mia')"
    headset.wait(lambda: headset.value(mia_page), "Mia is not known")
    mia.evaluate("lodespace.stage.placeCamera({azimuth: 60, elevation: 20, distance: 1.5})")
    headset.script(f"lodespace.state.people.following.value = {mia_page};")
    headset.wait(lambda: sees(headset, mia), "the cloud does not follow the page")
    headset.script("""
      emulated.position.set(0.4, 1.5, -0.3);
      emulated.quaternion.set(0, Math.sin(0.6), 0, Math.cos(0.6));
    """)
    headset.frames(3)
    assert not sees(headset, mia)
    headset.script(
        "lodespace.stage.renderer.xr.getReferenceSpace().dispatchEvent(new Event('reset'));"
    )
    headset.wait(lambda: sees(headset, mia), "the cloud does not follow after recentring")

    headset.hold("right")
    before = headset.world
    mia.evaluate("lodespace.stage.placeCamera({azimuth: -20, elevation: 10, distance: 1.2})")
    peer = f"lodespace.state.peers.value.get({mia_page}).head.position"
    headset.wait(
        lambda: np.allclose(headset.value(peer), mia.evaluate(CAMERA), atol=0.01),
        "the view of the page did not arrive",
    )
    headset.frames(20)
    assert np.array_equal(headset.world, before), "the cloud moves under a hand that paints"
    headset.let_go("right")
    headset.wait(lambda: sees(headset, mia), "the cloud does not follow after the stroke")

    headset.script("lodespace.state.people.call.value = 'follow';")
    call = mia.page.get_by_test_id("call")
    mia.wait(lambda: call.count() == 1)
    call.get_by_role("button", name="Follow", exact=True).click()

    def eyes() -> Any:
        head = headset.value("[...view.head.position.toArray(), 1]")
        return (np.linalg.inv(headset.world) @ head)[:3]

    headset.script("lodespace.stage.world.matrix.makeTranslation(0, 1.2, -0.2);")
    headset.wait(lambda: headset.driver.state("people.following") == "", "still follows")
    mia.wait(
        lambda: np.allclose(mia.evaluate(CAMERA), eyes(), atol=0.03),
        message="the page does not follow the headset",
    )
    headset.script("lodespace.xr.leave();")
    mia.wait(lambda: np.allclose(mia.evaluate(CAMERA), headset.driver.evaluate(CAMERA), atol=0.03))
    following = mia.page.get_by_test_id("following")
    following.get_by_role("button", name="Stop", exact=True).click()
    mia.wait(lambda: following.count() == 0)

    olga.evaluate(f"lodespace.state.people.following.value = {mia_page}")
    mia.page.goto("about:blank")
    olga.wait(
        lambda: olga.state("xr.message") == "You no longer see what Mia sees: Mia has left.",
        message="there is no message about the person who has left",
    )
    olga.evaluate("lodespace.state.xr.clearMessage()")
