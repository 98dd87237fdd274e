"""Logs of earlier formats keep their meaning. `logs/` holds one of each format, written by a version
of that format, and the state that this version had after replaying it."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.session.event_log import Store
from lodespace.session.session import AnnotationSession

LOGS = Path(__file__).parent / "logs"
N = 12
FORMATS = (1, 2)


@pytest.fixture(params=FORMATS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the log of one format."""
    return Path(shutil.copy(LOGS / f"format-{request.param}.sqlite", tmp_path / "labels.sqlite"))


@pytest.fixture
def expected(log: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The state after the last event of `log`."""
    number = request.node.callspec.params["log"]
    return json.loads((LOGS / f"format-{number}.json").read_text())


def replayed(path: Path) -> AnnotationSession:
    """The session that the log at `path` describes."""
    items = ItemSet("small", "vector", np.zeros((N, 4), np.float32), ["a", "b", "c"])
    first = protocol.Settings(beta_kl=2.0)
    session = AnnotationSession(items, scene_id=1, settings=first)
    store = Store(path)
    session.replay(store.events())
    store.close()
    return session


def state_of(session: AnnotationSession, command_ids: list[str]) -> dict[str, Any]:
    """Everything that replaying a log has to restore, as JSON has it."""
    acts = session.acts
    clients = sorted({act.client for act in acts})
    items, targets = session.held()
    return {
        "sequence": session.sequence,
        "labels": session.labels.tolist(),
        "verified": session.verified.tolist(),
        "owner": session.history.owner.tolist(),
        "classes": msgspec.to_builtins(session.classes.classes),
        "pins": dict(zip(map(str, items.tolist()), targets.tolist(), strict=True)),
        "settings": msgspec.to_builtins(session.settings),
        "state": acts.top,
        "last_transition": list(acts.last),
        "can_undo": {c: acts.next_undo(c).number if acts.can_undo(c) else None for c in clients},
        "can_redo": {c: acts.next_redo(c).number if acts.can_redo(c) else None for c in clients},
        "gestures": msgspec.to_builtins(session.summary("anna").gestures),
        "answers": {
            command_id: msgspec.to_builtins(session.answered(command_id))
            for command_id in command_ids
        },
    }


def test_replay_of_an_earlier_log_restores_its_state(log: Path, expected: dict[str, Any]) -> None:
    assert state_of(replayed(log), list(expected["answers"])) == expected
