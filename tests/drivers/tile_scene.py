"""A small scene in tiles with a table, its server in this process, and requests to it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from aiohttp.test_utils import TestClient, TestServer

from lodespace.baking.tile_bake import bake_points
from lodespace.importing.source import ImportOptions
from lodespace.service.tile_service import TileService
from lodespace.web.request_guard import HOSTS
from lodespace.web.tile_app import make_tile_app

N = 30_000
MATRIX = np.diag([0.1, 0.1, 0.1, 1.0]).ravel().tolist()
"""Parallel projection: latent x and y of -10 to 10 are the screen."""
PROVENANCE = {"tool": "lasso", "regions": []}


def rectangle(low: float, high: float) -> dict:
    """The region with x from `low` to `high`."""
    polygon = [low / 10, -1, high / 10, -1, high / 10, 1, low / 10, 1]
    region = {"polygon": polygon, "clip_from_latent": MATRIX}
    return {"op": "resolve", "command_id": "query-0001", "regions": [region]}


def table(n: int) -> pa.Table:
    random = np.random.default_rng(4)
    at = random.uniform(-8, 8, (n, 3))
    return pa.table(
        {
            "x": at[:, 0],
            "y": at[:, 1].astype(np.float32),
            "z": at[:, 2],
            "name": [f"item {k}" for k in range(n)],
            "kind": np.where(at[:, 0] < 0, "Left", ""),
            "colour": pa.array(random.integers(0, 5, n)),
        }
    )


def bake_table(folder: Path) -> Path:
    """Bake a scene with the items of `table`, from two files in `folder`. Returns its folder."""
    whole = table(N)
    (folder / "shards").mkdir()
    for shard, first in enumerate((0, 11_000)):
        part = whole.slice(first, 11_000 if shard == 0 else N)
        pq.write_table(part, folder / "shards" / f"part-{shard}.parquet", row_group_size=4000)
    options = ImportOptions(label="kind", id="name")
    return bake_points(folder / "shards", folder / "scene", ("x", "y", "z"), options=options)


def serve(site: Path, labels: Path | None) -> TestClient:
    """Return a client of a server in this process, for `async with`. None is read-only."""
    app = make_tile_app(TileService(site, labels))
    server = TestServer(app)

    client = TestClient(server)
    start = client.start_server

    async def start_server() -> None:
        await start()
        app[HOSTS].listen(server.port or 0)

    client.start_server = start_server  # type: ignore[method-assign]
    return client


async def ask(client: TestClient, address: str, body: dict | None = None, status: int = 200):
    if body is None:
        response = await client.get(address)
    else:
        response = await client.post(address, json=body)
    assert response.status == status, await response.text()
    return await response.json()


async def label(client: TestClient, handle: str, class_id: int, command: str = "label-00001"):
    body = {
        "op": "label_selected",
        "command_id": command,
        "handle": handle,
        "class_id": class_id,
        "provenance": PROVENANCE,
    }
    return await ask(client, "/api/labels", body)


async def labels_of(client: TestClient, tiles: int) -> np.ndarray:
    parts = [
        np.frombuffer(await (await client.get(f"/api/tiles/labels/{k}")).read(), "<i2")
        for k in range(tiles)
    ]
    return np.concatenate(parts)
