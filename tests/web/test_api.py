"""The HTTP API: session, scene, pictures, import and export of labels, OpenAPI."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from aiohttp.test_utils import TestClient
from PIL import Image

from drivers.servers import ClientOf
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.protocol import SetTraining
from lodespace.scene.glb import decode_scene

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def digits(client_of: ClientOf, tmp_path: Path) -> TestClient:
    """A client of a server that shows the bundled digits, without training."""
    return await client_of(None, tmp_path / "digits")


def label(
    items: list[int], class_id: int, command_id: str = "a-label-by-post"
) -> dict[str, object]:
    provenance = {"tool": "api"}
    return {
        "op": "label",
        "command_id": command_id,
        "items": items,
        "class_id": class_id,
        "revision": 0,
        "provenance": provenance,
    }


async def test_session_and_scene_agree(digits: TestClient) -> None:
    session = await (await digits.get("/api/session")).json()
    glb = await (await digits.get("/api/scene.glb")).read()
    scene = decode_scene(glb)
    assert session["n_items"] == len(scene.positions) == 5000
    assert session["scene_id"] == scene.scene_id
    assert [c["name"] for c in session["classes"]] == [str(k) for k in range(10)]
    assert session["training"]["state"] == "absent"
    loaded = trimesh.load(io.BytesIO(glb), file_type="glb")
    (cloud,) = loaded.geometry.values()
    assert cloud.vertices.shape == (5000, 3)


@pytest.mark.parametrize(("accepted", "coding"), [("gzip", "gzip"), ("identity", None)])
async def test_a_large_answer_is_compressed_if_the_client_accepts_this(
    client_of: ClientOf, tmp_path: Path, accepted: str, coding: str | None
) -> None:
    data = tmp_path / "vectors.npy"
    np.save(data, np.zeros((60_000, 2), np.float32))
    client = await client_of(data, tmp_path / "project")
    headers = {"Accept-Encoding": accepted}
    for text, large in (("1", True), ("59999", False)):
        answer = await client.get(f"/api/search?q={text}", headers=headers)
        found = (await answer.json())["items"]
        assert found == [item for item in range(60_000) if text in str(item)]
        assert answer.headers.get("Content-Encoding") == (coding if large else None)


async def test_search_lists_an_item_whose_id_is_the_text(digits: TestClient) -> None:
    found = await (await digits.get("/api/search?q=42")).json()
    assert found["exact"] == [42] and len(found["items"]) > 1
    found = await (await digits.get("/api/search?q=424242")).json()
    assert found == {"items": [], "exact": []}


async def test_items_have_ranks_by_id_and_not_by_an_unknown_column(digits: TestClient) -> None:
    answer = await digits.get("/api/ranks?by=id")
    assert np.frombuffer(await answer.read(), "<u4").tolist() == list(range(5000))
    answer = await digits.get("/api/ranks?name=site")
    assert (answer.status, (await answer.json())["code"]) == (404, "unknown_column")
    document = await (await digits.get("/api/openapi.json")).json()
    stated = document["paths"]["/api/ranks"]["get"]["parameters"]
    assert [(entry["name"], entry["required"]) for entry in stated] == [
        ("name", False),
        ("by", False),
    ]


async def test_data_without_a_column_has_no_bins(digits: TestClient) -> None:
    answer = await digits.get("/api/column?name=site")
    assert (answer.status, (await answer.json())["code"]) == (404, "unknown_column")


async def test_pictures_and_pages_are_png(digits: TestClient) -> None:
    for path in (
        "/api/items/0",
        "/api/items/4999",
        "/api/thumbnails/0.png",
        "/api/thumbnails/1.png",
    ):
        answer = await digits.get(path)
        assert answer.status == 200 and (await answer.read()).startswith(b"\x89PNG"), path
    for path in ("/api/items/5000", "/api/thumbnails/2.png", "/api/items/5000/info"):
        answer = await digits.get(path)
        assert answer.status == 404 and (await answer.json())["code"].startswith("unknown"), path


async def test_atlas_page_is_cached_and_made_again_when_damaged(
    client_of: ClientOf, tmp_path: Path
) -> None:
    http = await client_of(None, tmp_path / "digits")
    first = await http.get("/api/thumbnails/0.png")
    png, tag = await first.read(), first.headers["ETag"]
    second = await http.get("/api/thumbnails/0.png", headers={"If-None-Match": tag})
    assert second.status == 304 and await second.read() == b""
    other = await http.get("/api/thumbnails/1.png", headers={"If-None-Match": tag})
    assert other.status == 200 and other.headers["ETag"] != tag
    (kept,) = (tmp_path / "digits" / "thumbnails").glob("page-0000-*.png")
    kept.write_bytes(png[:1000])  # as if a power cut had damaged the file
    assert await (await http.get("/api/thumbnails/0.png")).read() == png


async def test_atlas_page_as_webp_has_the_same_pixels_and_fewer_bytes(
    client_of: ClientOf, tmp_path: Path
) -> None:
    http = await client_of(None, tmp_path / "digits")
    png = await (await http.get("/api/thumbnails/0.png")).read()
    answer = await http.get("/api/thumbnails/0.webp")
    webp = await answer.read()
    assert answer.content_type == "image/webp" and len(webp) < len(png)
    first, second = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in (png, webp))
    assert np.array_equal(first, second)
    (kept,) = (tmp_path / "digits" / "thumbnails").glob("page-0000-*.webp")
    kept.write_bytes(webp[:1000])  # as if a power cut had damaged the file
    assert await (await http.get("/api/thumbnails/0.webp")).read() == webp


async def test_words_of_the_table_are_offered_without_paths(
    client_of: ClientOf, tmp_path: Path
) -> None:
    rows = [f"{k},{k * k % 7},{k % 2},{'owl' if k % 3 else 'crow'},site/{k % 2}" for k in range(12)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["u,v,label,species,folder", *rows]))
    http = await client_of(table, tmp_path / "p")
    assert await (await http.get("/api/words")).json() == {"words": ["owl", "crow"]}


async def test_hostile_class_names_are_exported_unchanged(
    client_of: ClientOf, small_data: Path, tmp_path: Path
) -> None:
    names = [
        "=cmd|' /C calc'!A0",
        'a "quoted", name',
        "two\nlines",
        "Ø ☃ \U0001f9f2",
        "<img src=x onerror=alert(1)>",
        "\ttab",
        "-1",
    ]
    http = await client_of(small_data, tmp_path / "project")
    async with StreamClient(str(http.make_url("/"))) as anna:
        for number, name in enumerate(names):
            made = await anna.command(
                protocol.AddClass(command_id=f"make-a-class-{number}", name=name)
            )
            await anna.label([number], made.class_id)
        text = await (await http.get("/api/labels?format=csv")).text()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["label"] for row in rows[: len(names)]] == names
        lines = (await (await http.get("/api/labels?format=jsonl")).text()).split("\n")
        assert [json.loads(line)["label"] for line in lines[: len(names)]] == names


async def test_posted_labels_are_exported_as_csv_and_jsonl(digits: TestClient) -> None:
    answer = await digits.post("/api/labels", json=label([3, 1], 7))
    assert answer.status == 200 and (await answer.json())["count"] == 2
    rows = list(
        csv.DictReader(io.StringIO(await (await digits.get("/api/labels?format=csv")).text()))
    )
    assert [r["item"] for r in rows if r["label"] == "7"] == ["1", "3"]
    assert rows[1]["tool"] == "api" and rows[1]["labelled_by"] == "api" and rows[0]["label"] == ""
    lines = (await (await digits.get("/api/labels?format=jsonl")).text()).splitlines()
    assert len(lines) == 5000 and json.loads(lines[3])["class_id"] == 7
    assert (await digits.get("/api/labels?format=xml")).status == 400
    info = await (await digits.get("/api/items/3/info")).json()
    assert info["class_id"] == 7 and info["gesture"] == 1


async def test_posting_one_class_per_item(digits: TestClient) -> None:
    sheet = {
        "op": "label_each",
        "command_id": "a-sheet-by-post",
        "items": [3, 1, 2],
        "class_ids": [7, 5, 7],
        "revision": 0,
        "provenance": {"tool": "sheet", "verified": True},
    }
    assert (await digits.post("/api/labels", json={**sheet, "class_ids": [7, 5]})).status == 409
    answer = await digits.post("/api/labels", json=sheet)
    assert answer.status == 200 and (await answer.json())["count"] == 3
    assert (await digits.post("/api/labels", json=label([9], 1))).status == 200
    rows = list(
        csv.DictReader(io.StringIO(await (await digits.get("/api/labels?format=csv")).text()))
    )
    given = {r["item"]: (r["label"], r["verified"], r["tool"]) for r in rows if r["label"]}
    assert given == {
        "1": ("5", "true", "sheet"),
        "2": ("7", "true", "sheet"),
        "3": ("7", "true", "sheet"),
        "9": ("1", "false", "api"),
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"op":"label"}',
        json.dumps({**label([0], 0), "extra": 1}).encode(),
        b'{"op":' + b"[" * 200_000,
        b'{"op":"label","items":' + b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=range(9),
)
async def test_malformed_body_is_refused_with_a_code_and_a_sentence(
    digits: TestClient, body: bytes
) -> None:
    answer = await digits.post(
        "/api/labels", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status == 400
    assert (await answer.json())["code"] == "malformed_message"


async def test_openapi_describes_every_api_route(
    client_of: ClientOf, small_data: Path, tmp_path: Path
) -> None:
    http = await client_of(small_data, tmp_path / "project")
    assert http.app is not None
    document = await (await http.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for route in http.app.router.routes():
        assert route.resource is not None
        path = route.resource.canonical
        if (
            path.startswith("/api/")
            and path not in ("/api/stream", "/api/openapi.json")
            and route.method != "HEAD"
        ):
            assert route.method.lower() in document["paths"][path], path
    text = json.dumps(document)
    for reference in {
        part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]
    }:
        assert reference in document["components"]["schemas"]


@pytest.mark.slow
async def test_a_bake_is_served_read_only(
    client_of: ClientOf, tmp_path: Path, small_data: Path
) -> None:
    from lodespace.baking.bake import bake

    folder = bake(small_data, tmp_path / "baked", epochs=1, seed=3, labels="2", threads=1)
    http = await client_of(folder, folder, ServerConfig())
    session = await (await http.get("/api/session")).json()
    assert (
        session["read_only"]
        and session["training"]["state"] == "absent"
        and session["has_recording"]
    )
    answer = await http.post("/api/labels", json=label([0], 0))
    assert answer.status == 409 and (await answer.json())["code"] == "read_only"
    command = {"op": "set_training", "command_id": "x" * 8, "run": True}
    assert (await http.post("/api/training", json=command)).status == 409
    scene = decode_scene(await (await http.get("/api/scene.glb")).read())
    assert (scene.labels >= 0).sum() == 8


def test_server_does_not_import_torch() -> None:
    """Importing torch takes seconds, which would delay every start."""
    modules = "lodespace.web.app, lodespace.cli, lodespace.web.server"
    check = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_generated_typescript_is_up_to_date() -> None:
    assert (
        subprocess.run(
            [sys.executable, "-m", "lodespace.protocol.typescript", "--check"]
        ).returncode
        == 0
    )


def test_set_training_accepts_partial_settings() -> None:
    import msgspec

    command = msgspec.json.decode(
        b'{"op":"set_training","command_id":"xxxxxxxx","settings":{"beta_kl":5}}', type=SetTraining
    )
    assert (
        command.settings is not None
        and command.settings.beta_kl == 5
        and command.settings.preset is None
    )


async def test_pictures_are_not_cached_across_projects_at_one_address(
    client_of: ClientOf, tmp_path: Path
) -> None:
    """A cached picture would be shown for the item with the same number in another project."""
    from lodespace.importing.arrays.array_items import from_arrays
    from lodespace.project.opening import new_project

    folder = tmp_path / "pictures"
    new_project(folder, from_arrays("a", np.zeros((3, 20, 20), np.uint8)), "array:a").close()
    http = await client_of(folder, tmp_path / "none")
    async with http.get("/api/items/1") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
