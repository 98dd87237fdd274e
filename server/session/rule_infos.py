"""The rules of a session as messages."""

from typing import cast

import numpy as np

from lodespace import protocol
from lodespace.session.rules import Rule, class_of, voted
from lodespace.session.state import SessionState


def rule_infos(state: SessionState) -> list[protocol.RuleInfo]:
    """Return all rules that are not deleted, in the order in which they were added."""
    return [_info(state, rule) for rule in state.rules]


def labelled_by_rules(state: SessionState) -> dict[int, int]:
    """Return the number of items whose label comes from each rule, by the number of the rule.

    If votes are weighed together, an item counts for each rule that votes for its label.
    """
    numbers, counts = np.unique(state.owner, return_counts=True)
    found: dict[int, int] = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    if state.weighing.on:
        labels, weighed = state.labels, state.weighed
        for rule in state.rules:
            if rule.on:
                items, given = voted(rule, state.classes.resolve)
                agree = int(np.count_nonzero(weighed[items] & (labels[items] == given)))
                found[rule.number] = found.get(rule.number, 0) + agree
    return found


def _info(state: SessionState, rule: Rule) -> protocol.RuleInfo:
    return protocol.RuleInfo(
        rule=rule.number,
        kind=cast(protocol.RuleKind, rule.kind),
        name=rule.name,
        class_id=class_of(state.classes, rule),
        author=rule.author,
        at=rule.at,
        on=rule.on,
        count=len(rule.votes.items),
        chosen=rule.votes.chosen,
        kept=rule.votes.kept,
        reach=rule.reach,
        query=rule.query,
        confidence=rule.confidence,
        space="" if rule.region is None else rule.region.space,
        follows=rule.follows,
        tool=rule.tool,
        changed_at=rule.changed_at,
    )
