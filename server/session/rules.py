"""The rules of a session, and the labels that they give.

Gestures and rules are two layers. LabelHistory has the label of each item by the newest gesture,
and RuleList the vote of the newest rule that is on. The newer of the two is the label of the item,
but a verified label always stays. So no rule changes a gesture: if a rule is switched off, edited
or deleted, the labels below its votes appear again.

A rule keeps its place in time when it is edited, switched on, or applied to added items: that of
the event that added it. So labels that people gave after a rule was added stay.
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError
from lodespace.protocol import UNLABELED
from lodespace.protocol.item_sets import ClassIds, Items
from lodespace.session.classes import ClassList
from lodespace.session.rule_events import (
    AddRuleEvent,
    DeleteRuleEvent,
    EditRuleEvent,
    RuleEvent,
    RuleVotesEvent,
    StoredRegion,
    StoredVotes,
)


class Rule(msgspec.Struct, frozen=True, eq=False):
    """One rule."""

    number: int
    """Number of the event that added the rule."""
    kind: str
    """Kind of the rule (`protocol.RuleKind`)."""
    name: str
    """Name of the rule."""
    class_id: int
    """Class of the rule; UNLABELED if it has a class per item."""
    author: str
    """Id of the client that added the rule."""
    at: float
    """Time at which the rule was added, in seconds since the Unix epoch."""
    votes: StoredVotes
    """Items on which the rule votes."""
    region: StoredRegion | None
    """Prototypes of a region; None for other kinds."""
    reach: float
    """Factor on the radii."""
    query: str
    """Text of a rule that searches."""
    confidence: float
    """Smallest probability of a rule of predictions."""
    tool: str
    """Tool by which the items were selected."""
    changed_at: int
    """Number of the event that last changed the items or the class."""
    version: int
    """Number of the event that last chose the items of the rule."""
    on: bool = True
    """Whether the rule votes."""

    @property
    def follows(self) -> bool:
        """Whether the rule votes on items that are added later."""
        return self.kind in ("region", "query")

    def given(self) -> list[int]:
        """Return the classes for which the rule votes, ascending."""
        each = self.votes.class_ids
        return [self.class_id] if each is None else np.unique(each).tolist()


class RuleList:
    """The rules of a session with N items, by number, and the votes of those that are on."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._events: dict[int, RuleEvent] = {}
        self._rules: dict[int, Rule] = {}
        self.label = np.full(n, UNLABELED, np.int16)
        """Class for which the newest rule votes that is on, (N,); UNLABELED without a vote."""
        self.owner = np.zeros(n, np.int64)
        """Number of this rule (N,); 0 without a vote."""

    def __iter__(self) -> Iterator[Rule]:
        """Yield the rules that are not deleted, in the order in which they were added."""
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    @property
    def any_event(self) -> bool:
        """Whether the session ever had a rule."""
        return bool(self._events)

    def get(self, number: int) -> Rule | None:
        """Return the rule; None if it does not exist or was deleted."""
        return self._rules.get(number)

    def require(self, number: int) -> Rule:
        """Return the rule. Raises RequestError if it does not exist or was deleted."""
        rule = self._rules.get(number)
        if rule is None:
            raise RequestError(
                f"there is no rule {number}; it may have been deleted",
                code="unknown_rule",
                status=404,
            )
        return rule

    def events(self) -> Iterator[RuleEvent]:
        """Yield the events of all rules, oldest first, also those that are undone."""
        return iter(self._events.values())

    def event(self, number: int) -> RuleEvent:
        """Return the event `number` of a rule, also if it is undone."""
        return self._events[number]

    def grow(self, n: int) -> None:
        """Continue with `n` items. No rule votes on the added items yet."""
        more = n - self._n
        self._n = n
        self.label = np.pad(self.label, (0, more), constant_values=UNLABELED)
        self.owner = np.pad(self.owner, (0, more))

    def add(self, event: RuleEvent) -> None:
        """Apply an event that is newer than all others. The caller then calls `vote`."""
        self._events[event.sequence] = event
        self._apply(event)

    def rebuild(self, stands: Callable[[int], bool]) -> None:
        """Compute the rules from all events that are not undone. The caller then calls `vote`.

        `stands(number)` returns whether event `number` is not undone.
        """
        self._rules.clear()
        for number, event in self._events.items():
            if stands(number):
                self._apply(event)

    def vote(self, resolve: Callable[[ClassIds], ClassIds]) -> None:
        """Compute `label` and `owner` from the rules that are on.

        `resolve` replaces merged classes, and deleted ones by UNLABELED. A rule abstains on an item
        for which its class was deleted.
        """
        self.label[:], self.owner[:] = UNLABELED, 0
        for rule in self._rules.values():
            if not rule.on:
                continue
            items, given = voted(rule, resolve)
            self.label[items], self.owner[items] = given, rule.number

    def wins(
        self,
        gesture: npt.NDArray[np.integer],
        verified: npt.NDArray[np.bool_],
        items: "npt.NDArray[np.integer] | slice" = slice(None),
    ) -> npt.NDArray[np.bool_]:
        """Return for each of `items` (K,) whether its label comes from a rule.

        `gesture` (K,) is the number of the gesture that labelled the item, and `verified` (K,)
        states whether a person looked at it.
        """
        return (self.owner[items] > gesture) & ~verified

    def _apply(self, event: RuleEvent) -> None:
        match event:
            case AddRuleEvent():
                self._rules[event.sequence] = _added(event)
            case EditRuleEvent(rule=number):
                if number in self._rules:
                    self._rules[number] = _edited(self._rules[number], event)
            case DeleteRuleEvent():
                self._rules.pop(event.rule, None)
            case RuleVotesEvent():
                self._apply_votes(event)

    def _apply_votes(self, event: RuleVotesEvent) -> None:
        ends = np.cumsum(event.counts).tolist()
        entries = zip(event.rules, event.versions, event.counts, ends, strict=True)
        for number, version, count, end in entries:
            rule = self._rules.get(number)
            if rule is None or rule.version != version or rule.votes.seen >= event.seen:
                continue
            found = event.items[end - count : end]
            new = found >= rule.votes.seen
            votes = msgspec.structs.replace(
                rule.votes,
                items=np.concatenate([rule.votes.items, found[new]]),
                seen=event.seen,
                class_ids=_with_added(rule, event.classes(end - count, end)[new]),
            )
            changed_at = event.sequence if count else rule.changed_at
            self._rules[number] = msgspec.structs.replace(rule, votes=votes, changed_at=changed_at)


