"""Input sources beyond the emulator's own: Apple Vision Pro, and sources that the cameras lose."""

from functools import partial
from typing import Any, Literal

import numpy as np
import pytest

from drivers.headset import Headset, in_vr_at_rest, put_on
from drivers.input_sources import HEAD, SourcesHeadset, VisionHeadset, with_sources
from drivers.servers import ServerProcess
from samples.digits import SIXES, TRUTH

LONG = pytest.mark.only_slow


@pytest.fixture
def open_sources(still_server: ServerProcess, open_page: Any) -> Any:
    """Return a function that opens a page of `still_server` in a headset with more kinds of input.

    `with_sources` in tests/drivers/input_sources.py installs these kinds of input.
    """
    return partial(put_on, open_page, still_server.url, prepare=with_sources)


@pytest.mark.parametrize(
    "hands",
    [
        pytest.param(
            "allowed",
            marks=pytest.mark.only_slow("hands have tests of their own"),
        ),
        "refused",
    ],
)
def test_vision_pro_brushes_labels_and_drops_a_cluster(
    open_sources: Any, hands: Literal["allowed", "refused"]
) -> None:
    headset = VisionHeadset(open_sources(), hands)
    driver = headset.driver
    driver.wait_for_rest("absent")
    headset.enter()
    headset.put("left", (-0.35, 1.1, 0.25))
    headset.put("right", (0.3, 1.2, 0.3))
    presses = "view.inputs.right.pressed"
    selected = headset.paint("right", SIXES)
    assert len(selected) > 150 and np.mean(TRUTH[selected] == 6) > 0.85
    assert not headset.value(presses)
    headset.touch("right", "class", 6)
    driver.wait(lambda: (driver.labels[selected] == 6).all(), message="the tile did nothing")
    headset.touch("right", "undo")
    driver.wait(lambda: (driver.labels == -1).all())
    again = headset.paint("right", SIXES)
    headset.brush_to("right", np.median(headset.in_room(again), axis=0))
    headset.hold("right")
    assert headset.value("view.controls.holding")
    headset.brush_to("right", headset.tile("class", 6) + 0.03 * headset.outward)
    headset.let_go("right")
    driver.wait(lambda: (driver.labels[again] == 6).all(), message="the drop did nothing")
    # Without a pinch, a person whose hands the page does not see has no input source.
    assert headset.value("view.inputs.right.source !== null") == (hands == "allowed")
    # Two pinches in empty space scale the world.
    scale, apart = [], []
    for side, x in (("left", -0.3), ("right", 0.3)):
        headset.put(side, (x, 1.75, 0.1))
        headset.hold_world(side)
    for x in (0.3, 0.5):
        headset.put("left", (-x, 1.75, 0.1))
        headset.put("right", (x, 1.75, 0.1))
        scale.append(np.linalg.norm(headset.world[:3, 0]))
        apart.append(np.linalg.norm(headset.hand("right") - headset.hand("left")))
    headset.let_go("left")
    headset.let_go("right")
    assert scale[1] > 1.5 * scale[0]
    assert np.isclose(scale[1] / scale[0], apart[1] / apart[0], rtol=0.01)


@pytest.fixture
def person(open_sources: Any) -> SourcesHeadset:
    """A person in VR with controllers, in front of a cloud at rest."""
    return SourcesHeadset(in_vr_at_rest(open_sources(rests="absent"), "absent").driver)


def paint(headset: Headset) -> list[int]:
    """Begin a brush stroke in a cluster. Return the items that the stroke has selected."""
    headset.brush_to("right", np.median(headset.in_room(SIXES), axis=0))
    headset.hold("right")
    headset.wait(lambda: len(headset.driver.selected) > 50, "nothing was painted")
    headset.frames(5)
    return list(headset.driver.selected)


def works(headset: Headset, selected: list[int]) -> None:
    """Check that the selection is unchanged, and that the person can label it."""
    driver = headset.driver
    assert driver.selected.tolist() == selected
    assert not driver.evaluate("lodespace.state.latent.frozen")
    headset.touch("right", "class", 6)
    driver.wait(lambda: (driver.labels[selected] == 6).all(), message="the tile did nothing")


def test_a_controller_out_of_view_stops_painting(person: SourcesHeadset) -> None:
    person.set_guessed("right", False)
    painted = paint(person)
    person.set_guessed("right", True)
    person.put("right", (0.3, 1.2, 0.3))
    person.wait(lambda: not person.value("view.controls.stroke.active"), "it still paints")
    assert "right controller was lost from view: its painted items stay" in person.message
    person.let_go("right")
    person.set_guessed("right", False)
    works(person, painted)


def test_a_hand_lost_from_view_returns_its_cluster(person: SourcesHeadset) -> None:
    person.use_hands()
    person.put("left", (-0.35, 1.1, 0.25))
    selected = person.paint("right", SIXES)
    person.brush_to("right", np.median(person.in_room(selected), axis=0))
    person.hold("right")
    assert person.value("view.controls.holding")
    person.set_seen("right", False)
    person.wait(lambda: not person.value("view.controls.holding"), "it still holds the cluster")
    assert "right hand was lost from view: the cluster returned to its place" in person.message
    assert (person.driver.labels == -1).all()
    # The palette stays where it is while its hand is lost.
    before = person.tile("class", 6)
    person.set_seen("left", False)
    person.put("left", (-0.6, 0.8, 0.5))
    assert np.allclose(person.tile("class", 6), before, atol=1e-3)
    person.set_seen("left", True)
    person.set_seen("right", True)
    person.let_go("right")
    works(person, selected.tolist())


