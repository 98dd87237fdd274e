"""Review in the emulated headset, with controllers and with hands: sheets, suggestions and cues."""

from typing import Any

import numpy as np
import pytest

from drivers.headset import Headset, Side, in_vr_at_rest, put_on
from drivers.review import CUES, becomes, sheet
from drivers.servers import ServerProcess
from samples.digits import TRUTH


@pytest.fixture
def doubtful(impure_server: ServerProcess, open_page: Any) -> Headset:
    """A headset in VR in front of a cloud at rest. A part of the labels is wrong."""
    return in_vr_at_rest(put_on(open_page, impure_server.url, rests="resting"))


def open_sheet(headset: Headset, kind: str, side: Side = "right") -> list[dict[str, Any]]:
    page = headset.driver
    headset.turn_palette(side, "review")
    headset.touch(side, kind)
    page.wait(
        lambda: (sheet(page) or {"status": ""})["status"] == "open", message="no sheet was shown"
    )
    headset.frames(3)
    assert headset.value("view.sheet.mesh.visible && view.palette.side === 'classes'")
    return list(sheet(page)["items"])


def to_correct(items: list[dict[str, Any]]) -> list[int]:
    """Return the positions, on the sheet, of the items to correct: all items with a wrong class.

    If there are fewer than two such items, other items are added.
    """
    wrong = [k for k, item in enumerate(items) if becomes(item) != TRUTH[item["item"]]]
    return (wrong + [k for k in range(len(items)) if k not in wrong])[: max(2, len(wrong))]


def confirmed_and_undone(
    headset: Headset,
    server: ServerProcess,
    items: list[dict[str, Any]],
    before: np.ndarray,
    side: Side,
) -> None:
    """Check the state after "all right": the server has the sheet as one verified gesture, the next
    sheet opens, and one undo reverts the whole sheet."""
    page = headset.driver
    chosen = np.array([item["item"] for item in items])
    page.wait(
        lambda: (page.labels[chosen] == TRUTH[chosen]).all(),
        message="the sheet is not labelled as confirmed",
    )
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert server.verified() == set(chosen)
    page.wait(
        lambda: (sheet(page) or {"status": ""})["status"] == "open",
        message="no next sheet was shown",
    )
    assert not {item["item"] for item in sheet(page)["items"]} & set(chosen)
    page.wait(
        lambda: page.state("history")["gestures"][-1]["count"] == len(chosen),
        message="the sheet is not one gesture",
    )
    headset.touch(side, "close")
    headset.frames(2)
    assert sheet(page) is None
    assert not headset.value("view.sheet.mesh.visible")
    headset.touch(side, "undo")
    page.wait(lambda: (page.labels == before).all(), message="undo did not revert the sheet")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert server.verified() == set()


def test_suspects_corrected_on_a_board_are_one_undoable_gesture(
    doubtful: Headset, impure_server: ServerProcess
) -> None:
    headset, page = doubtful, doubtful.driver
    before = page.labels
    items = open_sheet(headset, "suspects")
    assert len(items) == 27
    # The sheet is within reach of an arm, on the side of the hand, and near straight ahead.
    head = np.array((0, 1.6, 0.6))
    at = np.array(headset.value("view.at.setFromMatrixPosition(view.sheet.mesh.matrix).toArray()"))
    assert 0.45 <= np.linalg.norm(at - head) < 0.6
    ahead = (head - at) @ (0, 0, 1) / np.linalg.norm(head - at)
    assert np.degrees(np.arccos(ahead)) < 30 and at[0] > 0.1

    # Pictures whose prediction differs from the label have a frame: read a pixel of its left edge.
    script = """
      const { context: { canvas }, dots, tiles } = view.sheet;
      const copy = new OffscreenCanvas(canvas.width, canvas.height)
        .getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      return tiles.filter(({ action, x, y, height }) => {
        const at = [x + 0.7, y + height / 3].map((mm) => Math.round(mm * dots / 1000));
        const [red, , blue] = copy.getImageData(...at, 1, 1).data;
        return action.kind === 'picture' && red > 150 && red > blue + 60;
      }).map(({ action }) => action.place);"""
    odd = [k for k, item in enumerate(items) if item["class_id"] != item["prediction"]]
    headset.wait(
        lambda: headset.script(script) == odd, "the pictures with another prediction are not framed"
    )
    assert len(odd) > 5

    # Select the first picture by the finger and the others by the ray. Then give each a class from
    # the palette.
    for k, place in enumerate(to_correct(items)):
        if k == 0:
            headset.touch("right", "picture", place)
        else:
            headset.put("right", (0.25, 1.35, 0.45))
            headset.aim("right", "picture", place)
            headset.click("right", "trigger")
            headset.turn("right", (0, 0, 0, 1))
        assert page.state("review.at") == place
        headset.touch("right", "class", int(TRUTH[items[place]["item"]]))
        assert items[place]["item"] in page.evaluate(
            "[...lodespace.state.review.corrected.value.keys()]"
        )
    assert (page.labels == before).all()
    assert headset.value("view.figures().drawCalls") <= 28
    headset.touch("right", "confirm")
    confirmed_and_undone(headset, impure_server, items, before, "right")


