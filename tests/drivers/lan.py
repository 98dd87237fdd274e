"""A server with `--lan` in this process, and devices that use it over real TLS."""

import ssl
from pathlib import Path
from typing import Any

import aiohttp

from drivers.servers import Serving
from lodespace.web.network import LISTENER

QUEST = (
    "Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 OculusBrowser/40.0 Chrome/136.0 VR"
    " Safari/537.36"
)


class Lan:
    """A server with `--lan`.

    `own` is the URL of the owner, `url` the URL for other devices, and `trust` a TLS context that
    accepts the certificate.
    """

    def __init__(self, server: Serving, own: str, state: Path) -> None:
        self.server, self.own, self.state = server, own, state
        self.port = server.app[LISTENER][0].port
        self.url = f"https://127.0.0.1:{self.port}/"
        self.trust = ssl.create_default_context(cafile=str(state / "certificate.pem"))
        self.sessions: list[aiohttp.ClientSession] = []

    def device(self, address: str = "127.0.0.1", **options: Any) -> aiohttp.ClientSession:
        """Return an HTTP session that acts as the browser of a new device, with its own cookies."""
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self.trust, local_addr=(address, 0)),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"User-Agent": QUEST},
            **options,
        )
        self.sessions.append(session)
        return session

    async def owner(self, method: str, path: str, body: Any = None) -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, self.own + path, json=body) as answer,
        ):
            return await answer.json()

    async def approved(
        self, role: str, address: str = "127.0.0.1", name: str = ""
    ) -> aiohttp.ClientSession:
        """Return the HTTP session of a device that requested access and was approved."""
        device = self.device(address)
        async with device.post(self.url + "api/access/request", json={"name": name}) as answer:
            asked = await answer.json()
        waiting = (await self.owner("GET", "api/access"))["waiting"]
        (request,) = [w["request"] for w in waiting if w["code"] == asked["code"]]
        await self.owner("POST", "api/access/decide", {"request": request, "role": role})
        async with device.post(
            self.url + "api/access/poll", json={"secret": asked["secret"]}
        ) as answer:
            assert (await answer.json()) == {"state": "allowed", "role": role}
        return device


async def status(device: aiohttp.ClientSession, url: str, **options: Any) -> int:
    async with device.get(url, **options) as answer:
        return answer.status
