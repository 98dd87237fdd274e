"""Makes the README's screenshots: labels with lasso and keys on the page of a real server.

    python docs/images/make_screenshots.py

Requires Chromium and `pip install '.[test]'`, and takes two minutes.
"""

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
TESTS = HERE.parents[1] / "tests"
sys.path[:0] = [str(TESTS)]

from drivers.chromium import find_chromium  # noqa: E402
from drivers.headset import Headset, install  # noqa: E402
from drivers.page import PageDriver  # noqa: E402
from drivers.servers import ServerProcess  # noqa: E402
from lodespace.items.item_set import load_digits  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]


def save(driver: PageDriver, name: str) -> None:
    Image.open(io.BytesIO(driver.page.screenshot())).convert("RGB").save(
        HERE / f"{name}.webp", quality=88, method=6
    )


def label_islands(
    driver: PageDriver, truth: np.ndarray, classes: tuple[int, ...], share: float = 0.6
) -> None:
    for label in classes:
        free = np.flatnonzero((truth == label) & (driver.labels < 0))
        driver.lasso(driver.circle(free, share))
        driver.page.wait_for_timeout(200)
        driver.press(str(label))
        driver.wait(lambda: driver.state("connection")["pending"] == 0)
        driver.page.wait_for_timeout(1000)
        driver.wait_for_state("resting")
    driver.wait(lambda: not driver.evaluate("lodespace.state.latent.moving"))


def outline(driver: PageDriver, items: np.ndarray, share: float = 0.8) -> np.ndarray:
    """Return a line round most of `items` on the page, as drawn by hand."""
    where = driver.on_screen()[items]
    middle = np.median(where, axis=0)
    angle = np.arctan2(*(where - middle).T[::-1])
    radius = np.hypot(*(where - middle).T)
    directions = np.linspace(-np.pi, np.pi, 41)
    away = (angle[None] - directions[:, None] + np.pi) % (2 * np.pi) - np.pi
    reach = [np.quantile(radius[np.abs(row) < 0.5], share) + 10 for row in away]
    return middle + np.array(reach)[:, None] * np.c_[np.cos(directions), np.sin(directions)]


def shoot(driver: PageDriver, truth: np.ndarray) -> None:
    driver.wait_for_scene()
    driver.wait_for_state("resting")
    driver.page.wait_for_timeout(1500)
    save(driver, "first")
    label_islands(driver, truth, (0, 1, 6, 7, 2, 4, 5))
    save(driver, "overview")
    label_islands(driver, truth, (9, 8))
    label_islands(driver, truth, (3,), 0.2)
    path = outline(driver, np.flatnonzero((truth == 3) & (driver.labels < 0)))
    mouse = driver.page.mouse
    mouse.move(*path[0])
    mouse.down()
    for x, y in path[1:-1]:
        mouse.move(x, y)
    driver.page.wait_for_timeout(400)
    save(driver, "lasso")
    mouse.up()
    driver.page.wait_for_timeout(400)
    save(driver, "selection")
    shoot_forces(driver)


def shoot_forces(driver: PageDriver) -> None:
    """Show the dials of the loss terms, and per item an arrow for the term that pulls hardest."""
    driver.evaluate("lodespace.commands.clearSelection()")
    driver.evaluate("lodespace.state.forces.shown.value = 'all'")
    driver.press("d")
    driver.wait(lambda: driver.evaluate("lodespace.forceLines.arrows.segments") > 3000)
    driver.page.mouse.move(1200, 700)
    driver.page.wait_for_timeout(1500)
    save(driver, "force")
    driver.evaluate("lodespace.state.forces.shown.value = 'off'")
    driver.press("d")


def shoot_headset(driver: PageDriver, truth: np.ndarray) -> None:
    """Show both eyes: a brush that selects a cluster of threes, the palette at the left hand."""
    headset = Headset(driver)
    driver.wait_for_scene()
    driver.wait_for_state("resting")
    headset.enter()
    headset.script(
        "emulated.fovy = 1.15; emulated.position.set(0, 1.6, 0.55);"
        "emulated.quaternion.set(-0.12, 0, 0, 0.9928);"
    )
    headset.put("left", (-0.2, 1.24, 0.1))
    items = np.flatnonzero((truth == 3) & (driver.labels < 0))
    headset.script("lodespace.state.xr.setRadius(0.05);")
    middle = np.median(headset.in_room(items), axis=0)
    headset.brush_to("right", middle)
    headset.hold("right")
    headset.brush_to("right", middle + np.array((0.03, -0.02, 0)))
    headset.let_go("right")
    headset.brush_to("right", middle + np.array((0.04, -0.05, 0.02)))
    headset.frames(6)
    save(driver, "headset")
    shoot_sheet(headset)


