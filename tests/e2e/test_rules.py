"""Rules on the page and in the emulated headset: keep, preview, figures, off, undo, delete."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.axe import serious
from drivers.fingers import PHONE, move_fingers, phone
from drivers.headset import in_vr_at_rest, put_on
from drivers.page import PageDriver
from drivers.servers import ServerProcess
from samples.still_maps import group_of, write_still_map

DRAW_CALLS = 40
"""Largest number of draw calls per frame for both eyes, with hulls."""
FOLLOW_NEARER = """() => {
  const { state, stage, commands } = lodespace;
  commands.present = ({ scale }) => { window.sentScale = scale; };
  const { position, quaternion, zoom } = stage.camera;
  const head = { position: position.toArray(), orientation: quaternion.toArray() };
  const peer = { op: 'peer', client_id: 'd1.mia', name: 'Mia', head, scale: 0.8 / zoom };
  state.peers.value = new Map([['d1.mia', peer]]);
  state.people.following.value = 'd1.mia';
}"""
"""Follow a person with the view of this page, but nearer by a factor of 1.25."""
THREE_FRAMES = """() => new Promise((done) => requestAnimationFrame(
  () => requestAnimationFrame(() => requestAnimationFrame(done))))"""


@pytest.fixture(scope="module")
def still_map(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of a small map without the trainer. The tests make their own classes and rules."""
    folder = write_still_map(tmp_path_factory.mktemp("rules"))
    process = ServerProcess(str(folder), "--no-training")
    process.start()
    process.wait_until_ready()
    yield process
    process.kill()


