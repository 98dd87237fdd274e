"""The rules of a session as messages."""

from typing import cast

import numpy as np

from lodespace import protocol
from lodespace.session.rules import Rule
from lodespace.session.state import SessionState


def rule_infos(state: SessionState) -> list[protocol.RuleInfo]:
    """Return all rules that are not deleted, in the order in which they were added."""
    return [_info(state, rule) for rule in state.rules]


def _info(state: SessionState, rule: Rule) -> protocol.RuleInfo:
    (class_id,) = state.classes.resolve(np.array([rule.class_id], np.int16)).tolist()
    return protocol.RuleInfo(
        rule=rule.number,
        kind=cast(protocol.RuleKind, rule.kind),
        name=rule.name,
        class_id=class_id,
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
