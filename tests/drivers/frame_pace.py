"""Limits of what pages draw in tests: the number of vertices, and the time between frames.

A frame of the software renderer takes 30 to 50 ms of processor time, in the page and in the browser
together. Most tests neither look at the drawn picture nor need more than a few frames.
"""

import json

from playwright.sync_api import Page

_PACED = """(() => {
  if (window.testPace) return;
  const request = window.requestAnimationFrame.bind(window);
  const waiting = new Map();
  let pace = 40;
  let timer = 0;
  let requested = false;
  let id = 0;
  let last = 0;
  const next = () => {
    if (requested) return;
    requested = true;
    // The timer saves frames of the browser in which the page draws nothing.
    timer = setTimeout(() => {
      timer = 0;
      request(frame);
    }, Math.max(0, pace - (performance.now() - last)));
  };
  const frame = (now) => {
    requested = false;
    last = now;
    for (const key of [...waiting.keys()]) {
      const callback = waiting.get(key);
      waiting.delete(key);
      try { callback?.(now); } catch (error) { reportError(error); }
    }
    if (waiting.size > 0) next();
  };
  window.requestAnimationFrame = (callback) => {
    waiting.set(++id, callback);
    next();
    return id;
  };
  window.cancelAnimationFrame = (key) => waiting.delete(key);
  window.testPace = (milliseconds) => {
    const before = pace;
    pace = milliseconds;
    if (timer > 0) {
      clearTimeout(timer);
      requested = false;
      next();
    }
    return before;
  };
})()"""
_LITTLE_IS_DRAWN = """(() => {
  if ('testDrawsAll' in window) return;
  window.testDrawsAll = false;
  const calls = WebGL2RenderingContext.prototype;
  const { drawArrays, drawElements, drawArraysInstanced, drawElementsInstanced } = calls;
  const few = (count, most) => (window.testDrawsAll ? count : Math.min(count, most));
  calls.drawArrays = function (mode, first, count) {
    drawArrays.call(this, mode, first, few(count, 3));
  };
  calls.drawElements = function (mode, count, type, offset) {
    drawElements.call(this, mode, few(count, 3), type, offset);
  };
  calls.drawArraysInstanced = function (mode, first, count, instances) {
    drawArraysInstanced.call(this, mode, first, few(count, 3), few(instances, 1));
  };
  calls.drawElementsInstanced = function (mode, count, type, offset, instances) {
    drawElementsInstanced.call(this, mode, few(count, 3), type, offset, few(instances, 1));
  };
})()"""
_PLAIN = """(() => {
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    return getContext.call(this, kind, { ...options, antialias: false });
  };
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { backdrop-filter: none !important }');
  document.adoptedStyleSheets = [sheet];
})()"""

DEFAULT_PACE = 40
"""Shortest time between two frames, in ms, while a person acts."""
IDLE_PACE = 120
"""Shortest time between two frames, in ms, while a headset waits for the next action."""
SLOW_PACE = 400
"""Shortest time between two frames, in ms, during long waits, such as for training."""


def draw_little(page: Page) -> None:
    """Limit the drawing of a page to the first three vertices of each draw call.

    Call this function before the page is opened. The page also draws without antialiasing and
    without the blur behind the panels. A software renderer takes a quarter of a second to draw
    5,000 pictures, and most tests do not look at the drawn picture. Uploads and the number of draw
    calls do not change.
    """
    draw_on_demand(page)
    page.add_init_script(_PLAIN)


def draw_on_demand(page: Page) -> None:
    """Draw a page as a user sees it, but only while the page's `testDrawsAll` is true; otherwise
    draw the first three vertices of each draw call. Call this before the page is opened.

    In both cases, `set_pace` limits the frames per second.
    """
    page.add_init_script(_LITTLE_IS_DRAWN)
    page.add_init_script(_PACED)


def set_pace(page: Page, milliseconds: int) -> None:
    """Set the shortest time between two frames, if the page has `draw_on_demand`."""
    page.evaluate(f"window.testPace?.({json.dumps(milliseconds)})")
