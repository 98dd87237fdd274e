"""The drawn picture in VR and AR: what the framebuffer contains after a frame."""

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from drivers.headset import Headset
from samples.digits import SIXES, TRUTH

Pixels = npt.NDArray[np.uint8]
ALONE = int(SIXES[0])

_READ = """return new Promise((resolve) => {
  const { draw } = Object.getPrototypeOf(view);
  view.draw = function (now, frame) {
    draw.call(view, now, frame);
    const gl = lodespace.stage.renderer.getContext();
    const [x, y, width, height] = %s;
    const pixels = new Uint8Array(4 * width * height);
    gl.readPixels(x, y, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    delete view.draw;
    let text = '';
    for (let k = 0; k < pixels.length; k += 8192)
      text += String.fromCharCode(...pixels.subarray(k, k + 8192));
    resolve(btoa(text));
  };
});"""


def framebuffer(headset: Headset, left: int, bottom: int, width: int, height: int) -> Pixels:
    """Return a part of the framebuffer after the next frame (height, width, 4), top row first."""
    pixels = base64.b64decode(headset.script(_READ % [left, bottom, width, height]))
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 4)[::-1]


def on_framebuffer(
    headset: Headset, at: npt.NDArray[np.float64], eye: int = 0
) -> npt.NDArray[np.float64]:
    """Return where a point of the room is in the framebuffer, in pixels from the lower left."""
    clip = np.array(
        headset.script(f"""
      const eye = view.parts.stage.renderer.xr.getCamera().cameras[{eye}];
      const at = view.at.clone().set({", ".join(map(str, at))});
      at.applyMatrix4(eye.matrixWorldInverse).applyMatrix4(eye.projectionMatrix);
      const {{ x, y, z, w }} = eye.viewport;
      return [x + (at.x + 1) / 2 * z, y + (at.y + 1) / 2 * w];
    """)
    )
    return clip


def put_head(headset: Headset, position: npt.NDArray[np.float64], roll: float = 0.0) -> None:
    """Move the head to `position`, rolled to its left by `roll` radians."""
    headset.script(f"""
      emulated.position.set({", ".join(map(str, position))});
      emulated.quaternion.set(0, 0, {np.sin(roll / 2)}, {np.cos(roll / 2)});
    """)
    headset.frames(2)


@pytest.fixture
def show_one(open_headset: Any) -> Any:
    """Return a function that enters VR or AR and draws one item alone, with its picture large."""

    def enter(button: str = "Enter VR") -> Headset:
        headset = open_headset(drawn=True)
        headset.driver.wait_for_rest("absent")
        headset.driver.wait(
            lambda: headset.value("lodespace.state.picturesVersion.value > 0"),
            message="the pictures did not arrive",
        )
        headset.driver.evaluate(f"lodespace.cloud.points.geometry.setDrawRange({ALONE}, 1)")
        headset.enter(button)
        headset.script("window.testDrawsAll = true;")
        headset.put("left", (-0.9, 1.2, 0.9))
        headset.put("right", (0.9, 1.2, 0.9))
        headset.script("""
          const { box, ground, labels, shadow } = view.scenery;
          view.scenery.frame = () => {};
          for (const part of [box.mesh, ground?.mesh, labels.mesh, shadow.points])
            if (part) part.visible = false;
          view.parts.cloud.pointSize = 0.06;
        """)
        return headset

    return enter


def test_the_brush_hides_nothing_of_the_room(show_one: Any) -> None:
    """In AR the brush adds light. The alpha of empty space behind the brush stays 0, so that the
    headset shows the room there."""
    headset = show_one("Enter AR")
    headset.put("right", (0.1, 1.8, 0.15))
    # Seen from the head, the controller covers the brush.
    headset.script(
        "for (const { grip } of view.inputs.spaces) grip.traverse((part) => {"
        "  if (part.isMesh) part.material.visible = false; });"
    )
    brush = headset._point("right", "brush")
    radius = headset.value("view.display.brush.mesh.scale.x")
    across = on_framebuffer(headset, brush + np.array([radius, 0, 0])) - on_framebuffer(
        headset, brush
    )
    x, y = on_framebuffer(headset, brush)
    half = int(0.9 * across[0])
    assert half > 8
    drawn = framebuffer(headset, int(x) - half, int(y), 2 * half, half)
    assert (drawn[..., :3].max(axis=2) > 5).mean() > 0.5, "the brush is not drawn"
    assert drawn[..., 3].max() == 0


