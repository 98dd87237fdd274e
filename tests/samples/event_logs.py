"""A session with its events, and the commands that tests send to the session."""

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.session.commands.registry import Command, plan
from lodespace.session.events import Event
from lodespace.session.session import AnnotationSession, Applied

N = 10
BEGUN = protocol.Settings(beta_kl=2.0)


class Log:
    """A session, and the list of events that led to its state."""

    def __init__(self) -> None:
        items = ItemSet("small", "vector", np.zeros((N, 4), np.float32), ["a", "b", "c"])
        self.items = items
        self.session = AnnotationSession(items, scene_id=1, settings=BEGUN)
        self.events: list[Event] = []

    def do(self, command: Command, client: str) -> Applied | None:
        event = plan(self.session, command, client)
        if event is None:
            return None
        event = msgspec.structs.replace(event, sequence=len(self.events) + 1)
        self.events.append(event)
        return self.session.apply(event)

    def replayed(self) -> AnnotationSession:
        again = AnnotationSession(self.items, scene_id=1, settings=BEGUN)
        again.replay(self.events)
        return again


def command_id(number: int) -> str:
    return f"command-{number:05d}"


def label(number: int, items: list[int], class_id: int) -> protocol.Label:
    return protocol.Label(
        command_id=command_id(number),
        items=items,
        class_id=class_id,
        revision=0,
        provenance=protocol.Provenance(tool="lasso"),
    )


def label_each(number: int, classes: dict[int, int], **provenance: object) -> protocol.LabelEach:
    return protocol.LabelEach(
        command_id=command_id(number),
        items=list(classes),
        class_ids=list(classes.values()),
        revision=0,
        provenance=protocol.Provenance(**{"tool": "sheet", "verified": True} | provenance),
    )


def dial(number: int, **changes: object) -> protocol.SetTraining:
    return protocol.SetTraining(
        command_id=command_id(number), settings=protocol.Settings(**changes)
    )


def anchor(number: int, items: list[int], at: float, *, keep: bool = True) -> protocol.Anchor:
    targets = [(at, at, at)] * len(items)
    return protocol.Anchor(
        command_id=command_id(number), items=items, targets=targets, keep=keep, revision=0
    )


def undo(number: int, *, gesture: int = 0, owners: bool = False) -> protocol.Undo:
    return protocol.Undo(command_id=command_id(number), gesture=gesture, owners=owners)


def redo(number: int) -> protocol.Redo:
    return protocol.Redo(command_id=command_id(number))
