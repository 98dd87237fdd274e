"""Two thirds of many items: labelled in one lasso, dragged, undone, and on disk."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from drivers.page import PageDriver
from drivers.servers import ServerProcess
from lodespace.models.checkpoints import checkpoint
from lodespace.project.opening import open_project
from lodespace.session.events import AnchorEvent, Event, LabelEvent, UndoEvent
from lodespace.session.log_reading import open_read_only, read_events

MOST_BYTES = 1 << 16
"""No message of the page is larger, so that other messages are never delayed for long."""


def prepared_project(folder: Path, n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Make a project in `folder` with `n` vectors and a checkpoint.

    Return the items on the left, and the latent means (N, 3). Two thirds of the items lie on the
    left, in an order that no run of item numbers describes.
    """
    random = np.random.default_rng(0)
    left = random.permutation(n) < 2 * n // 3
    data = folder.with_suffix(".npy")
    np.save(data, random.normal(size=(n, 4)).astype(np.float32))
    mean = random.uniform(-0.4, 0.4, (n, 3)).astype(np.float32)
    mean[:, 0] += np.where(left, -0.6, 0.6)
    project = open_project(data, project_folder=folder, labels="none")
    tensors = {
        "latent_mean": mean,
        "prediction": np.full(n, -1, np.int16),
        "confidence": np.zeros(n, np.float32),
    }
    checkpoint.write(project.checkpoints, tensors, {"step": 1})
    project.close()
    return np.flatnonzero(left), mean


def measure_messages(page: Page) -> None:
    page.add_init_script(
        """(() => {
          window.largestMessage = 0;
          const { send } = WebSocket.prototype;
          WebSocket.prototype.send = function (message) {
            const bytes = message.byteLength ?? new TextEncoder().encode(message).length;
            window.largestMessage = Math.max(window.largestMessage, bytes);
            send.call(this, message);
          };
        })()"""
    )


_EDGES = """(() => {
  const edges = [Infinity, -Infinity, Infinity, Infinity, -Infinity];
  lodespace.screenPositions().forEach(([x, y], k) => {
    const left = lodespace.state.latent.latentMean(k, 0) < 0;
    edges[0] = Math.min(edges[0], x);
    if (left) edges[1] = Math.max(edges[1], x);
    else edges[2] = Math.min(edges[2], x);
    edges[3] = Math.min(edges[3], y);
    edges[4] = Math.max(edges[4], y);
  });
  return edges;
})()"""
"""Script that returns the left edge of the cloud, the two edges of the gap in its middle, and its
upper and lower edge, in CSS pixels."""


def lasso_around_the_left(page: PageDriver) -> None:
    left, gap_left, gap_right, top, bottom = page.evaluate(_EDGES)
    corners = [(left - 9, top - 9), ((gap_left + gap_right) / 2, bottom + 9)]
    (x0, y0), (x1, y1) = corners
    page.lasso(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]))


def events(project: Path) -> list[Event]:
    path = project / "labels.sqlite"
    return list(read_events(open_read_only(path), path))


def test_most_items_are_labelled_in_one_lasso_dragged_and_undone(
    slow: bool, tmp_path: Path, server_process: type[ServerProcess], open_page: Any
) -> None:
    """Label 20,000 of 30,000 items in one gesture; with --slow, 200,000 of 300,000."""
    n = 300_000 if slow else 30_000
    folder = tmp_path / "project"
    wanted, mean = prepared_project(folder, n)
    data = str(folder.with_suffix(".npy"))
    server = server_process(data, "--project", str(folder), "--no-training")
    server.start()
    server.wait_until_ready()
    page = open_page(server.url, prepare=measure_messages)
    page.wait_for_scene()
    page.press("i")  # close the report of the import, which covers a part of the cloud
    page.evaluate("lodespace.commands.addClass('left')")
    page.wait_for_rest("absent")
    lasso_around_the_left(page)
    assert np.array_equal(page.selected, wanted)
    page.press("0")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    _, label = events(folder)
    assert isinstance(label, LabelEvent) and label.class_id == 0
    assert np.array_equal(label.items, wanted)
    assert np.array_equal(np.flatnonzero(page.labels == 0), wanted)
    page.undo_to(np.full(n, -1, np.int16))
    assert isinstance(events(folder)[-1], UndoEvent)
    drag_and_undo(page, folder, wanted, mean[wanted])
    assert page.evaluate("window.largestMessage") < MOST_BYTES


def drag_and_undo(
    page: PageDriver,
    folder: Path,
    wanted: npt.NDArray[np.intp],
    before: npt.NDArray[np.float32],
) -> None:
    """Drag the items `wanted` from the places `before`. They stay pinned. Then undo this."""
    lasso_around_the_left(page)
    page.press("m")
    x, y = page.evaluate(f"lodespace.screenPositions()[{wanted[0]}]")[:2]
    mouse = page.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 40, y + 30, steps=6)
    mouse.up()
    pinned = "lodespace.state.pins.value.length"
    page.wait(lambda: page.evaluate(pinned) == len(wanted))
    anchor = events(folder)[-1]
    assert isinstance(anchor, AnchorEvent) and np.array_equal(anchor.items, wanted)
    targets = anchor.points()
    assert targets is not None
    pulled = targets - before
    assert np.linalg.norm(pulled[0]) > 0.05
    assert np.abs(pulled - pulled[0]).max() < 1e-3
    page.press("Control+z")
    page.wait(lambda: page.evaluate(pinned) == 0)