def test_controllers_that_sleep_and_wake_keep_the_selection(person: SourcesHeadset) -> None:
    painted = paint(person)
    for side in ("right", "left"):
        person.vanish(side)
    person.wait(lambda: not person.value("view.controls.stroke.active"), "it still paints")
    assert "right controller was disconnected: its painted items stay selected" in person.message
    person.let_go("right")
    # Without a hand, the palette is parked within sight.
    towards = person.tile("class", 6) - HEAD
    assert np.linalg.norm(towards) < 0.75 and towards[2] < 0
    # This time, the left controller appears first.
    for side in ("left", "right"):
        person.appear(side)
    person.wait(lambda: person.value("view.inputs.right.tracked"), "it does not wake")
    works(person, painted)


@pytest.mark.parametrize("state", ["visible-blurred", pytest.param("hidden", marks=LONG)])
def test_a_paused_session_ends_gestures_with_a_message(person: SourcesHeadset, state: str) -> None:
    selected = person.paint("right", SIXES)
    person.brush_to("right", np.median(person.in_room(selected), axis=0))
    person.hold("right", "squeeze")
    assert person.value("view.controls.holding")
    person.script(f"emulated.updateVisibilityState('{state}');")
    person.wait(lambda: not person.value("view.controls.holding"), "it still holds the cluster")
    assert "right controller was interrupted by the headset: the cluster returned" in person.message
    person.script("emulated.updateVisibilityState('visible');")
    person.let_go("right", "squeeze")
    person.frames(2)
    works(person, selected.tolist())


def test_recentring_ends_gestures_and_places_the_cloud(person: SourcesHeadset) -> None:
    painted = paint(person)
    # A page with another origin of the room is not restored for the next test.
    person.script("emulated.recenter(); delete window.testRestore;")
    person.wait(lambda: not person.value("view.controls.stroke.active"), "it still paints")
    assert "interrupted by the headset: its painted items stay selected" in person.message
    person.let_go("right")
    person.frames(3)
    middle = person.in_room(np.arange(len(TRUTH))).mean(axis=0)
    assert np.linalg.norm(middle - (0, 1.6, 0)) < 0.9 and abs(middle[0]) < 0.15
    works(person, painted)


def test_a_pinch_with_the_palm_to_the_face_grasps_nothing(person: SourcesHeadset) -> None:
    person.use_hands()
    person.put("right", (0.25, 1.75, 0.1))
    before = person.world
    half = np.sqrt(0.5)
    palms = {"down": (0, 0, 0, 1), "away": (half, 0, 0, half), "to the face": (0, half, -half, 0)}
    moved = {}
    for palm, turn in palms.items():
        person.turn("right", turn)
        person.put("right", (0.25, 1.75, 0.1))
        # The fingers are bent towards the palm, which is the axis -y of the wrist.
        bent = person.script("""
          const { joints } = view.inputs.right.spaces.hand;
          const palm = view.at.set(0, -1, 0).applyQuaternion(joints.wrist.quaternion).clone();
          const [tip, knuckle] = ["tip", "phalanx-proximal"].map(
            (end) => joints[`middle-finger-${end}`].position);
          return tip.clone().sub(knuckle).dot(palm);
        """)
        assert bent > 0
        person.hold("right")
        for x in (0.27, 0.3, 0.4):
            person.put("right", (x, 1.75, 0.1))
        person.let_go("right")
        moved[palm] = not np.allclose(person.world, before)
        before = person.world
    assert moved == {"down": True, "away": True, "to the face": False}


def test_a_far_cluster_comes_by_ray_and_grip(person: SourcesHeadset) -> None:
    selected = person.paint("right", SIXES)
    person.script("lodespace.stage.world.matrix.elements[14] -= 2;")
    person.put("right", (0.2, 1.4, 0.2))
    target = np.median(person.in_room(selected), axis=0)
    for _ in range(3):
        ahead = target - person._point("right", "rayOrigin")
        ahead /= np.linalg.norm(ahead)
        turn = np.array((ahead[1], -ahead[0], 0, 1 - ahead[2]))
        person.turn("right", tuple(turn / np.linalg.norm(turn)))
    person.hold("right", "squeeze")
    assert person.value("view.controls.holding && view.display.ray.line.visible")
    before = person.world
    for share in (0.3, 0.6, 0.8):
        person.put("right", np.array((0.2, 1.4, 0.2)) + share * (HEAD - (0.2, 1.4, 0.2)))
    person.frames(5)
    grabbed = np.array(person.value("view.controls.grab.shownFromPlace.elements")).reshape(4, 4).T
    shown = (before @ grabbed @ np.linalg.inv(before) @ [*target, 1])[:3]
    assert np.linalg.norm(shown - HEAD) < 0.4 * np.linalg.norm(target - HEAD)
    assert np.allclose(person.world, before)
    person.let_go("right", "squeeze")


@pytest.mark.parametrize("mode", ["gaze", pytest.param("screen", marks=LONG)])
def test_sources_without_a_hand_do_not_disturb_hands(person: SourcesHeadset, mode: str) -> None:
    ray = np.eye(4).ravel().tolist()
    person.script(f"""
      window.further = inputSources.add('none', '{mode}', {ray}, null, ['generic-button']);
      inputSources.press(further);
    """)
    person.wait(lambda: person.value("inputSources.waiting") == 0, "a step was not run")
    person.frames(2)
    assert not person.value("view.inputs.right.pressed || view.inputs.left.pressed")
    selected = person.paint("right", SIXES)
    assert len(selected) > 150
    person.script("inputSources.release(further);")
    person.wait(lambda: person.value("inputSources.waiting") == 0, "a step was not run")
    works(person, selected.tolist())
