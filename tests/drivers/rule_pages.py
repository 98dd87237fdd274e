"""A page on the stream that sends commands about rules, and data for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp.test_utils import TestClient

from lodespace import protocol

N, WIDTH = 120, 6


def rows_of(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors around three centres, and the centre of each."""
    random = np.random.default_rng(seed)
    group = np.arange(n) % 3
    centres = np.random.default_rng(9).normal(size=(3, WIDTH)) * 6
    return (centres[group] + random.normal(size=(n, WIDTH))).astype(np.float32), group


def data(folder: Path) -> Path:
    rows, _ = rows_of(N, 0)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "rows.npz", X=rows)
    return folder / "rows.npz"


class Page:
    """A page on the stream, which sends commands and waits for their answers."""

    def __init__(self, socket: Any, name: str) -> None:
        self.socket, self.name = socket, name
        self.news: list[dict[str, Any]] = []
        self.sent = 0

    async def send(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a command. Return its answer."""
        self.sent += 1
        command_id = f"{self.name}-{self.sent:06d}"
        await self.socket.send_json({"op": op, "command_id": command_id, **fields})
        return await self.until(lambda m: m.get("command_id") == command_id)

    async def until(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                message = await self.socket.receive()
                if not isinstance(message.data, str):
                    continue
                found = message.json()
                self.news.append(found)
                if wanted(found):
                    return found

    def rules(self) -> list[dict[str, Any]]:
        return [m for m in self.news if m["op"] == "rules"][-1]["rules"]


@asynccontextmanager
async def page_of(client: TestClient, client_id: str = "rules-page-01") -> AsyncIterator[Page]:
    socket = await client.ws_connect(
        "/api/stream",
        protocols=(protocol.PROTOCOL_VERSION,),
        origin=str(client.make_url("/")).rstrip("/"),
    )
    info = await (await client.get("/api/session")).json()
    known = {name: info[name] for name in ("scene_id", "revision", "sequence")}
    await socket.send_json({"op": "hello", "client_id": client_id, **known})
    page = Page(socket, client_id)
    await page.send("add_class", name="one", colour="#112233")
    await page.send("add_class", name="two", colour="#332211")
    yield page
    await socket.close()