def shoot_sheet(headset: Headset) -> None:
    """Show a contact sheet, with one picture picked and the hand pointing at another."""
    driver = headset.driver
    driver.evaluate("lodespace.commands.clearSelection()")
    driver.evaluate("lodespace.commands.openSheet('uncertain')")
    driver.wait(lambda: (driver.state("review.sheet") or {"status": ""})["status"] == "open")
    headset.script(
        "emulated.position.set(0, 1.6, 0.6); emulated.quaternion.set(-0.127, -0.19, -0.025, 0.973);"
    )
    headset.put("left", (-0.2, 1.2, 0.15))
    headset.touch("right", "picture", 3)
    headset.put("right", (0.3, 1.25, 0.5))
    headset.aim("right", "picture", 14)
    headset.frames(6)
    save(driver, "headset-review")


def write_calls(root: Path) -> None:
    """Write 16 sound files of animal calls: trills, two kinds of whistles, drumming."""
    rate, random = 22050, np.random.default_rng(0)
    time = np.arange(rate) / rate
    for number in range(16):
        calls: list[np.ndarray] = []
        for window in range(30):
            kind, pitch = (window + number) % 4, random.uniform(0.85, 1.15)
            bow = np.exp(-(((time - random.uniform(0.4, 0.6)) / 0.2) ** 2))
            call = [
                np.sin(2 * np.pi * 4200 * pitch * time)
                * (np.sin(2 * np.pi * 9 * pitch * time) > 0),
                np.sin(2 * np.pi * (6500 - 2600 * time) * pitch * time) * bow,
                np.sin(2 * np.pi * (1500 + 1100 * time) * pitch * time) * bow,
                random.normal(0, 1, rate) * (np.sin(2 * np.pi * 5 * pitch * time) > 0.9),
            ][kind]
            calls.append(0.3 * call + random.normal(0, 0.004, rate))
        soundfile.write(
            root / f"dawn-{number:02d}.wav", np.concatenate(calls).astype(np.float32), rate
        )


def shoot_sound(driver: PageDriver) -> None:
    driver.wait_for_scene()
    driver.wait_for_state("resting")
    for name in ("whistle", "trill", "drumming"):
        driver.evaluate(f"lodespace.commands.addClass('{name}')")
    driver.wait(lambda: len(driver.state("classes")) == 3)
    kinds = np.arange(480) % 30 + np.arange(480) // 30
    for label, kind in ((0, 1), (1, 0)):
        driver.lasso(driver.circle(np.flatnonzero(kinds % 4 == kind), 0.75))
        driver.press(str(label))
        driver.wait(lambda: driver.state("connection")["pending"] == 0)
        driver.page.wait_for_timeout(1000)
        driver.wait_for_state("resting")
    driver.wait(lambda: not driver.evaluate("lodespace.state.latent.moving"))
    where = driver.on_screen()
    middle = int(np.argmin(np.linalg.norm(where - np.array([560, 420]), axis=1)))
    driver.page.mouse.move(*where[middle])
    driver.page.wait_for_timeout(900)
    save(driver, "sound")


def main() -> None:
    truth = load_digits().truth
    chromium = find_chromium()
    assert truth is not None and chromium is not None
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = heard = ServerProcess("--project", f"{folder}/digits")
        server.start()
        server.wait_until_ready()
        browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
        try:
            shoot(PageDriver(page, server.url), truth)
            page.close()
            view = browser.new_page(viewport={"width": 1800, "height": 900}, color_scheme="dark")
            shoot_headset(PageDriver(view, server.url, prepare=install), truth)
            view.close()
            calls = Path(folder) / "dawn"
            calls.mkdir()
            write_calls(calls)
            heard = ServerProcess(str(calls), "--window", "1", "--project", f"{folder}/heard")
            heard.start()
            heard.wait_until_ready()
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
            shoot_sound(PageDriver(page, heard.url))
        finally:
            browser.close()
            server.stop()
            heard.stop()


if __name__ == "__main__":
    main()
