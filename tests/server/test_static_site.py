"""Bakes (read-only exports of a project) as static sites: each file equals a server's answer."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from PIL import Image

from drivers.servers import Serving
from lodespace import protocol
from lodespace.baking import static_site
from lodespace.baking.bake import bake
from lodespace.baking.site_page import check_base_url, set_base_url, write_page
from lodespace.config import BUILT_PAGE
from lodespace.errors import ProjectError, TrainingError
from lodespace.items import thumbnails
from lodespace.recording.index import index_of
from lodespace.scene.glb import decode_scene
from lodespace.shapes.files import shape_bytes

if TYPE_CHECKING:
    from lodespace.items.item_set import ItemSet


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of twelve pictures of 60 x 60, with ids and one more column."""
    root = tmp_path_factory.mktemp("raw")
    rng = np.random.default_rng(0)
    lines = ["id,path,note\n"]
    for i in range(12):
        Image.fromarray(rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(root / f"{i}.png")
        lines.append(f"n{i},{i}.png,<b>note {i}</b>\n")
    (root / "table.csv").write_text("".join(lines))
    return root / "table.csv"


@pytest.fixture(scope="module")
def out(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bake of the table. The tests do not change it."""
    return bake(table, tmp_path_factory.mktemp("bake") / "out", epochs=1, threads=1)


@pytest.mark.slow
async def test_the_site_agrees_with_a_server(out: Path, tmp_path: Path) -> None:
    session = msgspec.json.decode((out / "session.json").read_bytes(), type=protocol.SessionInfo)
    async with Serving(out, tmp_path / "none") as url:
        import aiohttp

        async with aiohttp.ClientSession() as client:

            async def ask(path: str) -> bytes:
                async with client.get(url + path) as response:
                    assert response.status == 200, await response.text()
                    return await response.read()

            served = msgspec.json.decode(await ask("api/session"), type=protocol.SessionInfo)
            known = {"role": served.role, "scene_id": served.scene_id, "revision": served.revision}
            same = msgspec.structs.replace(session, **known)
            assert msgspec.to_builtins(same) == msgspec.to_builtins(served)
            theirs, ours = (
                decode_scene(await ask("api/scene.glb")),
                decode_scene((out / "scene.glb").read_bytes()),
            )
            np.testing.assert_allclose(
                theirs.latent_mean(), ours.latent_mean(), atol=2 * ours.box.size / 65535
            )
            assert theirs.classes == ours.classes
            assert await ask("api/recording") == (out / "recording.lds").read_bytes()
            items = json.loads((out / "items.json").read_text())
            for item in range(12):
                info = msgspec.json.decode(
                    await ask(f"api/items/{item}/info"), type=protocol.ItemInfo
                )
                assert items["ids"][item] == info.id
                assert items["paths"][item] == info.path
                assert [
                    protocol.Column(name=n, value=v[item]) for n, v in items["columns"].items()
                ] == info.columns
    timeline = msgspec.json.decode((out / "timeline.json").read_bytes(), type=protocol.Timeline)
    assert timeline == index_of(out / "recording.lds")
    assert timeline.moments > 3


def test_thumbnails_are_the_atlas_to_the_pixel(out: Path) -> None:
    from lodespace.items.item_set import load

    with Image.open(out / "thumbnails" / "0.webp") as page:
        drawn = np.asarray(thumbnails.draw_page(load(out / "data"), 0))
        np.testing.assert_array_equal(np.asarray(page.convert("RGB")), drawn)
    assert len(list((out / "pictures").iterdir())) == 12


def test_the_page_is_marked_as_a_site(out: Path, table: Path) -> None:
    page = (out / "index.html").read_text()
    assert 'data-site="baked" data-cards="yes"' in page
    assert 'src="./assets/' in page, (
        "the address of a script is not relative, so the site cannot be in any folder"
    )
    files = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    for folder in (table.parent, out.parent):
        assert not any(str(folder).encode() in content for content in files)


@pytest.mark.slow
def test_sounds_go_along(tmp_path: Path) -> None:
    import soundfile

    from lodespace.importing.source import ImportOptions

    root = tmp_path / "recordings"
    root.mkdir()
    soundfile.write(root / "a.wav", np.random.default_rng(0).normal(0, 0.1, 5 * 8000), 8000)
    out = bake(root, tmp_path / "out", epochs=1, threads=1, options=ImportOptions(window=1.0))
    assert len(list((out / "sounds").glob("*.ogg"))) == 5
    assert soundfile.info(out / "sounds" / "0.ogg").duration == pytest.approx(1, abs=0.05)
    assert json.loads((out / "items.json").read_text())["starts"] == [0, 1, 2, 3, 4]


def shapes(folder: Path, target: Path) -> "ItemSet":
    """Import a folder of two boxes, two spheres and a point cloud. One box is then removed."""
    from trimesh import PointCloud, creation

    from lodespace.importing.importer import import_data
    from lodespace.importing.source import ImportOptions
    from lodespace.items import item_set

    folder.mkdir()
    for number in range(4):
        made = creation.box((1, 1, 1 + number)) if number % 2 else creation.icosphere(4)
        made.export(folder / f"{number}.stl")
    PointCloud(creation.icosphere().sample(3000)).export(folder / "4.ply")
    import_data(str(folder), target, ImportOptions())
    (folder / "3.stl").unlink()
    return item_set.load(target, root=folder)


def test_shapes_go_along_within_a_total_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, out = shapes(tmp_path / "shapes", tmp_path / "data"), tmp_path / "site"
    assert static_site._write_shapes(items, out)
    assert sorted(path.name for path in out.iterdir()) == ["0.bin", "1.bin", "2.bin", "4.bin"]
    assert (out / "0.bin").read_bytes() == shape_bytes(items, 0)
    whole = sum(path.stat().st_size for path in out.iterdir())
    for part in (static_site._LEAST_BYTES, 20_000):
        monkeypatch.setattr(static_site, "SHAPE_BYTES", len(items) * part)
        assert static_site._write_shapes(items, tmp_path / f"{part}")
        sizes = [path.stat().st_size for path in sorted((tmp_path / f"{part}").iterdir())]
        assert max(sizes) <= part and sum(sizes) < whole
        assert sizes[0] > 0.6 * part, "the spheres are too coarse"
    monkeypatch.setattr(static_site, "SHAPE_BYTES", len(items) * static_site._LEAST_BYTES - 1)
    assert not static_site._write_shapes(items, tmp_path / "none")
    monkeypatch.undo()
    without_files = dataclasses.replace(items, root=None)
    assert not static_site._write_shapes(without_files, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_scripts_for_shapes_go_along_with_shapes(tmp_path: Path) -> None:
    for shown in (False, True):
        static_site.copy_page(tmp_path / str(shown), shapes=shown)
        scripts = [path.name for path in (tmp_path / str(shown) / "assets").iterdir()]
        for name in ("shape-", "held-shape-"):
            assert any(script.startswith(name) for script in scripts) == shown


@pytest.mark.slow
def test_a_site_of_shapes_shows_them(tmp_path: Path) -> None:
    shapes(tmp_path / "shapes", tmp_path / "data")
    out = bake(tmp_path / "shapes", tmp_path / "out", epochs=1, threads=1)
    assert len(list((out / "shapes").iterdir())) == 4
    assert json.loads((out / "session.json").read_text())["shapes"] is True


@pytest.mark.slow
def test_parts_that_are_not_wanted_are_left_out(small_data: Path, tmp_path: Path) -> None:
    out = bake(small_data, tmp_path / "out", epochs=1, threads=1, parts=("scene", "checkpoint"))
    wanted = {"lodespace.json", "settings.toml", "scene.glb", "checkpoints", "data"}
    assert {p.name for p in out.iterdir()} == wanted
    with pytest.raises(TrainingError, match="unknown parts of a bake: film"):
        bake(small_data, tmp_path / "other", parts=("film",))


def test_previews_of_a_link_have_title_text_and_poster(out: Path) -> None:
    page = (out / "index.html").read_text()
    assert "<title>table · Lodespace</title>" in page
    assert '<meta property="og:title" content="table" />' in page
    assert '<meta property="og:image" content="poster.jpg" />' in page
    assert '<img class="poster" src="poster.jpg" alt="" />' in page
    with Image.open(out / "poster.jpg") as poster:
        assert poster.size == (1200, 630)
        colours = np.asarray(poster.convert("RGB")).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 50, "the poster is empty"
    set_base_url(out, "https://example.org/a scene")
    page = (out / "index.html").read_text()
    assert '<meta property="og:image" content="https://example.org/a scene/poster.jpg" />' in page
    assert '<meta property="og:url" content="https://example.org/a scene/" />' in page


def test_names_of_data_sets_are_escaped_in_the_page(tmp_path: Path) -> None:
    from lodespace.items.item_set import ItemSet
    from samples.scenes import make_scene

    shutil.copy(BUILT_PAGE / "index.html", tmp_path)
    items = ItemSet('<script>"x"\n', "vector", np.zeros((5, 2), np.float32))
    write_page(tmp_path, items, make_scene(5), cards=False)
    page = (tmp_path / "index.html").read_text()
    assert "<script>&quot;" not in page
    assert 'content="&lt;script&gt;&quot;x&quot;' in page
    (tmp_path / "index.html").write_text("<html></html>")
    with pytest.raises(ProjectError, match="another version"):
        write_page(tmp_path, items, make_scene(5), cards=False)


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org/", "https://", "https://x/?a"]
)
def test_an_address_that_is_not_of_the_web_is_refused(address: str) -> None:
    with pytest.raises(ProjectError, match="not the address of a site"):
        check_base_url(address)
    check_base_url("https://example.org/scene")
