"""The report of `?bench`: what a headset offers and how it performed, after a session in VR."""

import re
from typing import Any

from playwright.sync_api import expect

from drivers.headset import Headset, put_on
from drivers.servers import ServerProcess


def leave(headset: Headset) -> None:
    headset.script("lodespace.xr.entry.leave();")
    headset.wait(lambda: not headset.value("!!view"), "VR did not end")


def test_bench_reports_the_session_and_saves_it_in_the_log(
    still_server: ServerProcess, open_page: Any
) -> None:
    headset = put_on(open_page, still_server.url, query="&bench&scale=0.5")
    headset.enter()
    headset.click("right", "trigger")
    headset.click("right", "trigger")
    headset.frames(60)
    # The board in VR shows the main figures.
    assert headset.value("view.bench.mesh.parent !== null && view.bench.board.figures.points > 0")
    headset.use_hands()
    frames = headset.value("view.clock.frames")
    late = headset.value("view.clock.late")
    leave(headset)
    page = headset.driver.page
    dialog = page.get_by_role("dialog", name="Report of this headset")
    text = dialog.get_by_role("textbox").input_value()
    facts = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    assert facts["user agent"] == page.evaluate("navigator.userAgent")
    assert facts["mode"].startswith("immersive-vr, blend mode")
    for feature in ("local-floor", "hand-tracking"):
        assert feature in facts["enabled features"]
    assert facts["layer"] in ("projection layer", "XRWebGLLayer")
    assert facts["ignoreDepthValues"] in ("true", "false")
    assert facts["scale factor"].startswith("0.5, native ")
    assert re.fullmatch(r"\d+ x \d+", facts["texture"])
    assert int(facts["array texture layers"]) >= 256
    assert re.fullmatch(r"\d+ to \d+ pixels", facts["point sizes"])
    assert facts["WEBGL_multisampled_render_to_texture"] in ("yes", "no")
    assert int(facts["frames"].split()[0]) >= frames
    assert int(facts["late frames (over 1.5 periods)"]) >= late
    sources = [line for line in text.splitlines() if line.startswith("input source: ")]
    (right,) = [line for line in sources if "right tracked-pointer (" in line]
    assert right.endswith("selectstart 2") and "touch" in right
    assert any("right tracked-pointer, with joints" in line for line in sources)
    with page.expect_response("**/api/bench") as answer:
        dialog.get_by_role("button", name="Save in the server's log").click()
    assert answer.value.json()["lines"] == len(text.splitlines())
    assert dialog.get_by_role("status").inner_text() == "Saved in the log of the server."
    # A contact sheet is in the same place: the report waits until the sheet is closed.
    sheet = "{kind: 'suspects', status: 'busy', items: [], total: 0}"
    page.evaluate(f"lodespace.state.review.sheet.value = {sheet}")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_without_bench_there_is_no_report(open_headset: Any) -> None:
    headset = open_headset()
    headset.enter()
    leave(headset)
    assert headset.driver.state("xr.report") == ""
    assert headset.driver.page.get_by_role("dialog").count() == 0
