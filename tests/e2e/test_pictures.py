"""Pictures of the items: from the texture on the GPU to the page and to the boards in VR."""

import io
import json
import urllib.request
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from drivers.headset import Headset
from drivers.page import PageDriver

ITEMS = (0, 77, 4096, 4999)
"""Items whose pictures are on the first and on the second page of the atlas."""


def thumbnail(url: str, item: int) -> npt.NDArray[np.uint8]:
    """The picture of an item, cut out of the page that the server sends."""
    layout = json.load(urllib.request.urlopen(f"{url}api/session"))["thumbnails"]
    page, place = divmod(item, layout["columns"] ** 2)
    answer = urllib.request.urlopen(f"{url}api/thumbnails/{page}.png").read()
    pixels = np.asarray(Image.open(io.BytesIO(answer)).convert("L"))
    border = (layout["cell"] - layout["picture"]) // 2
    top, left = (layout["cell"] * k + border for k in divmod(place, layout["columns"]))
    return pixels[top : top + layout["picture"], left : left + layout["picture"]]


_SHOWN = """(() => {
  const canvas = document.querySelector('.hover-picture canvas.picture');
  if (!canvas) return null;
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, ...Array.from(data).filter((_, k) => k % 4 === 0)];
})()"""


def test_the_hover_card_shows_the_picture_from_the_gpu(
    still_page: PageDriver,
) -> None:
    driver = still_page
    for item in ITEMS:
        expected = thumbnail(driver.url.rstrip("/") + "/", item)
        driver.evaluate(
            f"lodespace.state.hovered.value = {{ item: {item}, x: 400, y: 300, above: false }}"
        )

        def shown(expected: npt.NDArray[np.uint8] = expected) -> bool:
            found = driver.evaluate(_SHOWN)
            return found is not None and np.array_equal(found[1:], expected.ravel())

        driver.wait(shown, 20, f"the picture of item {item} is not shown")


_WATCH_UPLOADS = """
  const { renderer } = lodespace.stage;
  const gl = renderer.getContext();
  const { render } = renderer;
  window.uploads = { inside: [], outside: [] };
  let inside = false;
  renderer.render = (...parts) => {
    inside = true;
    render.apply(renderer, parts);
    inside = false;
  };
  for (const name of ['texImage2D', 'texSubImage2D', 'texImage3D', 'texSubImage3D']) {
    const call = gl[name];
    gl[name] = function (...parts) {
      const source = parts.at(-1);
      const size = source?.width ? source.width * source.height * 4 : (source?.byteLength ?? 0);
      window.uploads[inside ? 'inside' : 'outside'].push(size);
      return call.apply(gl, parts);
    };
  }
"""


@pytest.mark.timeout(300)
def test_no_texture_is_sent_to_the_gpu_while_a_frame_is_rendered(open_headset: Any) -> None:
    """In VR, boards and pages of pictures are sent before a frame is rendered, pages in slices."""
    headset: Headset = open_headset()
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.frames(4)
    headset.script(_WATCH_UPLOADS)
    versions = "[view.palette, view.card].map(({ texture }) => texture.version)"
    before = headset.value(versions)
    # The atlas loads a page again, and the boards change.
    headset.script("""
      const atlas = view.parts.atlas.current;
      atlas.forget();
      atlas.want(0);
      lodespace.commands.label(3, Uint32Array.of(1, 2, 3));
    """)
    headset.brush_to("right", headset.in_room(np.array([ITEMS[1]]))[0])
    headset.wait(lambda: headset.value("view.parts.atlas.current.has(0)"), "no page was loaded")
    headset.frames(8)
    after = headset.value(versions)
    assert all(now > then for now, then in zip(after, before, strict=True)), (before, after)
    uploads = headset.value("window.uploads")
    # In a frame, only textures of a few kB are sent, such as the layers of the pages.
    assert len(uploads["outside"]) > 5 and all(size < 8192 for size in uploads["inside"])
    # A page is sent in four slices of 2048 x 2048 bytes. A page that the view needs may be sent at
    # the same time. The canvases of boards have other sizes.
    assert uploads["outside"].count(2048 * 2048) >= 4
