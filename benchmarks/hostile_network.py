"""Latency of the owner's labels while strangers flood the port and a viewer sends heavy queries.

    python benchmarks/hostile_network.py [--connections 2000] [--selects 30] [--labels 300]

The benchmark starts a real server with `--lan` and its trainer on one processor core, and the
attackers on another. Each attacker repeats: connect, do the TLS handshake, send the start of a
request, and hold the connection until the server closes it. A viewer, which the owner has approved,
always waits for the answers of `--selects` region queries. Each query has four polygons with 10,000
corners each. The owner labels five times a second, on the attackers' core with a real-time priority
(needs root). The times are from sending the label to the answer, without and with the attack.

The attackers run in a process session of their own. Linux gives all processes of one session a
common share of the processor time (sched_autogroup). Attackers in the server's session would
therefore slow down the server, although they run on another core.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import LanServer  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402
from lodespace.web.open_files import raise_limit  # noqa: E402

WANTED_MS = 300
CORNERS = 10_000
POLYGONS = 4
EVERY_SECONDS = 0.2
"""Seconds between two labels."""
ADDRESSES = 100
"""Number of IP addresses that the attackers use."""


def unverified() -> ssl.SSLContext:
    """Return a TLS context that accepts every certificate, as the attackers' tools do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# The attackers ------------------------------------------------------------------------------------


async def stranger(number: int, port: int, context: ssl.SSLContext, counts: Counter[str]) -> None:
    """Connect, hold the connection until the server closes it, and repeat until cancelled."""
    address = f"127.0.{number % ADDRESSES}.66"
    while True:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context, local_addr=(address, 0), ssl_handshake_timeout=20
            )
            counts["handshakes"] += 1
            writer.write(b"GET / HTTP/1.1\r\nX: ")
            await reader.read()
            writer.close()
        except (OSError, TimeoutError) as error:
            counts[type(error).__name__] += 1
            await asyncio.sleep(0.01)


async def until_stopped(attackers: list[Coroutine[None, None, None]], pipe: Connection) -> None:
    """Run the attackers until the benchmark sends a message."""
    tasks = [asyncio.create_task(attacker) for attacker in attackers]
    while not pipe.poll():  # noqa: ASYNC110  (the other end is a process)
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def flood(port: int, connections: int, pipe: Connection) -> None:
    counts: Counter[str] = Counter()
    context = unverified()
    await until_stopped([stranger(k, port, context, counts) for k in range(connections)], pipe)
    pipe.send(dict(counts))


async def select_all(url: str, cookies: dict[str, str], selects: int, pipe: Connection) -> None:
    """Keep `selects` slow queries pending: send a new query when one is answered."""
    random = np.random.default_rng(0)
    identity = np.eye(4).ravel().tolist()
    polygons = [random.uniform(-1, 1, 2 * CORNERS).round(6).tolist() for _ in range(POLYGONS)]
    regions = [
        {"polygon": polygon, "clip_from_latent": identity, "mode": "visible"}
        for polygon in polygons
    ]
    counts: Counter[str] = Counter()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=unverified(), limit=0),
        cookies=cookies,
        cookie_jar=aiohttp.CookieJar(unsafe=True),
    ) as http:

        async def select(number: int) -> None:
            body = json.dumps({"command_id": f"select-{number:06d}", "regions": regions})
            headers = {"Content-Type": "application/json"}
            while True:
                try:
                    async with http.post(url, data=body, headers=headers) as answer:
                        await answer.read()
                        counts[str(answer.status)] += 1
                        if answer.status != 200:
                            await asyncio.sleep(0.1)
                except aiohttp.ClientError as error:
                    counts[type(error).__name__] += 1
                    await asyncio.sleep(0.1)

        await until_stopped([select(k) for k in range(selects)], pipe)
    pipe.send(dict(counts))


def attack(core: int, work: Callable[..., Any], *arguments: Any) -> None:
    """Run a coroutine function in this process, on one processor core and in a new session."""
    os.setsid()
    os.sched_setaffinity(0, {core})
    raise_limit()
    pipe: Connection = arguments[-1]
    pipe.send("started")
    asyncio.run(work(*arguments))


