"""Predictions of added items as votes, where rules vote.

On an added item, only rules vote at first, and a region is right on 80 to 95 % of its items. The
model has learned from all labels, and is right more often (docs/rules.md, Measured). So when
training rests after an addition, its predictions become the votes of a rule, which can be switched
off and deleted as any other rule. Items without a vote stay unlabelled.
"""

import asyncio
import logging
import secrets

import numpy as np

from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.protocol import UNLABELED
from lodespace.protocol.item_sets import ClassIds, Items
from lodespace.service.commands import Commands
from lodespace.session.authors import RULES
from lodespace.session.commands.rule_commands import PreparedRule, added_votes
from lodespace.session.rule_events import AddRuleEvent, StoredVotes
from lodespace.session.rules import Rule
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

NAME = "predictions of added items"
"""Name of the rule."""


class LandedPredictions:
    """Adds the votes of the model on items that were added while the server runs."""

    def __init__(self, session: AnnotationSession, commands: Commands) -> None:
        self._session = session
        self._commands = commands
        self._known = len(session.items)
        """Number of items whose predictions have been considered: the first ones."""
        self._task: asyncio.Task[None] | None = None

    def on_rest(self) -> None:
        """Add the votes if there are new items, and all of them have predictions.

        Call this method when training rests.
        """
        if self._due() and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self.add())

    async def add(self) -> None:
        """Add the predictions of the new items on which only rules vote."""
        if not self._due():
            return
        seen = len(self._session.items)
        items, predicted = self._votes(seen)
        events = self._session.rules.events()
        added = [e for e in events if isinstance(e, AddRuleEvent) and e.client == RULES]
        rule = self._session.rules.get(added[-1].sequence) if added else None
        # Somebody may have deleted the rule, or given it one class.
        if len(items) and (not added or (rule is not None and rule.votes.class_ids is not None)):
            try:
                await self._carry_out(rule, StoredVotes(items, seen, predicted))
            except LodespaceError as error:
                # The votes are added when training rests again.
                log.warning("the predictions of added items were not added: %s", error)
                return
        self._known = seen

    def _due(self) -> bool:
        new = self._session.scores.prediction[self._known : len(self._session.items)]
        return len(new) > 0 and bool((new != UNLABELED).all())

    def _votes(self, seen: int) -> tuple[Items, ClassIds]:
        """Return those of the first `seen` items that are new, have the vote of a rule and no label
        of a person (K,), and their predictions (K,). Predictions of locked classes are left out."""
        session = self._session
        voted_on = np.zeros(seen, np.bool_)
        for rule in session.rules:
            if rule.on and rule.follows:
                voted_on[rule.votes.items[rule.votes.items < seen]] = True
        voted_on[: self._known] = False
        items = np.flatnonzero(voted_on & (session.history.owner[:seen] == 0))
        predicted = session.classes.resolve(session.scores.prediction[items].astype(np.int16))
        free = (predicted != UNLABELED) & ~session.classes.locked(predicted)
        return items[free].astype(np.uint32), predicted[free]

    async def _carry_out(self, rule: Rule | None, votes: StoredVotes) -> None:
        if rule is not None:
            command = added_votes(rule, votes.items, votes.seen, votes.class_ids)
            await self._commands.carry_out(command, RULES)
            return
        command_id = secrets.token_hex(8)
        add = protocol.AddRule(command_id=command_id, kind="votes", selection=0, name=NAME)
        await self._commands.carry_out(PreparedRule(add, votes), RULES)
