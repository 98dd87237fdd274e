"""Undoable actions of a session, and the model state to which an undo returns.

An action is a gesture that labels, or a change of settings, pins, classes, axes or rules. After a
restart, the server replays the label log into UndoLog. Equal events give an equal UndoLog, so its
state is the same as before the restart.

`state_id` identifies a state of the model: it is the number of the event that last changed the
model's inputs. If the inputs have not changed since an action, the undo of this action returns the
model to the state before the action. Any other undo creates a new state, and the model continues
training from the current positions.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from lodespace.errors import RequestError
from lodespace.protocol import UNLABELED
from lodespace.session.authors import is_page_of_owner
from lodespace.session.events import EventHeader

ActionKind = Literal["label", "settings", "anchor", "unpin", "class", "axis", "rule"]


class UndoableAction(msgspec.Struct, gc=False):
    """One action of one client.

    With `gc=False`, Python's garbage collector does not visit actions. Their fields are only texts
    and numbers, so the collector is not needed.
    """

    number: int
    """Sequence number of the event of the action."""
    kind: ActionKind
    """Part of the session that the action changed."""
    client: str
    """Id of the client that made the action. Only this client and the owner can undo the action."""
    at: float
    """Time of the action, in seconds since the Unix epoch."""
    revision: int = 0
    """Revision of the positions that the client saw."""
    class_id: int = UNLABELED
    """Class that the items got, or class that the action changed; UNLABELED for no class or
    several classes."""
    count: int = 0
    """Number of items of the action."""
    note: str = ""
    """Short description; empty where `kind` is enough."""
    undone: bool = False
    """Whether the action is currently undone."""
    made_by: int = 0
    """Number of the event that last carried out the action: its first event, or its newest redo."""
    unmade_by: int = 0
    """Number of the newest event that undid this action; 0 if the action was never undone."""

    @classmethod
    def of(
        cls,
        event: EventHeader,
        kind: ActionKind,
        *,
        revision: int = 0,
        class_id: int = UNLABELED,
        count: int = 0,
        note: str = "",
    ) -> "UndoableAction":
        """Return the action of `event`."""
        return cls(event.sequence, kind, event.client, event.at, revision, class_id, count, note)


class StateTransition(NamedTuple):
    """How an event changed the model's state."""

    event: int
    """Sequence number of the event."""
    from_state: int
    """Id of the training state (`state_id`) before the event."""
    to_state: int
    """Id of the training state after the event: `event` if the state is new, else the id of an
    earlier state."""

    @property
    def returns(self) -> bool:
        """Whether the model has been in `to_state` before, so that the map can be restored."""
        return self.to_state != self.event