def voted(rule: Rule, resolve: Callable[[ClassIds], ClassIds]) -> tuple[Items, ClassIds]:
    """Return the items on which a rule votes (K,), and the class for each of them (K,).

    `resolve` is that of `RuleList.vote`. Items whose class was deleted are left out.
    """
    items, classes = rule.votes.items, rule.votes.class_ids
    if classes is None:
        classes = np.full(len(items), rule.class_id, np.int16)
    given = resolve(classes)
    listed = given != UNLABELED
    return items[listed], given[listed]


def class_of(classes: ClassList, rule: Rule) -> int:
    """Return the class of the rule after all merges; UNLABELED if it was deleted."""
    return int(classes.resolve(np.array([rule.class_id], np.int16))[0])


def locked(classes: ClassList, rule: Rule) -> bool:
    """Return whether the one class of the rule is locked."""
    if rule.votes.class_ids is not None:
        return False
    return bool(classes.locked(np.array([class_of(classes, rule)], np.int16))[0])


def _added(event: AddRuleEvent) -> Rule:
    return Rule(
        number=event.sequence,
        kind=event.rule_kind,
        name=event.name,
        class_id=event.class_id,
        author=event.client,
        at=event.at,
        votes=event.votes,
        region=event.region,
        reach=event.reach,
        query=event.query,
        confidence=event.confidence,
        tool=event.provenance.tool,
        changed_at=event.sequence,
        version=event.sequence,
    )


def _with_added(rule: Rule, added: ClassIds) -> ClassIds | None:
    """Return the classes of the votes of a rule, with those of K added items; None if the rule has
    one class."""
    known = rule.votes.class_ids
    return None if known is None else np.concatenate([known, added])


def _edited(rule: Rule, event: EditRuleEvent) -> Rule:
    names = ("name", "class_id", "on", "votes", "region", "reach", "query", "confidence")
    given = {name: getattr(event, name) for name in names if getattr(event, name) is not None}
    if "class_id" in given and rule.votes.class_ids is not None and "votes" not in given:
        # A rule with a class per item now has one class.
        given["votes"] = msgspec.structs.replace(rule.votes, class_ids=None)
    if event.votes is not None:
        given["version"] = event.sequence
    if given.keys() & {"class_id", "votes"}:
        given["changed_at"] = event.sequence
    return msgspec.structs.replace(rule, **given)
