"""Rules of undo: which actions cannot be undone or redone, and when the map is not restored."""

import numpy as np

from lodespace.errors import RequestError
from lodespace.protocol import UNLABELED
from lodespace.session.classes import ClassList
from lodespace.session.label_history import LabelHistory
from lodespace.session.rule_events import AddRuleEvent, EditRuleEvent, RuleVotesEvent
from lodespace.session.rules import RuleList
from lodespace.session.undo_log import UndoLog


def check_undo(number: int, *, history: LabelHistory, rules: RuleList, classes: ClassList) -> None:
    """Raise RequestError if the undo of action `number` would remove a class that is in use."""
    made = classes.made_by(number)
    if made is None:
        return
    labelled = any(made in g.classes() and not g.undone for g in history.gestures.values())
    voted = any(made in rule.given() for rule in rules)
    if voted:
        name = classes.classes[made].name
        raise RequestError(
            f"a rule votes for the class “{name}”; delete the rule first, then undo again",
            code="class_in_use",
            status=409,
        )
    if labelled or classes.is_target(made):
        name = classes.classes[made].name
        raise RequestError(
            f"items have the class “{name}”; remove their labels first, then undo again",
            code="class_in_use",
            status=409,
        )


def check_redo(
    number: int, *, undo_log: UndoLog, history: LabelHistory, rules: RuleList, classes: ClassList
) -> None:
    """Raise RequestError when action `number` uses a class whose creation was undone."""
    into = classes.target_of(number)
    uses = [into] if into is not None else []
    if undo_log.actions[number].kind == "label":
        uses = history.gestures[number].classes()
    elif undo_log.actions[number].kind == "rule":
        uses = _classes_of(rules, number)
    for class_id in uses:
        if classes.is_unmade(class_id):
            name = classes.classes[class_id].name
            raise RequestError(
                f"the creation of the class “{name}” was undone; redo it first",
                code="unknown_class",
                status=409,
            )


def _classes_of(rules: RuleList, number: int) -> list[int]:
    """Return the classes that event `number` gave a rule."""
    event = rules.event(number)
    if isinstance(event, RuleVotesEvent) and event.class_ids is not None:
        return [each for each in np.unique(event.class_ids).tolist() if each != UNLABELED]
    if not isinstance(event, AddRuleEvent | EditRuleEvent):
        return []
    if event.votes is not None and event.votes.class_ids is not None:
        return np.unique(event.votes.class_ids).tolist()
    return [] if event.class_id in (None, UNLABELED) else [event.class_id]


def map_message(number: int, done: str, undo_log: UndoLog) -> str:
    """Return a text that states why the undo or redo of an action did not restore the map.

    Return "" if the map was restored.

    Args:
        number: The action that the newest event undid or redid.
        done: "Undone" or "Redone".
        undo_log: All actions, after this undo or redo.
    """
    if undo_log.last_transition.returns:
        return ""
    action = undo_log.actions[number]
    later = [
        other
        for other in undo_log.done_between(number, undo_log.last_transition.event)
        if other.client != action.client
    ]
    if len(later) == 1:
        why = "Another gesture depends on this action"
    elif later:
        why = f"{len(later)} gestures of others depend on this action"
    else:
        why = "Others have made changes since"
    return f"{done}. {why}, so the map is not restored. Training continues from here."