@pytest.fixture
def flat_map(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of a small map with 2 dimensions without the trainer."""
    process = ServerProcess(str(write_still_map(tmp_path, latent_dim=2)), "--no-training")
    process.start()
    process.wait_until_ready()
    yield process
    process.kill()


@pytest.fixture
def map_page(still_map: ServerProcess, open_page: Any) -> PageDriver:
    page: PageDriver = open_page(still_map.url)
    page.wait_for_scene()
    page.wait_for_rest("absent")
    return with_classes(page)


def with_classes(page: PageDriver) -> PageDriver:
    """Add the two classes of the tests if the server does not have them."""
    known = [info["name"] for info in page.state("classes")]
    for name in ("oak", "elm"):
        if name not in known:
            page.evaluate(f"lodespace.commands.addClass('{name}')")
    page.wait(lambda: len(page.state("classes")) >= 2)
    return page


def rules(page: PageDriver) -> list[dict[str, Any]]:
    return list(page.state("rules.list"))


def keep(page: PageDriver, group: int, key: str) -> str:
    """Draw around a group, keep it as a rule with the class of `key`, and return the preview."""
    before = len(rules(page))
    page.lasso(page.circle(np.flatnonzero(group_of() == group), 0.85))
    page.page.wait_for_selector(".keep-rule")
    page.press("Shift+Digit3")
    shown = page.page.locator("[data-testid=rule-preview]")
    page.wait(lambda: "Votes on" in shown.inner_text(), message="no preview was shown")
    text = shown.inner_text()
    page.press(key)
    page.wait(lambda: len(rules(page)) == before + 1, message="no rule was kept")
    return text


HANDLE = """new Promise((done) => {
  const handle = document.querySelector('.move-handle');
  let last = '', since = performance.now();
  const look = () => {
    const box = handle.getBoundingClientRect();
    const at = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(...at)?.closest('.move-handle') === handle;
    if (last !== at.join() || !top) { last = at.join(); since = performance.now(); }
    if (performance.now() - since > 600) done(at); else setTimeout(look, 50);
  };
  look();
})"""
"""Waits until nothing covers the handle of the chosen hull, and until it rests: the cloud moves
when a notice appears. Returns the place of the handle in CSS pixels."""


def handle_at(page: PageDriver) -> np.ndarray:
    """Return the place (2,) of the handle of the chosen hull, in CSS pixels."""
    page.page.locator(".move-handle").wait_for()
    return np.array(page.evaluate(HANDLE))


def hold_hull(page: PageDriver) -> np.ndarray:
    """Press the handle of the chosen hull, and return its place (2,), CSS pixels."""
    start = handle_at(page)
    page.page.mouse.move(*start)
    page.page.mouse.down()
    return start


def move_hull(page: PageDriver, by: np.ndarray) -> None:
    """Drag the handle of the chosen hull `by` (2,) CSS pixels, with a look at the preview."""
    start = hold_hull(page)
    page.page.mouse.move(*(start + by / 2))
    page.page.mouse.move(*(start + by))
    text = page.page.locator(".move-text")
    page.wait(lambda: "votes on" in text.inner_text(), message="no preview of the moved hull")
    page.page.mouse.up()


def test_a_lasso_kept_as_a_rule_labels_its_likes_and_is_undone(map_page: PageDriver) -> None:
    page = map_page
    text = keep(page, 0, "0")
    rule = rules(page)[0]
    chosen, kept, count = rule["chosen"], rule["kept"], rule["count"]
    group = np.flatnonzero(group_of() == 0)
    assert 0.6 * len(group) < chosen < 0.95 * len(group), "the lasso has the whole group"
    numbers = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", text)]
    assert chosen in numbers and numbers[-1] == count - kept
    # The rule also finds the items of the group that the map shows elsewhere.
    assert 0.97 * len(group) <= count <= len(group)
    page.wait(lambda: int((page.labels == 0).sum()) == count, message="others were not labelled")
    matched, expected = np.flatnonzero(page.labels == 0), page.labels
    assert (group_of()[matched] == 0).all() and (np.delete(expected, matched) == -1).all()
    assert not page.state("rules.keep"), "the next label would be kept as a rule, too"
    assert len(page.selected) == 0
    assert "Kept as the rule" in page.page.inner_text(".notices")

    # Move the hull over another group: the rule is made again from the items in it.
    other = np.flatnonzero(group_of() == 1)
    move_hull(page, np.median(page.on_screen()[other], 0) - np.median(page.on_screen()[group], 0))
    page.wait(lambda: (page.labels[other] == 0).sum() >= 0.97 * len(other))
    assert (page.labels[group] == -1).all() and rules(page)[0]["name"] == rule["name"]
    page.undo_to(expected)
    hold_hull(page)
    page.page.locator("[data-class='1']").hover(force=True)
    page.page.mouse.up()
    page.wait(lambda: rules(page)[0]["class_id"] == 1, message="the hull was not given to a class")
    page.undo_to(expected)

    page.press(";")
    row = page.page.locator(".rule")
    row.wait_for()
    assert row.count() == 1 and "oak" in row.inner_text()
    assert row.get_by_test_id("rule-count").inner_text() == str(count)
    assert "accuracy not known yet" in row.inner_text() and "by you" in row.inner_text()
    assert serious(page) == []

    switch = row.get_by_role("checkbox")
    switch.uncheck()
    page.wait(lambda: (page.labels == -1).all(), message="a rule that is off still labels")
    assert rules(page)[0]["on"] is False
    page.undo_to(expected)
    page.wait(lambda: switch.is_checked())

    # A rule of the group beside it with the same class and its own name, and a conflict.
    row.locator(".rule-controls input").first.fill("red oaks")
    row.locator(".rule-controls input").first.press("Enter")
    page.wait(lambda: rules(page)[0]["name"] == "red oaks")
    row.get_by_role("button", name="Duplicate").click()
    page.wait(lambda: len(rules(page)) == 2)
    assert [rule["name"] for rule in rules(page)] == ["red oaks", "red oaks (copy)"]
    second = page.page.locator(".rule").nth(1)
    second.locator("select").select_option(label="elm")
    page.wait(lambda: (page.labels[matched] == 1).all(), message="the newer rule does not win")
    page.page.wait_for_selector(".rule-conflicts")
    assert page.page.inner_text(".rule-conflicts").startswith(f"{count} items have votes")
    page.page.locator(".rule-conflicts button").click()
    page.wait(lambda: (page.state("review.sheet") or {}).get("status") == "open")
    assert page.state("review.sheet")["kind"] == "conflicts"
    assert np.isin([one["item"] for one in page.state("review.sheet")["items"]], matched).all()
    page.press("Escape")
    ringed = "Array.from(lodespace.cloud.ringed)"
    page.wait(lambda: np.array_equal(page.evaluate(ringed), matched))

    page.evaluate(f"lodespace.commands.pick({matched[0]})")
    why = page.page.locator(".why li")
    page.wait(lambda: why.count() == 2)
    assert ["elm" in text for text in why.all_inner_texts()].count(True) == 1
    assert page.page.locator(".why li[data-decides=true]").inner_text().startswith("elm")

    while rules(page):
        left = len(rules(page))
        last = page.page.locator(".rule").last
        if last.get_by_role("button", name="Delete").count() == 0:
            last.locator(".rule-name").click()
        last.get_by_role("button", name="Delete").click()
        page.wait(lambda n=left: len(rules(page)) == n - 1)
        focused = page.page.locator(".rules-panel button:focus")
        page.wait(lambda f=focused: f.count() == 1, message="the focus was lost")
        assert (focused.get_attribute("class") == "rule-name") == (left > 1)
    page.wait(lambda: (page.labels == -1).all(), message="a deleted rule left labels")
    assert page.page.get_by_test_id("no-rules").is_visible()


def test_handles_stay_at_a_hull_while_a_followed_person_zooms(
    flat_map: ServerProcess, open_page: Any
) -> None:
    page = open_page(flat_map.url)
    page.wait_for_scene()
    page.wait_for_rest("absent")
    keep(with_classes(page), 0, "0")
    handle = page.page.locator(".move-handle")
    handle.wait_for()
    page.wait(lambda: page.evaluate("lodespace.people.peers !== null"))
    before = handle.bounding_box()
    zoom = page.evaluate("lodespace.stage.camera.zoom")
    page.evaluate(FOLLOW_NEARER)
    page.wait(
        lambda: abs(page.evaluate("lodespace.stage.camera.zoom") / zoom - 1.25) < 0.002,
        message="the page does not follow",
    )
    page.evaluate(THREE_FRAMES)
    followed = handle.bounding_box()
    page.evaluate("lodespace.stage.invalidate()")
    page.evaluate(THREE_FRAMES)
    assert handle.bounding_box() == pytest.approx(followed, abs=0.5), "the handle stayed behind"
    assert abs(before["y"] - followed["y"]) > 5
    page.wait(
        lambda: abs(1 / page.evaluate("window.sentScale ?? 1") / zoom - 1.25) < 0.002,
        message="the zoom was not sent",
    )


def test_a_second_finger_scales_the_hull_under_the_first(
    still_map: ServerProcess, open_page: Any
) -> None:
    page = open_page(still_map.url, prepare=phone, **PHONE)
    page.wait_for_scene()
    page.wait_for_rest("absent")
    with_classes(page).evaluate("lodespace.state.tool.value = 'lasso'")
    keep(page, 0, "0")
    page.wait(lambda: (page.labels == 0).sum() == rules(page)[0]["count"])
    kept = page.labels
    x, y = handle_at(page)
    chosen, view = rules(page)[0]["chosen"], page.evaluate("lodespace.stage.clipFromLatent()")
    move_fingers(page.page, [np.array(((x, y), (x, y + apart))) for apart in (120, 90, 60)])
    page.wait(lambda: rules(page)[0]["chosen"] < 0.7 * chosen, message="the hull has its size")
    np.testing.assert_allclose(page.evaluate("lodespace.stage.clipFromLatent()"), view, atol=1e-9)
    page.undo_to(kept)
    page.undo_to(np.full_like(kept, -1))


def test_a_rule_is_kept_taken_scaled_and_given_away_in_vr(
    still_map: ServerProcess, open_page: Any
) -> None:
    headset = put_on(open_page, still_map.url)
    page = with_classes(headset.driver)
    in_vr_at_rest(headset, "absent")
    group = np.flatnonzero(group_of() == 1)
    assert len(headset.paint("right", group, 0.09)) > 0.5 * len(group)
    headset.put("right", (0.3, 1.2, 0.3))
    headset.touch("right", "keep")
    page.wait(lambda: page.state("rules.preview"), message="VR asks for no preview")
    headset.touch("right", "class", 1)
    page.wait(lambda: len(rules(page)) == 1, message="no rule was kept")
    page.wait(lambda: page.evaluate("lodespace.rules.layer?.hulls.mesh.visible"))
    assert np.isin(np.flatnonzero(page.labels == 1), group).all()

    headset.put("right", (0.1, 1.2, 0.3))
    headset.aim_at("right", lambda: np.median(headset.in_room(group), axis=0))
    headset.hold("right")
    number = rules(page)[0]["rule"]
    page.wait(lambda: page.state("rules.chosen") == number, message="the hull was not taken")
    assert "touch its new class" in headset.message
    headset.hold("left")
    headset.put("right", headset.hand("right") + np.array((0.3, 0, 0)))
    page.wait(lambda: (page.state("rules.reached") or {}).get("reach", 0) > 1.2)
    calls = headset.value("lodespace.stage.renderer.info.render.calls")
    assert calls <= DRAW_CALLS, f"{calls} draw calls"
    headset.let_go("left")
    page.wait(lambda: rules(page)[0]["reach"] > 1.2, message="the reach was not stored")
    headset.let_go("right")
    headset.put("right", (0.3, 1.2, 0.3))
    headset.touch("right", "class", 0)
    page.wait(lambda: rules(page)[0]["class_id"] == 0, message="the rule kept its class")
    page.wait(lambda: (page.labels[group] == 0).sum() >= 0.97 * len(group))
    other = np.flatnonzero(group_of() == 2)
    headset.put("right", (0.1, 1.2, 0.3))
    headset.aim_at("right", lambda: np.median(headset.in_room(group), axis=0))
    headset.hold("right")
    way = np.median(headset.in_room(other), axis=0) - np.median(headset.in_room(group), axis=0)
    headset.put("right", headset.hand("right") + way)
    page.wait(lambda: "in the hull; votes on" in headset.message, message="the hull was not moved")
    headset.let_go("right")
    page.wait(lambda: (page.labels[other] == 0).sum() >= 0.97 * len(other))
    assert (page.labels[group] == -1).all()
    page.evaluate("lodespace.commands.undo()")
    page.wait(lambda: (page.labels[group] == 0).sum() >= 0.97 * len(group))

    # A bare hand pinches at the hull, beside the points.
    headset.use_hands()
    headset.script("lodespace.state.xr.setRadius(0.03)")
    above = np.median(headset.in_room(group), axis=0)
    above[1] = np.quantile(headset.in_room(group)[:, 1], 0.9) + 0.05
    headset.brush_to("right", above)
    headset.hold("right")
    headset.brush_to("right", above + way)
    page.wait(lambda: "in the hull; votes on" in headset.message, message="no hand moved the hull")
    headset.let_go("right")
    page.wait(lambda: (page.labels[other] == 0).sum() >= 0.97 * len(other))
    page.evaluate("lodespace.commands.undo()")
    page.wait(lambda: (page.labels[group] == 0).sum() >= 0.97 * len(group))

    for reach, class_id in ((True, 1), (False, 1)):
        headset.touch("right", "undo")
        page.wait(lambda c=class_id: rules(page)[0]["class_id"] == c)
        page.wait(lambda wide=reach: (rules(page)[0]["reach"] > 1.2) == wide)
    headset.touch("right", "undo")
    page.wait(lambda: rules(page) == [])
    assert (page.labels == -1).all()

    # Another page of the project asks this person to come, who asks to be followed. The cloud
    # takes the place at which the person sees it as on that page.
    asking = open_page(still_map.url)
    asking.wait_for_scene()
    asking.evaluate("lodespace.state.people.call.value = 'come'")
    page.wait(lambda: [one["call"] for one in page.state("persons")] == ["come"])
    headset.script("view.palette.turnTo('people')")
    before = headset.world
    headset.touch("right", "person")
    page.wait(lambda: page.state("people.visiting") == "", message="the cloud does not arrive")
    assert not np.allclose(headset.world, before, atol=0.01)
    page.evaluate("lodespace.state.people.call.value = 'follow'")
    asking.wait(lambda: [one["call"] for one in asking.state("persons")] == ["follow"])