@pytest.mark.only_slow
@pytest.mark.slow
def test_hands_go_through_a_sheet_too_left_handed(
    doubtful: Headset, impure_server: ServerProcess
) -> None:
    headset, page = doubtful, doubtful.driver
    headset.use_hands()
    headset.driver.evaluate("lodespace.state.xr.swapHands()")
    headset.put("right", (0.3, 1.15, 0.25))
    headset.put("left", (-0.3, 1.2, 0.3))
    before = page.labels
    items = open_sheet(headset, "suspects", "left")
    assert headset.tile("picture", 4)[0] < 0
    for k, place in enumerate(to_correct(items)):
        if k == 0:  # the first pinch is in front of the picture
            at = headset.tile("picture", place)
            headset.brush_to("left", at + 0.04 * headset.outward, "touch")
            headset.brush_to("left", at + 0.012 * headset.outward, "touch")
            headset.hold("left")
            headset.let_go("left")
            headset.brush_to("left", at + 0.06 * headset.outward, "touch")
        else:
            headset.touch("left", "picture", place)
        assert page.state("review.at") == place
        headset.touch("left", "class", int(TRUTH[items[place]["item"]]))
    aside = next(k for k in range(27) if k not in to_correct(items))
    headset.touch("left", "picture", aside)
    headset.touch("left", "aside")
    headset.touch("left", "confirm")
    del items[aside]
    confirmed_and_undone(headset, impure_server, items, before, "left")


@pytest.mark.only_slow
@pytest.mark.slow
def test_a_lost_hand_and_a_session_that_ends_lose_nothing_of_a_sheet(doubtful: Headset) -> None:
    headset, page = doubtful, doubtful.driver
    items = open_sheet(headset, "uncertain")
    item = items[3]["item"]
    headset.touch("right", "picture", 3)
    headset.touch("right", "class", 5)
    headset.put("right", (0.25, 1.35, 0.45))
    headset.aim("right", "picture", 8)
    headset.hold("right")
    headset.vanish("right")
    headset.wait(
        lambda: headset.value("view.controls.pointing.tile === null || !view.controls.onSheet"),
        "a ghost",
    )
    assert not headset.value("view.sheet.lit.mesh.visible")
    headset.let_go("right")
    headset.appear("right")
    headset.wait(
        lambda: headset.value("view.inputs.right.tracked"), "the controller did not reappear"
    )
    assert page.evaluate("[...lodespace.state.review.corrected.value]") == [[item, 5]]
    assert page.state("review.at") == 8
    page.evaluate("emulated.activeSession.end()")
    page.wait(lambda: page.state("xr.presenting") is None)
    # After VR the page shows the same sheet, and the review continues on the page.
    page.wait(lambda: page.page.locator(".contact-sheet .corrected").count() == 1)
    assert page.evaluate("lodespace.state.xr.atBrush.value") == -1
    page.evaluate("lodespace.commands.confirmSheet()")
    page.wait(lambda: page.labels[item] == 5 and page.state("connection")["pending"] == 0)


