"""Events of rules. An event stores the items on which a rule votes, so that a replay of the log
needs neither features nor a model."""

import msgspec
import numpy as np

from lodespace.protocol import UNLABELED
from lodespace.protocol.item_sets import ClassIds, Items
from lodespace.session.event_header import EventHeader, StoredProvenance, Targets


class StoredRegion(msgspec.Struct, frozen=True, eq=False, omit_defaults=True, gc=False):
    """Prototypes and radii of a rule, in feature space (`rules/regions.py`)."""

    space: str
    """Name of the feature space."""
    prototypes: Targets
    """Features of the prototypes, flat (P * F,)."""
    radii: Targets
    """Radius around each prototype (P,), in the scaled space."""
    scale: Targets | None = None
    """Number by which each feature is multiplied (F,); None for ones."""
    selected: Items = msgspec.field(default_factory=lambda: np.empty(0, np.uint32))
    """The items that a person selected (K,), ascending; empty in logs of earlier versions."""

    def kept_of(self, items: Items) -> int:
        """Return how many of the selected items are in `items`, which are ascending."""
        return len(np.intersect1d(self.selected, items, assume_unique=True))

    def same(self, other: "StoredRegion | None") -> bool:
        """Return whether both regions match the same items, also of those that are added later."""
        fields = ("prototypes", "radii", "scale")
        return other is not None and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in fields
        )


class StoredVotes(msgspec.Struct, frozen=True, eq=False, omit_defaults=True, gc=False):
    """Items on which a rule votes."""

    items: Items
    """Numbers of the items (K,), ascending."""
    seen: int
    """Number of items of the project that the rule was applied to: the first ones."""
    class_ids: ClassIds | None = None
    """Class of each item (K,); None if the rule has one class."""
    chosen: int = 0
    """Number of items that a person selected."""
    kept: int = 0
    """Number of the selected items on which the rule votes."""

    def same(self, other: "StoredVotes") -> bool:
        """Return whether the votes are equal."""
        same = np.array_equal(self.items, other.items) and self.seen == other.seen
        if self.class_ids is None or other.class_ids is None:
            return same and self.class_ids is other.class_ids
        return same and np.array_equal(self.class_ids, other.class_ids)


class AddRuleEvent(EventHeader, frozen=True, tag="add_rule"):
    """A rule was added. Its number is that of this event."""

    rule_kind: str
    """Kind of the rule (`protocol.RuleKind`)."""
    name: str
    """Name of the rule."""
    votes: StoredVotes
    """Items on which the rule votes."""
    provenance: StoredProvenance
    """How the items were chosen."""
    class_id: int = UNLABELED
    """Class of the rule; UNLABELED if it has a class per item."""
    region: StoredRegion | None = None
    """Prototypes of a region; None for other kinds."""
    reach: float = 1.0
    """Factor on the radii."""
    query: str = ""
    """Text of a rule that searches."""
    confidence: float = 0.0
    """Smallest probability of a rule of predictions."""
    revision: int = 0
    """Revision of the positions that the annotator saw."""


class EditRuleEvent(EventHeader, frozen=True, tag="edit_rule"):
    """A rule was changed. Fields that are None did not change."""

    rule: int
    """Number of the rule."""
    name: str | None = None
    """New name."""
    class_id: int | None = None
    """New class."""
    on: bool | None = None
    """Whether the rule votes."""
    votes: StoredVotes | None = None
    """New items."""
    region: StoredRegion | None = None
    """New prototypes."""
    reach: float | None = None
    """New factor on the radii."""
    query: str | None = None
    """New text to search for."""
    confidence: float | None = None
    """New smallest probability."""


class DeleteRuleEvent(EventHeader, frozen=True, tag="delete_rule"):
    """A rule was deleted."""

    rule: int
    """Number of the rule."""


class RuleVotesEvent(EventHeader, frozen=True, tag="rule_votes"):
    """Rules were applied to items that were added to the project."""

    seen: int
    """Number of items of the project."""
    rules: tuple[int, ...]
    """Numbers of all rules that were applied."""
    versions: tuple[int, ...]
    """Version of each rule (`Rule.version`). The votes do not count for another version."""
    counts: tuple[int, ...]
    """Number of added items on which each of the rules votes."""
    items: Items
    """These items, rule by rule, and ascending within a rule."""
    class_ids: ClassIds | None = None
    """Class of each of these items; UNLABELED for items of a rule that has one class. None if no
    rule has a class per item."""

    def classes(self, start: int, end: int) -> ClassIds:
        """Return the classes of the items from place `start` to `end` of `items` (K,)."""
        if self.class_ids is None:
            return np.full(end - start, UNLABELED, np.int16)
        return self.class_ids[start:end]


RuleEvent = AddRuleEvent | EditRuleEvent | DeleteRuleEvent | RuleVotesEvent
