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
from lodespace.session.commands.rules import PreparedRule
from lodespace.session.rule_events import AddRuleEvent, StoredVotes
from lodespace.session.rules import Rule, voted
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
        new = self._session.scores.prediction[self._known :]
        idle = self._task is None or self._task.done()
        if idle and len(new) and (new != UNLABELED).all():
            self._task = asyncio.create_task(self.add())

    async def add(self) -> None:
        """Add the predictions of the new items on which rules vote."""
        first, self._known = self._known, len(self._session.items)
        items, predicted = self._votes(first)
        if len(items) == 0:
            return
        events = self._session.rules.events()
        added = [e for e in events if isinstance(e, AddRuleEvent) and e.client == RULES]
        rule = self._session.rules.get(added[-1].sequence) if added else None
        if added and (rule is None or rule.votes.class_ids is None):
            return  # somebody deleted the rule, or gave it one class
        try:
            await self._carry_out(rule, items, predicted)
        except LodespaceError as error:
            log.warning("the predictions of added items were not added: %s", error)

    def _votes(self, first: int) -> tuple[Items, ClassIds]:
        """Return the items from `first` on with a vote of a rule and a prediction (K,), and their
        predictions (K,)."""
        session = self._session
        voted = np.zeros(self._known, np.bool_)
        for rule in session.rules:
            if rule.on and rule.follows:
                voted[rule.votes.items] = True
        voted[:first] = False
        items = np.flatnonzero(voted)
        return items.astype(np.uint32), session.scores.prediction[items].astype(np.int16)

    async def _carry_out(self, rule: Rule | None, items: Items, predicted: ClassIds) -> None:
        command: protocol.AddRule | protocol.EditRule
        command_id = secrets.token_hex(8)
        if rule is None:
            command = protocol.AddRule(command_id=command_id, kind="votes", selection=0, name=NAME)
        else:
            command = protocol.EditRule(command_id=command_id, rule=rule.number)
            before, class_ids = voted(rule, self._session.classes.resolve)
            items = np.concatenate([before, items])
            predicted = np.concatenate([class_ids, predicted])
        votes = StoredVotes(items, self._known, predicted)
        await self._commands.carry_out(PreparedRule(command, votes), RULES)
