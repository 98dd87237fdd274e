"""A lasso around two thirds of many items: labelled, undone, and on disk."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from drivers.page import PageDriver
from drivers.servers import ServerProcess
from lodespace.models.checkpoints import checkpoint
from lodespace.project.opening import open_project
from lodespace.session.events import Event, LabelEvent, UndoEvent
from lodespace.session.log_file import open_read_only, read_events

MOST_BYTES = 1 << 16
"""No message of the page is larger, so that other messages are never delayed for long."""


def prepared_project(folder: Path, n: int) -> npt.NDArray[np.intp]:
    """Make a project in `folder` with `n` vectors and a checkpoint. Return the items on the left.

    Two thirds of the items lie on the left, in an order that no run of item numbers describes.
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
    return np.flatnonzero(left)


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


def lasso_around_the_left(page: PageDriver) -> None:
    """Draw a lasso around the left half of the cloud, with its gap in the middle."""
    corners = page.evaluate(
        "(() => { const x = lodespace.screenPositions().filter((_, k) => k % 30 === 0);"
        " const ys = x.map((p) => p[1]);"
        " return [Math.min(...x.map((p) => p[0])), Math.min(...ys), Math.max(...ys)]; })()"
    )
    left, top, bottom = corners
    middle = page.evaluate("lodespace.stage.renderer.domElement.clientWidth") / 2
    path = [[left - 9, top - 9], [middle, top - 9], [middle, bottom + 9], [left - 9, bottom + 9]]
    page.lasso(np.array([*path, path[0]]))


def events(project: Path) -> list[Event]:
    path = project / "labels.sqlite"
    return list(read_events(open_read_only(path), path))


def test_a_lasso_around_most_items_is_labelled_and_undone(
    slow: bool, tmp_path: Path, server_process: type[ServerProcess], open_page: Any
) -> None:
    """Label 20,000 of 30,000 items in one gesture; with --slow, 200,000 of 300,000."""
    n = 300_000 if slow else 30_000
    folder = tmp_path / "project"
    wanted = prepared_project(folder, n)
    server = server_process("--project", str(folder), "--no-training")
    server.start()
    server.wait_until_ready()
    page = open_page(server.url, prepare=measure_messages)
    page.wait_for_scene()
    page.wait(lambda: page.state("connection")["status"] == "open")
    lasso_around_the_left(page)
    assert np.array_equal(page.selected, wanted)
    page.press("1")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    (label,) = events(folder)
    assert isinstance(label, LabelEvent) and label.class_id == 1
    assert np.array_equal(label.items, wanted)
    assert np.array_equal(np.flatnonzero(page.labels == 1), wanted)
    page.undo_to(np.full(n, -1, np.int16))
    assert isinstance(events(folder)[-1], UndoEvent)
    page.press("Control+Shift+z")
    page.wait(lambda: np.array_equal(np.flatnonzero(page.labels == 1), wanted))
    assert page.evaluate("window.largestMessage") < MOST_BYTES
