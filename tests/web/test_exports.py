"""Exports of a served project for download."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.servers import ClientOf
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


async def test_a_download_is_the_export_of_the_command(served: TestClient, tmp_path: Path) -> None:
    for kind in ("npz", "label-studio"):
        answer = await served.get(f"/api/export?format={kind}")
        assert answer.status == 200 and answer.content_type == "application/octet-stream"
        suffix = formats.FILES[kind][0]
        assert f'-labels{suffix}"' in answer.headers["Content-Disposition"]
        formats.export(tmp_path / "project", tmp_path / f"expected{suffix}", kind)
        body = await answer.read()
        if kind == "npz":
            found, expected = np.load(io.BytesIO(body)), np.load(tmp_path / "expected.npz")
            assert found.files == expected.files
            for name in found.files:
                np.testing.assert_array_equal(found[name], expected[name])
        else:
            assert json.loads(body) == json.loads((tmp_path / "expected.json").read_bytes())


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
    answer = await served.get("/api/export?format=onnx")
    assert answer.status == 409 and (await answer.json())["code"] == "bad_project"
    assert (await served.get("/api/export?format=classes")).status == 400
    assert (await served.get("/api/export")).status == 400
