"""Table of commands and events, with the function that plans or applies each of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.commands import axes, classes, labels, pins, rules, settings, undo_by_topic
from lodespace.session.commands.change import Change
from lodespace.session.commands.effects import with_rules
from lodespace.session.commands.rule_commands import ApplyRules, PreparedRule, RuleCommand
from lodespace.session.events import (
    AddClassEvent,
    AddRuleEvent,
    AnchorEvent,
    DeleteClassEvent,
    DeleteRuleEvent,
    EditClassEvent,
    EditRuleEvent,
    Event,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    RedoEvent,
    RemoveAxisEvent,
    RuleEvent,
    RuleVotesEvent,
    SetAxisEvent,
    SettingsEvent,
    UndoEvent,
    UnpinEvent,
)
from lodespace.session.selections import NO_SELECTIONS, Selections
from lodespace.session.state import SessionState

Command = (
    protocol.Label
    | protocol.LabelEach
    | protocol.Undo
    | protocol.Redo
    | classes.ClassCommand
    | protocol.SetTraining
    | protocol.Anchor
    | protocol.Unpin
    | protocol.SetAxis
    | protocol.RemoveAxis
    | RuleCommand
)


class _Topic(NamedTuple):
    plan: Callable[[SessionState, Any, str, Selections], Event | None]
    apply: Callable[[SessionState, Any], Change]
    commands: tuple[type[Command], ...]
    events: tuple[type[Event], ...]


def _without_selections(
    plan: Callable[[SessionState, Any, str], Event | None],
) -> Callable[[SessionState, Any, str, Selections], Event | None]:
    return lambda state, command, client, _: plan(state, command, client)


_TOPICS = (
    _Topic(
        labels.plan,
        labels.apply,
        (protocol.Label, protocol.LabelEach),
        (LabelEvent, LabelEachEvent),
    ),
    _Topic(
        _without_selections(classes.plan),
        classes.apply,
        (protocol.AddClass, protocol.EditClass, protocol.MergeClass, protocol.DeleteClass),
        (AddClassEvent, EditClassEvent, MergeClassEvent, DeleteClassEvent),
    ),
    _Topic(
        _without_selections(settings.plan),
        settings.apply,
        (protocol.SetTraining,),
        (SettingsEvent,),
    ),
    _Topic(pins.plan, pins.apply, (protocol.Anchor, protocol.Unpin), (AnchorEvent, UnpinEvent)),
    _Topic(
        axes.plan,
        axes.apply,
        (protocol.SetAxis, protocol.RemoveAxis),
        (SetAxisEvent, RemoveAxisEvent),
    ),
    _Topic(
        _without_selections(rules.plan),
        rules.apply,
        (PreparedRule, ApplyRules),
        (AddRuleEvent, EditRuleEvent, DeleteRuleEvent, RuleVotesEvent),
    ),
    _Topic(
        _without_selections(undo_by_topic.plan),
        undo_by_topic.apply,
        (protocol.Undo, protocol.Redo),
        (UndoEvent, RedoEvent),
    ),
)
TOPIC_OF_COMMAND: dict[type[Command], _Topic] = {
    command: topic for topic in _TOPICS for command in topic.commands
}
TOPIC_OF_EVENT: dict[type[Event], _Topic] = {
    event: topic for topic in _TOPICS for event in topic.events
}


def plan(
    state: SessionState,
    command: Command,
    client: str,
    selections: Selections = NO_SELECTIONS,
) -> Event | None:
    """Check `command` against `state`, which is not changed.

    Args:
        state: The state of the project.
        command: The command.
        client: Id of the client that sent the command.
        selections: Selections that the client has uploaded.

    Returns:
        The event that carries out the command, or None when nothing would change.

    Raises:
        RequestError: The command cannot be carried out.
        ProtocolError: The selection that the command names is malformed.
    """
    if state.obstacle:
        raise RequestError(f"nothing can be saved: {state.obstacle}", code="read_only")
    if state.read_only:
        raise RequestError(
            "this scene is baked and cannot be changed; to label the items, serve the data set",
            code="read_only",
            status=409,
        )
    return TOPIC_OF_COMMAND[type(command)].plan(state, command, client, selections)


def apply(state: SessionState, event: Event) -> Change:
    """Carry out `event`, which is already on disk."""
    topic = TOPIC_OF_EVENT[type(event)]
    if state.rules.any_event or state.weighs or _may_weigh(state, event):
        return with_rules(state, event, lambda: topic.apply(state, event))
    return topic.apply(state, event)


def _may_weigh(state: SessionState, event: Event) -> bool:
    """Return whether labels may follow from rules or weighed votes after `event`, though they did
    not before."""
    if isinstance(event, UndoEvent | RedoEvent):
        return state.undo_log.actions[event.gesture].kind == "settings"
    return isinstance(event, RuleEvent | SettingsEvent)
