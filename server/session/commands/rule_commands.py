"""Commands about rules, after the items of the rules were found."""

import secrets
from collections.abc import Mapping

import msgspec

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.events import ClassIds, Items
from lodespace.session.rule_events import StoredRegion, StoredVotes
from lodespace.session.rules import Rule


class PreparedRule(msgspec.Struct, frozen=True, eq=False):
    """A command about a rule, with the items that were found for it."""

    command: protocol.AddRule | protocol.EditRule | protocol.DeleteRule
    """The command of the client."""
    votes: StoredVotes | None = None
    """Items on which the rule votes; None if they do not change."""
    region: StoredRegion | None = None
    """Prototypes of a region; None if they do not change."""
    of: Rule | None = None
    """The rule whose items were searched; None for a new rule."""

    @property
    def command_id(self) -> str:
        """Id of the command."""
        return self.command.command_id


class RuleChangedError(RequestError):
    """A rule was changed by another command while its items were searched."""


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
    class_ids: Mapping[int, ClassIds] = {}
    """Class of each of these items, by the rule; rules with one class are left out."""


def added_votes(
    rule: Rule, items: Items, seen: int, class_ids: ClassIds | None = None
) -> ApplyRules:
    """Return the command that adds votes of one rule on added items (K,).

    Args:
        rule: The rule that was applied.
        items: Items on which it votes (K,), ascending.
        seen: Number of items of the project.
        class_ids: Class of each item (K,); None if the rule has one class.
    """
    number = rule.number
    return ApplyRules(
        f"rules-{secrets.token_hex(8)}",
        seen,
        {number: rule.version},
        {number: items},
        {} if class_ids is None else {number: class_ids},
    )


RuleCommand = PreparedRule | ApplyRules
