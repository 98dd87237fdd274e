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


def lasso_around(page: PageDriver, wanted: npt.NDArray[np.intp]) -> None:
    """Draw a lasso around the items `wanted`, which lie left of all others."""
    sample = np.array(page.evaluate("lodespace.screenPositions().filter((_, k) => k % 30 === 0)"))
    is_left = np.isin(30 * np.arange(len(sample)), wanted)
    x, y = sample[:, 0], sample[:, 1]
    left, right = x.min() - 9, (x[is_left].max() + x[~is_left].min()) / 2
    top, bottom = y.min() - 9, y.max() + 9
    page.lasso(np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]))


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
    data = str(folder.with_suffix(".npy"))
    server = server_process(data, "--project", str(folder), "--no-training")
    server.start()
    server.wait_until_ready()
    page = open_page(server.url, prepare=measure_messages)
    page.wait_for_scene()
    page.press("i")  # close the report of the import, which covers a part of the cloud
    page.evaluate("lodespace.commands.addClass('left')")
    page.wait_for_rest("absent")
    lasso_around(page, wanted)
    assert np.array_equal(page.selected, wanted)
    page.press("0")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    _, label = events(folder)
    assert isinstance(label, LabelEvent) and label.class_id == 0
    assert np.array_equal(label.items, wanted)
    assert np.array_equal(np.flatnonzero(page.labels == 0), wanted)
    page.undo_to(np.full(n, -1, np.int16))
    assert isinstance(events(folder)[-1], UndoEvent)
    page.press("Control+Shift+z")
    page.wait(lambda: np.array_equal(np.flatnonzero(page.labels == 0), wanted))
    assert page.evaluate("window.largestMessage") < MOST_BYTES