# The owner ----------------------------------------------------------------------------------------


async def measure(url: str, labels: int) -> list[float]:
    """Send `labels` labels, and return the seconds from each label to its answer."""
    seconds = []
    async with StreamClient(url) as owner:
        for k in range(labels):
            due = time.perf_counter() + EVERY_SECONDS
            began = time.perf_counter()
            await owner.label([k % 5000], k % 10)
            seconds.append(time.perf_counter() - began)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
    return seconds


async def approve_viewer(server: LanServer) -> dict[str, str]:
    """Return the cookies of a device that the owner has approved as a viewer."""
    connector = aiohttp.TCPConnector(ssl=unverified())
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as device:
        async with device.post(server.network_url + "api/access/request", json={}) as answer:
            secret = (await answer.json())["secret"]
        (waiting,) = server.request("api/access")["waiting"]
        server.request("api/access/decide", {"request": waiting["request"], "role": "viewer"})
        async with device.post(
            server.network_url + "api/access/poll", json={"secret": secret}
        ) as answer:
            cookies = {name: cookie.value for name, cookie in answer.cookies.items()}
        async with device.get(server.network_url + "api/session") as answer:
            assert answer.status == 200  # from now on, the server knows the device's address
        return cookies


def report(name: str, seconds: list[float]) -> None:
    """Print the distribution of the times, and the load of the machine."""
    p50, p90, p99, worst = 1000 * np.quantile(seconds, [0.5, 0.9, 0.99, 1])
    load = os.getloadavg()[0]
    print(
        f"{name:<15} label to answer: median {p50:4.0f} ms, 90 % {p90:4.0f}, 99 % {p99:4.0f}, worst"
        f" {worst:4.0f}; load average {load:.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--selects", type=int, default=30)
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--settle", type=float, default=20.0, help="seconds before a measurement")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    attackers, served = cores[0], cores[-1]
    raise_limit()
    with tempfile.TemporaryDirectory() as folder:
        server = LanServer("--project", f"{folder}/digits", state=Path(folder) / "state")
        os.sched_setaffinity(0, {served})  # the server and its trainer inherit the affinity
        server.start(own_session=True)
        os.sched_setaffinity(0, {attackers})
        with contextlib.suppress(PermissionError):
            # The attackers do not inherit this policy.
            policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
            os.sched_setscheduler(0, policy, os.sched_param(1))
        processes = []
        try:
            server.wait_until_ready()
            while server.request("api/training")["state"] == "starting":
                time.sleep(0.5)
            time.sleep(options.settle)
            report("without attack", asyncio.run(measure(server.url, options.labels)))
            cookies = asyncio.run(approve_viewer(server))
            works = (
                (flood, server.lan_port, options.connections),
                (select_all, server.network_url + "api/select", cookies, options.selects),
            )
            for work, *arguments in works:
                ours, theirs = multiprocessing.Pipe()
                process = multiprocessing.get_context("spawn").Process(
                    target=attack, args=(attackers, work, *arguments, theirs), daemon=True
                )
                process.start()
                processes.append((process, ours, work.__name__))
                ours.recv()
            time.sleep(options.settle)
            assert server.process is not None
            running = psutil.Process(server.process.pid)
            before = running.cpu_times()
            began = time.perf_counter()
            report("with attack", asyncio.run(measure(server.url, options.labels)))
            after, lasted = running.cpu_times(), time.perf_counter() - began
            busy = (after.user + after.system - before.user - before.system) / lasted
            print(f"the server uses {busy:.2f} cores and {running.num_fds()} file descriptors")
            print(f"trainer: {server.request('api/training')['state']}")
            for process, pipe, name in processes:
                pipe.send("stop")
                print(f"{name}: {pipe.recv()}")
                process.join()
        finally:
            for process, *_ in processes:
                process.kill()
            server.stop()
    print(f"(wanted: 99 % of the labels within {WANTED_MS} ms)")


if __name__ == "__main__":
    main()
