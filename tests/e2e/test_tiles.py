"""Scenes in tiles on a plain web server: which tiles are loaded, items, pictures, search, VR."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from drivers.headset import Headset, installer, put_on
from drivers.page import PageDriver
from drivers.plain_server import plain_server
from drivers.servers import LanServer, ServerProcess
from lodespace.baking.tile_site import INDEX, TILES, write_tile_site
from lodespace.protocol import ClassInfo, TilesInfo
from lodespace.tiles.atlas import ItemPictures
from lodespace.tiles.build import ROWS, TileScene, build_tiles
from lodespace.tiles.points import PointBlock
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import TileTree, tile_path

N = 12_000
TILE_POINTS = 512
CLASSES = [ClassInfo(class_id=k, name=f"class {k}", colour=f"#{40 * k:02x}8040") for k in range(5)]
MOST_CALLS = 40
"""Largest number of draw calls in VR, for both eyes."""


class TileSite(NamedTuple):
    folder: Path
    url: str
    info: TilesInfo
    tree: TileTree
    rows: npt.NDArray[np.int64]
    """Row of the source per item (N,)."""
    grid: npt.NDArray[np.uint16]
    """Grid position per item (N, 3)."""
    grey: npt.NDArray[np.uint8]
    """Brightness of the picture per item (N,)."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TileSite]:
    """12,000 items in 5 clusters, with uniform pictures, on a plain web server."""
    folder = tmp_path_factory.mktemp("tiles")
    random = np.random.default_rng(4)
    cluster = np.arange(N) % 5
    positions = random.normal(0, 2, (5, 3))[cluster] + random.normal(0, 0.6, (N, 3))
    grey = random.integers(60, 250, N).astype(np.uint8)
    pictures = np.broadcast_to(grey[:, None, None], (N, 4, 4))

    def item_file(rows: npt.NDArray[np.integer]) -> bytes:
        ids = [f"row-{row}" for row in rows.tolist()]
        return json.dumps({"ids": ids, "columns": {"odd": [str(r % 2) for r in rows]}}).encode()

    blocks = [PointBlock(positions, np.where(np.arange(N) % 3 == 0, cluster, -1))]
    scene = TileScene("clusters", CLASSES, ItemPictures(pictures), item_file)
    info, tree = build_tiles(
        iter(blocks), scene, folder / TILES, folder / INDEX, tile_points=TILE_POINTS
    )
    write_tile_site(folder, info, tree)
    rows = np.asarray(np.load(folder / INDEX / ROWS), np.int64)
    grid = np.concatenate(
        [
            read_positions(folder / TILES / tile_path(tile, ".glb"), int(tree.count[tile]))
            for tile in range(len(tree))
        ]
    )
    with plain_server(folder) as url:
        yield TileSite(folder, url, info, tree, rows, grid[:, :3], grey[rows])


def loaded(page: PageDriver) -> int:
    return page.evaluate("lodespace.state.tiled.value.loaded")


def drawn(page: PageDriver) -> int:
    return page.evaluate("lodespace.cloud.points.geometry.drawRange.count")


def wait_for_tiles(page: PageDriver) -> None:
    """Wait until the page has all tiles that it needs."""
    page.wait_for_scene()
    page.wait(lambda: page.evaluate("lodespace.state.tiled.value?.loading === false"))


def front_item(site: TileSite) -> int:
    """Return an item of a deep level with no other item in front of it, seen along the z axis."""
    level = site.tree.level[site.tree.tile_of(np.arange(N))]
    deep = np.flatnonzero(level >= 2)
    place = site.grid / 65535
    for item in deep[np.argsort(-place[deep, 2])]:
        aside = np.hypot(*(place[:, :2] - place[item, :2]).T)
        near = (aside < 0.012) & (np.abs(place[:, 2] - place[item, 2]) < 0.25)
        if near.sum() == 1:
            return int(item)
    raise AssertionError("every item has another one nearby")


def look_at(page: PageDriver, place: npt.NDArray[np.floating], distance: float) -> None:
    """Place the camera in front of `place`, scene metres (3,)."""
    page.evaluate(
        "lodespace.stage.placeCamera("
        f"{{ azimuth: 0, elevation: 0, distance: {distance}, target: {place.tolist()} }})"
    )


def lasso_around_all(page: PageDriver, site: TileSite) -> None:
    """Draw a lasso around all items, loaded or not."""
    matrix, *box = page.evaluate(_VIEW)
    latent = np.asarray(site.info.origin) + site.grid * (site.info.size / 65535)
    clip = np.c_[latent, np.ones(N)] @ np.reshape(matrix, (4, 4))
    left, top, width, height = box
    spots = np.c_[
        left + (clip[:, 0] / clip[:, 3] + 1) / 2 * width,
        top + (1 - clip[:, 1] / clip[:, 3]) / 2 * height,
    ]
    (left, top), (right, bottom) = spots.min(axis=0) - 4, spots.max(axis=0) + 4
    corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    page.lasso(np.array(corners, float))


