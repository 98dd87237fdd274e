"""A headset that is emulated in the browser (iwer), and the actions of the person who wears it.

Positions are in the coordinates of the room, in metres.

Inputs are presses and releases of buttons. Inputs are never `select` events, because the emulator
sends `select` at another moment than the specification requires. After each input, the driver waits
for two frames of the session.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from drivers.frame_pace import IDLE_PACE
from drivers.page import PageDriver
from drivers.restored_page import remember

IWER = (
    Path(__file__).parents[2] / "webxr_client" / "node_modules" / "iwer" / "build" / "iwer.min.js"
)
Side = Literal["left", "right"]
FRAME_SECONDS = 120
"""Longest time in which a frame must be drawn."""
# Size of the page, which shows the views of both eyes.
HEADSET_VIEW = {"width": 640, "height": 320}
Point = npt.NDArray[np.float64]

_INSTALL = """(() => {
  const device = new IWER.XRDevice(IWER.%s, { stereoEnabled: true });
  device.installRuntime({ forceInstall: true });
  device.position.set(0, 1.6, 0.6);
  window.emulated = device;
})()"""

_ACT = """(async () => {
  const now = () => lodespace.xr.entry?.view;
  const view = now();
  const pace = window.testPace?.(0);
  const end = performance.now() + %d;
  const frames = async (count) => {
    const last = view.clock.frames + count;
    while (now() === view && view.clock.frames < last) {
      if (performance.now() > end) throw new Error('no frame was drawn');
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  try {
    %s
    if (view) await frames(%d);
    %s
  } finally {
    window.testPace?.(pace);
  }
})()"""
"""Script that runs an action, waits for frames of the session as fast as the browser draws them,
and runs a second action."""
_BRUSH_TO = """
  const input = view.inputs.%(side)s;
  const place = () => input.%(point)s.toArray();
  const target = %(target)s;
  const { position } = %(source)s;
  const held = position.toArray?.() ?? Array.from(position.vec3);
  let reached = place();
  for (let k = 0; k < 3; k++) {
    for (let axis = 0; axis < 3; axis++) held[axis] += target[axis] - reached[axis];
    position.set(...held);
    await frames(2);
    reached = place();
    if (reached.every((value, axis) => Math.abs(value - target[axis]) < 1e-4)) break;
  }
  return reached;
"""
_PALETTE_RESTS = """
  const { elements } = view.palette.mesh.matrix;
  for (;;) {
    const before = elements.slice(12, 15);
    const time = performance.now();
    await frames(1);
    const seconds = (performance.now() - time) / 1000;
    const moved = Math.hypot(...before.map((value, k) => elements[12 + k] - value));
    if (moved < Math.min(2e-4, 5e-3 * seconds)) return;
  }
"""
"""Waits until the palette moves by less than 5 mm per second."""


def install(page: Page, device: str = "metaQuest3") -> None:
    """Install an emulated headset in a page that is not open yet."""
    page.add_init_script(path=IWER)
    page.add_init_script(_INSTALL % device)


@cache
def installer(device: str = "metaQuest3") -> Callable[[Page], None]:
    """Return a function that installs `device` in a page.

    All calls with the same device return the same function. PagePool compares functions to find
    pages that already have the device.
    """
    return partial(install, device=device)


class Headset:
    """The emulated headset. In scripts, `view` is the XrView of the page, `emulated` the device."""

    def __init__(self, driver: PageDriver) -> None:
        self.driver = driver

    def script(self, text: str) -> Any:
        return self.driver.evaluate(
            f"(() => {{ const view = lodespace.xr.entry?.view; {text} }})()"
        )

    def value(self, expression: str) -> Any:
        return self.script(f"return {expression};")

    def enter(self, button: str = "Enter VR") -> None:
        self.driver.wait(
            lambda: self.value("!!lodespace.xr.entry"),
            message="the VR part of the page was not loaded",
        )
        self.driver.page.get_by_role("button", name=button).click()
        self.driver.wait(
            lambda: self.value("!!lodespace.state.xr.presenting.value && view?.placement.placed"),
            120,
            "VR did not begin",
        )
        self.driver.set_pace(IDLE_PACE)
        self.frames(2)

    def frames(self, count: int = 2) -> None:
        """Wait until `count` frames of the session have passed, or the session has ended."""
        self._act("", count)

    def _act(self, text: str, frames: int = 2, then: str = "") -> Any:
        """Run a script, wait in the page until `frames` frames of the session have passed, and
        return the value of the script `then`."""
        return self.driver.evaluate(_ACT % (FRAME_SECONDS * 1000, text, frames, then))

    def wait(self, condition: Callable[[], Any], message: str, seconds: float = 90) -> None:
        self.driver.wait(condition, seconds, message)

    # Hands ----------------------------------------------------------------------------------------

    def use_hands(self) -> None:
        self.script("emulated.primaryInputMode = 'hand';")
        self.wait(
            lambda: self.value("view.inputs.right.bare && view.inputs.left.bare"),
            "the hands did not appear",
        )
        self.frames(2)

    def _source(self, side: Side) -> str:
        return (
            f"(emulated.primaryInputMode === 'hand' ? emulated.hands : emulated.controllers).{side}"
        )

    def put(self, side: Side, position: Sequence[float] | Point) -> None:
        """Set the position of the hand or controller."""
        x, y, z = (float(value) for value in position)
        self._act(f"{self._source(side)}.position.set({x}, {y}, {z});")

    def turn(self, side: Side, quaternion: Sequence[float]) -> None:
        self._act(f"{self._source(side)}.quaternion.set({', '.join(map(str, quaternion))});")

    def hand(self, side: Side) -> Point:
        return self._point(side, "position")

    def brush_to(self, side: Side, target: Sequence[float] | Point, point: str = "brush") -> None:
        """Move the hand until a point of it is at `target`.

        `point` is "brush" for the brush, or "touch" for the fingertip.
        """
        wanted = np.asarray(target, float)
        script = _BRUSH_TO % {
            "side": side,
            "point": point,
            "target": wanted.tolist(),
            "source": self._source(side),
        }
        reached = np.array(self._act("", 0, script))
        assert np.allclose(reached, wanted, atol=2e-3), (reached, wanted)

    def _point(self, side: Side, name: str) -> Point:
        return np.array(self.value(f"view.inputs.{side}.{name}.toArray()"))

    def hold(self, side: Side, button: str = "trigger") -> None:
        """Press the trigger, squeeze or another button; a hand pinches instead."""
        self._button(side, button, 1)

    def let_go(self, side: Side, button: str = "trigger") -> None:
        self._button(side, button, 0)

    def _button(self, side: Side, button: str, value: float) -> None:
        if self.value("emulated.primaryInputMode") == "hand":
            self._act(f"emulated.hands.{side}.updatePinchValue({value});")
        else:
            self._act(f"emulated.controllers.{side}.updateButtonValue('{button}', {value});")

    def click(self, side: Side, button: str) -> None:
        self.hold(side, button)
        self.let_go(side, button)

    def stick(self, side: Side, x: float, y: float) -> None:
        self._act(f"emulated.controllers.{side}.updateAxes('thumbstick', {x}, {y});")

    def vanish(self, side: Side) -> None:
        """Disconnect the hand or controller, as if it were switched off or out of view."""
        self._act(f"{self._source(side)}.connected = false;")

    def appear(self, side: Side) -> None:
        self._act(f"{self._source(side)}.connected = true;")

    # State ----------------------------------------------------------------------------------------

    @property
    def world(self) -> Point:
        """Matrix (4, 4) from scene coordinates to room coordinates, both in metres."""
        return np.array(self.value("lodespace.stage.world.matrix.elements")).reshape(4, 4).T

    def in_room(self, items: npt.NDArray[np.int64]) -> Point:
        """Return the positions of `items` in the room (K, 3), in metres."""
        latent = self.driver.positions()[items]
        scene = np.array(self.value("lodespace.state.latent.sceneFromLatent()")).reshape(4, 4).T
        return (self.world @ scene @ np.c_[latent, np.ones(len(latent))].T).T[:, :3]

    def tile(self, kind: str, which: int = 0) -> Point:
        """Return the middle of a tile of the palette or of a contact sheet.

        `which` is the class id for a class tile, and the index for a picture on the sheet. For
        other kinds of tiles, `which` has no effect. The palette follows its hand with a delay; wait
        until it rests.
        """
        self._act("", 0, _PALETTE_RESTS)
        found = self.script(f"""
          const is = ({{ action }}) => action.kind === '{kind}'
            && (action.classId ?? action.place ?? {which}) === {which};
          const board = [view.palette, view.sheet].find(
            ({{ mesh, tiles }}) => mesh.visible && tiles.some(is));
          if (!board) return null;
          const tile = board.tiles.find(is);
          const at = board.mesh.position.clone();
          at.set((tile.x + tile.width / 2) / 1000 - board.width / 2,
                 board.height / 2 - (tile.y + tile.height / 2) / 1000, 0);
          return {{ palette: board === view.palette,
                    at: at.applyMatrix4(board.mesh.matrix).toArray(),
                    out: at.set(0, 0, 1).transformDirection(board.mesh.matrix).toArray() }};
        """)
        assert found is not None, f"no tile {kind}"
        self.outward = np.array(found["out"])
        self.on_palette = bool(found["palette"])
        return np.array(found["at"])

    def hold_world(self, side: Side, button: str = "trigger") -> None:
        """Press in empty space, and wait until the hand holds the world.

        The wait is necessary because a short pinch does not hold the world.
        """
        self.hold(side, button)
        self.wait(
            lambda: self.value(f"view.controls.world.holds(view.inputs.{side})"),
            "the hand does not hold the world",
        )

    def paint(
        self, side: Side, items: npt.NDArray[np.int64], radius: float = 0.06
    ) -> npt.NDArray[np.int64]:
        """Move the brush to the middle of the current positions of `items`. Press and release the
        trigger. Returns the items that are then selected."""
        self.script(f"lodespace.state.xr.setRadius({radius});")
        self.brush_to(side, np.median(self.in_room(items), axis=0))
        self.hold(side)
        self.frames(3)
        self.let_go(side)
        return self.driver.selected

    def touch(self, side: Side, kind: str, which: int = 0) -> None:
        """Press a tile as a finger does: approach from the front, push in, move back."""
        at = self.tile(kind, which)
        if self.on_palette:
            # The palette is small while nobody looks at it; a hand near it makes it large.
            self.brush_to(side, at + 0.12 * self.outward, "touch")
            self.wait(
                lambda: self.value("view.paletteDisplay.attention.level === 1"),
                "the palette stayed small",
            )
            at = self.tile(kind, which)
        for away in (0.05, -0.005, 0.05):
            self.brush_to(side, at + away * self.outward, "touch")

    def turn_palette(self, side: Side, to: str) -> None:
        """Touch tiles until the palette shows the side `to`: classes, menu, review, time or
        force.
        """
        if self.value("view.palette.side") != "classes":
            self.touch(side, "back")
        for kind in [] if to == "classes" else ["menu"] if to == "menu" else ["menu", to]:
            self.touch(side, kind)

    def aim(self, side: Side, kind: str, which: int = 0) -> None:
        """Turn the hand, without moving it, until its ray points at a tile."""
        self.aim_at(side, lambda: self.tile(kind, which))

    def aim_at(self, side: Side, place: Callable[[], Point]) -> None:
        """Turn the hand, without moving it, until its ray points at `place()`, room metres."""
        for _ in range(3):  # the ray's origin moves as the hand turns
            ahead = place() - self._point(side, "rayOrigin")
            ahead /= np.linalg.norm(ahead)
            # Quaternion of the shortest rotation from (0, 0, -1) to `ahead`.
            turn = np.array((ahead[1], -ahead[0], 0, 1 - ahead[2]))
            self.turn(side, tuple(turn / np.linalg.norm(turn)))

    @property
    def message(self) -> str:
        return str(self.driver.state("xr.message"))

    def screenshot(self, path: Path | str) -> None:
        self.driver.page.screenshot(path=path)


def put_on(
    open_page: Any,
    url: str,
    device: str = "metaQuest3",
    query: str = "",
    *,
    drawn: bool = False,
    prepare: Callable[[Page], None] | None = None,
    rests: str = "",
) -> Headset:
    """Open a page of the server at `url` in a headset, and wait until the page shows the scene.

    Args:
        open_page: The fixture of this name.
        url: Address of the server.
        device: Name of the device in iwer.
        query: Query of the page's address.
        drawn: Whether the page draws as a user sees it while its `testDrawsAll` is true.
        prepare: Function that installs the headset in the page; None installs `device`.
        rests: State of training in which the page may be restored, of `open_page`.

    The emulator draws few frames per second. Therefore VR does not reduce its quality, unless
    `query` contains another `quality=`.
    """
    if "quality=" not in query:
        query += "&quality=full"
    driver = open_page(
        url, prepare=prepare or installer(device), query=query, drawn=drawn, rests=rests
    )
    driver.page.set_viewport_size(HEADSET_VIEW)
    driver.wait_for_scene()
    return Headset(driver)


def in_vr_at_rest(headset: Headset, state: str = "resting") -> Headset:
    """Enter VR as soon as the points rest and training is in `state`. Put the palette aside at the
    left."""
    headset.driver.wait_for_rest(state)
    remember(headset.driver, in_vr=True)
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.put("right", (0.3, 1.2, 0.3))
    return headset
