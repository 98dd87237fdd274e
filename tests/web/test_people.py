"""The people of a session: names, agreement, and what each of them sees of the others."""

from typing import Any

import aiohttp
import numpy as np
import pytest

from drivers.lan import Lan
from lodespace import protocol
from lodespace.protocol.item_sets import as_text, pack
from lodespace.web.api import SERVICE


async def get(lan: Lan, path: str, device: aiohttp.ClientSession | None = None) -> Any:
    if device is None:
        return await lan.owner("GET", path)
    async with device.get(lan.url + path) as answer:
        return await answer.json()


async def label(
    lan: Lan, device: aiohttp.ClientSession | None, number: int, classes: dict[int, int]
) -> Any:
    body = {
        "op": "label_each",
        "command_id": f"command-{number:06d}",
        "items": list(classes),
        "class_ids": list(classes.values()),
        "revision": 0,
        "provenance": {"tool": "sheet", "verified": True},
    }
    if device is None:
        answer = await lan.owner("POST", "api/labels", body)
    else:
        async with device.post(lan.url + "api/labels", json=body) as response:
            answer = await response.json()
    assert answer["count"] >= 0, answer
    return answer


async def add_classes(lan: Lan) -> None:
    for number, name in enumerate(("owl", "kite")):
        command = protocol.AddClass(command_id=f"class-{number:05d}", name=name)
        await lan.server.app[SERVICE].commands.carry_out(command, "page-of-owner")


async def test_agreement_names_the_people_and_counts_each_vote(lan: Lan) -> None:
    await add_classes(lan)
    classes = [0, 1]
    mia, tom = await lan.approved("annotator", name="Mia"), await lan.approved("annotator")
    nobody = await get(lan, "api/agreement", mia)
    assert nobody["pairs"] == [] and nobody["kappa"] is None
    given = dict(enumerate([0, 0, 1, 1, 1, 0]))
    await label(lan, mia, 1, {item: classes[k] for item, k in given.items()})
    await label(lan, tom, 2, {item: classes[0 if item == 2 else k] for item, k in given.items()})
    found = await get(lan, "api/agreement", mia)
    names = {one["person"]: one["name"] for one in found["people"]}
    assert names[found["you"]] == "Mia"
    assert sorted(names.values()) == ["Mia", "Quest Browser"]
    assert [one["labelled"] for one in found["people"]] == [6, 6]
    (pair,) = found["pairs"]
    assert (pair["items"], pair["same"]) == (6, 5)
    assert pair["kappa"] == pytest.approx(2 / 3)
    assert found["kappa"] == pytest.approx(23 / 35)
    assert [one["class_id"] for one in pair["classes"]] == classes


async def test_a_device_can_enter_its_name_while_it_waits(lan: Lan) -> None:
    device = lan.device()
    async with device.post(lan.url + "api/access/request", json={}) as answer:
        asked = await answer.json()
    for name, shown in (("Ada", "Ada"), ("", "Ada"), ("Ada L", "Ada L")):
        body = {"secret": asked["secret"], "name": name}
        async with device.post(lan.url + "api/access/poll", json=body) as answer:
            assert (await answer.json())["state"] == "waiting"
        (waiting,) = (await lan.owner("GET", "api/access"))["waiting"]
        assert waiting["name"] == shown


async def test_an_answer_names_whose_labels_a_gesture_replaced(lan: Lan) -> None:
    await add_classes(lan)
    mia, tom = await lan.approved("annotator", name="Mia"), await lan.approved("annotator")

    async def ask(device: aiohttp.ClientSession, items: list[int]) -> list[tuple[str, int]]:
        async with device.post(lan.url + "api/whose", json={"items": items}) as answer:
            return [(one["name"], one["count"]) for one in (await answer.json())["others"]]

    async def given(device: aiohttp.ClientSession, number: int, classes: dict[int, int]) -> str:
        return str((await label(lan, device, number, classes))["message"])

    assert await given(mia, 1, dict.fromkeys(range(4), 0)) == ""
    assert await ask(mia, [0, 1]) == [] and await ask(tom, [3, 4, 5]) == [("Mia", 1)]
    assert await given(tom, 2, {2: 0, 5: 1}) == "", "the same class replaces nothing"
    assert await given(tom, 3, {0: 1, 1: 1, 5: 0}) == (
        "2 labels of Mia were replaced. Undo restores them."
    )
    assert await given(mia, 4, {5: 1}) == (
        "1 label of Quest Browser was replaced. Undo restores it."
    )
    packed = as_text(pack(np.arange(4, dtype=np.uint32)))
    async with mia.post(lan.url + "api/whose", json={"packed": packed}) as answer:
        assert [one["count"] for one in (await answer.json())["others"]] == [3]
    async with mia.post(lan.url + "api/whose", json={"items": [10**6]}) as answer:
        assert answer.status == 404
