"""The server refuses other users of this computer, and browsers without the token."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from drivers.servers import ServerProcess, Serving
from drivers.stream_client import StreamClient
from lodespace.access.local_users import LocalUsers
from lodespace.access.owner_token import OwnerToken, new_token, private_redirect
from lodespace.config import ServerConfig

HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
OWN, OTHER = "0100007F:2081", "0100007F:C350"
"""127.0.0.1:8321 and 127.0.0.1:50000, as /proc/net/tcp has them on a little-endian machine."""


class Transport(asyncio.BaseTransport):
    """A connection from 127.0.0.1:50000 to 127.0.0.1:8321."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 50000), "sockname": ("127.0.0.1", 8321)})


def table(folder: Path, *rows: tuple[str, str, int, int], name: str = "tcp") -> Path:
    """Write a list of connections: local and remote address, user, inode."""
    path = folder / name
    lines = [
        f"   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid:5} 0 {inode} 1\n"
        for local, remote, uid, inode in rows
    ]
    path.write_bytes(HEADER + "".join(lines).encode())
    return path


@pytest.mark.skipif(sys.byteorder != "little", reason="the rows are of a little-endian machine")
@pytest.mark.parametrize(
    ("uid", "inode", "served"), [(1000, 7, True), (0, 7, True), (1001, 7, False), (0, 0, False)]
)
def test_processes_of_the_same_user_and_root_are_served(
    tmp_path: Path, uid: int, inode: int, served: bool
) -> None:
    """The kernel lists a socket with user 0 and inode 0 after its process has closed it. Such a
    socket does not count as a socket of root."""
    path = table(tmp_path, (OWN, OTHER, 1000, 5), (OTHER, OWN, uid, inode))
    assert LocalUsers([path], 1000).serves(Transport()) is served
    six = "0000000000000000FFFF0000"
    path = table(tmp_path, (six + OTHER, six + OWN, uid, inode), name="tcp6")
    assert LocalUsers([path], 1000).serves(Transport()) is served


@pytest.mark.skipif(sys.byteorder != "little", reason="the rows are of a little-endian machine")
def test_connection_that_is_not_listed_is_served_without_a_list_only(tmp_path: Path) -> None:
    assert LocalUsers([tmp_path / "missing"], 1000).serves(Transport())
    assert LocalUsers([table(tmp_path)], 1000).serves(Transport())
    assert not LocalUsers([table(tmp_path, (OWN, OTHER, 1000, 5))], 1000).serves(Transport())


FETCH = """
import os, socket, sys
port, user = map(int, sys.argv[1:])
# The interpreter of the tests may be in a folder of root, so nothing can be imported after setuid.
os.setuid(user)
with socket.socket() as connection:
    connection.connect((b"127.0.0.1", port))
    lines = "GET /api/session HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close", "", ""
    connection.sendall("\\r\\n".join(lines).encode())
    while data := connection.recv(65536):
        sys.stdout.buffer.write(data)
"""


@pytest.mark.skipif(
    not Path("/proc/net/tcp").exists() or os.getuid() != 0, reason="needs Linux and root"
)
async def test_server_refuses_another_user_of_the_computer(served: str) -> None:
    port = served.split(":")[2].strip("/")

    async def fetched_by(user: int) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FETCH, port, str(user), stdout=subprocess.PIPE
        )
        return (await process.communicate())[0].decode()

    assert (await fetched_by(0)).startswith("HTTP/1.1 200 ")
    refused = await fetched_by(65534)
    assert refused.startswith("HTTP/1.1 403 ") and "other_user" in refused


async def test_token_is_needed_once_per_browser(small_data: Path, tmp_path: Path) -> None:
    token = new_token()
    config = ServerConfig(train=False, token=token)
    async with (
        Serving(small_data, tmp_path / "project", config) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        for wrong in ({}, {"Authorization": f"Bearer {token}x"}, {"Authorization": token}):
            async with http.get(url + "api/session", headers=wrong) as answer:
                assert answer.status == 401 and (await answer.json())["code"] == "no_token"
        async with http.get(url + "api/session", params={"token": "x" * 32}) as answer:
            assert answer.status == 401
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url + "api/stream", headers={"Origin": url.rstrip("/")})
        async with http.get(url + "healthz") as answer:
            assert answer.status == 200
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(url + "api/session", headers=headers) as answer:
            assert (await answer.json())["role"] == "owner"
        async with http.get(url, params={"token": token}, allow_redirects=False) as answer:
            assert answer.status == 303 and answer.headers["Location"] == "/"
            cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and token not in cookie
        async with http.get(url + "api/session") as answer:
            assert (await answer.json())["role"] == "owner"
        async with StreamClient(url, http=http) as page:
            await page.label([1], 1)


def test_cookie_of_another_server_is_refused() -> None:
    one, other = OwnerToken(new_token()), OwnerToken(new_token())
    assert one.admits(one.cookie, "") and not one.admits(other.cookie, "")
    assert not one.admits("", "") and not one.admits("\udce4", "Bearer \udce4")


def test_redirect_page_with_the_token_is_private(tmp_path: Path) -> None:
    path = private_redirect("http://127.0.0.1:8321/?token=abc", tmp_path / "state")
    assert path.stat().st_mode & 0o777 == 0o600 and "?token=abc" in path.read_text()


@pytest.mark.slow
def test_command_line_prints_the_address_with_the_token(tmp_path: Path, small_data: Path) -> None:
    server = ServerProcess(str(small_data), "--project", str(tmp_path / "p"), "--no-training")
    command = [sys.executable, "-m", "lodespace", "serve", *server.arguments, "--token"]
    environment = {**os.environ, "LODESPACE_TOKEN": "a-token-of-mine-1234"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        end = time.monotonic() + 60
        while "open http" not in (line := process.stdout.readline()):
            assert time.monotonic() < end and process.poll() is None
        process.terminate()
    assert line == f"open http://127.0.0.1:{server.port}/?token=a-token-of-mine-1234\n"
    short = {**environment, "LODESPACE_TOKEN": "short"}
    ran = subprocess.run(command, capture_output=True, text=True, env=short)
    assert ran.returncode == 2 and "at least 16 characters" in ran.stderr
