"""Baked sites for people without Lodespace: the address, frames in other pages, small windows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Frame, Page

import lodespace
from drivers.axe import serious
from drivers.fingers import PHONE, outside, phone
from drivers.page_pool import PagePool
from drivers.plain_server import plain_server
from drivers.playback import replay
from samples.pictures import draw

N = 24
HOST = """<!doctype html><html lang="en"><title>Host</title><style>body {{ height: 3000px }}</style>
<button id="before">before</button>
<iframe src="{first}" width="320" height="240" title="first"></iframe>
<iframe src="{second}" width="320" height="240" title="second"></iframe>
<button id="after">after</button>
<script>
  window.received = [];
  addEventListener('message', (event) => received.push(event.data));
  window.send = (message) => {{
    for (const frame of document.querySelectorAll('iframe'))
      frame.contentWindow.postMessage(message, '*');
  }};
</script></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A bake of colour photos in a folder of a plain web server: (folder of the bake, URL)."""
    from lodespace.baking.bake import bake

    root = tmp_path_factory.mktemp("www")
    for i in range(N):
        folder = root / "raw" / ("cat", "dog")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        draw(i % 6, (28, 28), "RGB").save(folder / f"{i}.png")
    bake(root / "raw", root / "a" / "deep" / "folder", epochs=2, threads=1)
    with plain_server(root) as address:
        yield root / "a" / "deep" / "folder", f"{address}/a/deep/folder"


@pytest.fixture
def host(site: tuple[Path, str], pages: PagePool) -> Iterator[Page]:
    """A page of another origin with the site in two frames."""
    folder, url = site
    top = folder.parent.parent.parent
    (top / "host.html").write_text(
        HOST.format(
            first=f"{url}/?test&panels=none&progress=0.5", second=f"{url}/?test&theme=light"
        )
    )
    taken = pages.take(drawn=False, prepare=None)
    address = url.replace("127.0.0.1", "localhost").replace("/a/deep/folder", "")
    taken.page.goto(f"{address}/host.html")
    yield taken.page
    pages.put_back(taken, address)


def wait(page: Page, script: str) -> None:
    page.wait_for_function(script, polling=100)


def wait_for_positions(frame: Frame, wanted: np.ndarray) -> None:
    """Wait until a site shows the grid positions `wanted`, (N, 3)."""
    four = np.c_[wanted, np.zeros(len(wanted), np.int64)].ravel().tolist()
    frame.wait_for_function(
        "(wanted) => lodespace.state.latent.to.every((value, k) => value === wanted[k])",
        arg=four,
        polling=50,
    )


def test_the_page_around_steps_all_sites(site: tuple[Path, str], host: Page) -> None:
    moments = [shown for _, shown in replay(site[0] / "recording.lds")]
    last = len(moments) - 1
    wait(host, "received.filter((m) => m.lodespace === 'ready').length === 2")
    ready = host.evaluate("received.find((m) => m.lodespace === 'ready')")
    assert ready == {"lodespace": "ready", "duration": last / 10, "moments": last + 1}
    first, second = host.frames[1:]
    wait_for_positions(first, moments[round(last / 2)])
    wait_for_positions(second, moments[last])
    before = host.evaluate("received.length")
    for step in (0, 0.31, 0.3):
        host.evaluate("(progress) => send({ lodespace: 'seek', progress })", step)
    wanted = round(0.3 * last)
    for frame in (first, second):
        wait_for_positions(frame, moments[wanted])
    assert host.evaluate("received.length") == before, (
        "a site reported what the page around asked for"
    )
    host.evaluate("send({ lodespace: 'play', speed: 8 })")
    wait(host, "received.filter((m) => m.playing).length > 4")
    host.evaluate("send({ lodespace: 'pause' }); send({ lodespace: 'label' }); send(null)")
    wait(host, "received.at(-1).playing === false")
    host.evaluate("send({ lodespace: 'seek', time: 1e6 })")
    for frame in (first, second):
        frame.wait_for_function("lodespace.state.time.live.value", polling=50)
    assert second.evaluate("document.documentElement.dataset.theme") == "light"


def test_a_message_of_another_window_is_ignored(host: Page) -> None:
    wait(host, "received.filter((m) => m.lodespace === 'ready').length === 2")
    first, second = host.frames[1:]
    live = second.evaluate("lodespace.state.time.live.value")
    first.evaluate("parent.frames[1].postMessage({ lodespace: 'seek', progress: 0 }, '*')")
    second.evaluate("postMessage({ lodespace: 'seek', progress: 0 }, '*')")
    host.wait_for_timeout(400)
    assert second.evaluate("lodespace.state.time.live.value") == live


def test_the_address_sets_the_view(site: tuple[Path, str], open_page: Any) -> None:
    query = (
        "&azimuth=90&elevation=20&distance=2&target=0.1,0,0&colour=prediction&colours=,ff0000"
        "&time=0.4&theme=light&speed=3"
    )
    page = open_page(f"{site[1]}/", query=query)
    page.wait_for_scene()
    page.wait(lambda: not page.state("time.live"))
    assert page.state("time.moment") == 4
    assert page.state("colourBy") == "prediction"
    assert page.state("theme") == "light"
    colours = [info["colour"] for info in page.state("classes")]
    assert colours[1] == "#ff0000"
    assert colours[0] != "#ff0000"
    notice = page.page.locator(".notice")
    assert "speed=3 (use 0.5, 1, 2, 4 or 8)" in notice.inner_text()
    notice.get_by_role("button", name="Close").click()
    assert notice.count() == 0
    page.evaluate("lodespace.commands.live()")
    page.wait(lambda: page.state("time.live"))
    assert json.dumps(page.state("classes")).count("#ff0000") == 1
    # The cloud of another moment can have another size, and the camera moves with it. The link to
    # the view gives the place of the camera relative to the same cloud as the address.
    page.page.get_by_role("button", name="Copy a link to this view").click()
    link = page.page.get_by_role("textbox", name="Link to this view").input_value()
    values = {name: text for name, (text,) in parse_qs(urlsplit(link).query).items()}
    camera = [float(values[name]) for name in ("azimuth", "elevation", "distance")]
    camera += map(float, values["target"].split(","))
    np.testing.assert_allclose(camera, [90, 20, 2, 0.1, 0, 0], atol=2e-3)


def test_the_link_to_a_view_opens_the_same_view(site: tuple[Path, str], open_page: Any) -> None:
    page = open_page(f"{site[1]}/", query="&colours=ff0000")
    page.wait_for_scene()
    page.evaluate(
        "lodespace.stage.placeCamera({ azimuth: -40, elevation: 10, distance: 1.5 });"
        "lodespace.state.colourBy.value = 'confidence'; lodespace.commands.goTo(6)"
    )
    page.wait(lambda: not page.state("time.live"))
    page.page.get_by_role("button", name="Copy a link to this view").click()
    field = page.page.get_by_role("textbox", name="Link to this view")
    link = field.input_value()
    page.page.keyboard.press("Escape")
    assert field.count() == 0
    assert link.startswith(f"{site[1]}/?colours=ff0000&")
    query = link.split("?")[1]
    for part in ("azimuth=-40", "elevation=10", "distance=1.5", "colour=confidence", "time=0.6"):
        assert part in query
    seen = page.evaluate("lodespace.stage.camera.position.toArray()")
    again = open_page(f"{site[1]}/", query=f"&{query}")
    again.wait_for_scene()
    again.wait(lambda: again.state("time.moment") == 6 and not again.state("time.live"))
    again.wait(lambda: np.array_equal(again.positions(), page.positions()))
    position = again.evaluate("lodespace.stage.camera.position.toArray()")
    np.testing.assert_allclose(position, seen, atol=0.01)
    assert again.state("colourBy") == "confidence"


def test_a_small_window_has_play_timeline_and_classes(
    site: tuple[Path, str], open_page: Any
) -> None:
    page = open_page(f"{site[1]}/", prepare=_small)
    page.wait_for_scene()
    page.wait(lambda: page.state("time.last") > 5)
    inside = """[...document.querySelectorAll('header *, .small-foot *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width && (box.left < 0 || box.right > innerWidth || box.bottom > innerHeight);
    }).map((element) => element.className)"""
    assert page.evaluate(inside) == [], "parts of the page lie outside of the window"
    names = page.page.locator(".small-classes li").all_inner_texts()
    assert [name.strip() for name in names] == ["cat", "dog"]
    where = page.on_screen()
    assert (where > 0).all()
    assert (where < (320, 240)).all()
    page.press("Space")
    page.wait(lambda: page.state("time.playing") and page.state("time.moment") > 0)
    page.press("Space")
    page.wait(lambda: not page.state("time.playing"))
    page.page.locator(".scrub").fill("3")
    page.wait(lambda: page.state("time.moment") == 3)


def test_a_site_of_photos_plays_and_finds_on_a_phone(
    site: tuple[Path, str], open_page: Any
) -> None:
    page = open_page(f"{site[1]}/", prepare=phone, **PHONE)
    page.wait_for_scene()
    page.wait(lambda: page.state("time.last") > 5)
    browser = page.page
    assert outside(page, "header *, .small-foot *") == []
    browser.get_by_role("button", name="Play", exact=True).tap()
    page.wait(lambda: page.state("time.playing") and page.state("time.moment") > 0)
    browser.get_by_role("button", name="Pause", exact=True).tap()
    page.wait(lambda: not page.state("time.playing"))

    # A finger does not hit the line of the timeline exactly.
    line = browser.locator(".scrub").bounding_box()
    assert line is not None
    assert line["height"] >= 40
    browser.touchscreen.tap(line["x"] + 0.5 * line["width"], line["y"] + 4)
    last = page.state("time.last")
    page.wait(lambda: abs(page.state("time.moment") - last / 2) <= 0.1 * last + 1)

    browser.get_by_role("combobox", name="Colour by").select_option("prediction")
    assert page.state("colourBy") == "prediction"
    assert page.state("time.live") is False, "a choice of colours changes the moment"

    browser.get_by_role("button", name="Search").tap()
    browser.locator("[data-search]:focus").wait_for()
    browser.keyboard.type("cat/4")
    browser.get_by_test_id("found").get_by_text("1", exact=True).wait_for()
    browser.get_by_role("button", name="show").tap()
    card = browser.locator(".hover-card")
    card.get_by_text("cat/4.png").wait_for()
    item = page.state("hovered")["item"]
    page.wait(lambda: abs(page.on_screen()[item] - [195, 422]).max() < 80)
    assert outside(page, "header *, .hover-card *") == []
    assert serious(page) == []
    browser.get_by_role("button", name="End the search").last.tap()
    page.wait(lambda: page.state("search") is None)
    browser.get_by_role("combobox", name="Colour by").select_option("label")


def _small(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 240})


def test_the_address_asks_for_few_controls_in_a_wide_window(
    site: tuple[Path, str], open_page: Any
) -> None:
    page = open_page(f"{site[1]}/", query="&panels=small", prepare=_wide)
    page.wait_for_scene()
    assert page.page.get_by_role("button", name="Full screen").is_visible()
    assert page.page.locator(".side, .bottom-bar").count() == 0
    page.page.set_viewport_size({"width": 1000, "height": 600})
    page.page.wait_for_timeout(100)
    assert page.page.locator(".small-foot").is_visible()


def test_controls_follow_the_size_of_the_window(site: tuple[Path, str], open_page: Any) -> None:
    page = open_page(f"{site[1]}/", prepare=_wide)
    page.wait_for_scene()
    assert page.page.get_by_role("button", name="Play the recording").is_visible()
    curves = page.page.locator(".chart")
    page.wait(lambda: curves.count() == 1)
    page.page.get_by_role("button", name="Training curves").click()
    page.wait(lambda: curves.count() > 4)
    page.page.set_viewport_size({"width": 700, "height": 700})
    page.page.locator(".small-foot").wait_for()
    assert page.page.locator(".side").count() == 0
    page.page.set_viewport_size({"width": 1190, "height": 700})
    page.page.locator(".side").wait_for()


def _wide(page: Page) -> None:
    page.set_viewport_size({"width": 1190, "height": 700})


def test_show_puts_a_playable_scene_into_a_notebook(site: tuple[Path, str], pages: Any) -> None:
    shown = lodespace.show(site[0], height=300, colour="prediction", progress=0.5)
    folder = site[0].parent.parent.parent
    (folder / "notebook.html").write_text(f"<!doctype html>{shown._repr_html_()}")
    taken = pages.take(drawn=False, prepare=None)
    address = site[1].replace("127.0.0.1", "localhost").replace("/a/deep/folder", "")
    taken.page.goto(f"{address}/notebook.html")
    frame = taken.page.frame_locator("iframe")
    scrub = frame.get_by_role("slider", name="Moment of the recording")
    scrub.wait_for()
    middle, last = scrub.input_value(), scrub.get_attribute("max")
    assert last is not None
    assert int(middle) == round(int(last) / 2)
    assert frame.get_by_role("combobox", name="Colour by").input_value() == "prediction"
    frame.get_by_role("button", name="Play", exact=True).click()
    moved = "(middle) => document.querySelector('.scrub').value !== middle"
    taken.page.frames[1].wait_for_function(moved, arg=middle, polling=100)
    taken.page.context.close()


def test_keys_and_wheel_leave_a_frame(host: Page) -> None:
    wait(host, "received.filter((m) => m.lodespace === 'ready').length === 2")
    host.mouse.move(500, 100)  # the pointer is over the second frame
    host.mouse.wheel(0, 200)
    wait(host, "scrollY > 100")
    host.evaluate("scrollTo(0, 0)")
    host.locator("#before").focus()
    seen = []
    for _ in range(30):
        host.keyboard.press("Tab")
        seen.append(host.evaluate("document.activeElement.id || document.activeElement.title"))
        if seen[-1] == "after":
            break
    assert seen[-1] == "after", "the keyboard cannot leave the frames"
    assert "second" in seen


def test_the_poster_is_shown_until_the_scene_is_loaded(site: tuple[Path, str], pages: Any) -> None:
    taken = pages.take(drawn=False, prepare=None)
    page = taken.page
    held: list[Any] = []
    page.route("**/scene.glb", lambda route: held.append(route))
    page.goto(f"{site[1]}/?test")
    page.wait_for_function("window.lodespace", polling=100)
    poster = page.locator("img.poster")
    assert poster.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 1200
    page.wait_for_timeout(300)
    held.pop().continue_()
    page.wait_for_function("lodespace.state.latent.n > 0", polling=100)
    poster.wait_for(state="detached")
    pages.put_back(taken, site[1])


def test_a_site_that_is_opened_as_a_file_states_what_to_do(
    site: tuple[Path, str], pages: Any
) -> None:
    taken = pages.take(drawn=False, prepare=None)
    taken.page.goto((site[0] / "index.html").as_uri())
    note = taken.page.get_by_role("alert")
    note.wait_for()
    text = note.inner_text()
    assert "opened as a file" in text
    assert f'cd "{site[0]}/"' in text
    assert "python -m http.server" in text
    taken.page.context.close()
