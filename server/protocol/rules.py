"""Rules: lasting votes for a class, on the items that a rule matches, also on items added later."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.labels import Provenance
from lodespace.protocol.values import (
    AT_MOST_LISTED,
    MAX_NAME_LENGTH,
    MAX_SEARCH_LENGTH,
    UNLABELED,
    ClassId,
    CommandId,
    Counter,
    ListedItems,
    Slot,
    check_chosen,
)

MAX_RULES = 256
"""Largest number of rules of a project."""
LEAST_REACH, MOST_REACH = 0.1, 10.0
"""Smallest and largest factor on the radii of a rule."""

RuleKind = Literal["region", "query", "predictions", "votes"]
"""`region`: items like those that a person selected; `query`: items that a search finds;
`predictions`: items that the model predicted with a minimum confidence; `votes`: a list of items,
from a program or a file."""
RuleName = Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]
Query = Annotated[str, msgspec.Meta(max_length=MAX_SEARCH_LENGTH)]
Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]
Reach = Annotated[float, msgspec.Meta(ge=LEAST_REACH, le=MOST_REACH)]
RuleNumber = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]


class _Choice(Operation, kw_only=True):
    """Fields that choose the items of a rule."""

    items: ListedItems = msgspec.field(default_factory=list[int])
    """Selected items of a region, or items of a rule of kind `votes`; empty if `selection` has
    them."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the items; null if `items` lists them. A rule of kind
    `votes` also takes the class of each item from the selection, if the selection has classes."""
    query: Query = ""
    """Text to search for, as in GET /api/search; for kind `query`."""
    confidence: Confidence = 0.9
    """Smallest probability of the predicted class; for kind `predictions`."""


class AddRule(_Choice, kw_only=True, tag="add_rule"):
    """Keep a region, a search, predictions or a list of items as a rule.

    The rule votes for its class on each item that it matches. The sequence number in the answer is
    the number of the rule.
    """

    command_id: CommandId
    """Id of the command."""
    kind: RuleKind = "region"
    """Kind of the rule."""
    class_id: ClassId = UNLABELED
    """Class for which the rule votes. Only a rule of kind `votes` with a class per item may have
    UNLABELED (-1)."""
    class_ids: Annotated[list[ClassId], AT_MOST_LISTED] = msgspec.field(default_factory=list[int])
    """Class per item of `items`, for kind `votes`; empty if all items have `class_id`."""
    name: RuleName = ""
    """Name of the rule. If it is empty, the server makes a name from the class."""
    copy_of: RuleNumber = 0
    """Number of the rule whose items and radii the new rule copies; 0 for none. The fields that
    choose items are then ignored."""
    revision: Counter = -1
    """Revision of the positions that the client showed."""
    provenance: Provenance = msgspec.field(default_factory=lambda: Provenance(tool="api"))
    """How the items were chosen: tool, polygons and cameras."""

    def __post_init__(self) -> None:
        listed = self.kind in ("region", "votes") and not self.copy_of
        check_chosen(self.items, self.selection, may_be_empty=not listed)
        if self.class_ids and len(self.items) != len(self.class_ids):
            raise ValueError(
                f"There are {len(self.items)} items and {len(self.class_ids)} classes. Send one"
                " class per item."
            )
        if len(set(self.items)) != len(self.items):
            raise ValueError("An item is listed twice.")


class EditRule(Operation, kw_only=True, tag="edit_rule"):
    """Change a rule. Fields that are null or empty stay as they are.

    A client changes its own rules; the owner changes all. The place of the rule in time stays:
    labels that people gave after the rule was added stay.
    """

    command_id: CommandId
    """Id of the command."""
    rule: RuleNumber
    """Number of the rule."""
    name: RuleName | None = None
    """New name."""
    class_id: ClassId | None = None
    """New class."""
    on: bool | None = None
    """False: the rule does not vote. True: the rule votes again."""
    reach: Reach | None = None
    """New factor on the radii of a region: 1 reproduces the selection, 2 reaches twice as far."""
    items: ListedItems = msgspec.field(default_factory=list[int])
    """New selected items of a region, or new items of a rule of kind `votes`."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the new items."""
    query: Query | None = None
    """New text to search for."""
    confidence: Confidence | None = None
    """New smallest probability of the predicted class."""
    refresh: bool = False
    """Whether a rule of kind `query` or `predictions` searches its items again."""

    def __post_init__(self) -> None:
        check_chosen(self.items, self.selection, may_be_empty=True)


class DeleteRule(Operation, tag="delete_rule"):
    """Delete a rule, as one gesture. Everything that the rule did is removed: the labels below its
    votes appear again."""

    command_id: CommandId
    """Id of the command."""
    rule: RuleNumber
    """Number of the rule."""


class PreviewRule(_Choice, kw_only=True, tag="preview_rule"):
    """Ask which items a rule would match, before it is kept or changed. The answer is
    `rule_previewed`; nothing changes."""

    command_id: CommandId
    """Id of the query."""
    kind: RuleKind = "region"
    """Kind of the rule."""
    class_id: ClassId = UNLABELED
    """Class of a rule of kind `predictions`."""
    rule: RuleNumber = 0
    """Number of an existing region, whose items are searched with another `reach`; 0 for a new
    rule."""
    reach: Reach = 1.0
    """Factor on the radii of a region."""

    def __post_init__(self) -> None:
        listed = self.kind in ("region", "votes") and not self.rule
        check_chosen(self.items, self.selection, may_be_empty=not listed)