def test_pictures_are_upright_when_the_head_rolls(show_one: Any) -> None:
    headset = show_one()
    at = headset.in_room(np.array([ALONE]))[0]
    crops = []
    for roll in (0.0, 0.5):
        put_head(headset, at + np.array([0, 0, 0.25]), roll)
        x, y = (round(value) for value in on_framebuffer(headset, at))
        crops.append(framebuffer(headset, x - 40, y - 40, 80, 80)[..., :3].max(axis=2))
    level, rolled = crops
    assert (level > 60).sum() > 100, "the item is not drawn"
    # A head that rolls to its left sees the room turned to its right.
    expected = np.asarray(
        Image.fromarray(level).rotate(-np.degrees(0.5), Image.Resampling.BILINEAR)
    )
    turned = np.corrcoef(rolled.ravel(), expected.ravel())[0, 1]
    unturned = np.corrcoef(rolled.ravel(), level.ravel())[0, 1]
    assert turned > 0.9 and turned > unturned + 0.1, (turned, unturned)


def test_a_shuffled_share_of_the_points_keeps_their_pictures(show_one: Any) -> None:
    headset = show_one()
    at = headset.in_room(np.array([ALONE]))[0]
    put_head(headset, at + np.array([0, 0, 0.25]))
    x, y = (round(value) for value in on_framebuffer(headset, at))
    before = framebuffer(headset, x - 40, y - 40, 80, 80)
    drawn = headset.script(f"""
      const {{ cloud }} = view.parts;
      cloud.drawnShare = 0.5;
      const {{ geometry }} = cloud.points;
      const share = geometry.drawRange.count / view.parts.state.latent.n;
      geometry.setDrawRange(geometry.index.array.indexOf({ALONE}), 1);
      return share;
    """)
    assert drawn == 0.5
    after = framebuffer(headset, x - 40, y - 40, 80, 80)
    assert before.max() > 100 and np.array_equal(before, after)


def test_slow_frames_lower_the_quality(open_headset: Any) -> None:
    """The emulator is much slower than a headset, so that each second lowers the quality by one
    level, down to the last."""
    headset = open_headset(query="&quality=adapt")
    headset.enter()
    headset.wait(lambda: headset.value("view.drawing.quality.index === 5"), "it stays")
    headset.frames(2)
    level = headset.value("view.drawing.quality.level")
    assert headset.value("view.parts.stage.renderer.xr.getFoveation()") == level["foveation"] == 1
    uniforms = "view.parts.cloud.material.uniforms"
    assert headset.value(f"{uniforms}.uMaxSize.value") == level["largest"] < 56
    shown = headset.value("view.parts.cloud.points.geometry.drawRange.count")
    assert shown == np.ceil(level["share"] * len(TRUTH))
    headset.driver.evaluate("lodespace.xr.entry.leave()")
    headset.wait(lambda: not headset.value("!!view"), "the session did not end")
    assert headset.driver.evaluate("lodespace.cloud.points.geometry.drawRange.count") == len(TRUTH)
    assert headset.driver.evaluate("lodespace.cloud.points.geometry.index === null")


def test_names_histograms_and_shadow_follow_the_labels(
    open_headset: Any,
) -> None:
    headset = open_headset()
    headset.driver.wait_for_rest("absent")
    headset.driver.label(4, np.flatnonzero(TRUTH == 4))
    headset.enter()
    scenery = "view.scenery"
    headset.wait(lambda: headset.value(f"{scenery}.labels.mesh.visible"), "no island has a name")
    # The name is over the island of the class.
    anchor = headset.value(f"""(() => {{
      const {{ mesh }} = {scenery}.labels;
      return view.at.fromBufferAttribute(mesh.geometry.attributes.position, 0)
        .applyMatrix4(view.parts.stage.world.matrix).toArray();
    }})()""")
    fours = headset.in_room(np.flatnonzero(TRUTH == 4))
    middle = np.median(fours, axis=0)
    assert abs(anchor[0] - middle[0]) < 0.06 and abs(anchor[2] - middle[2]) < 0.06
    assert middle[1] < anchor[1] < fours[:, 1].max() + 0.1
    bars = headset.value(f"{scenery}.box.mesh.geometry.drawRange.count - {scenery}.box.fixed")
    assert bars / 6 > 3 * 10, "the histograms are missing"
    assert headset.value(f"{scenery}.shadow.points.visible")
    headset.driver.label(7, np.flatnonzero(TRUTH == 7))
    headset.wait(
        lambda: headset.value(f"{scenery}.labels.mesh.geometry.drawRange.count") == 12,
        "the second class has no name",
    )
    assert headset.value("view.figures().drawCalls") <= 28