class UndoLog:
    """All undoable actions by number, and the id of the current training state."""

    def __init__(self) -> None:
        self.actions: dict[int, UndoableAction] = {}
        self.state_id = 0
        self._last_event = 0
        self._last_from = 0
        self._transitions: dict[int, tuple[int, int]] = {}  # event number -> (from_state, to_state)
        self._redone: dict[int, UndoableAction] = {}  # number of a redo event -> action
        # Client -> numbers of its actions that are not undone, ascending.
        self._standing = defaultdict[str, list[int]](list)
        # Client -> actions that the client has undone, in the order of the undos.
        self._undone: dict[str, list[int]] = {}

    @property
    def last_transition(self) -> StateTransition:
        """How the newest event changed the state of the model."""
        return StateTransition(self._last_event, self._last_from, self.state_id)

    def __iter__(self) -> Iterator[UndoableAction]:
        return iter(self.actions.values())

    def done_between(self, after: int, before: int) -> Iterator[UndoableAction]:
        """Yield the actions that an event between `after` and `before` made or redid.

        `after` and `before` are numbers of events. Neither event is included. Actions that are
        undone now are left out.
        """
        for event in range(after + 1, before):
            action = self._redone.get(event) or self.actions.get(event)
            if action is not None and action.made_by == event and not action.undone:
                yield action

    def stands(self, number: int) -> bool:
        """Return whether action `number` is not undone."""
        return not self.actions[number].undone

    def add(self, action: UndoableAction, *, learned: bool = True) -> None:
        """Add an action. Its number must be higher than the numbers of all earlier actions.

        The client of the action can no longer redo the actions that it has undone before.

        Args:
            action: The action.
            learned: Whether the action changes the model's inputs. For example, renaming a class
                does not change them, so the undo of the renaming moves no point.
        """
        action.made_by = action.number
        self.actions[action.number] = action
        self._standing[action.client].append(action.number)
        self._undone.pop(action.client, None)
        if learned:
            self._move(action.number, action.number)
        else:
            self._stay(action.number)

    def undo(self, number: int, event: int, client: str) -> None:
        """Undo action `number` by event `event` of `client`. Only `client` can redo the action."""
        action = self.actions[number]
        standing = self._standing[action.client]
        del standing[bisect_left(standing, number)]
        self._undone.setdefault(client, []).append(number)
        if action.made_by in self._transitions:
            self._move(event, self._state_before(action.made_by, event))
        else:
            self._stay(event)
        action.undone, action.unmade_by = True, event

    def redo(self, number: int, event: int) -> None:
        """Redo action `number` by event `event`."""
        action = self.actions[number]
        for stack in self._undone.values():
            if number in stack:
                stack.remove(number)
        insort(self._standing[action.client], number)
        if action.unmade_by in self._transitions:
            self._move(event, self._state_before(action.unmade_by, event))
        else:
            self._stay(event)
        action.undone, action.made_by = False, event
        self._redone[event] = action

    def _state_before(self, event: int, otherwise: int) -> int:
        """Return the id of the training state before `event`.

        If a later event has changed the state again, return `otherwise`.
        """
        from_state, to_state = self._transitions[event]
        return from_state if to_state == self.state_id else otherwise

    def _stay(self, event: int) -> None:
        self._last_event, self._last_from = event, self.state_id

    def _move(self, event: int, to_state: int) -> None:
        self._last_event, self._last_from = event, self.state_id
        self._transitions[event] = (self.state_id, to_state)
        self.state_id = to_state

    def next_undo(self, client: str) -> UndoableAction:
        """Return the action that `client` would undo. Raises RequestError if there is none."""
        standing = self._standing.get(client)
        if not standing:
            raise RequestError("you have no action to undo", code="nothing_to_undo", status=409)
        return self.actions[standing[-1]]

    def next_undo_of_owner(self, client: str) -> UndoableAction:
        """Return the newest action that `client` or an owner's page made and that is not undone.

        Raises RequestError if there is no such action.
        """
        newest = [
            numbers[-1]
            for other, numbers in self._standing.items()
            if numbers and (other == client or is_page_of_owner(other))
        ]
        if not newest:
            raise RequestError("you have no action to undo", code="nothing_to_undo", status=409)
        return self.actions[max(newest)]

    def newest_of_its_client(self, number: int) -> UndoableAction:
        """Return action `number`.

        Raises RequestError when the action is undone, or when the client of the action has made a
        newer action that is not undone.
        """
        action = self.actions.get(number)
        if action is None:
            raise RequestError(f"there is no gesture {number}", code="nothing_to_undo", status=404)
        if action.undone:
            raise RequestError("this gesture is undone already", code="nothing_to_undo", status=409)
        if self._standing[action.client][-1] != number:
            raise RequestError(
                "the same person has made a newer gesture; undo that one first",
                code="nothing_to_undo",
                status=409,
            )
        return action

    def next_redo(self, client: str) -> UndoableAction:
        """Return the action that `client` would redo. Raises RequestError if there is none."""
        stack = self._undone.get(client)
        if not stack:
            raise RequestError("you have no action to redo", code="nothing_to_redo", status=409)
        return self.actions[stack[-1]]

    def can_undo(self, client: str) -> bool:
        """Return whether `client` has an action to undo."""
        return bool(self._standing.get(client))

    def can_redo(self, client: str) -> bool:
        """Return whether `client` has an action to redo."""
        return bool(self._undone.get(client))
