"""Names of rules that nobody has named: what a rule does, such as "region of owl"."""

import re

from lodespace import protocol
from lodespace.protocol import MAX_RULES, UNLABELED
from lodespace.session.rules import Rule
from lodespace.session.state import SessionState

_NUMBER = re.compile(r" \(\d+\)$")
"""Number at the end of a default name that another rule already had."""


def default_name(
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


def free_name(state: SessionState, name: str) -> str:
    """Return a name that no rule has, such as "region of owl (2)"."""
    taken = {rule.name for rule in state.rules}
    numbered = (f"{name} ({k})" for k in range(2, MAX_RULES + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def name_after(state: SessionState, rule: Rule, command: protocol.EditRule) -> str | None:
    """Return a new default name for an edited rule; None if its name does not change."""
    if _NUMBER.sub("", rule.name) != default_name(
        state, rule.class_id, rule.kind, rule.query, rule.confidence
    ):
        return None
    name = default_name(
        state,
        rule.class_id if command.class_id is None else command.class_id,
        rule.kind,
        rule.query if command.query is None else command.query,
        rule.confidence if command.confidence is None else command.confidence,
    )
    return None if name == _NUMBER.sub("", rule.name) else free_name(state, name)


def _shortened(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}\u2026"