def test_nothing_remains_after_vr(open_headset: Any, slow: bool) -> None:
    """The second session leaves as many objects, geometries and textures as the first."""
    headset = open_headset()
    counts = []
    for button in ("Enter VR", "Enter AR") * (2 if slow else 1):
        headset.enter(button)
        headset.put("right", (0.1, 1.3, 0.1))
        headset.frames(6)
        headset.driver.evaluate("lodespace.xr.entry.leave()")
        headset.wait(lambda: not headset.value("!!view"), "the session did not end")
        headset.driver.page.wait_for_timeout(300)
        counts.append(
            headset.driver.evaluate("""(() => {
              let objects = 0;
              lodespace.stage.scene.traverse(() => { objects += 1; });
              const { memory } = lodespace.stage.renderer.info;
              return [objects, memory.geometries, memory.textures];
            })()""")
        )
    assert all(count == counts[0] for count in counts), counts


@pytest.mark.parametrize("button", ["Enter VR", "Enter AR"])
def test_soft_edges_show_the_point_behind_them(show_one: Any, button: str) -> None:
    """Of two points of the same colour, the nearer one is drawn first. Its soft edge has neither a
    dark rim, nor in AR a rim in which the room is visible."""
    headset = show_one(button)
    at = headset.in_room(np.array([ALONE]))[0]
    headset.script(f"""
      const {{ latent }} = view.parts.state;
      const positions = latent.to.slice();
      // The second point is 15 mm farther right and 10 mm farther back; points are 60 mm large.
      for (let axis = 0; axis < 3; axis++)
        positions[4 * {ALONE + 1} + axis] = positions[4 * {ALONE} + axis] + [1000, 0, -650][axis];
      latent.goTo(positions, performance.now() - 1000, 1);
      view.parts.cloud.points.geometry.setDrawRange({ALONE}, 2);
      view.parts.cloud.setAtlas(null);
      view.parts.cloud.material.uniforms.uDot.value = 1e6;
    """)
    put_head(headset, at + np.array([0, 0, 0.3]))
    x, y = (round(value) for value in on_framebuffer(headset, at))
    drawn = framebuffer(headset, x - 40, y - 12, 80, 24)
    # In AR, points have dark rims, so that only alpha shows where the room is visible.
    shown = drawn[..., 3 if button == "Enter AR" else 1].astype(np.float64)
    least = 1.0
    for row in shown:
        inside = np.flatnonzero(row > 0.5 * shown.max())
        assert len(inside) > 24, "the points are not drawn"
        least = min(least, row[inside[0] + 4 : inside[-1] - 3].min() / shown.max())
    # With blending alone, it is 0.26 in VR and 0.13 in AR.
    assert least > (0.65 if button == "Enter AR" else 0.8)


CUT = 8
"""Pixels by which the test narrows the picture of the left eye."""


def test_no_point_reaches_into_the_picture_of_the_other_eye(show_one: Any) -> None:
    """A point whose middle is near the inner edge of an eye's picture is cut at this edge.

    The software renderer itself cuts points there, and other drivers do not. The test therefore
    narrows the part of the framebuffer that the cloud receives for the left eye.
    """
    headset = show_one()
    at = headset.in_room(np.array([ALONE]))[0]
    headset.script(f"""
      const {{ points }} = view.parts.cloud;
      const before = points.onBeforeRender;
      points.onBeforeRender = (renderer, scene, camera) => {{
        const viewport = camera.viewport.clone();
        viewport.z -= {CUT};
        before(renderer, scene, {{ viewport }});
        points.geometry.setDrawRange({ALONE}, viewport.x === 0 ? 1 : 0);
      }};
    """)
    width, height = headset.value("view.figures().width"), headset.value("view.figures().height")
    edge = width // 2 - CUT
    away, x = np.array([-0.1, 0.0, 0.25]), 0.0
    for _ in range(8):
        put_head(headset, at + away)
        x = float(on_framebuffer(headset, at)[0])
        if edge - 12 < x < edge - 2:
            break
        away[0] -= 0.5 * 0.25 * (edge - 6 - x) / (width / 4)
    assert edge - 12 < x < edge - 2, "the point is not at the edge"
    drawn = framebuffer(headset, 0, 0, width, height)[..., :3].max(axis=2)
    ground = drawn[0, 0]
    assert (drawn[:, edge - 30 : edge] > ground + 40).sum() > 30, "the item is not drawn"
    assert (drawn[:, edge : edge + 60] > ground + 40).sum() == 0
