"""Other devices over TLS: requests, decisions, guessed codes, foreign pages, roles, revocation."""

import asyncio
import json
import re
import socket
import time

import aiohttp
import pytest

from drivers.lan import Lan, status
from drivers.servers import eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.access import devices, lan_listener
from lodespace.access import pairing as access_module
from lodespace.access.lan_listener import MAX_PLAIN
from lodespace.access.pairing import MAX_WAITING_AND_ADDRESS
from lodespace.access.pairing_codes import GUESSES_PER_CODE
from lodespace.protocol import CLOSE_REVOKED, PROTOCOL_VERSION
from lodespace.web.request_guard import ACCESS, COOKIE


@pytest.fixture
def short_plain_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the time that the server waits for a plain HTTP request."""
    monkeypatch.setattr(lan_listener, "PLAIN_SECONDS", 0.3)


async def test_unknown_device_reaches_only_the_page(lan: Lan) -> None:
    device = lan.device()
    for public in ("", "check", "healthz", "icon.svg"):
        assert await status(device, lan.url + public) == 200
    for resource in lan.server.app.router.resources():
        path = resource.canonical.lstrip("/").replace("{item}", "0").replace("{page}", "0")
        if not path.startswith("api/"):
            continue
        for method in ("GET", "POST"):
            if (
                path in ("api/access/request", "api/access/poll", "api/access/pair")
                and method == "POST"
            ):
                continue
            async with device.request(method, lan.url + path, json={}) as answer:
                assert answer.status in (401, 405), (method, path)
                assert set(await answer.json()) == {"code", "message"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await device.ws_connect(
            lan.url + "api/stream",
            protocols=(PROTOCOL_VERSION,),
            headers={"Origin": lan.url.rstrip("/")},
        )
    assert refused.value.status == 401


async def test_approved_device_gets_a_cookie_that_scripts_cannot_read(
    lan: Lan,
) -> None:
    device = lan.device()
    async with device.post(lan.url + "api/access/request", json={}) as answer:
        asked = await answer.json()
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}", asked["code"])
    overview = await lan.owner("GET", "api/access")
    (waiting,) = overview["waiting"]
    assert waiting["code"] == asked["code"] and waiting["name"] == "Quest Browser"
    assert overview["fingerprint"] == lan.server.app[ACCESS].fingerprint != ""
    async with device.post(lan.url + "api/access/poll", json={"secret": asked["secret"]}) as answer:
        assert (await answer.json())["state"] == "waiting" and "Set-Cookie" not in answer.headers
    await lan.owner(
        "POST", "api/access/decide", {"request": waiting["request"], "role": "annotator"}
    )
    async with device.post(lan.url + "api/access/poll", json={"secret": asked["secret"]}) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=") and COOKIE.startswith("__Host-")
    for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="):
        assert flag in cookie
    assert "Domain" not in cookie
    async with device.get(lan.url + "api/session") as answer:
        assert (await answer.json())["role"] == "annotator"
        assert COOKIE in answer.headers["Set-Cookie"]  # each use renews the cookie


async def test_denied_device_receives_the_decision_and_no_cookie(lan: Lan) -> None:
    device = lan.device()
    async with device.post(lan.url + "api/access/request", json={"name": "  "}) as answer:
        asked = await answer.json()
    request = (await lan.owner("GET", "api/access"))["waiting"][0]["request"]
    await lan.owner("POST", "api/access/decide", {"request": request})
    async with device.post(lan.url + "api/access/poll", json={"secret": asked["secret"]}) as answer:
        assert (await answer.json())["state"] == "denied"
    assert await status(device, lan.url + "api/session") == 401


async def test_device_cannot_approve_itself(lan: Lan) -> None:
    for role in ("viewer", "annotator"):
        device = await lan.approved(role)
        for path, body in (
            ("api/access/decide", {"request": "x", "role": "annotator"}),
            ("api/access/code", {"role": "annotator"}),
            ("api/access/revoke", {"device": "x"}),
            ("api/access/block", {"address": "127.0.0.1"}),
        ):
            async with device.post(lan.url + path, json=body) as answer:
                assert answer.status == 403 and (await answer.json())["code"] == "not_allowed"
        assert await status(device, lan.url + "api/access") == 403


async def test_guesses_of_many_addresses_do_not_invalidate_a_code(lan: Lan) -> None:
    """After too many guesses from one address, further guesses from this address are not compared
    with the code."""
    access = lan.server.app[ACCESS]
    now = time.time()
    # All guesses are within one minute, however slow the machine is.
    access._clock = access._codes._clock = lambda: now
    made = await lan.owner("POST", "api/access/code", {"role": "annotator"})
    addresses = [f"127.{k // 5}.{k % 5}.{1 + k}" for k in range(20)]
    answers: dict[int, int] = {}

    async def attacker(address: str) -> None:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=lan.trust, local_addr=(address, 0), limit=1)
        ) as http:
            for k in range(4 * GUESSES_PER_CODE):
                async with http.post(
                    lan.url + "api/access/pair", json={"code": f"0000-{k:04d}"}
                ) as answer:
                    answers[answer.status] = answers.get(answer.status, 0) + 1
                    assert "Set-Cookie" not in answer.headers
                    assert set(await answer.json()) == {"code", "message"}

    await asyncio.gather(*(attacker(address) for address in addresses))
    compared = GUESSES_PER_CODE * len(addresses)
    assert answers == {403: compared, 429: 3 * compared}
    async with lan.device("127.9.9.9").post(
        lan.url + "api/access/pair", json={"code": made["code"]}
    ) as answer:
        assert answer.status == 200
    assert len((await lan.owner("GET", "api/access"))["devices"]) == 1


async def test_owner_blocks_an_address(lan: Lan) -> None:
    stranger = lan.device("127.0.0.8")
    async with stranger.post(lan.url + "api/access/request", json={}) as answer:
        secret = (await answer.json())["secret"]
    overview = await lan.owner("POST", "api/access/block", {"address": "127.0.0.8"})
    assert overview["waiting"] == [] and overview["blocked"] == ["127.0.0.8"]
    async with stranger.post(lan.url + "api/access/poll", json={"secret": secret}) as answer:
        assert (await answer.json())["state"] == "denied"
    for path, body in (("request", {}), ("pair", {"code": "0000-0000"})):
        async with stranger.post(lan.url + f"api/access/{path}", json=body) as answer:
            assert answer.status == 403 and (await answer.json())["code"] == "address_blocked"
    await lan.owner("POST", "api/access/block", {"address": "127.0.0.8", "blocked": False})
    async with stranger.post(lan.url + "api/access/request", json={}) as answer:
        assert answer.status == 200


async def test_pairing_code_pairs_a_device_once_over_http(lan: Lan) -> None:
    made = await lan.owner("POST", "api/access/code", {"role": "viewer"})
    device, other = lan.device(), lan.device("127.0.0.9")
    async with device.post(
        lan.url + "api/access/pair", json={"code": made["code"].lower()}
    ) as answer:
        assert answer.status == 200
    assert await status(device, lan.url + "api/session") == 200
    async with other.post(lan.url + "api/access/pair", json={"code": made["code"]}) as answer:
        assert answer.status == 403 and (await answer.json())["code"] == "bad_pairing_code"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:{port}", "https://127.0.0.1:1"]
)
async def test_a_foreign_page_opens_no_stream_even_with_the_cookie(lan: Lan, origin: str) -> None:
    device = await lan.approved("annotator")
    headers = {"Origin": origin.replace("{port}", str(lan.port))}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await device.ws_connect(
            lan.url + "api/stream", protocols=(PROTOCOL_VERSION,), headers=headers
        )
    assert refused.value.status == 403
    async with device.post(
        lan.url + "api/access/poll", json={"secret": "x" * 20}, headers=headers
    ) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1:1", "127.0.0.1:{own}", "localhost.evil:{port}"]
)
async def test_a_foreign_host_is_refused(lan: Lan, host: str) -> None:
    device = await lan.approved("annotator")
    own = lan.own.split(":")[2].strip("/")
    headers = {"Host": host.replace("{port}", str(lan.port)).replace("{own}", own)}
    for path in ("", "check", "api/session", "healthz"):
        assert await status(device, lan.url + path, headers=headers) == 421


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Studio.Example.com")


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    "name", ["studio", "studio.local", "studio.example.com", "STUDIO.example.COM"]
)
async def test_every_name_of_the_machine_is_served(lan: Lan, name: str) -> None:
    device = lan.device()
    to = {"headers": {"Host": f"{name}:{lan.port}"}, "server_hostname": name}
    assert await status(device, lan.url, **to) == 200
    assert await status(device, lan.url + "api/session", **to) == 401
    async with device.get(
        f"http://127.0.0.1:{lan.port}/", headers=to["headers"], allow_redirects=False
    ) as answer:
        assert answer.headers["Location"] == f"https://{name.lower()}:{lan.port}/"


async def test_a_viewer_sees_everything_move_and_labels_nothing(lan: Lan) -> None:
    device = await lan.approved("viewer")
    label = {
        "op": "label",
        "command_id": "x" * 8,
        "items": [1],
        "class_id": 0,
        "revision": 0,
        "provenance": {"tool": "brush"},
    }
    async with device.post(lan.url + "api/labels", json=label) as answer:
        assert answer.status == 403 and (await answer.json())["code"] == "not_allowed"
    async with device.post(
        lan.url + "api/training", json={"command_id": "y" * 8, "run": False}
    ) as answer:
        assert answer.status == 403
    for path in ("api/sheet?kind=suspects", "api/next", "api/cues/density"):
        async with device.get(lan.url + path) as answer:
            assert answer.status == 200
    async with StreamClient(lan.url, http=device) as viewer, StreamClient(lan.own) as owner:
        for operation in (
            viewer.label_operation([1], 0),
            protocol.LabelEach(
                command_id="sheet" * 4,
                items=[1, 2],
                class_ids=[0, 1],
                revision=0,
                provenance=protocol.Provenance(tool="sheet", verified=True),
            ),
            protocol.Undo(command_id="undo" * 4),
            protocol.AddClass(command_id="class" * 4, name="mine"),
            protocol.SetTraining(command_id="train" * 4, run=False),
        ):
            answer = await viewer.command(operation)
            assert isinstance(answer, protocol.Refused) and answer.code == "not_allowed"
        await owner.label([1, 2], 0)
        await eventually(lambda: viewer.labels[1] == 0)


async def test_an_annotator_labels_and_the_owner_sees_it(lan: Lan) -> None:
    device = await lan.approved("annotator")
    async with StreamClient(lan.url, http=device) as annotator, StreamClient(lan.own) as owner:
        assert isinstance(await annotator.label([3, 4], 1), protocol.Ack)
        await eventually(lambda: owner.labels[3] == 1)


async def test_device_with_the_client_id_of_another_acts_in_its_own_name(lan: Lan) -> None:
    """A device can claim the client id of another client, because the server sends client ids to
    all clients in `labels.by`."""
    annotator, another = await lan.approved("annotator"), await lan.approved("annotator")
    async with (
        StreamClient(lan.own, client_id="page-of-the-owner") as owner,
        StreamClient(lan.url, http=annotator, client_id="page-of-the-owner") as forged,
        StreamClient(lan.url, http=another, client_id="page-of-the-owner") as third,
    ):
        await owner.label([1, 2], 0)
        refused = await forged.command(protocol.Undo(command_id="undo-a-foreign-one"))
        assert refused.code == "nothing_to_undo"
        for command in (
            protocol.Undo(command_id="undo-by-number", gesture=1),
            protocol.Undo(command_id="undo-as-an-owner", owners=True),
        ):
            assert (await forged.command(command)).code == "not_allowed"
        await forged.label([3], 1)
        assert (await third.command(protocol.Undo(command_id="undo-of-a-third"))).code == (
            "nothing_to_undo"
        )
        await eventually(lambda: owner.labels[3] == 1)
        mine, theirs = owner.seen(protocol.Labels)
        assert mine.by == "page-of-the-owner"
        device = (await lan.owner("GET", "api/access"))["devices"][1]["device"]
        assert theirs.by == f"{device}.page-of-the-owner"
        async with annotator.get(lan.url + "api/session?client=page-of-the-owner") as answer:
            history = (await answer.json())["history"]
        assert history["can_undo"] and [g["by"] for g in history["gestures"]] == [
            "page-of-the-owner",
            theirs.by,
        ]
        label = {"command_id": "y" * 8, "items": [7], "class_id": 0, "revision": 0}
        async with annotator.post(
            lan.url + "api/labels", json={**label, "provenance": {"tool": "api"}}
        ) as answer:
            assert answer.status == 200
        await eventually(lambda: owner.labels[7] == 0)
        assert owner.seen(protocol.Labels)[-1].by == f"{device}.api"
        await owner.command(protocol.Undo(command_id="undo-my-own-one"))
        await eventually(lambda: owner.labels[:4].tolist() == [-1, -1, -1, 1])


async def test_owner_undoes_the_newest_gesture_of_a_device(lan: Lan) -> None:
    device = await lan.approved("annotator")
    async with StreamClient(lan.url, http=device) as annotator, StreamClient(lan.own) as owner:
        await annotator.label([3, 4], 1)
        undone = await owner.command(protocol.Undo(command_id="undo-of-quest", gesture=1))
        assert isinstance(undone, protocol.Ack) and undone.count == 2
        await eventually(lambda: annotator.labels[3] == -1)
        # The device cannot undo what the owner did.
        refused = await annotator.command(protocol.Redo(command_id="redo-of-quest"))
        assert refused.code == "nothing_to_redo"
        await owner.command(protocol.Redo(command_id="redo-by-owner"))
        await eventually(lambda: annotator.labels[3] == 1)
        ack = await annotator.command(protocol.Undo(command_id="undo-my-own", gesture=1))
        assert isinstance(ack, protocol.Ack)


async def test_device_of_the_owner_has_the_owners_rights(lan: Lan) -> None:
    headset = await lan.approved("owner")
    async with StreamClient(lan.own) as desktop, StreamClient(lan.url, http=headset) as worn:
        await desktop.label([1], 1)
        await worn.command(protocol.Undo(command_id="undo-from-headset", owners=True))
        await eventually(lambda: desktop.labels[1] == -1)
        assert await status(headset, lan.url + "api/access") == 200


async def test_revoking_ends_the_stream_and_cookie_but_not_the_name(lan: Lan) -> None:
    device = await lan.approved("annotator", name="Mia")
    async with StreamClient(lan.url, http=device) as client:
        (known,) = (await lan.owner("GET", "api/access"))["devices"]
        assert known["connected"] == 1
        await lan.owner("POST", "api/access/revoke", {"device": known["device"]})
        await eventually(lambda: client.socket.closed, 1.0, "the stream is still open")
        assert client.socket.close_code == CLOSE_REVOKED
    assert await status(device, lan.url + "api/session") == 401
    async with device.post(lan.url + "api/access/request", json={}) as answer:
        assert answer.status == 200
    (waiting,) = (await lan.owner("GET", "api/access"))["waiting"]
    assert waiting["name"] == "Mia"


async def test_revoking_also_ends_a_stream_that_reads_nothing(lan: Lan) -> None:
    device = await lan.approved("viewer")
    async with StreamClient(lan.url, http=device, read=False):
        (known,) = (await lan.owner("GET", "api/access"))["devices"]
        await lan.owner("POST", "api/access/revoke", {"device": known["device"]})
        await eventually(
            lambda: not list(lan.server.service.clients), 1.0, "the stream is still there"
        )


async def test_stream_of_a_device_replaced_by_a_newer_one_is_closed(
    lan: Lan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MAX_DEVICES", 2)
    oldest, kept = await lan.approved("annotator"), await lan.approved("annotator")
    async with (
        StreamClient(lan.url, http=oldest) as gone,
        StreamClient(lan.url, http=kept) as still,
    ):
        newest = await lan.approved("viewer", "127.0.0.5")
        await eventually(lambda: gone.socket.closed, 1.0, "the stream is still open")
        assert gone.socket.close_code == CLOSE_REVOKED
        assert isinstance(await still.label([3], 1), protocol.Ack)
    assert await status(oldest, lan.url + "api/session") == 401
    assert await status(newest, lan.url + "api/session") == 200


async def test_stream_of_a_device_revoked_by_another_server_is_closed(
    lan: Lan,
) -> None:
    device = await lan.approved("annotator")
    async with StreamClient(lan.url, http=device) as client:
        (known,) = (await lan.owner("GET", "api/access"))["devices"]
        assert devices.DeviceStore(lan.state).revoke(known["device"])
        await eventually(lambda: client.socket.closed, 1.0, "the stream is still open")
        assert client.socket.close_code == CLOSE_REVOKED


async def test_repeated_requests_do_not_change_the_owners_list(lan: Lan) -> None:
    async with lan.device("127.0.0.7").post(lan.url + "api/access/request", json={}) as answer:
        first = (await answer.json())["code"]
    stranger = lan.device("127.0.0.8")
    answers: list[int] = []
    for _ in range(50):
        async with stranger.post(lan.url + "api/access/request", json={}) as answer:
            answers.append(answer.status)
            if answer.status == 429:
                assert (await answer.json())["code"] in ("too_many_waiting", "too_many_requests")
    assert (
        answers.count(200) == MAX_WAITING_AND_ADDRESS
        and answers.count(429) == 50 - MAX_WAITING_AND_ADDRESS
    )
    codes = [waiting["code"] for waiting in (await lan.owner("GET", "api/access"))["waiting"]]
    assert codes[0] == first and len(codes) == 1 + MAX_WAITING_AND_ADDRESS
    async with stranger.post(
        lan.url + "api/access/request", json={}, headers={"Accept": "text/html"}
    ) as answer:
        assert answer.status == 429 and "Too many devices wait" in await answer.text()


async def test_owner_receives_the_end_of_a_request(
    lan: Lan, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with StreamClient(lan.own) as owner:

        def waiting() -> int:
            return len(owner.seen(protocol.AccessChanged)[-1].access.waiting)

        async with lan.device().post(lan.url + "api/access/request", json={}) as answer:
            assert answer.status == 200
        await eventually(lambda: waiting() == 1)
        monkeypatch.setattr(access_module, "WAITING_SECONDS", 0.0)
        await eventually(lambda: waiting() == 0)


async def test_requests_are_sent_to_owners_only(lan: Lan) -> None:
    device = await lan.approved("annotator")
    async with StreamClient(lan.url, http=device) as annotator, StreamClient(lan.own) as owner:
        async with lan.device("127.0.0.7").post(lan.url + "api/access/request", json={}) as answer:
            code = (await answer.json())["code"]

        def waiting_codes() -> list[str]:
            return [w.code for op in owner.seen(protocol.AccessChanged) for w in op.access.waiting]

        await eventually(lambda: code in waiting_codes())
        assert annotator.seen(protocol.AccessChanged) == []


async def test_plain_http_is_redirected_to_https_of_the_same_server(lan: Lan) -> None:
    plain = f"http://127.0.0.1:{lan.port}"
    async with aiohttp.ClientSession() as http:
        async with http.get(plain + "/check?x=1", allow_redirects=False) as answer:
            assert answer.status == 308 and answer.headers["Location"] == lan.url + "check?x=1"
        async with http.post(plain + "/api/labels", json={}, allow_redirects=False) as answer:
            assert answer.status == 308
        for host in ("evil.example", f"evil.example:{lan.port}", ""):
            async with http.get(
                plain + "/", headers={"Host": host}, allow_redirects=False
            ) as answer:
                assert answer.status in (400, 421) and "Location" not in answer.headers


async def test_refusals_of_the_plain_port_are_json_without_versions(lan: Lan) -> None:
    for text, expected in (
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 308),
    ):
        reader, writer = await send_plain(lan, text)
        head, _, body = (await rest(reader)).partition(b"\r\n\r\n")
        writer.close()
        assert int(head.split()[1]) == expected
        assert b"\r\nServer: lodespace\r\n" in head and b"Python" not in head
        if expected >= 400:
            assert set(json.loads(body)) == {"code", "message"}


async def test_silent_connections_do_not_block_others(lan: Lan) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", lan.port) for _ in range(20)]
    assert await status(lan.device(), lan.url + "healthz") == 200
    for _, writer in silent:
        writer.close()


async def send_plain(
    lan: Lan, data: bytes, address: str = "127.0.0.1"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection without TLS from `address` to the LAN port, and send `data`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lan.port, local_addr=(address, 0))
    writer.write(data)
    return reader, writer


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Read until the server ends the connection. Return b"" after a reset. Fail after 20 s."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""


@pytest.mark.usefixtures("short_plain_timeout")
@pytest.mark.parametrize("data", [b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-"])
async def test_endless_plain_http_is_cut_off(lan: Lan, data: bytes) -> None:
    reader, writer = await send_plain(lan, data)
    assert await rest(reader) == b""
    writer.close()


@pytest.mark.usefixtures("short_plain_timeout")
async def test_slow_plain_http_gets_no_more_time(lan: Lan) -> None:
    reader, writer = await send_plain(lan, b"GET / HTTP/1.1\r\nX-Slow: ")

    async def trickle() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.05)

    trickling = asyncio.create_task(trickle())
    assert await rest(reader) == b""
    trickling.cancel()
    writer.close()


async def test_plain_connection_is_closed_after_its_answer(lan: Lan) -> None:
    host = f"Host: 127.0.0.1:{lan.port}\r\n".encode()
    for more in (
        b"Connection: keep-alive\r\n\r\n",
        b"Content-Length: 9\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
    ):
        reader, writer = await send_plain(lan, b"POST /check HTTP/1.1\r\n" + host + more)
        assert (await rest(reader)).startswith(b"HTTP/1.1 308 ")
        writer.close()


async def test_oldest_plain_connections_are_closed_for_new_ones(lan: Lan) -> None:
    held = [await send_plain(lan, b"G", f"127.0.{k}.1") for k in range(MAX_PLAIN + 8)]
    for reader, _ in held[:8]:
        assert await rest(reader) == b""
    assert not any(reader.at_eof() for reader, _ in held[-8:])
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{lan.port}/", allow_redirects=False) as answer:
            assert answer.status == 308
        async with http.get(lan.own + "healthz") as answer:
            assert answer.status == 200
    for _, writer in held:
        writer.close()


async def test_old_tls_and_garbage_are_refused(lan: Lan) -> None:
    for noise in (
        b"\x16\x03\x01garbage",
        b"\x16",
        b"\x00" * 100,
        b"GET / HTTP/1.1\r\n" + b"x" * 100_000,
    ):
        _, writer = await asyncio.open_connection("127.0.0.1", lan.port)
        writer.write(noise)
        writer.close()
    assert await status(lan.device(), lan.url + "healthz") == 200


async def test_owners_address_needs_no_approval(lan: Lan) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(lan.own + "api/session") as answer:
            assert (await answer.json())["role"] == "owner"
        async with http.post(lan.own + "api/access/request", json={}) as answer:
            assert answer.status == 404
        async with http.get(lan.own + "api/access/qr.svg") as answer:
            assert answer.content_type == "image/svg+xml" or lan.server.addresses == []


async def test_without_lan_no_device_can_pair(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(served + "api/access") as answer:
            assert await answer.json() == {
                "addresses": [],
                "fingerprint": "",
                "waiting": [],
                "devices": [],
            }
        async with http.post(served + "api/access/code", json={"role": "viewer"}) as answer:
            assert answer.status == 404 and (await answer.json())["code"] == "not_shared"


async def test_secrets_are_in_no_other_answer_and_in_no_log(
    lan: Lan, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    device = await lan.approved("annotator")
    secret = next(cookie.value for cookie in device.cookie_jar if cookie.key == COOKIE)
    overview = str(await lan.owner("GET", "api/access"))
    assert (
        secret not in overview
        and secret not in caplog.text
        and secret not in "".join(capfd.readouterr())
    )