@pytest.mark.only_slow
@pytest.mark.slow
def test_next_selects_a_region_with_its_reason_it_grows_and_cues_are_drawn(
    headset: Headset,
) -> None:
    """The test replaces the model's suggestion by a fixed region. test_suggestion.py tests how the
    model chooses a suggestion."""
    page = headset.driver
    region = np.flatnonzero(TRUTH == 3)[:40].tolist()
    reason = "40 unlabelled items close together"
    answer = {"kind": "region", "items": region, "class_id": 3, "reason": reason, "gain": 20.0}
    page.page.route("**/api/next", lambda route: route.fulfill(json=answer))
    headset.turn_palette("right", "menu")
    headset.touch("right", "next")
    page.wait(lambda: page.selected.tolist() == region, message="nothing was suggested")
    assert page.state("selection")["reason"] == reason
    assert (
        headset.value("view.palette.head.secondLine(lodespace.state.selection.value.items)[0]")
        == reason
    )
    region = page.selected
    truth = int(np.bincount(TRUTH[region]).argmax())
    headset.turn_palette("right", "classes")
    headset.touch("right", "class", truth)
    page.wait(
        lambda: (page.labels[region] == truth).all() and page.state("connection")["pending"] == 0
    )
    # The selection grows to nearby items that have the most frequent prediction of the selection.
    page.label(1, np.flatnonzero(TRUTH == 1)[:40])
    page.wait_for_rest()
    prediction = page.array("lodespace.state.annotations.predictions", "int16")
    few = np.flatnonzero((prediction == 3) & (TRUTH == 3))[:20]
    page.evaluate(f"lodespace.commands.select(Uint32Array.from({few.tolist()}))")
    headset.turn_palette("right", "review")
    headset.touch("right", "grow")
    page.wait(lambda: set(few) < set(page.selected), message="the selection did not grow")
    assert (prediction[page.selected] == 3).all()
    assert page.state("selection")["note"] == "grown to the same prediction"
    # Show each cue as colour and as size. The first cue is chosen by tiles of the palette.
    for cue in CUES:
        for tile, state, attribute, width in (
            ("colour", "colourBy", "marks", 4),
            ("size", "review.sizeBy", "cueSize", 1),
        ):
            if cue == CUES[0]:
                headset.touch("right", tile)
                assert page.state(state) == cue
            page.evaluate(f"lodespace.state.{state}.value = '{cue}'")
            cloud = f"Array.from(lodespace.cloud.points.geometry.getAttribute('{attribute}').array)"
            told = f"Array.from(lodespace.state.review.cues.value.get('{cue}') ?? [])"

            def drawn(cloud: str = cloud, told: str = told, width: int = width) -> bool:
                wanted = page.evaluate(told)
                return len(wanted) > 0 and page.evaluate(cloud)[::width] == wanted

            page.wait(drawn, message=f"{cue} is not drawn as {tile}")


def test_a_group_of_an_overview_gets_a_class_in_one_touch(
    still_server: ServerProcess, open_page: Any
) -> None:
    headset = in_vr_at_rest(put_on(open_page, still_server.url), "absent")
    page = headset.driver
    headset.turn_palette("right", "menu")
    headset.touch("right", "next")
    page.wait(lambda: (sheet(page) or {"status": ""})["status"] == "open")
    items = sheet(page)["items"]
    groups = [[one["item"] for one in items if one["group"] == k] for k in range(2)]
    headset.frames(3)
    headset.touch("right", "picture", 0)
    headset.touch("right", "class", 3)
    # The next group is picked. A picture that differs from its group is picked alone.
    assert page.state("review.at") == len(groups[0])
    headset.touch("right", "class", 4)
    headset.touch("right", "group")
    headset.touch("right", "picture", 1)
    headset.touch("right", "class", 5)
    headset.touch("right", "confirm")
    wanted = dict.fromkeys(groups[0], 3) | dict.fromkeys(groups[1], 4) | {items[1]["item"]: 5}
    page.wait(
        lambda: [page.labels[item] for item in wanted] == list(wanted.values()),
        message="the groups are not labelled",
    )
    assert (page.labels >= 0).sum() == len(wanted)


@pytest.mark.only_slow
@pytest.mark.slow
def test_next_opens_a_sheet_with_its_reason_and_predictions_are_accepted(doubtful: Headset) -> None:
    headset, page = doubtful, doubtful.driver
    before = page.labels
    items = np.arange(0, 3000)
    page.evaluate("lodespace.commands.select(Uint32Array.from({length: 3000}, (_, k) => k))")
    headset.turn_palette("right", "review")
    headset.wait(
        lambda: headset.value("view.palette.actions.acceptable") > 0,
        "no prediction can be accepted",
    )
    offered = headset.value("view.palette.actions.acceptable")
    headset.touch("right", "bolder")
    headset.wait(
        lambda: headset.value("view.palette.actions.acceptable") > offered,
        "a lower bound does not accept more predictions",
    )
    headset.touch("right", "accept")
    page.wait(lambda: (page.labels != before).sum() > offered, message="nothing was accepted")
    assert (page.labels[3000:] == before[3000:]).all()
    page.wait(lambda: page.state("connection")["pending"] == 0)
    page.wait(lambda: "90 %" in page.state("history")["gestures"][-1]["note"])
    rest = np.setdiff1d(items, page.selected)
    assert (page.labels[rest] >= 0).all()
    headset.touch("right", "undo")
    page.wait(lambda: (page.labels == before).all())
    # When all items are labelled, only sheets can be suggested.
    rest = np.flatnonzero(page.labels < 0)
    for k in range(10):
        page.label(k, rest[TRUTH[rest] == k])
    page.wait_for_rest()
    page.wait(lambda: (page.state("review.quality")["suspects"] or 0) > 0)
    page.evaluate("lodespace.commands.clearSelection()")
    headset.turn_palette("right", "menu")
    headset.touch("right", "next")
    page.wait(
        lambda: (sheet(page) or {"status": ""})["status"] == "open",
        message="no sheet was suggested",
    )
    assert sheet(page)["reason"]
    headset.frames(3)
    assert headset.value("view.sheet.mesh.visible")
