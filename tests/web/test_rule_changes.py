"""Rules that change at the same time as other things: edits of others, added items, the trainer."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.rule_pages import N, Page, data, page_of, rows_of
from drivers.servers import ClientOf
from lodespace.errors import TrainingError
from lodespace.service.service import Service
from lodespace.session.events import Event
from lodespace.session.log_errors import EventLogError
from lodespace.session.rule_events import RuleVotesEvent
from lodespace.web.api import SERVICE

GROUP = rows_of(N, 0)[1]


async def add_items(client: TestClient) -> None:
    """Add 60 items."""
    file = io.BytesIO()
    np.save(file, rows_of(60, 5)[0])
    headers = {"Content-Type": "application/octet-stream"}
    answer = await client.post("/api/items?name=new.npy", data=file.getvalue(), headers=headers)
    assert answer.status == 200, await answer.text()


async def region(page: Page, group: int, class_id: int = 0) -> int:
    """Add a region of all items of a group. Return its number."""
    items = np.flatnonzero(group == GROUP).tolist()
    return (await page.send("add_rule", items=items, class_id=class_id))["sequence"]


def once_before_a_search(
    monkeypatch: pytest.MonkeyPatch, service: Service, work: Callable[[], Any]
) -> None:
    """Await `work` once, after the next search of a rule was begun and before it reads items."""
    run, waiting = service.lanes.run, [work]

    async def patched(device: str, search: Callable[[], Any]) -> Any:
        if waiting:
            await waiting.pop()()
        return await run(device, search)

    monkeypatch.setattr(service.lanes, "run", patched)


async def test_a_search_is_repeated_if_others_changed_the_rule(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    async with page_of(client) as page, page_of(client, "other-page-01") as other:
        rule = await region(page, 1)
        items = np.flatnonzero(GROUP == 2).tolist()
        once_before_a_search(
            monkeypatch, service, lambda: other.send("edit_rule", rule=rule, items=items)
        )
        await page.send("edit_rule", rule=rule, reach=1.1)
        now = service.session.rules.require(rule)
        assert now.reach == 1.1 and now.votes.items.tolist() == items
        assert (service.session.labels == np.where(GROUP == 2, 0, -1)).all()


async def test_items_that_are_added_during_a_search_are_listed_once(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    async with page_of(client) as page:
        once_before_a_search(monkeypatch, service, lambda: add_items(client))
        ack = await page.send("add_rule", kind="query", query="1", class_id=0)
        votes = service.session.rules.require(ack["sequence"]).votes
        assert votes.seen == N + 60
        assert votes.items.tolist() == list(service.session.items.matching("1"))


async def test_another_reach_keeps_the_number_of_selected_items(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    async with page_of(client) as page:
        rule = await region(page, 1)
        wide = await page.send("preview_rule", rule=rule, reach=10)
        assert (wide["count"], wide["chosen"], wide["kept"]) == (N, 40, 40)
        await page.send("edit_rule", rule=rule, reach=0.6)
        (info,) = page.rules()
        assert info["chosen"] == 40 and info["kept"] == info["count"] < 40


async def test_an_addition_succeeds_if_votes_cannot_be_stored(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    append = service.event_log.append

    async def full(event: Event) -> Event:
        if isinstance(event, RuleVotesEvent):
            raise EventLogError("the disk is full")
        return await append(event)

    async with page_of(client) as page:
        rule = await region(page, 1)
        with monkeypatch.context() as patch:
            patch.setattr(service.event_log, "append", full)
            await add_items(client)
            assert (await page.send("add_class", name="three", colour="#445566"))["op"] == "ack"
            assert (await page.send("undo"))["op"] == "ack"
        assert service.session.rules.require(rule).votes.seen == N
        await service.rules.apply_to_added()
        assert service.session.rules.require(rule).votes.seen == N + 60


async def test_rules_wait_for_the_trainer_that_describes_added_items(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    events, spaces = service.training_events, service.rules.spaces

    async def absent() -> None:
        raise TrainingError("the model is not available", code="no_model")

    async def told(state: str) -> int:
        training = msgspec.structs.replace(service.trainer.training, state=state)
        events.on_training(training)
        await service.rules.applied_soon()
        return service.session.rules.require(rule).votes.seen

    async with page_of(client) as page:
        rule = await region(page, 1)
        with monkeypatch.context() as patch:
            patch.setattr(spaces, "of_items", absent)
            await add_items(client)
            assert await told("running") == N, "the trainer does not answer yet"
        assert await told("running") == N, "only a change of the state is a reason to try again"
        assert await told("restarting") == N
        assert await told("paused") == N + 60
