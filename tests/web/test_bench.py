"""Tests of the reports that headsets write to the server's log."""

import logging

import aiohttp
import pytest

from drivers.lan import Lan
from lodespace.protocol.bench import MAX_REPORT_LENGTH
from lodespace.web.bench import REPORTS_PER_DEVICE, as_lines


async def test_a_report_is_written_to_the_log(lan: Lan, caplog: pytest.LogCaptureFixture) -> None:
    device = await lan.approved("viewer")
    with caplog.at_level(logging.INFO, "lodespace.web.bench"):
        async with device.post(lan.url + "api/bench", json={"text": "layer: x\nframes: 7"}) as sent:
            assert sent.status == 200 and await sent.json() == {"lines": 2}
    (record,) = [r for r in caplog.records if r.name == "lodespace.web.bench"]
    first, *lines = record.getMessage().split("\n")
    assert first.startswith("report of device ")
    assert lines == ["    layer: x", "    frames: 7"]


async def test_strangers_and_long_reports_are_refused(lan: Lan) -> None:
    device = await lan.approved("annotator")
    for text in ("", "x" * (MAX_REPORT_LENGTH + 1)):
        async with device.post(lan.url + "api/bench", json={"text": text}) as refused:
            assert refused.status == 400
    stranger = lan.device()
    async with stranger.post(lan.url + "api/bench", json={"text": "x"}) as refused:
        assert refused.status == 401


async def test_a_device_sends_a_few_reports_per_minute(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        seen = []
        for _ in range(REPORTS_PER_DEVICE + 1):
            async with http.post(served + "api/bench", json={"text": "x"}) as answer:
                seen.append(answer.status)
    assert seen == [200] * REPORTS_PER_DEVICE + [429]


def test_a_report_cannot_imitate_log_entries_or_control_terminals() -> None:
    text = "a\n2026-01-01 ERROR forged\r\x1b[2Jb\u202e"
    assert as_lines(text) == ["    a", "    2026-01-01 ERROR forged??[2Jb?"]
