"""Actions of a person on the page."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.page import PageDriver
from drivers.review import wait_for_sheet
from drivers.servers import ServerProcess
from samples.digits import ONES, TRUTH, ZEROS


def test_lasso_and_a_key_label_a_cluster_and_the_points_move(
    page: PageDriver, server: ServerProcess
) -> None:
    page.wait_for_rest()
    before = page.positions()
    page.lasso(page.circle(ZEROS))
    selected = page.selected
    assert len(selected) > 150
    assert np.mean(TRUTH[selected] == 0) > 0.8
    assert f"{len(selected)} items" in page.page.inner_text("[data-testid=selected]")
    page.press("0")
    assert (page.labels[selected] == 0).all()  # the labels change before the server has answered
    assert len(page.selected) == 0
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert {r["item"] for r in server.label_rows() if r["label"] == "0"} == set(selected.tolist())

    page.wait_for_rest()
    page.lasso(page.circle(ONES))
    ones = page.selected
    assert len(ones) > 100
    page.press("1")
    page.wait_for_rest()
    after = page.positions()
    step = np.linalg.norm(after - before, axis=1)
    spread = before.std(axis=0).mean()
    assert np.median(step) > 0.02 * spread, "nothing moved"

    def radius(positions: np.ndarray, items: np.ndarray) -> float:
        return float(
            np.linalg.norm(positions[items] - positions[items].mean(axis=0), axis=1).mean()
        )

    def apart(positions: np.ndarray) -> float:
        between = np.linalg.norm(positions[selected].mean(axis=0) - positions[ones].mean(axis=0))
        return float(between / (radius(positions, selected) + radius(positions, ones)))

    assert apart(after) > apart(before), "the two classes did not come apart"
    assert any(page.state("predictedCounts")[k] > 0 for k in (0, 1))


def test_the_page_exports_the_project_as_a_download(
    still_page: PageDriver, still_server: ServerProcess
) -> None:
    page, server = still_page, still_server
    page.label(3, [5, 6])
    page.wait(lambda: page.state("connection")["pending"] == 0)
    page.page.get_by_title("Download labels, predictions, map or model").click()
    with page.page.expect_download() as started:
        page.page.locator("[data-export=csv]").click()
    assert started.value.suggested_filename.endswith("-labels.csv")
    rows = started.value.path().read_text().splitlines()
    assert len(rows) == 1 + len(page.labels)
    assert [int(row["item"]) for row in server.label_rows() if row["label"] == "3"] == [5, 6]
    assert sum(",3," in row for row in rows) >= 2
    page.page.wait_for_selector(".notice:has-text('is in your downloads')")
    assert page.page.locator(".notice.warm").count() == 0
    page.press("Escape")
    assert page.page.locator(".export-dialog").count() == 0


def test_shift_adds_alt_takes_away_and_the_count_is_shown_while_drawing(
    still_page: PageDriver,
) -> None:
    page = still_page
    ring = page.circle(ZEROS, 0.4)
    mouse = page.page.mouse
    mouse.move(*ring[0])
    mouse.down()
    for x, y in ring[1:]:
        mouse.move(x, y)

    # Selected items are counted at most every 80 ms, so keep the pointer moving.
    def counts() -> bool:
        mouse.move(ring[-1][0] + 1, ring[-1][1])
        mouse.move(*ring[-1])
        return (page.state("drawing") or {"count": 0})["count"] > 0

    page.wait(counts)
    assert "items" in (page.page.text_content("svg.drawing text") or "")
    mouse.up()
    first = page.selected
    page.lasso(page.circle(ONES, 0.4), held="Shift")
    both = page.selected
    assert set(first) < set(both)
    page.lasso(page.circle(ONES, 0.4), held="Alt")
    assert set(page.selected) == set(both) - (set(both) - set(first)) | (
        set(page.selected) & set(first)
    )
    assert len(page.selected) <= len(first)
    page.press("r")
    (x0, y0), (x1, y1) = ring.min(axis=0), ring.max(axis=0)
    page.lasso(np.array([[x0, y0], [x1, y1]]))
    rectangle = page.selected
    assert set(first) <= set(rectangle)
    page.press("Escape")
    assert len(page.selected) == 0
    page.press("v")
    target = page.on_screen()[ZEROS[0]]
    page.page.mouse.click(*target)
    assert len(page.selected) == 1


@pytest.mark.parametrize("mode", ["through", "visible"])
def test_page_and_server_select_the_same_items(
    still_page: PageDriver, still_server: ServerProcess, mode: str
) -> None:
    page, server = still_page, still_server
    if mode == "visible":
        page.press("t")
    # A lasso so wide that on any map it contains items that are hidden behind other items.
    wide = page.circle(np.arange(len(TRUTH)), 0.5)
    page.lasso(wide)
    selected = page.selected
    regions = page.evaluate("lodespace.state.selection.value.regions")
    assert regions[0]["mode"] == mode
    body = {"op": "resolve", "command_id": "resolve-it", "regions": regions}
    request = urllib.request.Request(
        server.url + "api/select",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        resolved = json.load(answer)
    assert resolved["revision"] == page.evaluate("lodespace.state.latent.revision")
    assert resolved["items"] == selected.tolist()
    if mode == "visible":
        page.press("t")
        page.lasso(wide)
        assert set(selected) < set(page.selected)


def test_undo_redo_reload_and_a_new_class(own_still_page: PageDriver) -> None:
    page = own_still_page
    page.lasso(page.circle(ZEROS, 0.4))
    selected = page.selected
    page.press("n")
    page.page.keyboard.type("<b>Øwl</b>")
    page.press("Enter")
    page.wait(lambda: len(page.state("classes")) == 11)
    # The name is shown as text, not as markup.
    assert page.page.inner_text("li[data-class='10'] .class-name") == "<b>Øwl</b>"
    page.page.click("li[data-class='10'] .class-apply")
    page.wait(lambda: page.state("history")["can_undo"])
    assert (page.labels[selected] == 10).all()
    page.press("Control+z")
    page.wait(lambda: (page.labels == -1).all())
    page.press("Control+y")
    page.wait(lambda: (page.labels[selected] == 10).all())
    page.page.click("li[data-class='10'] .class-name")
    page.page.fill("input.rename", "owl")
    page.press("Enter")
    page.wait(lambda: page.state("classes")[10]["name"] == "owl")
    page.page.reload()
    page.wait_for_scene()
    assert (page.labels[selected] == 10).all()
    assert page.page.inner_text("[data-testid=labelled]") == f"{len(selected)} labelled"
    assert page.state("history")["can_undo"]


def test_no_label_is_lost_while_the_server_is_away(
    own_still_page: PageDriver, own_still_server: ServerProcess
) -> None:
    page, server = own_still_page, own_still_server
    server.kill()
    page.wait(lambda: page.state("connection")["status"] == "waiting")
    page.lasso(page.circle(ZEROS, 0.3))
    selected = page.selected
    page.press("0")
    assert (page.labels[selected] == 0).all()
    connection = "[data-testid=connection]"
    page.wait(lambda: "1 action is not saved yet" in page.page.inner_text(connection))
    server.start()
    server.wait_until_ready()
    page.wait(lambda: page.state("connection")["status"] == "open")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert {r["item"] for r in server.label_rows() if r["label"] == "0"} == set(selected.tolist())
    page.wait(lambda: (page.labels[selected] == 0).all())


SMALL_MESSAGES = """
from lodespace.web import websocket
websocket.MAX_MESSAGE_BYTES = 4096
from lodespace.cli import main
main()
"""


def test_gesture_that_the_server_finds_too_large_is_refused_once(
    tmp_path: Path, server_process: type[ServerProcess], open_page: Any
) -> None:
    """The server closes the stream with code 1009 when it receives the gesture. If the page sent
    the gesture again, the server would close each later stream as well, and would answer no other
    gesture."""
    server = server_process("--project", str(tmp_path / "digits"), "--no-training")
    server.program = ["-c", SMALL_MESSAGES]
    server.start()
    server.wait_until_ready()
    page = open_page(server.url)
    page.wait_for_scene()
    page.wait(lambda: page.state("connection")["status"] == "open")
    page.label(1, np.arange(3000))
    page.page.get_by_role("alert").filter(has_text="too large to send").wait_for()
    assert (page.labels == -1).all()
    page.wait(lambda: page.state("connection")["status"] == "open")
    page.label(2, [5, 7])
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert [row["item"] for row in server.label_rows() if row["label"]] == [5, 7]


def test_hover_shows_the_item_and_keys_work_as_in_the_help(still_page: PageDriver) -> None:
    page = still_page
    target = page.on_screen()[ZEROS[3]]
    # The mouse rests on the item before the page next looks for the item under the mouse.
    page.page.mouse.move(5, 300)
    page.page.mouse.move(*target)
    page.wait(lambda: page.page.locator(".hover-card").count() == 1)
    card = page.page.inner_text(".hover-card")
    assert card.startswith("item ") and "label" in card
    page.page.mouse.move(5, 300)
    page.wait(lambda: page.page.locator(".hover-card").count() == 0)
    page.press("?")
    help_text = page.page.inner_text(".help")
    for words in ("lasso", "undo", "visible", "fit"):
        assert words in help_text
    page.press("Escape")
    assert page.page.locator(".help").count() == 0
    for wanted in ("prediction", "confidence", "label"):
        page.press("c")
        assert page.state("colourBy") == wanted
    page.press("h")
    camera = page.evaluate("lodespace.stage.camera.position.toArray()")
    page.page.mouse.move(400, 300)
    page.page.mouse.down()
    page.page.mouse.move(460, 330, steps=4)
    page.page.mouse.up()
    page.wait(lambda: page.evaluate("lodespace.stage.camera.position.toArray()") != camera)
    assert len(page.selected) == 0


def test_two_dimensions_and_back_is_a_motion(page: PageDriver, slow: bool) -> None:
    page.wait_for_rest()
    page.page.click("text=2D")
    page.wait(lambda: page.evaluate("lodespace.state.latent.latentDim") == 2)

    def zeros_together() -> bool:
        plane = page.positions()[:, :2]
        away = np.linalg.norm(plane - np.median(plane[ZEROS], axis=0), axis=1)
        inside = away < np.median(away[ZEROS])
        return bool(plane.std(axis=0).min() > 0.3 and np.mean(TRUTH[inside] == 0) > 0.7)

    if slow:
        page.wait_for_rest()
    page.wait(zeros_together, message="the map in two dimensions has no clusters")

    def zeros_taken() -> bool:
        # The points still move, also between the choice of the circle and the lasso.
        page.lasso(page.circle(ZEROS, 0.5))
        taken = page.selected
        return len(taken) > 0 and bool(np.mean(TRUTH[taken] == 0) > 0.5)

    page.wait(zeros_taken, message="a lasso in two dimensions does not take a cluster")
    page.page.click("text=3D")
    page.wait(lambda: page.evaluate("lodespace.state.latent.latentDim") == 3)


def test_two_pages_share_one_session(
    still_page: PageDriver, open_page: Any, still_server: ServerProcess
) -> None:
    page, server = still_page, still_server
    other = open_page(server.url)
    other.wait_for_scene()
    page.lasso(page.circle(ZEROS, 0.3))
    selected = page.selected
    page.press("0")
    other.wait(lambda: (other.labels[selected] == 0).all())
    assert not other.state("history")["can_undo"]  # the first client made the gesture


def test_a_bake_is_shown_and_not_changed(
    open_page: Any, tmp_path: Path, server_process: Any, small_data: Path
) -> None:
    from lodespace.baking.bake import bake

    folder = bake(small_data, tmp_path / "baked", epochs=1, seed=1, labels="all", threads=1)
    server = server_process(str(folder))
    server.start()
    server.wait_until_ready()
    page = open_page(server.url)
    page.wait_for_scene()
    assert "read-only" in page.page.inner_text("header")
    assert "turn the cloud, play the recording" in page.page.inner_text("footer")
    # The training of the bake can be played, because the recording is sufficient.
    page.wait(lambda: page.state("time.last") > 5)
    end = page.positions()
    page.page.locator(".scrub").fill("0")
    page.wait(
        lambda: not page.state("time.live") and not np.allclose(page.positions(), end, atol=1e-3)
    )
    page.press("End")
    page.wait(lambda: page.state("time.live") and np.array_equal(page.positions(), end))
    assert (page.labels >= 0).all()
    page.press("1")
    page.press("Control+z")
    assert page.state("connection")["pending"] == 0


def test_the_first_picture_needs_no_trainer(still_server: ServerProcess, open_page: Any) -> None:
    """The package contains a finished map of the bundled demo. The page shows this map before a
    trainer runs."""
    page = open_page(still_server.url)
    page.wait_for_scene()
    from map_quality import nearest_neighbour_accuracy

    assert nearest_neighbour_accuracy(page.positions(), TRUTH) > 0.85


def test_data_without_classes_gets_them_on_the_page_and_on_a_sheet(
    open_page: Any, server_process: Any, tmp_path: Path
) -> None:
    """The first class is added on the page: the scene file of such a project lists no classes."""
    np.save(
        tmp_path / "plain.npy", np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    )
    project = str(tmp_path / "plain")
    server = server_process(str(tmp_path / "plain.npy"), "--project", project, "--no-training")
    server.start()
    server.wait_until_ready()
    page = open_page(server.url)
    page.wait_for_scene()
    page.press("n")
    page.page.keyboard.type("first")
    page.press("Enter")
    page.wait(lambda: [info["name"] for info in page.state("classes")] == ["first"])

    # A class that is named on a sheet goes to the framed group.
    page.press("o")
    group = [one["item"] for one in wait_for_sheet(page, "overview") if one["group"] == 0]
    assert len(group) == 27, "without training, all items are at the same place"
    page.press("n")
    page.wait(lambda: page.evaluate("document.activeElement.tagName === 'INPUT'"))
    page.press("Escape")  # closes only the field
    page.wait(lambda: page.evaluate("'newClass' in document.activeElement.dataset"))
    wait_for_sheet(page, "overview")
    page.press("n")
    page.page.keyboard.type("second")
    page.press("Enter")
    page.wait(lambda: len(page.state("classes")) == 2)
    page.wait(lambda: page.page.locator(".cell-picture.corrected").count() == len(group))
    page.press("Enter")
    page.wait(lambda: bool((page.labels[group] == 1).all()))
    assert (page.labels >= 0).sum() == len(group)
