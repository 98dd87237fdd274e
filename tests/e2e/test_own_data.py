"""Imported data on the page: search, columns on the card, sound, and edits of classes."""

import csv
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from drivers.axe import serious
from drivers.headset import Headset, installer
from drivers.page import PageDriver
from drivers.restored_page import remember
from drivers.servers import ServerProcess
from drivers.shared_project import SharedProject
from samples.pictures import draw

N = 60


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of sixty pictures with a place and a note that contains HTML. Six are labelled."""
    root = tmp_path_factory.mktemp("raw")
    with (root / "birds.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "path", "label", "place", "note"])
        for i in range(N):
            draw(i % 6, (28, 28)).save(root / f"{i}.png")
            label = ["owl", "wren", "tit"][i % 3] if i < 6 else ""
            writer.writerow(
                [
                    f"b{i}",
                    f"{i}.png",
                    label,
                    ["Saarbrücken", "Oldenburg"][i % 2],
                    "<img src=x onerror=alert(1)>",
                ]
            )
    return root / "birds.csv"


@pytest.fixture(scope="module")
def shared_birds(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedProject]:
    folder = tmp_path_factory.mktemp("birds")
    project = SharedProject(
        folder,
        lambda place: ServerProcess(str(table), "--project", str(place), "--no-training"),
    )
    yield project
    project.close()


@pytest.fixture
def bird_server(shared_birds: SharedProject) -> Iterator[ServerProcess]:
    with shared_birds.use() as process:
        yield process


@pytest.fixture
def birds(bird_server: ServerProcess, open_page: Any) -> PageDriver:
    driver = open_page(bird_server.url, rests="absent")
    driver.wait_for_scene()
    driver.wait_for_rest("absent")
    remember(driver)
    return driver


def classes(page: PageDriver) -> list[str]:
    return page.page.locator(".class-name").all_inner_texts()


def test_report_of_the_import_is_shown_until_it_is_closed(birds: PageDriver) -> None:
    report = birds.page.get_by_role("region", name="How the data were read")
    report.wait_for()
    text = report.inner_text()
    assert "60 pictures" in text
    assert "6 of 60 items in 3 classes: owl (2), tit (2), wren (2)" in text
    assert serious(birds) == []
    report.get_by_role("button", name="Close").click()
    assert report.count() == 0
    birds.page.reload()
    birds.wait_for_scene()
    assert report.count() == 0
    birds.press("i")
    report.wait_for()
    birds.press("i")
    assert report.count() == 0
    birds.press("?")
    birds.page.get_by_role("button", name="How the data were read", exact=True).click()
    report.wait_for()


def test_search_dims_what_does_not_match_and_selects_what_does(birds: PageDriver) -> None:
    def found(text: str) -> list[int]:
        # Empty the field first: during a search, the page keeps the previous result.
        birds.page.fill("[data-search]", "")
        birds.wait(lambda: birds.state("search") is None)
        birds.page.fill("[data-search]", text)
        value = "lodespace.state.search.value"
        script = f"{value}?.text === {json.dumps(text)} && {value}.items !== null"
        birds.wait(lambda: birds.evaluate(script))
        return birds.evaluate("Array.from(lodespace.state.search.value.items)")

    assert found("oldenburg") == list(range(1, N, 2))
    assert birds.page.inner_text("[data-testid=found]") == "30"
    dimmed = """(({ cloud, state }) => Array.from(
        { length: state.latent.n }, (_, i) => cloud.marks.array[4 * i + 2] === 64
    ))(lodespace)"""
    assert birds.evaluate(dimmed) == [i % 2 == 0 for i in range(N)]
    assert birds.evaluate("lodespace.cloud.geometry.drawRange.count") == N, (
        "items without a match are hidden instead of dimmed"
    )
    assert found("b17") == [17]
    assert found("label:owl") == [0, 3]
    assert found("place:saar is:unlabelled b5") == [50, 52, 54, 56, 58]
    assert found("wren") == [1, 4], "a class is not found by its name"
    assert found('"src=x onerror"') == list(range(N))
    assert found("nothing like it") == []
    assert found("is:labelled") == list(range(6))
    birds.page.keyboard.press("Enter")
    assert birds.selected.tolist() == list(range(6))
    birds.page.keyboard.press("Escape")
    assert birds.state("search") is None
    assert not any(birds.evaluate(dimmed))


def test_the_card_shows_what_came_with_the_item(birds: PageDriver) -> None:
    birds.evaluate("lodespace.state.hovered.value = { item: 7, x: 300, y: 300 }")
    birds.page.wait_for_selector(".came")
    card = birds.page.inner_text(".hover-card")
    assert "b7" in card
    assert "Oldenburg" in card
    assert "<img src=x onerror=alert(1)>" in card, "the note is not shown as text"
    birds.wait(
        lambda: birds.evaluate("document.querySelector('.hover-card img')?.naturalWidth > 0")
    )
    picture = birds.evaluate(
        "[...document.querySelectorAll('.hover-card img')].map((img) => img.getAttribute('src'))"
    )
    assert picture == ["/api/items/7"]


def test_classes_are_put_in_order_and_that_is_undone(birds: PageDriver) -> None:
    page = birds.page
    assert classes(birds) == ["owl", "tit", "wren"]

    def menu(name: str) -> Any:
        page.get_by_role("button", name=f"Change class {name}").click()
        return page.get_by_role("group", name=f"Class {name}")

    menu("tit").get_by_label("merge into").select_option(label="owl")
    birds.wait(lambda: classes(birds) == ["owl", "wren"])
    birds.wait(lambda: birds.labels[:6].tolist() == [0, 2, 0, 0, 2, 0])
    birds.press("Control+Z")
    birds.wait(lambda: classes(birds) == ["owl", "tit", "wren"])
    birds.wait(lambda: birds.labels[:6].tolist() == [0, 2, 1, 0, 2, 1])

    menu("wren").get_by_role("button", name="delete with 2 labels").click()
    birds.wait(lambda: classes(birds) == ["owl", "tit"])
    birds.wait(lambda: birds.labels[:6].tolist() == [0, -1, 1, 0, -1, 1])
    birds.press("Control+Z")
    birds.wait(lambda: classes(birds) == ["owl", "tit", "wren"])

    group = menu("owl")
    group.get_by_label("colour").fill("#112233")
    birds.wait(lambda: birds.state("classes")[0]["colour"] == "#112233")
    group.get_by_label("locked").check()
    birds.wait(lambda: birds.state("classes")[0]["locked"])
    assert serious(birds) == []
    birds.evaluate("lodespace.commands.select(Uint32Array.from([0, 7]))")
    # Item 0 is an owl, a locked class, and keeps its label on the page and on the server.
    birds.press("1")
    birds.page.get_by_text("1 item is of a locked class and keeps its label").wait_for()
    birds.wait(lambda: birds.state("connection")["pending"] == 0)
    assert birds.labels[[0, 7]].tolist() == [0, 1]
    birds.evaluate("lodespace.commands.select(Uint32Array.from([8]))")
    birds.press("0")
    birds.wait(lambda: birds.evaluate("lodespace.state.refusal.value?.code") == "class_locked")
    assert birds.labels[8] == -1, "an item was added to a locked class"
    for _ in range(3):
        birds.press("Control+Z")
    birds.wait(
        lambda: (
            not birds.state("classes")[0]["locked"]
            and birds.state("classes")[0]["colour"] != "#112233"
        )
    )


def test_big_text_is_switched_on_and_kept(birds: PageDriver) -> None:
    size = "document.querySelector('.side h2').getBoundingClientRect().height"
    before = birds.evaluate(size)
    birds.press("b")
    birds.wait(lambda: birds.evaluate(size) > 1.2 * before)
    birds.evaluate("lodespace.state.hovered.value = { item: 7, x: 500, y: 560 }")
    birds.page.wait_for_selector(".came")
    bottom = "document.querySelector('.hover-card').getBoundingClientRect().bottom"
    birds.wait(lambda: birds.evaluate(bottom) <= 600, message="the card extends beyond the window")
    assert birds.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    birds.page.reload()
    birds.wait_for_scene()
    assert birds.state("bigText")


# Sound --------------------------------------------------------------------------------------------


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    root = tmp_path / "recordings"
    root.mkdir()
    rng = np.random.default_rng(0)
    time = np.arange(20 * 8000) / 8000
    for k, hertz in enumerate((500, 2500)):
        soundfile.write(
            root / f"{k}.wav",
            0.3 * np.sin(2 * np.pi * hertz * time) + rng.normal(0, 0.01, len(time)),
            8000,
        )
    return root


def test_an_item_plays_on_hover_and_in_vr_from_its_place(
    recordings: Path, tmp_path: Path, open_page: Any
) -> None:
    project = str(tmp_path / "work")
    process = ServerProcess(str(recordings), "--window", "5", "--project", project, "--no-training")
    process.start()
    process.wait_until_ready()
    try:
        page = open_page(process.url, prepare=installer())
        page.wait_for_scene()
        page.press("h")  # the browser plays no sound before a key is pressed
        page.evaluate("lodespace.state.hovered.value = { item: 5, x: 300, y: 300 }")
        seconds = (
            "lodespace.player.item === 5 ? lodespace.player.playing.source.buffer.duration : 0"
        )
        page.wait(lambda: page.evaluate(seconds) == pytest.approx(5, abs=0.01))
        page.page.wait_for_selector(".came")
        assert "5.0 to 10.0 s" in page.page.inner_text(".came")
        page.press("s")
        page.wait(lambda: page.evaluate("lodespace.player.item") == -1)
        page.press("s")
        page.evaluate("lodespace.state.hovered.value = null")
        page.wait_for_rest("absent")
        headset = Headset(page)
        headset.enter()
        headset.put("left", (-0.3, 1.15, 0.25))
        # The sound of the item at the brush comes from the place of the item, and plays once each
        # time the brush reaches the item.
        place = headset.in_room(np.array([5]))[0]
        # A sound plays for five seconds, in which a slow machine draws few frames. Therefore a
        # timer of the page observes the player.
        page.evaluate("""setInterval(() => {
            const { playing, context } = lodespace.player;
            if (!playing?.panner?.positionY.value) return;
            const at = lodespace.stage.placeOf(playing.item), p = playing.panner;
            const { positionX, positionY, positionZ, panningModel: model } = p;
            const away = Math.hypot(
              positionX.value - at.x, positionY.value - at.y, positionZ.value - at.z);
            window.heard ??= { away, model, ear: context.listener.positionY.value };
        }, 20)""")
        heard = None
        for _ in range(5):
            headset.brush_to("right", place)
            headset.wait(
                lambda: headset.value("lodespace.state.xr.atBrush.value") >= 0,
                "nothing is at the brush",
            )
            page.page.wait_for_timeout(1000)
            heard = page.evaluate("window.heard ?? null")
            if heard:
                break
            headset.brush_to("right", place + np.array((0, 0.5, 0)))
            headset.wait(
                lambda: headset.value("lodespace.state.xr.atBrush.value") == -1,
                "the item is still at the brush",
            )
        assert heard, "no sound was played from the place of the item"
        assert heard["away"] < 1e-3
        assert heard["model"] == "HRTF"
        assert heard["ear"] == pytest.approx(1.6, abs=0.1)
    finally:
        process.stop()


# A baked site -------------------------------------------------------------------------------------


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A bake in a folder of a plain web server: (folder of the bake, URL)."""
    from lodespace.baking.bake import bake

    root = tmp_path_factory.mktemp("www")
    raw = root / "raw"
    raw.mkdir()
    with (raw / "birds.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "path", "place"])
        for i in range(N):
            draw(i % 6, (28, 28)).save(raw / f"{i}.png")
            writer.writerow([f"b{i}", f"{i}.png", ["Saarbrücken", "Oldenburg"][i % 2]])
    bake(raw / "birds.csv", root / "some" / "folder", epochs=2, threads=1)
    handler = partial(QuietHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield root / "some" / "folder", f"http://127.0.0.1:{server.server_port}/some/folder/"
        server.shutdown()


def test_a_site_opens_from_any_web_server_with_timeline_hover_and_search(
    site: tuple[Path, str], open_page: Any
) -> None:
    _, url = site
    page = open_page(url)
    missing: list[str] = []
    page.page.on(
        "response",
        lambda response: missing.append(response.url) if response.status >= 400 else None,
    )
    page.wait_for_scene()
    assert page.state("session")["read_only"]
    assert page.state("connection")["status"] == "none"
    assert not page.page.locator("[data-testid=connection]").count()
    page.evaluate("lodespace.state.hovered.value = { item: 7, x: 300, y: 300 }")
    page.page.wait_for_selector(".came")
    assert "Oldenburg" in page.page.inner_text(".came")
    page.press("/")
    page.page.keyboard.type("place:olden b1")
    page.wait(lambda: page.evaluate("lodespace.state.search.value?.items?.length") == 6)
    page.page.keyboard.press("Escape")
    end = page.positions()
    page.evaluate("lodespace.commands.goTo(0)")
    page.wait(lambda: np.abs(page.positions() - end).max() > 0.1)
    assert page.state("time.live") is False
    page.press("End")
    page.wait(lambda: page.state("time.live"))
    page.wait(lambda: np.abs(page.positions() - end).max() < 0.01)
    for key in "quweykz":  # sheets and cues need a server
        page.press(key)
    assert page.page.locator("[data-queue], select[aria-label='Size by']").count() == 0
    assert page.state("colourBy") == "label"
    assert page.state("review.sheet") is None
    page.page.wait_for_timeout(300)
    assert missing == [], "the page requested files that the site does not contain"


def test_a_site_is_seen_in_a_headset(site: tuple[Path, str], open_page: Any) -> None:
    page = open_page(site[1], prepare=installer())
    page.wait_for_scene()
    headset = Headset(page)
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    assert headset.value("lodespace.state.xr.presenting.value") == "immersive-vr"

    def at_an_item() -> bool:
        headset.brush_to("right", headset.in_room(np.array([3]))[0])
        headset.frames(3)
        return headset.value("lodespace.state.xr.atBrush.value") >= 0

    headset.wait(at_an_item, "the brush is at no item")
