"""A new file in a watched folder flies into the open page; labels, undo and playback go on."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drivers.page import PageDriver
from drivers.servers import ServerProcess
from lodespace.items.item_set import bundled_digits_folder, load_digits
from lodespace.project.opening import new_project
from samples.digits import ONES, TRUTH

DIGITS = np.asarray(load_digits().data)
DEMO = bundled_digits_folder().parent / "demo" / "checkpoints"
N = len(DIGITS)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Path]]:
    """A server that watches a folder with the digits as files, with the bundled trained model."""
    place = tmp_path_factory.mktemp("watched")
    folder = place / "digits"
    folder.mkdir()
    for number, digit in enumerate(DIGITS):
        Image.fromarray(digit).save(folder / f"{number:04d}.png", compress_level=1)
    project = new_project(place / "project", str(folder), str(folder.resolve()))
    project.close()
    shutil.copytree(DEMO, place / "project" / "checkpoints")
    server = ServerProcess(str(place / "project"), "--watch")
    server.start()
    server.wait_until_ready()
    yield server, folder
    server.stop()


def drop(folder: Path, name: str, digit: np.ndarray) -> None:
    """Put a picture into the folder, as a camera or a person does."""
    Image.fromarray(digit).save(folder / name)


def shifted(item: int) -> np.ndarray:
    """A digit that the data do not have: another one, moved by one pixel."""
    return np.roll(DIGITS[item], 1, axis=1)


def opened(server: ServerProcess, open_page: Callable[..., Any]) -> PageDriver:
    page = open_page(server.url)
    page.wait_for_scene()
    page.wait_for_rest()
    return page


def test_a_new_file_flies_into_the_open_page_and_can_be_labelled(
    watched: tuple[ServerProcess, Path], open_page: Callable[..., Any]
) -> None:
    server, folder = watched
    page = opened(server, open_page)
    n = page.evaluate("lodespace.state.latent.n")
    before, labels = page.positions(), page.labels
    drop(folder, "9001.png", shifted(int(ONES[7])))
    page.wait(lambda: page.evaluate("lodespace.state.latent.n") == n + 1)
    began = page.evaluate(
        f"""(({{ latent, arrived }}) => ({{
            from: Array.from(latent.from.slice({4 * n}, {4 * n + 3})),
            moving: latent.moving, ring: arrived.value,
            others: latent.from.slice(0, {4 * n}).every((v, k) => v === latent.to[k]),
        }}))(lodespace.state)"""
    )
    assert began["ring"] == n
    away = np.array(began["from"]) - 65535 / 2
    assert np.linalg.norm(away) == pytest.approx(0.49 * 65535, rel=0.01), "it starts at the edge"
    page.wait_for_rest()
    after = page.positions()
    spread = before.std(axis=0).mean()
    moved = np.linalg.norm(after[:n] - before, axis=1)
    assert moved.max() < 0.05 * spread
    near = np.linalg.norm(after[:N] - after[n], axis=1).argsort()[:10]
    assert (TRUTH[near] == 1).mean() >= 0.8, "it lies among the ones"
    page.wait(lambda: page.state("session")["n_items"] == n + 1)
    page.evaluate("lodespace.commands.addClass('one')")
    page.wait(lambda: len(page.state("classes")) == 1)
    page.label(0, [int(ONES[7]), n])
    page.wait(lambda: page.labels[n] == 0 and page.state("connection")["pending"] == 0)
    assert len(page.labels) == n + 1
    page.undo_to(np.append(labels, np.int16(-1)))
    row = server.request(f"api/items/{n}/info")
    assert row["id"] == "9001.png"
    assert page.complaints() == []


def test_playback_shows_moments_with_fewer_items_and_returns(
    watched: tuple[ServerProcess, Path], open_page: Callable[..., Any]
) -> None:
    server, folder = watched
    page = opened(server, open_page)
    n = page.evaluate("lodespace.state.latent.n")
    drop(folder, f"{9000 + n}.png", shifted(int(ONES[9])))
    page.wait(lambda: page.evaluate("lodespace.state.latent.n") == n + 1)
    page.wait_for_rest()
    page.evaluate("lodespace.commands.goTo(0)")
    page.wait(lambda: page.evaluate("lodespace.state.latent.n") < n + 1)
    page.evaluate("lodespace.commands.live()")
    page.wait(lambda: page.evaluate("lodespace.state.latent.n") == n + 1)
    assert page.complaints() == []


def test_a_damaged_file_is_reported_and_read_when_replaced(
    watched: tuple[ServerProcess, Path], open_page: Callable[..., Any]
) -> None:
    server, folder = watched
    page = opened(server, open_page)
    n = page.evaluate("lodespace.state.latent.n")
    (folder / "bad.png").write_bytes(b"no picture")
    page.wait(lambda: any(one["code"] == "not_added" for one in page.state("notices")))
    time.sleep(0.01)  # the times of the two versions differ
    drop(folder, "bad.png", shifted(int(ONES[11])))
    page.wait(lambda: page.evaluate("lodespace.state.latent.n") == n + 1)
    page.wait(lambda: all(one["code"] != "not_added" for one in page.state("notices")))


def test_an_upload_and_its_picture_appear_on_the_open_page(
    watched: tuple[ServerProcess, Path], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    import urllib.request

    server, _ = watched
    page = opened(server, open_page)
    n = page.evaluate("lodespace.state.latent.n")
    Image.fromarray(shifted(int(ONES[13]))).save(tmp_path / "x.png")
    request = urllib.request.Request(
        f"{server.url}api/items?name=sent.png",
        (tmp_path / "x.png").read_bytes(),
        {"Content-Type": "application/octet-stream"},
    )
    with urllib.request.urlopen(request) as answer:
        assert b'"count":1' in answer.read()
    page.wait(lambda: page.evaluate("lodespace.state.latent.n") == n + 1)
    assert server.request(f"api/items/{n}/info")["id"] == "uploads/sent.png"
