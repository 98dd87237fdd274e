"""Time and force on the page: drag, undo, playback, dials, forces, and decoded pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.page import PageDriver
from drivers.playback import shown_at
from drivers.servers import ServerProcess
from lodespace.recording.index import index_of
from samples.digits import ONES, ZEROS


@pytest.fixture
def resting(page: PageDriver) -> PageDriver:
    page.wait_for_rest()
    return page


def at_rest(page: PageDriver) -> np.ndarray:
    """Latent means after the model has learned the newest gesture and no point moves."""
    page.wait_for_rest()
    return page.positions()


def grid_step(page: PageDriver) -> float:
    return float(page.evaluate("lodespace.state.latent.box.size")) / 65535


def screen_middle(page: PageDriver, items: np.ndarray) -> tuple[float, float]:
    """Position (x, y) on the page of the item that is nearest to the median of `items`."""
    where = page.on_screen()[items]
    k = np.argmin(np.linalg.norm(where - np.median(where, axis=0), axis=1))
    return float(where[k][0]), float(where[k][1])


def select(page: PageDriver, items: np.ndarray) -> None:
    page.evaluate(f"lodespace.commands.select(Uint32Array.from({sorted(map(int, items))}))")


def dial(page: PageDriver, label: str, key: str) -> None:
    """Focus the slider of the dial `label`, and press `key`."""
    slider = page.page.locator(".dial-row", has_text=label).locator("input")
    slider.focus()
    slider.press(key)


def test_neighbours_follow_a_dragged_cluster_and_undo_restores_all(
    resting: PageDriver,
) -> None:
    page = resting
    before = page.positions()
    middle = np.median(before[ZEROS], axis=0)
    order = ZEROS[np.argsort(np.linalg.norm(before[ZEROS] - middle, axis=1))]
    core, around = order[:150], order[150:300]
    select(page, core)
    page.press("m")
    mouse = page.page.mouse
    x, y = screen_middle(page, core)
    mouse.move(x, y)
    mouse.down()
    for share in np.linspace(0, 1, 20):
        mouse.move(x + 90 * share, y - 70 * share)
        page.page.wait_for_timeout(60)
    # While the cluster is dragged, it is shown at the pointer, and the model follows.
    grabbed = page.evaluate(
        "Array.from(lodespace.cloud.marks.array).filter((v, k) => k % 4 === 3 && v === 255).length"
    )
    assert grabbed == len(core)
    page.wait(
        lambda: np.linalg.norm((page.positions() - before)[around], axis=1).mean() > 0.02,
        message="the neighbours did not follow",
    )
    mouse.up()
    page.wait(lambda: len(page.state("pins")) == len(core))
    after = at_rest(page)
    pulled = (after - before)[core].mean(axis=0)
    followed = (after - before)[around].mean(axis=0)
    assert np.linalg.norm(pulled) > 0.2
    assert followed @ pulled > 0.1 * (pulled @ pulled), "the neighbours went elsewhere"
    assert "dragged and pinned" in page.page.locator(".tick title").last.text_content()
    page.press("Control+z")
    page.wait(lambda: page.state("pins") == [])
    back = at_rest(page)
    assert np.abs(back - before).max() <= 1.01 * grid_step(page)
    page.press("Control+y")
    page.wait(lambda: len(page.state("pins")) == len(core))
    assert np.abs(at_rest(page) - after).max() <= 1.01 * grid_step(page)


def test_one_item_is_dragged_and_let_go_or_dropped_on_a_class(resting: PageDriver) -> None:
    page = resting
    item = int(ONES[0])
    page.press("m")
    mouse = page.page.mouse
    x, y = map(float, page.on_screen()[item])
    hit = int(page.evaluate(f"lodespace.tool.itemAt({x} , {y})"))
    mouse.move(x, y)
    page.page.keyboard.down("Alt")
    mouse.down()
    mouse.move(x + 40, y + 30, steps=6)
    mouse.up()
    page.page.keyboard.up("Alt")
    page.wait(lambda: len(page.gestures) == 1)
    assert page.gestures[0]["note"] == "let go" and page.state("pins") == []
    at_rest(page)
    x, y = map(float, page.on_screen()[hit])
    there = page.page.locator("[data-class='4']").bounding_box()
    mouse.move(x, y)
    mouse.down()
    mouse.move(there["x"] + 40, there["y"] + 8, steps=10)
    mouse.up()
    page.wait(lambda: (page.labels == 4).sum() == 1)
    assert page.state("pins") == []


def test_playback_shows_the_recorded_past_and_returns_to_live(
    own_server: ServerProcess, open_page: Any, tmp_path: Path, slow: bool
) -> None:
    page = open_page(own_server.url)
    page.wait_for_scene()
    page.wait_for_rest()
    moment = page.state("time.last")
    page.evaluate(f"lodespace.commands.label(0, Uint32Array.from({ZEROS[:200].tolist()}))")
    if slow:
        page.wait_for_rest()
    page.wait(lambda: page.state("time.last") > moment + 10)
    page.evaluate(f"lodespace.commands.label(1, Uint32Array.from({ONES[:200].tolist()}))")
    now = at_rest(page)
    page.wait(lambda: page.state("time.last") > 10)
    assert page.page.locator(".tick").count() == 2
    page.press("[")  # the time of the newest gesture
    page.wait(lambda: not page.state("time.live") and page.state("time.reachedIn") > 0)
    newest = page.state("time.moment")
    page.page.locator(".tick").first.locator("circle").last.click()
    page.wait(lambda: page.state("time.moment") < newest)
    assert page.state("time.moment") == page.state("time.timeline")["ticks"][0]["moment"]

    def grid() -> np.ndarray:
        return page.array("lodespace.state.latent.to", "uint32").reshape(-1, 4)[:, :3]

    recording = tmp_path / "digits" / "recording.lds"
    timeline = index_of(recording)
    for moment in (0, 7, int(page.state("time.last")) - 1):
        page.page.locator(".scrub").fill(str(moment))
        wanted = shown_at(recording, timeline, moment)
        page.wait(
            lambda wanted=wanted: np.array_equal(grid(), wanted),
            message=f"moment {moment} is not shown",
        )
        assert page.state("time.moment") == moment
    page.page.locator(".scrub").fill("0")
    page.wait(lambda: (page.labels == 1).sum() == 0 and (page.labels == 0).sum() <= 200)
    page.press(".")
    page.wait(lambda: page.state("time.moment") == 1)
    page.press("Space")
    page.wait(lambda: page.state("time.moment") > 4, message="the recording does not play")
    # The playback may have reached the end already.
    if page.state("time.playing"):
        page.press("Space")
    assert not page.state("time.playing")
    page.press("End")
    page.wait(lambda: page.state("time.live") and (page.labels == 1).sum() == 200)
    page.wait_for_rest()
    assert np.abs(page.positions() - now).max() <= 1.01 * grid_step(page)


def test_a_click_on_a_curve_goes_to_its_moment(resting: PageDriver, slow: bool) -> None:
    page = resting
    page.evaluate(f"lodespace.commands.label(0, Uint32Array.from({ZEROS[:200].tolist()}))")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    if slow:
        page.wait_for_rest()
    progress = page.page.get_by_test_id("progress").inner_text().split()
    assert "4,800" in progress and progress[-2:] == ["4", "%"]
    page.press("d")
    page.wait(lambda: page.state("time.last") > 10 and page.page.locator(".chart").count() > 4)
    curve = page.page.locator(".chart .curve").first
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 10)
    page.wait(lambda: not page.state("time.live"))
    assert 0.1 < page.state("time.moment") / page.state("time.last") < 0.4
    page.page.wait_for_selector("[data-testid=progress]:has-text('at this moment')")
    page.press("Escape")
    page.wait(lambda: page.state("time.live"))


def test_dials_are_gestures_and_a_collapse_offers_a_fix(resting: PageDriver) -> None:
    page = resting
    before = page.positions()
    page.press("d")
    dial(page, "stiffness", "End")
    page.wait(lambda: page.state("training")["settings"]["stiffness"] == 1)
    page.press("Control+z")
    page.wait(lambda: page.state("training")["settings"]["stiffness"] == 0.3)
    dial(page, "β KL", "End")
    page.wait(lambda: page.state("training")["settings"]["beta_kl"] == 1000)
    page.wait(
        lambda: page.page.get_by_role("button", name="Fix it").count() == 1,
        message="no notice was shown",
    )
    notice = page.page.locator(".notice", has_text="collapsed").inner_text()
    assert "KL divergence outweighs" in notice
    page.wait(
        lambda: page.positions().std(axis=0).max() < 0.8 * before.std(axis=0).max(),
        message="the change is not shown",
    )
    page.page.get_by_role("button", name="Fix it").click()
    page.wait(lambda: page.state("training")["settings"]["beta_kl"] == 3)
    page.wait(lambda: page.page.get_by_role("button", name="Fix it").count() == 0)
    page.press("Control+z")
    page.press("Control+z")
    page.wait(
        lambda: (
            page.state("training")["settings"]["beta_kl"] == 3
            and not page.state("history")["can_undo"]
        )
    )
    assert np.abs(at_rest(page) - before).max() <= 1.01 * grid_step(page)


def test_presets_are_chosen_and_undone(resting: PageDriver) -> None:
    page = resting
    before = page.positions()
    page.press("d")
    page.page.get_by_role("group", name="preset").get_by_role("button", name="calm").click()
    page.wait(lambda: page.state("training")["settings"]["preset"] == "calm")
    page.page.get_by_role("group", name="preset").get_by_role("button", name="paper").click()
    page.wait(lambda: page.state("training")["settings"]["preset"] == "paper")
    page.wait(
        lambda: np.linalg.norm(page.positions() - before, axis=1).mean() > 0.05,
        message="nothing moved",
    )
    for preset in ("calm", "default"):
        page.press("Control+z")
        page.wait(lambda p=preset: page.state("training")["settings"]["preset"] == p)
    assert np.abs(at_rest(page) - before).max() <= 1.01 * grid_step(page)


def test_forces_are_drawn_for_one_for_some_for_all(resting: PageDriver) -> None:
    page = resting

    def arrows() -> int:
        return int(page.evaluate("lodespace.forceLines.arrows.segments"))

    assert arrows() == 0
    page.press("a")
    x, y = screen_middle(page, ZEROS)
    page.page.mouse.move(x, y)
    page.wait(
        lambda: page.page.locator("[data-testid=seen]").count() == 1,
        message="no query was sent to the model",
    )
    page.wait(
        lambda: arrows() >= 3 * 3,
        message="fewer arrows than for three terms",
    )
    assert page.evaluate("lodespace.forceLines.halo.segments") > 60
    assert "σ" in page.page.inner_text("[data-testid=seen]")
    assert page.page.locator(".hover-picture.made canvas").count() == 1
    page.press("a")
    select(page, ZEROS[:50])
    page.wait(lambda: arrows() >= 50 * 3 * 3)
    page.press("a")
    page.wait(lambda: arrows() >= 3 * 5000 * 0.9)
    page.press("d")
    page.page.get_by_role("group", name="colour", exact=True).get_by_role(
        "button", name="force"
    ).click()
    page.wait(lambda: page.evaluate("lodespace.cloud.dominant !== null"))
    page.page.get_by_role("group", name="trails").get_by_role("button", name="8").click()
    page.evaluate(f"lodespace.commands.label(0, Uint32Array.from({ZEROS[:200].tolist()}))")
    page.wait(lambda: page.evaluate("lodespace.forceLines.trails.segments") > 100)


def test_places_under_the_pointer_and_between_items_are_decoded(resting: PageDriver) -> None:
    page = resting
    page.press("x")
    x, y = screen_middle(page, ZEROS)
    page.page.mouse.move(x, y)
    page.wait(lambda: page.page.locator("[data-testid=map] canvas").count() == 1)

    def picture() -> list[int]:
        return list(page.evaluate("Array.from(lodespace.state.forces.decoded.value.bytes)"))

    zero = picture()
    assert len(zero) == 32 * 32 and max(zero) > 120
    x, y = screen_middle(page, ONES)
    page.page.mouse.move(x, y, steps=5)
    page.page.mouse.move(x + 1, y)
    page.wait(
        lambda: np.abs(np.array(picture()) - zero).mean() > 10,
        message="the decoded picture of another place is the same",
    )
    page.press("x")
    assert page.page.locator("[data-testid=map]").count() == 0
    select(page, np.array([ZEROS[0], ONES[0]]))
    page.wait(lambda: page.page.locator(".strip canvas").count() == 9)


def test_undo_under_a_later_gesture_of_another_client_shows_a_notice(
    own_still_page: PageDriver, own_still_server: ServerProcess
) -> None:
    """The other client uses the API. An undo on a page covers the gestures of all pages of the
    owner, but not the gestures that came through the API."""
    page = own_still_page
    page.evaluate(f"lodespace.commands.label(0, Uint32Array.from({ZEROS[:50].tolist()}))")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    command = {"op": "label", "command_id": "by-api-1", "items": ONES[:50].tolist(), "class_id": 1}
    own_still_server.request(
        "api/labels", {**command, "revision": 1, "provenance": {"tool": "lasso", "regions": []}}
    )
    page.wait(lambda: (page.labels == 1).sum() == 50)
    page.press("Control+z")
    page.wait(lambda: page.page.locator(".notice", has_text="not restored").count() == 1)
    page.wait(lambda: (page.labels == 0).sum() == 0 and (page.labels == 1).sum() == 50)
