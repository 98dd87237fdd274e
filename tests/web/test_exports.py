"""Exports of a served project for download."""

import asyncio
import io
import json
import re
import time
import zipfile
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiohttp.test_utils import TestClient

from drivers.servers import ClientOf, Serving
from lodespace.config import ServerConfig
from lodespace.exporting import formats
from lodespace.web import exports


@pytest.fixture
async def served(client_of: ClientOf, small_data: Path, tmp_path: Path) -> TestClient:
    """A client of a server without training, on which item 1 is labelled."""
    http = await client_of(small_data, tmp_path / "project")
    answer = await http.post(
        "/api/labels",
        json={
            "op": "label",
            "command_id": "a-label-for-an-export",
            "items": [1],
            "class_id": 0,
            "revision": 0,
            "provenance": {"tool": "api"},
        },
    )
    assert answer.status == 200
    return http


def test_the_page_offers_every_format_for_download() -> None:
    ui = Path(__file__).parents[2] / "webxr_client" / "src" / "ui"
    text = (ui / "shell" / "export-dialog.tsx").read_text()
    offered = re.findall(r'id: "([\w-]+)"', text)
    assert sorted(offered) == sorted(exports.FORMATS)


async def test_a_download_is_the_export_of_the_command(served: TestClient, tmp_path: Path) -> None:
    answer = await served.get("/api/export?format=label-studio")
    assert answer.status == 200 and answer.content_type == "application/octet-stream"
    assert '-labels.json"' in answer.headers["Content-Disposition"]
    formats.export(tmp_path / "project", tmp_path / "expected.json", "label-studio")
    assert json.loads(await answer.read()) == json.loads((tmp_path / "expected.json").read_bytes())


async def test_a_folder_is_sent_as_a_zip_file(
    served: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stand-in for the command, because this project has no trained model.
    code = (
        "import pathlib, sys; folder = pathlib.Path(sys.argv[-1]); folder.mkdir();"
        "(folder / 'weights').write_text('w'); print('{\"status\": \"ok\"}')"
    )
    monkeypatch.setattr(exports, "COMMAND", (exports.COMMAND[0], "-c", code))
    answer = await served.get("/api/export?format=model")
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert archive.read("weights") == b"w"


async def test_a_failed_export_has_the_message_of_the_command(served: TestClient) -> None:
    answer = await served.get("/api/export?format=raven")
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (409, "bad_project")
    assert "for sounds" in problem["message"]
    assert (await served.get("/api/export?format=classes")).status == 400
    assert (await served.get("/api/export")).status == 400


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Replace the command by one that writes its process id to a file and waits."""
    noted = tmp_path / "pid"
    code = (
        f"import os, pathlib, time; pathlib.Path({str(noted)!r}).write_text(str(os.getpid()));"
        "time.sleep(600)"
    )
    monkeypatch.setattr(exports, "COMMAND", (exports.COMMAND[0], "-c", code))
    return noted


def _process(noted: Path) -> psutil.Process:
    """Wait for the process of an export, which writes its id to the file `noted` only once."""
    until = time.monotonic() + 60
    while not (noted.exists() and noted.read_text()):
        assert time.monotonic() < until
        time.sleep(0.01)
    number = int(noted.read_text())
    noted.unlink()
    return psutil.Process(number)


async def test_other_queries_are_answered_during_an_export(
    served: TestClient, waiting: Path
) -> None:
    async with asyncio.timeout(20):  # an export that should be refused would wait for 600 s
        first = asyncio.create_task(served.get("/api/export?format=csv"))
        process = await asyncio.to_thread(_process, waiting)
        assert (await served.get("/api/search?q=1")).status == 200
        again = await served.get("/api/export?format=csv")
        assert (again.status, (await again.json())["code"]) == (429, "too_many_requests")
        process.kill()
        assert (await first).status == 409
        second = asyncio.create_task(served.get("/api/export?format=csv"))
        (await asyncio.to_thread(_process, waiting)).kill()
        assert (await second).status == 409


@pytest.mark.slow
async def test_an_export_ends_with_the_server(
    small_data: Path, tmp_path: Path, waiting: Path
) -> None:
    async with Serving(small_data, tmp_path / "p", ServerConfig(train=False)) as url:
        http = await aiohttp.ClientSession(url).__aenter__()
        export = asyncio.create_task(http.get("api/export?format=csv"))
        process = await asyncio.to_thread(_process, waiting)
    await asyncio.to_thread(process.wait, 20)  # raises TimeoutExpired if it goes on
    with pytest.raises(aiohttp.ClientError):
        await export
    await http.close()
