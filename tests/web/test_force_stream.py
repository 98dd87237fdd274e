"""Forces, queries, drags, settings and invalid messages over the stream."""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from drivers.servers import Serving, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.protocol import frames

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(copy_rested_project: Callable[[], Path]) -> AsyncIterator[Serving]:
    """A server with its trainer on 200 vectors."""
    folder = copy_rested_project()
    server = Serving(folder, folder)
    async with server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def still_server(copy_rested_project: Callable[[], Path]) -> AsyncIterator[Serving]:
    """A server without a trainer on 200 vectors."""
    folder = copy_rested_project()
    server = Serving(folder, folder, ServerConfig(train=False))
    async with server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[StreamClient]:
    """A client of `server`, whose trainer rests."""
    await eventually(lambda: server.service.trainer.training.state == "resting", 240)
    async with StreamClient(server.url) as client:
        yield client


def command_id() -> str:
    return uuid.uuid4().hex


@pytest.mark.slow
async def test_probe_returns_the_models_values_of_items(client: StreamClient) -> None:
    probed = await client.command(protocol.Probe(command_id=command_id(), items=[3, 70]))
    assert isinstance(probed, protocol.Probed) and probed.items == [3, 70]
    # Without a named axis, there is no force along one.
    assert set(probed.forces) == {*protocol.FORCE_TERMS, "reconstruction"} - {"axis"}
    assert all(len(force) == 6 and np.isfinite(force).all() for force in probed.forces.values())
    assert len(probed.error) == 2 and len(probed.sigma) == 6 and min(probed.sigma) > 0
    assert probed.pictures == ""  # the items are vectors, so there are no pictures
    refused = await client.command(protocol.Probe(command_id=command_id(), items=[200]))
    assert refused.code == "unknown_item"
    refused = await client.command(
        protocol.Decode(command_id=command_id(), points=[(0.0, 0.0, 0.0)])
    )
    assert (refused.code, "only if the items are pictures" in refused.message) == (
        "bad_question",
        True,
    )


async def test_forces_frames_are_sent_to_clients_that_watch(client: StreamClient) -> None:
    def forces() -> list[frames.ForcesFrame]:
        return [frame for frame in client.frames if isinstance(frame, frames.ForcesFrame)]

    await client.send(protocol.Watch(forces=True))
    await eventually(lambda: forces())  # the frames are sent even if no point moves
    first = forces()[-1]
    assert first.vectors.shape == (len(protocol.FORCE_TERMS), 200, 3)
    kl = first.vectors[protocol.FORCE_TERMS.index("kl")]
    probed = await client.command(protocol.Probe(command_id=command_id(), items=[3]))
    np.testing.assert_allclose(kl[3], probed.forces["kl"], atol=0.02 * np.abs(kl).max())
    await client.label(list(range(40)), 1)
    await eventually(lambda: len(forces()) > 3)
    await client.send(protocol.Watch(forces=False))
    await client.label(list(range(40, 80)), 0)
    count, revision = len(forces()), client.revision
    await eventually(lambda: client.revision > revision + 5)
    assert len(forces()) == count


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('{"beta_kl": -1}', "beta_kl"),
        ('{"beta_kl": 1e9}', "beta_kl"),
        ('{"beta_neighbour": NaN}', "malformed"),
        ('{"learning_rate": 0}', "learning_rate"),
        ('{"stiffness": 1.5}', "stiffness"),
        ('{"hidden_layers": 9}', "hidden_layers"),
        ('{"preset": "wild"}', "preset"),
        ('{"temperature": 1}', "temperature"),
    ],
)
async def test_invalid_settings_are_refused_with_a_sentence(
    still_server: Serving, settings: str, words: str
) -> None:
    session = still_server.service.session
    async with StreamClient(still_server.url) as client:
        before = session.settings, session.undo_log.state_id
        await client.socket.send_str(
            f'{{"op": "set_training", "command_id": "{command_id()}", "run": null,'
            f' "settings": {settings}}}'
        )
        await eventually(lambda: client.seen(protocol.Refused))
        refused = client.seen(protocol.Refused)[-1]
        assert refused.code == "malformed_message" and words in refused.message
        assert (session.settings, session.undo_log.state_id) == before


async def test_settings_changed_over_http_are_a_gesture(
    server: Serving, client: StreamClient
) -> None:
    session = server.service.session
    before = len(list(session.undo_log))
    body = {"command_id": command_id(), "settings": {"stiffness": 0.8}}
    async with aiohttp.ClientSession(client.url) as http:
        answer = await http.post("/api/training", json=body)
        assert answer.status == 200
        again = await http.post("/api/training", json=body)
        assert await again.json() == await answer.json(), (
            "a command that was sent again had a second effect"
        )
    assert session.settings.stiffness == 0.8
    acts = [(act.kind, act.note) for act in session.undo_log]
    assert acts[before:] == [("settings", "stiffness 0.8")]


async def test_pins_are_sent_to_all_clients_and_stored(
    server: Serving, client: StreamClient
) -> None:
    sequence = server.service.session.sequence
    targets = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)]
    anchor = protocol.Anchor(
        command_id=command_id(), items=[9, 4], targets=targets, keep=True, revision=client.revision
    )
    async with StreamClient(client.url) as other:
        assert (await client.command(anchor)).count == 2
        await eventually(lambda: other.seen(protocol.PinsChanged))
        assert other.seen(protocol.PinsChanged)[-1].items == [4, 9]
        refused = await other.command(protocol.Undo(command_id=command_id()))
        assert refused.code == "nothing_to_undo"
    session = server.service.session
    np.testing.assert_allclose(session.held()[1], [[0, 1, 0], [1, 0, 0]])
    unpin = protocol.Unpin(command_id=command_id(), items=[4])
    assert (await client.command(unpin)).count == 1
    assert session.held()[0].tolist() == [9]
    event = list(server.service.event_log.events())[sequence]
    assert event.latent_dim == 3 and event.points() is not None


async def test_client_that_disconnects_releases_its_drag(
    server: Serving, client: StreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = server.service
    before = service.session.undo_log.state_id
    states: list[str] = []
    on_training = service.training_events.on_training

    def record(training: protocol.Training) -> None:
        states.append(training.state)
        on_training(training)

    monkeypatch.setattr(service.training_events, "on_training", record)
    async with StreamClient(client.url) as other:
        await other.send(protocol.Drag(items=[5], targets=[(2.0, 2.0, 2.0)]))
        await eventually(lambda: "running" in states)
        assert any(peer.dragging is not None for peer in service.clients)
    await eventually(lambda: service.trainer.training.state == "resting", 240)
    assert service.session.undo_log.state_id == before, "a drag without an anchor changed the state"


@pytest.mark.slow
async def test_drag_and_queries_are_refused_without_a_trainer(still_server: Serving) -> None:
    async with StreamClient(still_server.url) as client:
        for operation in (
            protocol.Probe(command_id=command_id(), items=[1]),
            protocol.Decode(command_id=command_id(), points=[(0.0, 0.0, 0.0)]),
        ):
            assert (await client.command(operation)).code == "no_training"
        await client.send(protocol.Drag(items=[1], targets=[(0.0, 0.0, 0.0)]))
        await eventually(lambda: client.seen(protocol.Refused))
        # Pins are accepted, for a later start with a trainer.
        anchor = protocol.Anchor(
            command_id=command_id(), items=[1], targets=[(0.0, 0.0, 0.0)], keep=True, revision=0
        )
        assert (await client.command(anchor)).count == 1
        undone = await client.command(protocol.Undo(command_id=command_id()))
        assert isinstance(undone, protocol.Ack)
