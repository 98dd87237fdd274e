"""Rules: adding, editing and deleting, and votes on items that were added to the project."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.protocol import MAX_RULES, UNLABELED
from lodespace.session.commands.change import Change
from lodespace.session.commands.rule_commands import (
    ApplyRules,
    PreparedRule,
    RuleChangedError,
    RuleCommand,
)
from lodespace.session.commands.rule_names import default_name, free_name, name_after
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
from lodespace.session.rules import Rule, class_of, locked, voted
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoableAction


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
            _check_classes(state, state.rules.require(number))
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
        region, kind, reach = source.region, source.kind, source.reach
        query, confidence = source.query, source.confidence
        if class_id == UNLABELED:
            class_id, votes = class_of(state.classes, source), _current_votes(state, source)
        else:
            votes = msgspec.structs.replace(source.votes, class_ids=None)
    assert votes is not None
    votes = _checked(state, votes, class_id, region)
    return AddRuleEvent(
        **new_header(command.command_id, client),
        rule_kind=kind,
        name=command.name.strip()
        or free_name(state, default_name(state, class_id, kind, query, confidence)),
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
    header = new_header(command.command_id, client)
    rule = state.rules.require(command.rule)
    _check_classes(state, rule)
    if given.of is not None and _search(given.of) != _search(rule):
        raise RuleChangedError(
            f"the rule “{rule.name}” was changed at the same time; send the command again",
            code="bad_rule",
            status=409,
        )
    known = class_of(state.classes, rule)
    class_id = known if command.class_id is None else command.class_id
    name = (command.name or "").strip() or name_after(state, rule, command)
    asked: dict[str, Any] = {
        "name": name,
        "class_id": None if class_id == known else class_id,
        "on": command.on,
        "reach": command.reach,
        "query": command.query,
        "confidence": command.confidence,
    }
    changed = {k: v for k, v in asked.items() if v is not None and v != getattr(rule, k)}
    votes = given.votes
    if votes is not None:
        votes = _checked(state, votes, class_id, given.region)
        region = given.region or rule.region
        if not changed and votes.same(rule.votes) and (region is None or region.same(rule.region)):
            votes = None
    elif "class_id" in changed:
        _check_given(state, class_id)
    if votes is None and changed.get("on", rule.on) and changed.keys() & {"on", "class_id"}:
        votes = _without_locked(state, rule)
        if votes is not None and "class_id" in changed:
            votes = msgspec.structs.replace(votes, class_ids=None)
    if votes is None:
        return EditRuleEvent(**header, rule=rule.number, **changed) if changed else None
    # All that the votes follow from is stored with them. Otherwise, the undo of an earlier change
    # by somebody else would give the rule another class or reach, but not the votes for it.
    each = votes.class_ids is not None
    changed["class_id"] = UNLABELED if each else changed.get("class_id", rule.class_id)
    for field in ("reach", "query", "confidence"):
        changed.setdefault(field, getattr(rule, field))
    return EditRuleEvent(
        **header, rule=rule.number, votes=votes, region=given.region or rule.region, **changed
    )


def _plan_votes(state: SessionState, given: ApplyRules, client: str) -> RuleVotesEvent | None:
    rules = {number: state.rules.get(number) for number in given.votes}
    free = {
        number: _free(state, rule, given.votes[number])
        for number, rule in rules.items()
        if rule is not None and _due(state, rule, given)
    }
    if not free:
        return None
    found = [given.votes[number][which] for number, which in free.items()]
    each = [
        given.class_ids.get(number, np.full(len(which), UNLABELED, np.int16))[which]
        for number, which in free.items()
    ]
    return RuleVotesEvent(
        **new_header(given.command_id, client),
        seen=given.seen,
        rules=tuple(free),
        versions=tuple(given.versions[number] for number in free),
        counts=tuple(len(items) for items in found),
        items=np.concatenate(found).astype(np.uint32),
        class_ids=np.concatenate(each) if given.class_ids.keys() & free.keys() else None,
    )


def _due(state: SessionState, rule: Rule, given: ApplyRules) -> bool:
    """Return whether the votes of `given` are those of the rule, and newer than its own. No added
    item gets a locked class: a rule that votes for one waits until the class is unlocked."""
    if rule.version != given.versions[rule.number] or rule.votes.seen >= given.seen:
        return False
    each = given.class_ids.get(rule.number)
    if each is None or rule.votes.class_ids is None:
        return not locked(state.classes, rule)
    return not state.classes.locked(state.classes.resolve(each)).any()


def _checked(
    state: SessionState, votes: StoredVotes, class_id: int, region: StoredRegion | None
) -> StoredVotes:
    """Return the votes without items of locked classes.

    Raises RequestError if no items remain, or if a class is locked or does not exist.
    """
    state.check_items(votes.items)
    given = [class_id] if votes.class_ids is None else np.unique(votes.class_ids).tolist()
    for each in given:
        _check_given(state, each)
    return _kept(votes, ~state.locked(votes.items), region)


def _kept(
    votes: StoredVotes, free: npt.NDArray[np.bool_], region: StoredRegion | None
) -> StoredVotes:
    """Return those of the votes of a rule (K) that are `free` (K,).

    Raises RequestError if none is.
    """
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
    items = votes.items[free]
    return msgspec.structs.replace(
        votes,
        items=items,
        kept=votes.kept if region is None or not len(region.selected) else region.kept_of(items),
        class_ids=None if votes.class_ids is None else votes.class_ids[free],
    )


def _check_given(state: SessionState, class_id: int) -> None:
    if class_id == UNLABELED:
        raise RequestError("a rule needs a class; choose one", code="bad_rule", status=409)
    state.classes.require(class_id)
    state.classes.require_unlocked(class_id)


def _check_classes(state: SessionState, rule: Rule) -> None:
    """Raise RequestError if a class of the rule is locked."""
    for class_id in state.classes.resolve(np.array(rule.given(), np.int16)).tolist():
        if class_id != UNLABELED:
            state.classes.require_unlocked(class_id)


def _current_votes(state: SessionState, rule: Rule) -> StoredVotes:
    """Return the votes of the rule, with a class per item after all merges."""
    if rule.votes.class_ids is None:
        return rule.votes
    items, class_ids = voted(rule, state.classes.resolve)
    return msgspec.structs.replace(rule.votes, items=items, class_ids=class_ids)


def _search(rule: Rule) -> tuple[Any, ...]:
    """Return the values on which the items of the rule depend."""
    return rule.version, rule.class_id, rule.reach, rule.query, rule.confidence


def _free(state: SessionState, rule: Rule, items: Items) -> npt.NDArray[np.bool_]:
    """Return for each of `items` (K,) whether the rule may vote on it: a vote must not change the
    label of an item of a locked class."""
    return ~(state.locked(items) & state.would_win(rule, items))


def _without_locked(state: SessionState, rule: Rule) -> StoredVotes | None:
    """Return the votes of a rule that is about to vote, without items of locked classes.

    Returns None if there are no such items. Raises RequestError if no other items remain.
    """
    free = _free(state, rule, rule.votes.items)
    return None if free.all() else _kept(rule.votes, free, rule.region)


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
