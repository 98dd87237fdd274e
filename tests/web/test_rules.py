"""Rules of a served project: commands on the stream, figures over HTTP, added items."""

import asyncio
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from aiohttp.test_utils import TestClient

from drivers.rule_pages import N, data, page_of, rows_of
from drivers.servers import ClientOf
from lodespace import protocol
from lodespace.protocol.item_sets import of_text, unpack
from lodespace.review import kept_fit
from lodespace.rules.regions import FeatureRows
from lodespace.service.landed_predictions import NAME
from lodespace.service.rule_functions import RuleItem, votes_of
from lodespace.service.service import Service
from lodespace.session import unweighed_event
from lodespace.session.fitted_votes import FittedVotes, fitted, weigh
from lodespace.session.sources import VotingState
from lodespace.web.api import SERVICE

BINARY = {"Content-Type": "application/octet-stream"}


async def json_of(client: TestClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_a_region_is_previewed_kept_and_deleted(client_of: ClientOf, tmp_path: Path) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    session = client.server.app[SERVICE].session
    group = rows_of(N, 0)[1]
    selected = np.flatnonzero(group == 1).tolist()
    async with page_of(client) as page:
        seen = await page.send("preview_rule", items=selected)
        assert (seen["op"], seen["count"], seen["chosen"], seen["kept"]) == (
            "rule_previewed", 40, 40, 40,
        )  # fmt: skip
        assert unpack(of_text(seen["packed"]), N).items.tolist() == selected
        assert not session.rules.any_event
        ack = await page.send("add_rule", items=selected, class_id=0)
        assert (ack["op"], ack["count"], ack["class_id"]) == ("ack", 40, 0)
        rule = ack["sequence"]
        (info,) = page.rules()
        assert (info["rule"], info["name"], info["count"]) == (rule, "region of one", 40)
        assert info["follows"] and info["on"] and info["space"] == "vectors"
        assert [m["count"] if "count" in m else len(m["items"]) for m in page.news
                if m["op"] == "labels"][-1] == 40  # fmt: skip
        assert (session.labels == np.where(group == 1, 0, -1)).all()
        packed = await (await client.get(f"/api/rules/{rule}/items")).read()
        assert unpack(packed, N).items.tolist() == selected
        wide = await page.send("preview_rule", rule=rule, reach=10)
        assert wide["count"] == N
        await page.send("delete_rule", rule=rule)
        assert page.rules() == [] and (session.labels == -1).all()
        assert (await client.get(f"/api/rules/{rule}/items")).status == 404
        await page.send("undo")
        assert [r["rule"] for r in page.rules()] == [rule]
        assert (session.labels == 0).sum() == 40
    assert [r["rule"] for r in (await json_of(client, "/api/session"))["rules"]] == [rule]


async def test_other_messages_do_not_wait_for_previews(client_of: ClientOf, tmp_path: Path) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    async with page_of(client) as page:
        rule = (await page.send("add_rule", items=[1, 4, 7], class_id=0))["sequence"]
        features = await service.rules.spaces.of_items()
        computed = asyncio.Event()

        async def of_items() -> FeatureRows:
            await computed.wait()
            return features

        service.rules.spaces.of_items = of_items
        for k in range(4):
            about = {"rule": rule, "reach": 1 + k} if k % 2 else {"items": [3 * k + 1, 3 * k + 4]}
            asked = {"op": "preview_rule", "command_id": f"preview-{k:06d}"}
            await page.socket.send_json({**asked, **about})
        await page.socket.send_json({**asked, "command_id": "preview-newest", **about})
        lasso = {"tool": "lasso"}
        ack = await page.send("label", items=[0], class_id=1, revision=0, provenance=lasso)
        assert ack["op"] == "ack"
        refused = [m for m in page.news if m["op"] == "refused"]
        assert [(m["command_id"], m["code"]) for m in refused] == [
            ("preview-000003", "too_many_questions")
        ]
        computed.set()
        await page.until(lambda m: m.get("command_id") == "preview-newest")
        seen = [m["command_id"] for m in page.news if m["op"] == "rule_previewed"]
        assert sorted(seen) == [
            "preview-000000", "preview-000001", "preview-000002", "preview-newest",
        ]  # fmt: skip


async def test_rules_label_items_that_are_added(client_of: ClientOf, tmp_path: Path) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    group = rows_of(N, 0)[1]
    async with page_of(client) as page:
        for class_id in (0, 1):
            await page.send(
                "add_rule", items=np.flatnonzero(group == class_id).tolist(), class_id=class_id
            )
        rows, new = rows_of(60, 5)
        file = io.BytesIO()
        np.save(file, rows)
        answer = await client.post("/api/items?name=new.npy", data=file.getvalue(), headers=BINARY)
        assert answer.status == 200, await answer.text()
        labels = service.session.labels[N:]
        assert (labels == np.where(new < 2, new, -1)).mean() > 0.9
        counts = [rule.votes.seen for rule in service.session.rules]
        assert counts == [N + 60, N + 60]
        sequence = service.session.sequence
        await service.rules.apply_to_added()
        assert service.session.sequence == sequence, "each item is looked at once"
        # An edit is undone after items were added: the rule is applied to the added items again.
        await page.send("undo")
        await page.send("redo")
        assert (service.session.labels[N:] == labels).all()


async def test_figures_and_reasons_name_rules_and_people(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    group = rows_of(N, 0)[1]
    assert (await json_of(client, "/api/rules"))["rules"] == []
    assert (await json_of(client, "/api/items/3/why"))["votes"] == []
    async with page_of(client) as page:
        selected = np.flatnonzero(group == 1)
        rule = (await page.send("add_rule", items=selected.tolist(), class_id=0))["sequence"]
        looked = {"tool": "sheet", "verified": True}
        await page.send(
            "label_each",
            items=selected[:30].tolist(),
            class_ids=[1] * 3 + [0] * 27,
            revision=0,
            provenance=looked,
        )
    found = await json_of(client, "/api/rules")
    (figures,) = found["figures"]
    assert (figures["rule"], figures["labelled"], figures["conflicts"]) == (rule, 10, 3)
    assert figures["compared"] == 30 and 0.8 < figures["accuracy"] < 0.97
    (person,) = found["people"]
    assert (person["person"], person["looked"], person["votes"]) == ("owner", True, 30)
    assert found["conflicts"] == 0, "somebody looked at each of them"
    why = await json_of(client, f"/api/items/{selected[0]}/why")
    assert why["class_id"] == 1
    votes = {vote["source"]: vote for vote in why["votes"]}
    assert votes["person"]["decides"] and not votes["rule"]["decides"]
    assert votes["rule"]["number"] == rule and votes["rule"]["name"] == "region of one"
    assert why["probabilities"]["1"] > 0.99
    assert (await client.get("/api/items/500/why")).status == 404


async def test_searches_predictions_and_lists_are_rules(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    session = client.server.app[SERVICE].session
    async with page_of(client) as page:
        ack = await page.send("add_rule", kind="query", query="11", class_id=0)
        assert ack["count"] == len(session.items.matching("11"))
        ack = await page.send("add_rule", kind="votes", items=[1, 2], class_ids=[1, 0], name="mine")
        assert (ack["op"], ack["count"]) == ("ack", 2) and page.rules()[1]["class_id"] == -1
        for fields, code in (
            ({"kind": "predictions", "class_id": 0}, "bad_rule"),
            ({"kind": "query", "query": " ", "class_id": 0}, "bad_search"),
            ({"kind": "query", "query": "nothing has this", "class_id": 0}, "bad_rule"),
            ({"kind": "region", "items": [], "class_id": 0}, "malformed_message"),
            ({"kind": "region", "items": [N], "class_id": 0}, "unknown_item"),
            ({"kind": "region", "items": [1], "class_id": 7}, "unknown_class"),
        ):
            refused = await page.send("add_rule", **fields)
            assert (refused["op"], refused["code"]) == ("refused", code), fields
        refused = await page.send("edit_rule", rule=99, on=False)
        assert refused["code"] == "unknown_rule"
        refused = await page.send("preview_rule", rule=page.rules()[0]["rule"], reach=2)
        assert refused["code"] == "bad_rule"


async def test_sheets_figures_and_rings_share_one_fit(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def counted(state: VotingState) -> FittedVotes:
        threads.append(threading.current_thread())
        return fitted(state)

    monkeypatch.setattr(kept_fit, "fitted", counted)
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    async with page_of(client) as page:
        drawn = {"revision": 0, "provenance": {"tool": "lasso"}}
        ack = await page.send("label", items=[1, 4, 7], class_id=1, **drawn)
        assert ack["op"] == "ack", ack
        selected = np.flatnonzero(rows_of(N, 0)[1] == 1).tolist()
        await page.send("add_rule", items=selected, class_id=0)
        packed = await (await client.get("/api/rules/conflicts")).read()
        assert unpack(packed, N).items.tolist() == [1, 4, 7], "older labels below the rule's votes"
        assert threads == [], "the rings need no label model"
        sheets = [await json_of(client, f"/api/sheet?kind=conflicts&skip={k}") for k in (0, 0)]
        assert [one["item"] for one in sheets[0]["items"]] == [1, 4, 7] and sheets[0]["total"] == 3
        assert (await json_of(client, "/api/rules"))["conflicts"] == 3
        await json_of(client, "/api/items/4/why")
        assert len(threads) == 1 and threads[0] is not threading.main_thread()
        looked = {"tool": "sheet", "verified": True}
        await page.send("label_each", items=[4], class_ids=[0], revision=0, provenance=looked)
        packed = await (await client.get("/api/rules/conflicts")).read()
        assert unpack(packed, N).items.tolist() == [1, 7]
        assert (await json_of(client, "/api/rules"))["conflicts"] == 2 and len(threads) == 2
        ack = await page.send("edit_class", class_id=1, colour="#445566")
        assert ack["op"] == "ack", ack
        await page.send("undo")
        found = await json_of(client, "/api/rules")
        assert len(threads) == 2, "no vote has changed"
        assert found["sequence"] == client.server.app[SERVICE].session.sequence


async def test_weighed_votes_are_fitted_outside_the_event_loop(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def counted(state: VotingState) -> FittedVotes | None:
        threads.append(threading.current_thread())
        return weigh(state)

    monkeypatch.setattr(unweighed_event, "weigh", counted)
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    async with page_of(client) as page:
        selected = np.flatnonzero(rows_of(N, 0)[1] == 1).tolist()
        await page.send("add_rule", items=selected, class_id=0)
        settings = protocol.Settings(more={"labels_by": "model"})
        change = protocol.SetTraining(command_id="settings-1", settings=settings)
        await service.commands.carry_out(change, "rules-page-01")
        drawn = {"revision": 0, "provenance": {"tool": "lasso"}}
        for class_id, items in enumerate(([0, 3], [1, 2])):
            ack = await page.send("label", items=items, class_id=class_id, **drawn)
            assert ack["op"] == "ack", ack
        kept = service.session.fitted
        await page.send("unpin", items=[])
        await page.send("anchor", items=[1], targets=[[0, 0, 0]], keep=True, revision=0)
        assert service.session.fitted is not kept, "the state is that of the newest event"
    assert len(threads) == 3 and threading.main_thread() not in threads
    labels = service.session.labels
    assert labels[[0, 3]].tolist() == [0, 0] and labels[2] == 1


async def test_predictions_of_added_items_are_votes_where_rules_vote(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    session, landed = service.session, service.landed
    group = rows_of(N, 0)[1]
    async with page_of(client) as page:
        await page.send("add_rule", items=np.flatnonzero(group == 1).tolist(), class_id=0)
        rows, total, predicted = rows_of(30, 5)[0], 0, 1
        for first in (N, N + 30, N + 60):
            file = io.BytesIO()
            np.save(file, rows + (first - N) / 1000)
            name = f"/api/items?name=new{first}.npy"
            answer = await client.post(name, data=file.getvalue(), headers=BINARY)
            assert answer.status == 200, await answer.text()
            matched = session.labels[first:] == 0
            mine = first + np.flatnonzero(matched)[:1]  # a person labels one of the items
            drawn = {"revision": 0, "provenance": {"tool": "lasso"}}
            ack = await page.send("label", items=mine.tolist(), class_id=0, **drawn)
            assert ack["op"] == "ack", ack
            landed.on_rest()
            await asyncio.sleep(0)
            assert (session.labels[first:][matched] == 0).all(), "there is no prediction yet"
            session.scores.prediction = np.ones(first + 30, np.int16)
            if first == N + 60:  # the class of the former votes is merged into another
                await page.send("add_class", name="both")
                predicted = len(session.classes.classes) - 1
                await page.send("merge_class", class_id=1, into=predicted)
                session.scores.prediction[:] = predicted
            landed.on_rest()
            count = total = total + int(matched.sum()) - 1
            await page.until(
                lambda m, count=count: (
                    m["op"] == "rules" and [r["count"] for r in m["rules"][1:]] == [count]
                )
            )
            assert 5 < matched.sum() < 15
            expected = np.where(matched, predicted, -1)
            expected[mine - first] = 0
            assert (session.labels[first:] == expected).all()
        assert [(r["name"], r["kind"]) for r in page.rules()[1:]] == [(NAME, "votes")]
        sequence = session.sequence
        await landed.add()
        assert session.sequence == sequence, "each item is added once"


def first_number(item: RuleItem) -> str | None:
    return "high" if item.data[0] > 0 else "low"


async def add_items(client: TestClient, rows: npt.NDArray[np.floating]) -> None:
    """Add items with the numbers `rows` (K, F) to the project."""
    file = io.BytesIO()
    np.save(file, rows)
    answer = await client.post("/api/items?name=new.npy", data=file.getvalue(), headers=BINARY)
    assert answer.status == 200, await answer.text()


async def test_a_function_votes_on_added_items_after_a_merge(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    session, functions = service.session, service.rules.functions
    await functions.add(first_number, "by number", votes_of(first_number, session.items))
    ids = {info.name: info.class_id for info in session.classes.classes}
    async with page_of(client) as page:
        await page.send("merge_class", class_id=ids["low"], into=ids["high"])
        await add_items(client, rows_of(30, 5)[0])
    names = {info.class_id: info.name for info in session.classes.classes if not info.removed}
    found = {names[int(class_id)] for class_id in session.labels[N:]}
    assert {names[int(class_id)] for class_id in session.labels[:N]} == {"high"}
    assert found == {"high", "low"}, "the function names a class again that was merged"


async def test_classes_of_added_items_count_after_an_undo_of_one_class(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(data(tmp_path / "d"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    session, functions = service.session, service.rules.functions
    votes = votes_of(first_number, session.items)
    rule = await functions.add(first_number, "by number", votes)
    ids = {info.name: info.class_id for info in session.classes.classes}
    added = rows_of(30, 5)[0]
    async with page_of(client) as page:
        await page.send("edit_rule", rule=rule, class_id=ids["high"])
        await page.send("edit_class", class_id=ids["high"], locked=True)
        await add_items(client, added)
        assert (session.labels[N:] == -1).all(), "added items got a locked class"
        await page.send("edit_class", class_id=ids["high"], locked=False)
        await page.send("undo")  # the class is locked again
        assert (session.labels[N:] == ids["high"]).all()
        await page.send("undo")
        await page.send("undo")
    expected = np.where(added[:, 0] > 0, ids["high"], ids["low"])
    assert session.labels[N:].tolist() == expected.tolist()
