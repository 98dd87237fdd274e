"""Rules: adding, editing and deleting, and votes on items that were added to the project."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.protocol import MAX_RULES, UNLABELED
from lodespace.session.commands.change import Change
from lodespace.session.events import (
    AddRuleEvent,
    DeleteRuleEvent,
    EditRuleEvent,
    Items,
    RuleEvent,
    RuleVotesEvent,
    StoredProvenance,
    new_header,
)
from lodespace.session.rule_events import StoredRegion, StoredVotes
from lodespace.session.rules import Rule
from lodespace.session.state import SessionState
from lodespace.session.undo import UndoableAction

_NUMBER = re.compile(r" \(\d+\)$")
"""Number at the end of a default name that another rule already had."""


class PreparedRule(msgspec.Struct, frozen=True, eq=False):
    """A command about a rule, with the items that were found for it."""

    command: protocol.AddRule | protocol.EditRule | protocol.DeleteRule
    """The command of the client."""
    votes: StoredVotes | None = None
    """Items on which the rule votes; None if they do not change."""
    region: StoredRegion | None = None
    """Prototypes of a region; None if they do not change."""

    @property
    def command_id(self) -> str:
        """Id of the command."""
        return self.command.command_id


class ApplyRules(msgspec.Struct, frozen=True, eq=False):
    """A command of the server itself: rules are applied to items that were added."""

    command_id: str
    """Id of the command."""
    seen: int
    """Number of items of the project."""
    versions: Mapping[int, int]
    """Version of each rule that was applied, by the number of the rule."""
    votes: Mapping[int, Items]
    """Added items on which each rule votes, by the number of the rule."""


RuleCommand = PreparedRule | ApplyRules


def plan(state: SessionState, given: RuleCommand, client: str) -> RuleEvent | None:
    """Return the event of a command; None when nothing would change. Raises RequestError."""
    if isinstance(given, ApplyRules):
        return _plan_votes(state, given, client)
    match given.command:
        case protocol.AddRule():
            return _plan_addition(state, given, given.command, client)
        case protocol.EditRule():
            return _plan_edit(state, given, given.command, client)
        case protocol.DeleteRule(command_id=command_id, rule=number):
            _check_class(state, state.rules.require(number))
            return DeleteRuleEvent(**new_header(command_id, client), rule=number)


def _plan_addition(
    state: SessionState, given: PreparedRule, command: protocol.AddRule, client: str
) -> AddRuleEvent:
    if len(state.rules) >= MAX_RULES:
        raise RequestError(
            f"a project has at most {MAX_RULES} rules; delete a rule first",
            code="bad_rule",
            status=409,
        )
    votes, region, kind, tool = given.votes, given.region, command.kind, command.provenance
    reach, query, confidence = 1.0, command.query, command.confidence
    class_id = command.class_id
    if command.copy_of:
        source = state.rules.require(command.copy_of)
        votes, region, kind, reach = source.votes, source.region, source.kind, source.reach
        query, confidence = source.query, source.confidence
        if class_id == UNLABELED:
            class_id = source.class_id
        else:
            votes = msgspec.structs.replace(votes, class_ids=None)
    assert votes is not None
    votes = _checked(state, votes, class_id)
    return AddRuleEvent(
        **new_header(command.command_id, client),
        rule_kind=kind,
        name=command.name.strip()
        or _free_name(state, _default_name(state, class_id, kind, query, confidence)),
        class_id=class_id if votes.class_ids is None else UNLABELED,
        votes=votes,
        region=region,
        reach=reach,
        query=query if kind == "query" else "",
        confidence=confidence if kind == "predictions" else 0.0,
        provenance=StoredProvenance.of(tool),
        revision=command.revision,
    )


def _plan_edit(
    state: SessionState, given: PreparedRule, command: protocol.EditRule, client: str
) -> EditRuleEvent | None:
    rule = state.rules.require(command.rule)
    _check_class(state, rule)
    class_id = rule.class_id if command.class_id is None else command.class_id
    votes = given.votes
    if votes is not None:
        votes = _checked(state, votes, class_id)
    elif class_id != UNLABELED:
        _check_given(state, class_id)
    elif class_id != rule.class_id:
        raise RequestError("a rule needs a class; choose one", code="bad_rule", status=409)
    name = (command.name or "").strip() or _name_after(state, rule, command)
    asked: dict[str, Any] = {
        "name": name,
        "class_id": command.class_id,
        "on": command.on,
        "reach": command.reach,
        "query": command.query,
        "confidence": command.confidence,
    }
    changed = {k: v for k, v in asked.items() if v is not None and v != getattr(rule, k)}
    if votes is not None and _equal(votes, rule.votes):
        votes = None
    if votes is None and not changed:
        return None
    return EditRuleEvent(
        **new_header(command.command_id, client),
        rule=rule.number,
        votes=votes,
        region=given.region,
        **changed,
    )


def _plan_votes(state: SessionState, given: ApplyRules, client: str) -> RuleVotesEvent | None:
    rules = {number: state.rules.get(number) for number in given.votes}
    found = {
        number: given.votes[number]
        for number, rule in rules.items()
        if rule is not None and rule.version == given.versions[number]
    }
    if not found:
        return None
    return RuleVotesEvent(
        **new_header(given.command_id, client),
        seen=given.seen,
        rules=tuple(found),
        versions=tuple(given.versions[number] for number in found),
        counts=tuple(len(items) for items in found.values()),
        items=np.concatenate(list(found.values())).astype(np.uint32),
    )


def _checked(state: SessionState, votes: StoredVotes, class_id: int) -> StoredVotes:
    """Return the votes without items of locked classes.

    Raises RequestError if no items remain, or if a class is locked or does not exist.
    """
    state.check_items(votes.items)
    given = [class_id] if votes.class_ids is None else np.unique(votes.class_ids).tolist()
    for each in given:
        _check_given(state, each)
    free = ~state.locked(votes.items)
    if not free.any():
        raise RequestError(
            "all items of this rule are of locked classes; unlock a class first"
            if len(free)
            else "no items match this rule; choose other items",
            code="bad_rule",
            status=409,
        )
    if free.all():
        return votes
    return msgspec.structs.replace(
        votes,
        items=votes.items[free],
        class_ids=None if votes.class_ids is None else votes.class_ids[free],
    )


def _check_given(state: SessionState, class_id: int) -> None:
    if class_id == UNLABELED:
        raise RequestError("a rule needs a class; choose one", code="bad_rule", status=409)
    state.classes.require(class_id)
    state.classes.require_unlocked(class_id)


def _check_class(state: SessionState, rule: Rule) -> None:
    """Raise RequestError if the class of the rule is locked."""
    (class_id,) = state.classes.resolve(np.array([rule.class_id], np.int16)).tolist()
    if class_id != UNLABELED:
        state.classes.require_unlocked(class_id)


def _default_name(
    state: SessionState, class_id: int, kind: str, query: str, confidence: float
) -> str:
    """Return what a rule does, such as "region of owl"."""
    of = "" if class_id == UNLABELED else state.classes.classes[class_id].name
    match kind:
        case "region":
            name = f"region of {of}"
        case "query":
            longest = (protocol.MAX_NAME_LENGTH - len("search  as  (100)")) // 2
            name = f"search {_shortened(query, longest)} as {_shortened(of, longest)}"
        case "predictions":
            name = f"predicted {of} from {100 * confidence:.0f} %"
        case _:
            name = f"votes for {of}" if of else "votes"
    return _shortened(name, protocol.MAX_NAME_LENGTH - len(f" ({MAX_RULES})"))


def _free_name(state: SessionState, name: str) -> str:
    """Return a name that no rule has, such as "region of owl (2)"."""
    taken = {rule.name for rule in state.rules}
    numbered = (f"{name} ({k})" for k in range(2, MAX_RULES + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _name_after(state: SessionState, rule: Rule, command: protocol.EditRule) -> str | None:
    """Return a new default name for an edited rule; None if its name does not change."""
    if _NUMBER.sub("", rule.name) != _default_name(
        state, rule.class_id, rule.kind, rule.query, rule.confidence
    ):
        return None
    name = _default_name(
        state,
        rule.class_id if command.class_id is None else command.class_id,
        rule.kind,
        rule.query if command.query is None else command.query,
        rule.confidence if command.confidence is None else command.confidence,
    )
    return None if name == _NUMBER.sub("", rule.name) else _free_name(state, name)


def _shortened(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}\u2026"


def _equal(one: StoredVotes, other: StoredVotes) -> bool:
    same = np.array_equal(one.items, other.items) and one.seen == other.seen
    if one.class_ids is None or other.class_ids is None:
        return same and one.class_ids is other.class_ids
    return same and np.array_equal(one.class_ids, other.class_ids)


def apply(state: SessionState, event: RuleEvent) -> Change:
    """Change the rules."""
    note, class_id, count = _described(state, event)
    state.rules.add(event)
    only_name = isinstance(event, EditRuleEvent) and _only_name(event)
    state.undo_log.add(
        UndoableAction.of(event, "rule", class_id=class_id, count=count, note=note),
        learned=not only_name,
    )
    if not only_name:
        state.rules.vote(state.classes.resolve)
    return Change(rules_changed=True, class_id=class_id)


def _only_name(event: EditRuleEvent) -> bool:
    return event.votes is None and event.class_id is None and event.on is None


def _described(state: SessionState, event: RuleEvent) -> tuple[str, int, int]:
    """Return a short description of an event, its class, and its number of items."""
    if isinstance(event, AddRuleEvent):
        return f"added \u201c{event.name}\u201d", event.class_id, len(event.votes.items)
    if isinstance(event, RuleVotesEvent):
        rules = "1 rule" if len(event.rules) == 1 else f"{len(event.rules)} rules"
        return f"{rules} applied to added items", UNLABELED, len(event.items)
    rule = state.rules.get(event.rule)
    name = "" if rule is None else rule.name
    class_id = UNLABELED if rule is None else rule.class_id
    count = 0 if rule is None else len(rule.votes.items)
    if isinstance(event, DeleteRuleEvent):
        return f"deleted \u201c{name}\u201d", class_id, count
    done = "changed"
    if event.on is not None:
        done = "switched on" if event.on else "switched off"
    elif event.name is not None and _only_name(event):
        return f"renamed \u201c{name}\u201d to \u201c{event.name}\u201d", class_id, count
    if event.class_id is not None:
        class_id = event.class_id
    return f"{done} \u201c{name}\u201d", class_id, count


def revert(state: SessionState, number: int) -> Change:
    """Undo the change of event `number`. `state.undo_log` already lists the event as undone."""
    del number
    return _rebuild(state)


def restore(state: SessionState, number: int) -> Change:
    """Redo the change of event `number`. `state.undo_log` already lists the event as redone."""
    del number
    return _rebuild(state)


def _rebuild(state: SessionState) -> Change:
    state.rules.rebuild(state.undo_log.stands)
    state.rules.vote(state.classes.resolve)
    return Change(rules_changed=True)