_VIEW = """(() => {
  const { left, top, width, height } = lodespace.stage.element.getBoundingClientRect();
  return [Array.from(lodespace.stage.clipFromLatent()), left, top, width, height];
})()"""
"""Script that returns the matrix of the camera, and the place and size of the canvas."""


def test_a_site_loads_and_finds_the_items_of_what_is_looked_at(
    site: TileSite, open_page: Any
) -> None:
    """Lasso and search find loaded items. Near an item, deeper tiles arrive, and hover shows it."""
    page: PageDriver = open_page(site.url, query="&points=5000")
    names: list[str] = []
    page.page.on("request", lambda request: names.append(request.url.rpartition("/")[2]))
    wait_for_tiles(page)
    assert TILE_POINTS < drawn(page) <= 5000 and loaded(page) < N
    lasso_around_all(page, site)
    assert len(page.selected) == loaded(page)
    assert "loaded" in page.page.get_by_test_id("selected").inner_text()
    page.press("Escape")
    # An item by its number, in a tile that need not be loaded; then by the id of a loaded item.
    item = front_item(site)
    tile = int(site.tree.tile_of(np.array([item]))[0])
    search = page.page.locator("[data-search]")
    for text in (f"#{item}", f"row-{site.rows[item]}"):
        search.fill(text)
        page.wait(lambda: page.page.get_by_test_id("found").inner_text() == "1")
        search.press("Enter")
        (slot,) = page.selected
        found = page.evaluate(
            f"Array.from(lodespace.state.latent.to.slice(4 * {slot}, 4 * {slot} + 3))"
        )
        assert found == site.grid[item].tolist()
        page.wait(lambda: page.evaluate("lodespace.stage.cameraPlace().distance") < 0.3)
    before = tiles_of(names)
    look_at(page, site.grid[item] / 65535 - 0.5, 0.05)
    page.wait(lambda: len(tiles_of(names)) > len(before), message="no deeper tile was requested")
    wait_for_tiles(page)
    assert tile in tiles_of(names)
    assert page.evaluate("lodespace.stage.renderer.info.render.calls") == 1
    # The found item is selected, so its card is kept open elsewhere until nothing is selected.
    page.evaluate("lodespace.commands.clearSelection()")
    left, top, width, height, x, y = page.evaluate(_TARGET)
    at = (left + (x + 1) / 2 * width, top + (1 - y) / 2 * height)
    page.page.mouse.move(at[0] + 2, at[1] + 2)
    page.page.mouse.move(*at)
    card = page.page.locator(".hover-card")
    card.get_by_text(f"row-{site.rows[item]}", exact=True).wait_for()
    assert f"item {item:,}" in card.inner_text()
    page.wait(lambda: page.evaluate(_CARD_GREY) > 0)
    assert abs(page.evaluate(_CARD_GREY) - int(site.grey[item])) <= 1


def tiles_of(names: list[str]) -> set[int]:
    """Return the numbers of the tiles among the names of requested files."""
    return {int(name.removesuffix(".glb")) for name in names if name.endswith(".glb")}


_TARGET = """(() => {
  const { left, top, width, height } = lodespace.stage.element.getBoundingClientRect();
  const { camera, controls } = lodespace.stage;
  const at = controls.target.clone().project(camera);
  return [left, top, width, height, at.x, at.y];
})()"""
"""Script that returns the place and size of the canvas, and where the camera's target is in it."""
_CARD_GREY = """(() => {
  const canvas = document.querySelector('.hover-card canvas');
  const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const pixel = copy.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
  return pixel[3] === 0 ? 0 : pixel[0];
})()"""
"""Script that returns the brightness in the middle of the picture on the card; 0 without one."""


