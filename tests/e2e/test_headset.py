"""Actions of a person in an emulated headset, with the real server and trainer."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drivers.headset import HEADSET_VIEW, Headset
from drivers.servers import ServerProcess
from samples.digits import SIXES, TRUTH


def test_brush_a_cluster_and_touch_its_class(headset: Headset) -> None:
    driver = headset.driver
    before = driver.positions()
    revision = driver.evaluate("lodespace.state.latent.revision")
    selected = headset.paint("right", SIXES)
    assert len(selected) > 150 and np.mean(TRUTH[selected] == 6) > 0.85
    assert driver.state("selection")["revision"] >= revision
    headset.touch("right", "class", 6)
    assert (driver.labels[selected] == 6).all()  # the labels change before the server has answered
    driver.wait(lambda: driver.state("connection")["pending"] == 0)
    driver.wait(lambda: driver.gestures, message="the label did not become a gesture")
    gesture = driver.gestures[-1]
    assert (
        gesture["count"] == len(selected)
        and gesture["class_id"] == 6
        and gesture["revision"] >= revision
    )
    headset.touch("right", "undo")
    driver.wait(lambda: (driver.labels == -1).all(), message="undo did nothing")
    headset.click("right", "a-button")
    driver.wait(lambda: (driver.labels[selected] == 6).all(), message="redo did nothing")
    headset.wait(
        lambda: (
            np.median(np.linalg.norm(driver.positions() - before, axis=1)) > 0.02 * before.std()
        ),
        "nothing moved",
        90,
    )


def test_grab_a_cluster_and_drop_it_on_the_palette_or_in_space(headset: Headset) -> None:
    driver = headset.driver
    selected = headset.paint("right", SIXES)
    headset.hold("right", "squeeze")
    assert headset.value("view.controls.holding")
    # Positions are not frozen, so that the neighbours are shown as they follow the cluster.
    assert not driver.evaluate("lodespace.state.latent.frozen")
    held = headset.hand("right")
    headset.put("right", (0.1, 1.6, 0.2))
    # The selected points, and no others, are shown where the hand has carried them.
    grabbed = headset.value(
        "Array.from(view.parts.cloud.marks.array).filter((_, k) => k % 4 === 3)"
    )
    assert np.flatnonzero(grabbed).tolist() == selected.tolist()
    moved = (
        np.array(headset.value("view.parts.cloud.material.uniforms.uGrab.value.elements"))
        .reshape(4, 4)
        .T
    )
    carried = headset.world @ moved @ np.linalg.inv(headset.world)
    assert np.allclose(carried[:3, 3], headset.hand("right") - held, atol=1e-5)
    headset.let_go("right", "squeeze")
    # Dropped in space, the cluster stays there and is pinned. Undo removes the pins and restores
    # the map.
    driver.wait(lambda: driver.state("pins") == selected.tolist(), message="nothing was pinned")
    assert (driver.labels == -1).all() and len(driver.selected) == len(selected)
    headset.touch("right", "undo")
    driver.wait(lambda: driver.state("pins") == [])
    driver.wait_for_rest()
    headset.brush_to("right", np.median(headset.in_room(selected), axis=0))
    headset.hold("right", "squeeze")
    headset.brush_to("right", headset.tile("class", 6) + 0.03 * headset.outward)
    headset.let_go("right", "squeeze")
    driver.wait(
        lambda: (driver.labels[selected] == 6).all() and driver.state("connection")["pending"] == 0
    )


def test_one_hand_carries_the_world_two_scale_it_and_a_stick_turns_it(
    still_headset: Headset,
) -> None:
    headset = still_headset
    start = headset.world
    headset.put("left", (-0.2, 1.3, 0.2))
    headset.put("right", (0.2, 1.3, 0.2))
    headset.hold("right", "squeeze")
    headset.put("right", (0.5, 1.4, 0.2))
    headset.let_go("right", "squeeze")
    moved = headset.world
    assert np.allclose(moved[:3, 3] - start[:3, 3], (0.3, 0.1, 0), atol=1e-6)
    assert np.allclose(moved[:3, :3], start[:3, :3])
    headset.put("right", (0.2, 1.3, 0.2))
    headset.hold("left", "squeeze")
    headset.hold("right", "squeeze")
    left, right = headset.hand("left"), headset.hand("right")
    headset.put("left", (-0.4, 1.3, 0.2))
    headset.put("right", (0.4, 1.3, 0.2))
    ratio = np.linalg.norm(headset.hand("right") - headset.hand("left")) / np.linalg.norm(
        right - left
    )
    middle, later = (left + right) / 2, (headset.hand("left") + headset.hand("right")) / 2
    headset.let_go("left", "squeeze")
    headset.let_go("right", "squeeze")
    scaled = headset.world
    assert ratio > 1.9
    assert np.allclose(scaled[:3, :3], ratio * moved[:3, :3], atol=1e-5)
    assert np.allclose(scaled[:3, 3] - later, ratio * (moved[:3, 3] - middle), atol=1e-5)
    headset.stick("left", 1, 0)
    headset.stick("left", 0, 0)
    cosine = headset.world[0, 0] / np.linalg.norm(headset.world[:3, 0])
    assert np.isclose(cosine, np.cos(np.pi / 6), atol=1e-6)
    # None of these actions moved the floor on which the person stands.
    assert (
        headset.value("view.scenery.ground.mesh.matrixWorld.elements") == np.eye(4).ravel().tolist()
    )


def test_hands_do_what_controllers_do(still_headset: Headset) -> None:
    headset, driver = still_headset, still_headset.driver
    headset.use_hands()
    headset.wait(
        lambda: headset.value("view.drawn.right?.children[0]?.type !== undefined"),
        "no hand is drawn",
    )
    headset.put("left", (-0.35, 1.1, 0.25))
    selected = headset.paint("right", SIXES)
    assert len(selected) > 100
    # A pinch on a selected item grabs the cluster. Releasing the cluster on a class labels it.
    headset.brush_to("right", np.median(headset.in_room(selected), axis=0))
    headset.hold("right")
    assert headset.value("view.controls.holding")
    headset.brush_to("right", headset.tile("class", 6) + 0.02 * headset.outward)
    headset.let_go("right")
    driver.wait(lambda: (driver.labels[selected] == 6).all())
    # In empty space, a pinch holds the world, and a pinch of both hands scales the world.
    headset.put("left", (-0.3, 1.75, 0.1))
    headset.put("right", (0.3, 1.75, 0.1))
    before = headset.world
    headset.hold_world("left")
    headset.hold_world("right")
    headset.put("right", (0.5, 1.75, 0.1))
    headset.put("left", (-0.5, 1.75, 0.1))
    ratio = np.linalg.norm(headset.world[:3, 0]) / np.linalg.norm(before[:3, 0])
    headset.let_go("left")
    headset.let_go("right")
    assert 1.4 < ratio < 1.9
    headset.touch("right", "undo")
    driver.wait(lambda: (driver.labels == -1).all())


def test_hands_subtract_from_a_selection(still_headset: Headset) -> None:
    headset = still_headset
    headset.use_hands()
    headset.put("left", (-0.35, 1.1, 0.25))
    selected = headset.paint("right", SIXES)
    assert len(selected) > 100
    headset.turn_palette("right", "menu")
    headset.touch("right", "subtract")
    headset.brush_to("right", np.median(headset.in_room(selected), axis=0))
    headset.hold("right")
    assert headset.value("view.controls.stroke.active") and not headset.value(
        "view.controls.holding"
    )
    headset.frames(3)
    headset.let_go("right")
    assert len(headset.driver.selected) < 0.3 * len(selected)


def test_another_box_leaves_the_cloud_where_it_is(still_headset: Headset) -> None:
    headset = still_headset
    before = headset.in_room(SIXES)
    size = headset.value("view.parts.cloud.material.uniforms.uPointSize.value")
    headset.script("""
      const { latent, sceneVersion } = lodespace.state;
      const { box, n } = latent;
      const larger = { origin: box.origin.map((x) => x - 0.4 * box.size), size: 2 * box.size };
      const moved = (grid) => Math.round((grid + 0.4 * 65535) / 2);
      const positions = latent.to.map((grid, k) => (k % 4 === 3 ? 0 : moved(grid)));
      const scene = { latent_dim: latent.latentDim, scene_id: 1, revision: 0 };
      latent.setScene({ n, positions, box: larger, ...scene });
      sceneVersion.value += 1;
    """)
    headset.frames(3)
    assert np.allclose(headset.in_room(SIXES), before, atol=1e-4)
    assert np.isclose(headset.value("view.parts.cloud.material.uniforms.uPointSize.value"), size)
    # A page with another scene is not restored for the next test.
    headset.script("delete window.testRestore;")


def test_left_handed(still_headset: Headset) -> None:
    headset, driver = still_headset, still_headset.driver
    headset.turn_palette("right", "force")
    headset.touch("right", "swap")
    assert driver.state("xr.dominant") == "left"
    headset.touch("left", "back")
    headset.put("right", (0.35, 1.15, 0.25))
    selected = headset.paint("left", SIXES)
    assert len(selected) > 150
    headset.touch("left", "class", 6)
    driver.wait(lambda: (driver.labels[selected] == 6).all())
    headset.click("left", "y-button")
    driver.wait(lambda: (driver.labels == -1).all())


def test_snap_takes_the_whole_cluster_from_one_touch(still_headset: Headset) -> None:
    headset, driver = still_headset, still_headset.driver
    small = headset.paint("right", SIXES, radius=0.02)
    # Whether this click hits a point does not matter: the selection is cleared after it.
    headset.click("right", "trigger")
    headset.driver.evaluate("lodespace.commands.clearSelection()")
    headset.turn_palette("right", "menu")
    headset.touch("right", "cluster")
    grown = headset.paint("right", SIXES, radius=0.02)
    assert len(grown) > 3 * len(small) and np.mean(TRUTH[grown] == 6) > 0.85
    assert driver.state("selection")["tool"] == "cluster"


def test_a_controller_that_goes_and_a_session_that_ends_lose_nothing(
    still_headset: Headset,
) -> None:
    headset, driver = still_headset, still_headset.driver
    headset.brush_to("right", np.median(headset.in_room(SIXES), axis=0))
    headset.hold("right")
    headset.frames(3)
    headset.vanish("right")
    headset.wait(
        lambda: not headset.value("view.controls.stroke.active"),
        "the stroke goes on without a hand",
    )
    painted = driver.selected
    assert len(painted) > 50 and "right controller" in headset.message
    headset.let_go("right")
    headset.appear("right")
    headset.wait(
        lambda: headset.value("view.inputs.right.tracked"), "the controller did not reappear"
    )
    headset.brush_to("right", np.median(headset.in_room(painted), axis=0))
    headset.hold("right", "squeeze")
    assert headset.value("view.controls.holding")
    driver.evaluate("emulated.activeSession.end()")  # the headset ends the session, not the page
    driver.wait(lambda: driver.state("xr.presenting") is None)
    driver.wait(lambda: "VR has ended" in driver.page.inner_text(".notices"))
    assert len(driver.selected) == len(painted)
    assert not driver.evaluate("lodespace.state.latent.frozen")
    assert driver.evaluate("lodespace.stage.world.matrix.elements") == np.eye(4).ravel().tolist()
    driver.press("6")
    driver.wait(
        lambda: (driver.labels[painted] == 6).all() and driver.state("connection")["pending"] == 0
    )
    headset.enter()  # VR can be entered again
    assert headset.value("view.figures().points") == len(TRUTH)


@pytest.mark.only_slow
def test_a_label_made_while_the_server_is_away_arrives_later(
    own_still_headset: Headset, own_still_server: ServerProcess
) -> None:
    headset, driver, server = own_still_headset, own_still_headset.driver, own_still_server
    selected = headset.paint("right", SIXES)
    server.kill()
    headset.wait(
        lambda: driver.state("connection")["status"] == "waiting", "the loss was not noticed"
    )
    headset.touch("right", "class", 6)
    assert driver.state("connection")["pending"] == 1
    server.start()
    driver.wait(
        lambda: driver.state("connection")["pending"] == 0, 60, "the label was not sent again"
    )
    driver.wait(lambda: (driver.labels[selected] == 6).all())
    assert driver.state("xr.presenting") == "immersive-vr"


def test_a_second_page_sees_label_motion_head_and_hands(
    headset: Headset, open_page: Any, server: ServerProcess
) -> None:
    desk = open_page(server.url)
    desk.wait_for_scene()
    before = desk.positions()
    selected = headset.paint("right", SIXES)
    headset.touch("right", "class", 6)
    desk.wait(lambda: (desk.labels[selected] == 6).all(), message="the label did not arrive")
    desk.wait(
        lambda: np.abs(desk.positions() - before).max() > 0.02 * before.std(),
        90,
        "nothing moved there",
    )
    peers = "Array.from(lodespace.state.peers.value.values())"
    desk.wait(lambda: len(desk.evaluate(peers)) == 1)
    # The page at the desk draws head and hands in its scene: one mesh for heads, one for hands.
    where = """(({ heads, hands }) => [heads, hands].map((mesh) => ({
      parent: mesh.parent === lodespace.stage.world, visible: mesh.visible, count: mesh.count,
      at: Array.from({ length: mesh.count }, (_, k) =>
        [12, 13, 14].map((e) => mesh.instanceMatrix.array[16 * k + e])),
    })))(lodespace.people.peers)"""
    wanted = np.array([(0, 1.6, 0.6), headset.hand("left"), headset.hand("right")])

    def in_the_room(points: list[list[float]]) -> Any:
        return (headset.world @ np.c_[points, np.ones(len(points))].T).T[:, :3]

    def as_in_the_headset() -> bool:
        (peer,) = desk.evaluate(peers)
        heads, hands = desk.evaluate(where)
        drawn = [*heads["at"], *hands["at"]]
        if len(drawn) < 3:
            return False
        away = in_the_room([peer["head"]["position"], *drawn]) - wanted[[0, 0, 1, 2]]
        return bool(np.abs(away).max() < 0.01)

    # Poses are sent a few times a second, so those of a hand that has just moved arrive later.
    desk.wait(as_in_the_headset, message="head and hands are not where the headset has them")
    (peer,) = desk.evaluate(peers)
    assert peer["left"] and peer["right"] and peer["scale"] > 0
    heads, hands = desk.evaluate(where)
    assert (heads["parent"], heads["visible"], heads["count"]) == (True, True, 1)
    assert (hands["parent"], hands["visible"], hands["count"]) == (True, True, 2)
    assert np.allclose(desk.evaluate("lodespace.stage.world.matrix.elements"), np.eye(4).ravel())
    headset.driver.evaluate("lodespace.xr.entry.leave()")
    # The page of the headset then sends its camera, which is where that of the desk is.
    desk.wait(
        lambda: [mesh["count"] for mesh in desk.evaluate(where)] == [0, 0],
        message="head and hands are still drawn after the headset left VR",
    )
    desk.press("6")  # a label from the desk reaches the headset
    items = np.flatnonzero(TRUTH == 0)
    desk.lasso(desk.circle(items))
    chosen = desk.selected
    desk.press("0")
    headset.driver.wait(lambda: (headset.driver.labels[chosen] == 0).all())


def test_the_cloud_stands_at_arms_reach_again_after_reset(still_headset: Headset) -> None:
    headset = still_headset
    middle = headset.value(
        "lodespace.stage.bounds().getCenter(view.at.clone()).applyMatrix4(lodespace.stage.world.matrix).toArray()"
    )
    head = np.array((0, 1.6, 0.6))
    assert 0.6 <= np.linalg.norm(np.array(middle) - head) <= 0.8 and middle[1] < 1.5
    headset.hold("right", "squeeze")
    headset.put("right", (1.5, 1.2, 0.3))
    headset.let_go("right", "squeeze")
    headset.script(
        "lodespace.stage.renderer.xr.getReferenceSpace().dispatchEvent(new Event('reset'));"
    )
    headset.frames(3)
    again = headset.value(
        "lodespace.stage.bounds().getCenter(view.at.clone()).applyMatrix4(lodespace.stage.world.matrix).toArray()"
    )
    assert np.allclose(again, middle, atol=0.02)


def test_the_brush_shows_card_controller_and_pictures(still_headset: Headset) -> None:
    """The card shows the nearest item. The size of points and pictures follows from the
    framebuffer height. A session that becomes hidden ends the stroke of the brush."""
    headset = still_headset
    uniforms = "view.parts.cloud.material.uniforms"
    item = int(SIXES[0])
    at = headset.in_room(np.array([item]))[0]
    headset.brush_to("right", at)
    headset.wait(lambda: headset.value("view.card.mesh.visible"), "no card")
    headset.wait(
        lambda: headset.value("view.drawn.right?.children.length === 1"), "no controller is drawn"
    )
    assert headset.value("view.drawn.right.children[0].geometry.attributes.position.count") > 1000
    shown = headset.value("view.card.item.value")
    near = headset.in_room(np.array([shown, item]))
    assert np.linalg.norm(near[0] - at) <= np.linalg.norm(near[1] - at) + 2e-3
    eye = headset.value(
        "view.parts.stage.renderer.xr.getCamera().cameras[0].projectionMatrix.elements[5]"
    )
    height = headset.value("view.figures().height")
    assert height == HEADSET_VIEW["height"]
    assert np.isclose(headset.value(f"{uniforms}.uPixelsPerUnit.value"), eye * height / 2)
    brush = np.array(headset.value(f"{uniforms}.uBrush.value.toArray()"))
    assert np.allclose(
        (headset.world @ [*brush[:3], 1])[:3], headset._point("right", "brush"), atol=1e-5
    )
    headset.hold("right")
    assert headset.value("view.controls.stroke.active")
    headset.script("emulated.updateVisibilityState('visible-blurred');")
    headset.wait(
        lambda: not headset.value("view.controls.stroke.active"), "a hidden session still paints"
    )
    headset.script("emulated.updateVisibilityState('visible');")
    headset.let_go("right")
    assert not headset.driver.evaluate("lodespace.state.latent.frozen")


def test_both_eyes_see_the_cloud_each_from_its_own_place(open_headset: Any) -> None:
    """The picture shows grey digits and the palette in both halves, and the halves differ."""
    headset = open_headset(drawn=True)
    headset.driver.wait_for_rest("absent")
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.script("window.testDrawsAll = true;")
    headset.frames(2)
    shown = Image.open(io.BytesIO(headset.driver.page.screenshot())).convert("L")
    halves = np.split(np.asarray(shown, np.float64), 2, axis=1)
    for half in halves:
        assert (half > 60).mean() > 0.05, "one eye does not see the cloud"
    assert np.abs(halves[0] - halves[1]).mean() > 2, "both eyes see the same picture"
    # Shifted sideways by the parallax, the halves differ less than without the shift.
    shifted = min(
        np.abs(halves[0][:, k:] - halves[1][:, : halves[1].shape[1] - k]).mean()
        for k in range(1, 60)
    )
    assert shifted < 0.9 * np.abs(halves[0] - halves[1]).mean()


def test_an_unknown_controller_is_drawn_all_the_same(open_headset: Any) -> None:
    headset = open_headset()
    headset.script("""
      for (const side of ['left', 'right'])
        Object.defineProperty(
          emulated.controllers[side].inputSource, 'profiles', { value: ['acme-wand'] });
    """)
    headset.enter()
    headset.wait(
        lambda: headset.value("view.drawn.right?.children.length === 1"), "it is not drawn"
    )
    assert headset.value("view.drawn.right.children[0].geometry.attributes.position.count") < 500


@pytest.mark.parametrize(
    ("device", "profile"),
    [
        ("metaQuest2", "oculus-touch-v3"),
        pytest.param(
            "metaQuestPro",
            "meta-quest-touch-pro",
            marks=pytest.mark.only_slow("one is enough"),
        ),
    ],
)
def test_other_controllers_are_drawn_by_their_models(
    open_headset: Any, device: str, profile: str
) -> None:
    headset = open_headset(device)
    headset.enter()
    for side in ("left", "right"):
        assert headset.value(f"view.inputs.{side}.source.profiles[0]") == profile
        headset.wait(
            lambda side=side: headset.value(f"view.drawn.{side}?.children.length === 1"),
            "it is not drawn",
        )
        assert (
            headset.value(f"view.drawn.{side}.children[0].geometry.attributes.position.count")
            > 1000
        )
        assert headset.value(f"view.drawn.{side}.children[0].material.forceSinglePass")
    headset.frames(2)
    assert headset.value("view.figures().drawCalls") <= 28


def test_the_board_of_figures_is_shown(open_headset: Any) -> None:
    headset = open_headset(query="&bench")
    headset.enter()
    headset.wait(
        lambda: headset.value("view.bench.board.figures?.frameMs > 0"), "the board has no figures"
    )
    figures = headset.value("view.bench.board.figures")
    assert figures["points"] == len(TRUTH) and figures["height"] == HEADSET_VIEW["height"]
    assert figures["scriptMs"] > 0 and 0 < figures["frameMs"] <= figures["frameMs95"]
    assert headset.value("view.bench.mesh.visible && view.bench.mesh.parent === view.room")
    # The board is in front of the person and within sight.
    towards = np.array(headset.value("view.bench.mesh.position.toArray()")) - (0, 1.6, 0.6)
    assert towards[2] < -0.5 and abs(towards[0]) < 0.5 and abs(towards[1]) < 0.5
    # Letters are light on a dark ground.
    light = headset.script("""
      const { context } = view.bench.board;
      const { width, height } = context.canvas;
      const { data } = context.getImageData(0, 0, width, height);
      let light = 0;
      for (let k = 0; k < data.length; k += 4) light += data[k] > 200 && data[k + 3] > 200 ? 1 : 0;
      return light / (width * height);
    """)
    assert 0.01 < light < 0.3


def test_a_model_that_fails_to_load_is_replaced_without_an_error(open_headset: Any) -> None:
    headset = open_headset()
    headset.driver.page.route("**/models/**", lambda route: route.abort())
    headset.enter()
    headset.wait(
        lambda: headset.value("view.drawn.right?.children.length === 1"), "it is not drawn"
    )
    headset.use_hands()
    headset.frames(5)


def test_passthrough_shows_no_ground(open_headset: Any) -> None:
    headset = open_headset()
    headset.enter("Enter AR")
    assert headset.driver.state("xr.presenting") == "immersive-ar"
    assert headset.value(
        "lodespace.stage.scene.background === null && view.scenery.ground === null"
    )


def test_a_refused_session_shows_a_notice(open_headset: Any) -> None:
    headset = open_headset()
    headset.script("""
      const refusal = new DOMException('no', 'NotAllowedError');
      navigator.xr.requestSession = () => Promise.reject(refusal);
    """)
    headset.driver.page.get_by_role("button", name="Enter VR").click()
    headset.wait(
        lambda: "did not allow VR" in headset.driver.page.inner_text(".notices"),
        "no notice was shown",
    )


@pytest.mark.only_slow
@pytest.mark.slow
def test_neighbours_follow_a_pulled_cluster_and_the_past_is_scrubbed(
    headset: Headset,
) -> None:
    driver = headset.driver
    before = driver.positions()
    selected = headset.paint("right", SIXES)
    others = np.setdiff1d(SIXES, selected)
    headset.hold("right", "squeeze")
    start = headset.hand("right")
    for share in np.linspace(0, 1, 8):
        headset.put("right", start + share * np.array([0.0, 0.12, 0.1]))
    assert headset.value("view.controls.holding")
    headset.wait(
        lambda: np.linalg.norm((driver.positions() - before)[others], axis=1).mean() > 0.02,
        "the other points did not follow",
        90,
    )
    headset.let_go("right", "squeeze")
    driver.wait(lambda: driver.state("pins") == selected.tolist(), message="nothing was pinned")
    driver.wait_for_rest()
    pulled = driver.positions()
    assert np.linalg.norm((pulled - before)[selected].mean(axis=0)) > 0.1
    headset.touch("right", "undo")
    driver.wait(lambda: driver.state("pins") == [])
    step = float(driver.evaluate("lodespace.state.latent.box.size")) / 65535
    headset.wait(
        lambda: np.abs(driver.positions() - before).max() <= 1.01 * step,
        "undo did not restore the map",
        90,
    )
    headset.turn_palette("right", "time")
    driver.wait(lambda: driver.state("time.last") > 10)
    headset.touch("right", "scrub")
    driver.wait(
        lambda: not driver.state("time.live"), message="the touch on the timeline had no effect"
    )
    share = driver.state("time.moment") / driver.state("time.last")
    assert 0.35 < share < 0.65, (
        "the timeline was touched in the middle, but another moment is shown"
    )
    moment = driver.state("time.moment")
    headset.touch("right", "after")
    driver.wait(lambda: driver.state("time.moment") == moment + 1)
    headset.touch("right", "play")
    driver.wait(lambda: driver.state("time.moment") > moment + 2, message="nothing was played")
    if driver.state("time.playing"):
        headset.touch("right", "play")
    driver.wait(lambda: not driver.state("time.playing"))
    headset.touch("right", "live")
    driver.wait(lambda: driver.state("time.live"))
    headset.wait(
        lambda: np.abs(driver.positions() - before).max() <= 1.01 * step,
        "live positions were not shown again",
    )
    headset.turn_palette("right", "force")
    headset.touch("right", "arrows")
    headset.touch("right", "back")
    headset.brush_to("right", np.median(headset.in_room(SIXES), axis=0))
    headset.wait(lambda: driver.evaluate("lodespace.forceLines.arrows.segments") >= 9, "no arrows")
    assert headset.value("view.figures().drawCalls") <= 28


def test_a_strip_shows_pictures_between_two_picked_items(headset: Headset) -> None:
    driver = headset.driver
    headset.turn_palette("right", "time")
    headset.touch("right", "walk")
    assert "Hold the brush at an item" in headset.message
    ends = []
    for digit in (0, 1):
        item = int(np.flatnonzero(digit == TRUTH)[0])
        headset.brush_to("right", headset.in_room(np.array([item]))[0])
        headset.click("right", "trigger")
        ends.append("from" if digit == 0 else "to")
        walk = driver.state("forces.walk")
        assert walk[ends[-1]] >= 0, headset.message
    headset.wait(
        lambda: driver.evaluate("lodespace.state.forces.walk.value.pictures.length") == 9,
        "nothing was decoded",
    )
    headset.frames(6)
    assert headset.value("view.walk.strip.mesh.visible && view.walk.strip.drawnAt > 0")
    assert driver.selected.tolist() == [], "the brush painted while items were picked"
    # The strip is near the line between the items, on its upper side.
    at = np.array(headset.value("Array.from(view.walk.strip.mesh.matrix.elements)"))[12:15]
    picked = np.array([driver.state("forces.walk")[end] for end in ends])
    middle = headset.in_room(picked).mean(axis=0)
    assert np.linalg.norm(at - middle) < 0.12 and at[1] > middle[1]
    headset.touch("right", "walk")
    headset.frames(3)
    assert not headset.value("view.walk.strip.mesh.visible")


def test_the_place_at_the_hand_is_decoded(headset: Headset) -> None:
    headset.turn_palette("right", "force")
    headset.touch("right", "decode")
    headset.brush_to("right", np.median(headset.in_room(SIXES), axis=0))
    headset.wait(
        lambda: headset.driver.evaluate("lodespace.state.forces.decoded.value !== null"),
        "nothing was decoded",
    )
    headset.frames(4)
    assert headset.value("view.card.mesh.visible")