class RulePreviewed(Operation, tag="rule_previewed"):
    """Answer to `preview_rule`."""

    command_id: str
    """Id of the query."""
    packed: str
    """Items that the rule would match, as base64 of a packed set (item_sets.py)."""
    count: int
    """Number of these items."""
    chosen: int
    """Number of selected items; 0 if no items were selected."""
    kept: int
    """Number of selected items that the rule would match."""
    locked: int
    """Number of matched items whose label is of a locked class. The rule leaves them out."""
    verified: int
    """Number of matched items whose label a person has verified. The rule votes on them, but does
    not change their label."""
    space: str
    """Name of the feature space of a region; empty for other kinds."""


class RuleInfo(Message):
    """A rule."""

    rule: int
    """Number of the rule: that of the event that added it."""
    kind: RuleKind
    """Kind of the rule."""
    name: str
    """Name of the rule."""
    class_id: int
    """Class for which the rule votes; UNLABELED (-1) if it has a class per item, or if its class
    was deleted."""
    author: str
    """Id of the client that added the rule."""
    at: float
    """Time at which the rule was added, in seconds since the Unix epoch."""
    on: bool
    """Whether the rule votes."""
    count: int
    """Number of items on which the rule votes, or would vote if it were on."""
    chosen: int
    """Number of items that the person selected; 0 for a rule without a selection."""
    kept: int
    """Number of these items on which the rule votes."""
    reach: float
    """Factor on the radii of a region; 1 for other kinds."""
    query: str
    """Text of a rule of kind `query`; else empty."""
    confidence: float
    """Smallest probability of a rule of kind `predictions`; else 0."""
    space: str
    """Name of the feature space of a region; else empty."""
    follows: bool
    """Whether the rule votes on items that are added later."""
    tool: str
    """Tool by which the items were selected."""
    changed_at: int
    """Number of the event that last changed the items or the class of the rule. While it stays, the
    answer of GET /api/rules/{rule}/items stays."""


class RulesChanged(Operation, tag="rules"):
    """Rules changed. Each message replaces the previous one."""

    rules: list[RuleInfo]
    """All rules that are not deleted, in the order in which they were added."""


class RuleFigures(Message):
    """Estimates of the label model for one rule."""

    rule: int
    """Number of the rule."""
    labelled: int
    """Number of items whose label comes from the rule. If votes are weighed together, an item
    counts for each rule that votes for its label."""
    conflicts: int
    """Number of items on which another source votes for another class."""
    compared: int
    """Number of items on which at least two other sources vote, or at which another looked."""
    accuracy: float | None
    """Estimated share of right votes; null while fewer than 20 items are compared."""
    low: float | None
    """Lower end of the 90 % interval of the accuracy; null like `accuracy`."""
    high: float | None
    """Upper end of the 90 % interval of the accuracy; null like `accuracy`."""


class PersonFigures(Message):
    """Estimates of the label model for one person."""

    person: str
    """The person: `owner`, the id of a device, or `import`."""
    looked: bool
    """Whether these are the labels of items at which the person looked (`verified`). The labels of
    items that a person selected together have figures of their own."""
    votes: int
    """Number of items that the person has labelled."""
    conflicts: int
    """Number of items on which another source votes for another class."""
    compared: int
    """Number of items on which at least two other sources vote, or at which another looked."""
    accuracy: float | None
    """Estimated share of right votes; null while fewer than 20 items are compared."""
    low: float | None
    """Lower end of the 90 % interval of the accuracy; null like `accuracy`."""
    high: float | None
    """Upper end of the 90 % interval of the accuracy; null like `accuracy`."""


class Rules(Message):
    """Answer of GET /api/rules."""

    sequence: int
    """Number of the event to which the figures belong."""
    rules: list[RuleInfo]
    """All rules that are not deleted, in the order in which they were added."""
    figures: list[RuleFigures]
    """Estimates per rule, in the same order."""
    people: list[PersonFigures]
    """Estimates per person who labelled items."""
    conflicts: int
    """Number of items of GET /api/rules/conflicts: sources vote for different classes, and nobody
    has decided."""


class ItemVote(Message):
    """One source's vote on an item."""

    source: Literal["rule", "person"]
    """`rule`, or `person` for gestures of a person."""
    number: int
    """Number of the rule, or of the person's newest gesture that labels the item."""
    name: str
    """Name of the rule, or the person: `owner`, the id of a device, or `import`."""
    class_id: int
    """Class of the vote."""
    verified: bool
    """Whether the person looked at the item. A verified vote is never outvoted."""
    odds: float
    """Factor by which the vote changes the odds of its class, by the label model: above 1 if it
    speaks for the class. The larger, the more weight has the vote."""
    decides: bool
    """Whether the item has its label from this vote alone. False for all votes that were weighed
    together."""


class Why(Message):
    """Answer of GET /api/items/{item}/why: where the label of an item comes from."""

    item: int
    """Number of the item."""
    class_id: int
    """Class of the label; -1 if the item is unlabelled."""
    votes: list[ItemVote]
    """Votes on the item, that with the most weight first."""
    probabilities: dict[int, float]
    """Probability of each class with a vote, by the label model; empty without votes."""