def test_a_label_of_a_server_reaches_items_that_are_not_loaded(
    site: TileSite, server_process: type[ServerProcess], tmp_path: Path, open_page: Any
) -> None:
    """Lasso, label and undo by the server's handle, of items of which a part is loaded."""
    server = server_process(str(site.folder), "--project", str(tmp_path / "labels"))
    server.start()
    server.wait_until_ready()
    page: PageDriver = open_page(server.url, query="&points=4000")
    wait_for_tiles(page)
    page.evaluate("window.before = lodespace.state.annotations.labels.slice()")
    lasso_around_all(page, site)
    found = page.page.get_by_test_id("selected")
    page.wait(lambda: f"{N:,} items" in found.inner_text())
    assert f"{loaded(page):,} loaded" in found.inner_text() and loaded(page) < N
    # Actions that need training are not offered.
    bar = page.page.locator(".bottom-bar")
    assert f"of {N:,} items are loaded" in bar.inner_text()
    assert page.page.locator(".quality").count() == 0
    page.press("3")
    note = page.page.locator(".notices")
    page.wait(lambda: f"{N:,} items changed" in note.inner_text())
    # Slots without an item stay -1.
    given = page.evaluate("[...new Set(lodespace.state.annotations.labels)].sort().join()")
    assert given == "-1,3"
    changes = server.request("api/tiles/changes?since=0")
    assert changes["sequence"] == 1 and len(changes["tiles"]) == len(site.tree)
    as_before = "lodespace.state.annotations.labels.every((label, k) => label === window.before[k])"
    page.press("Control+z")
    page.wait(lambda: page.evaluate(as_before))
    page.page.get_by_role("button", name="Redo").click()
    page.wait(lambda: not page.evaluate(as_before))
    # Another page of the owner undoes the gesture. This page shows it without a request of its own.
    undo = {"op": "undo", "command_id": "undo-of-another-page", "owners": True}
    assert server.request("api/undo?client=another-page", undo)["count"] == N
    page.wait(lambda: page.evaluate(as_before))


@pytest.mark.only_slow
def test_tiles_in_a_headset_take_few_draw_calls(
    site: TileSite, open_page: Any, tmp_path: Path
) -> None:
    """In VR, finer tiles arrive within the budget of points, and few draw calls are needed."""
    headset = put_on(open_page, site.url, query="&points=5000")
    headset.enter()
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.frames(4)
    page = headset.driver
    headset.wait(lambda: drawn(page) > 3000, "no finer tiles were loaded")
    assert drawn(page) <= 5000
    assert headset.value("lodespace.stage.renderer.info.render.calls") <= MOST_CALLS
    before = page.evaluate("lodespace.state.latent.replaced")
    # Come near: the item is named on the card at the brush.
    slot = int(page.evaluate("lodespace.cloud.points.geometry.index.array[5]"))
    place = headset.in_room(np.array([slot]))[0]
    headset.brush_to("right", place)
    headset.wait(
        lambda: headset.value("lodespace.state.xr.atBrush.value") >= 0, "nothing is at the brush"
    )
    headset.frames(6)
    assert page.evaluate("lodespace.state.latent.replaced") >= before
    assert headset.value("lodespace.stage.renderer.info.render.calls") <= MOST_CALLS
    headset.screenshot(tmp_path / "tiles.png")
    headset.script("lodespace.xr.entry.leave()")


@pytest.mark.only_slow
def test_a_headset_opens_the_tiles_of_a_server_by_the_network(
    site: TileSite, open_page: Any, tmp_path: Path
) -> None:
    """Code, approval, VR, a label that the owner's page shows, and revocation."""
    project = ("--project", str(tmp_path / "labels"))
    server = LanServer(str(site.folder), *project, state=tmp_path / "home")
    server.start()
    try:
        server.wait_until_ready()
        owner: PageDriver = open_page(server.url, query="&points=3000")
        wait_for_tiles(owner)
        device: PageDriver = open_page(
            server.network_url,
            query="&points=3000",
            prepare=installer(),
            ignore_https_errors=True,
        )
        headset = Headset(device)
        code = device.page.get_by_test_id("device-code").inner_text()
        waiting = owner.page.get_by_test_id("waiting").filter(has_text=code)
        waiting.get_by_role("button", name="Allow to label").click()
        wait_for_tiles(device)
        assert device.state("session")["role"] == "annotator"
        headset.enter()
        headset.frames(4)
        assert headset.value("lodespace.cloud.points.geometry.drawRange.count") >= TILE_POINTS
        headset.script("lodespace.xr.entry.leave()")
        device.wait(lambda: not headset.value("lodespace.state.xr.presenting.value"))
        lasso_around_all(device, site)
        device.wait(lambda: device.state("tiled")["selected"] == N)
        device.press("3")
        owner.wait(lambda: owner.evaluate("lodespace.state.annotations.labels.includes(3)"))
        owner.wait(lambda: len(owner.state("history")["gestures"]) == 1)
        (known,) = server.request("api/access")["devices"]
        server.request("api/access/revoke", {"device": known["device"]})
        device.wait(
            lambda: device.evaluate("lodespace.state.pairing.value?.state === 'revoked'"),
            message="the revoked device still has access",
        )
    finally:
        server.stop()
