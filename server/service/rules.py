"""Rules of one project: finding the items of a rule, previews, and votes on added items."""

import asyncio
import logging
import secrets

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import LodespaceError, RequestError
from lodespace.protocol import UNLABELED
from lodespace.protocol.item_sets import ClassIds, Items, as_text, pack
from lodespace.rules.regions import FeatureRows, Region, region_of
from lodespace.service.client import Client
from lodespace.service.commands import Commands
from lodespace.service.query_lanes import QueryLanes
from lodespace.service.rule_functions import RuleFunctions
from lodespace.service.rule_spaces import RuleSpaces
from lodespace.session.authors import RULES, person_of
from lodespace.session.commands.rule_commands import ApplyRules, PreparedRule, RuleChangedError
from lodespace.session.rule_events import StoredRegion, StoredVotes
from lodespace.session.rules import Rule, class_of, locked
from lodespace.session.selections import Selections
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

_SEARCHES = 3
"""Number of searches for the items of a rule that others change at the same time."""

RuleOperation = protocol.AddRule | protocol.EditRule | protocol.DeleteRule
Selected = tuple[Items, ClassIds | None]
"""Items of a command (K,), ascending, and their classes (K,), if it has any."""


class Rules:
    """Finds the items of rules, and passes the commands about rules on with these items."""

    def __init__(
        self,
        session: AnnotationSession,
        commands: Commands,
        spaces: RuleSpaces,
        lanes: QueryLanes,
    ) -> None:
        self._session = session
        self._commands = commands
        self.spaces = spaces
        """Features of the items."""
        self._lanes = lanes
        self.functions = RuleFunctions(session, commands)
        """Rules that are Python functions."""
        self._applying = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """End the tasks of `apply_soon`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def carry_out(self, client: Client, command: RuleOperation) -> protocol.Ack:
        """Carry out a command of `client`. Return the answer.

        Raises LodespaceError when it cannot be carried out; then nothing has changed.
        """
        known = self._session.answered(command.command_id)
        if known is not None:
            return known
        if not isinstance(command, protocol.AddRule):
            self._check_author(client, self._session.rules.require(command.rule))
        ack = await self._carry_out(client, command, _SEARCHES)
        # Items may have been added while the items of the rule were searched.
        await self.apply_to_added()
        return ack

    async def _carry_out(
        self, client: Client, command: RuleOperation, searches: int
    ) -> protocol.Ack:
        prepared = await self._prepared(client, command)
        try:
            return await self._commands.carry_out(prepared, client.client_id)
        except RuleChangedError:
            if searches == 1:
                raise
        return await self._carry_out(client, command, searches - 1)

    def _check_author(self, client: Client, rule: Rule) -> None:
        if client.role != "owner" and person_of(rule.author) != person_of(client.client_id):
            raise RequestError(
                "Only the owner can change the rules of others.", code="not_allowed", status=403
            )

    async def _prepared(self, client: Client, command: RuleOperation) -> PreparedRule:
        if isinstance(command, protocol.DeleteRule):
            return PreparedRule(command)
        if isinstance(command, protocol.EditRule):
            rule = self._session.rules.require(command.rule)
            edited = await self._edited(client, command, rule)
            return PreparedRule(command) if edited is None else PreparedRule(command, *edited, rule)
        if command.copy_of:
            return PreparedRule(command)
        found = await self._found(
            client,
            command.kind,
            command.class_id,
            *selected_by(client.selections, command),
            query=command.query,
            confidence=command.confidence,
        )
        return PreparedRule(command, *found)

    async def _edited(
        self, client: Client, command: protocol.EditRule, rule: Rule
    ) -> tuple[StoredVotes, StoredRegion | None] | None:
        """Return the new items of an edited rule; None if they stay."""
        known = class_of(self._session.classes, rule)
        class_id = known if command.class_id is None else command.class_id
        reach = rule.reach if command.reach is None else command.reach
        items, class_ids = selected_by(client.selections, command)
        if rule.kind == "region" and len(items) == 0:
            return None if reach == rule.reach else await self._reached(rule, reach, client.device)
        searched = command.query is not None or command.confidence is not None or command.refresh
        if rule.kind in ("query", "predictions") and not searched:
            return None
        if rule.kind == "votes" and len(items) == 0:
            return None
        return await self._found(
            client,
            rule.kind,
            class_id,
            items,
            class_ids,
            query=rule.query if command.query is None else command.query,
            confidence=rule.confidence if command.confidence is None else command.confidence,
            reach=reach,
        )

    async def preview(
        self, client: Client, asked: protocol.PreviewRule, selected: Selected
    ) -> protocol.RulePreviewed:
        """Return the items that a rule would match. Raises LodespaceError."""
        if asked.rule:
            rule = self._session.rules.require(asked.rule)
            votes, region = await self._reached(rule, asked.reach, client.device)
        else:
            votes, region = await self._found(
                client,
                asked.kind,
                asked.class_id,
                *selected,
                query=asked.query,
                confidence=asked.confidence,
                reach=asked.reach,
            )
        session, items = self._session, votes.items
        return protocol.RulePreviewed(
            command_id=asked.command_id,
            packed=as_text(pack(items)),
            count=len(items),
            chosen=votes.chosen,
            kept=votes.kept,
            locked=int(session.locked(items).sum()),
            verified=int(session.looked_at(items).sum()),
            space="" if region is None else region.space,
        )

    async def apply_to_added(self) -> None:
        """Apply all rules to the items that were added since, as one event.

        A rule that cannot be applied, because there are no features, is left out.
        """
        async with self._applying:
            await self._apply_to_added(self._waiting())
            if not (self._session.read_only or self._session.obstacle):
                await self.functions.apply_to_added()

    def apply_soon(self) -> None:
        """Apply the rules to added items in a task, if they were not applied yet: for example
        because the trainer, which describes pictures without features, has just started."""
        if self._waiting():
            task = asyncio.ensure_future(self.apply_to_added())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def applied_soon(self) -> None:
        """Wait for the tasks of `apply_soon`."""
        await asyncio.gather(*self._tasks)

    def _waiting(self) -> list[Rule]:
        """Return the rules that were not yet applied to all items."""
        session, n = self._session, len(self._session.items)
        if session.read_only or session.obstacle:
            return []
        return [
            rule
            for rule in session.rules
            if rule.follows and rule.votes.seen < n and not locked(session.classes, rule)
        ]

    async def _apply_to_added(self, waiting: list[Rule]) -> None:
        n = len(self._session.items)
        votes: dict[int, Items] = {}
        for rule in waiting:
            try:
                found = (await self._matched(rule, rule.votes.seen, n)).astype(np.uint32)
            except LodespaceError as error:
                log.warning("rule %r was not applied to added items: %s", rule.name, error)
                continue
            votes[rule.number] = found
        if not votes:
            return
        versions = {rule.number: rule.version for rule in waiting if rule.number in votes}
        command = ApplyRules(f"rules-{secrets.token_hex(8)}", n, versions, votes)
        try:
            await self._commands.carry_out(command, RULES)
        except LodespaceError as error:
            # The caller has done its own work, for example has added items.
            log.warning("the votes on added items were not stored: %s", error)

    async def _matched(self, rule: Rule, first: int, end: int) -> Items:
        """Return those of the items from `first` to `end` that a rule matches."""
        if rule.region is None:
            # No lane is used, because an upload of items holds the lane of its device.
            found = await asyncio.to_thread(self._session.items.matching, rule.query)
            items = np.array(found, np.uint32)
            return items[(items >= first) & (items < end)]
        space, region = await self.spaces.of_items(), rule.region
        _check_space(space, region)
        rows, prepared = space.rows[first:end], _as_region(region)
        matched = await asyncio.to_thread(prepared.matching, rows, rule.reach)
        return (matched + first).astype(np.uint32)

    async def _reached(
        self, rule: Rule, reach: float, device: str
    ) -> tuple[StoredVotes, StoredRegion]:
        """Return the items of a region with another factor on its radii."""
        if rule.region is None:
            raise RequestError(
                f"the rule “{rule.name}” has no radii; only a region has", code="bad_rule"
            )
        space, region = await self.spaces.of_items(), rule.region
        _check_space(space, region)
        prepared = _as_region(region)
        found = await self._lanes.run(device, lambda: prepared.matching(space.rows, reach))
        return _votes(found, space, region), region

    async def _found(
        self,
        client: Client,
        kind: str,
        class_id: int,
        items: Items,
        class_ids: ClassIds | None,
        *,
        query: str,
        confidence: float,
        reach: float = 1.0,
    ) -> tuple[StoredVotes, StoredRegion | None]:
        """Return the items on which a rule votes, and its prototypes. Raises LodespaceError."""
        session = self._session
        session.check_items(items)
        all_items = session.items
        n = len(all_items)
        match kind:
            case "region":
                if len(items) == 0:
                    raise RequestError("Select items first.", code="bad_rule", status=409)
                return await self._region(items, reach, client.device)
            case "query":
                if not query.strip():
                    raise RequestError("Enter a text to search for.", code="bad_search")
                found = await self._lanes.run(client.device, lambda: all_items.matching(query))
                return StoredVotes(np.array(found, np.uint32), n), None
            case "predictions":
                if class_id == UNLABELED:
                    raise RequestError(
                        "a rule needs a class; choose one", code="bad_rule", status=409
                    )
                session.classes.require(class_id)
                scores = session.scores
                sure = scores.probability >= confidence
                found = np.flatnonzero((scores.prediction == class_id) & sure)
                return StoredVotes(found.astype(np.uint32), n), None
            case _:
                given = class_ids
                if given is not None:
                    items, given = items[given >= 0], given[given >= 0]
                return StoredVotes(items, n, given), None

    async def _region(
        self, items: Items, reach: float, device: str
    ) -> tuple[StoredVotes, StoredRegion]:
        space = await self.spaces.of_items()

        def search() -> tuple[StoredVotes, StoredRegion]:
            region = region_of(space, items)
            found = region.matching(space.rows, reach)
            flat = region.prototypes.ravel()
            stored = StoredRegion(space.name, flat, region.radii, region.scale, items)
            return _votes(found, space, stored), stored

        return await self._lanes.run(device, search)


def selected_by(
    selections: Selections,
    command: protocol.AddRule | protocol.EditRule | protocol.PreviewRule,
) -> Selected:
    """Return the items of a command (K,), ascending, and their classes (K,), if it has any."""
    class_ids = command.class_ids if isinstance(command, protocol.AddRule) else []
    if command.selection is not None:
        found = selections.item_set(command.selection)
        return found.items, found.class_ids
    items, first = np.unique(np.asarray(command.items, np.uint32), return_index=True)
    return items, np.asarray(class_ids, np.int16)[first] if class_ids else None


def _votes(found: npt.NDArray[np.integer], space: FeatureRows, region: StoredRegion) -> StoredVotes:
    """Return the votes of a region that has `found` the items (K,)."""
    items, chosen = found.astype(np.uint32), region.selected
    return StoredVotes(items, len(space.rows), chosen=len(chosen), kept=region.kept_of(items))


def _as_region(stored: StoredRegion) -> Region:
    prototypes = stored.prototypes.reshape(len(stored.radii), -1)
    return Region(prototypes, stored.radii, stored.scale)


def _check_space(space: FeatureRows, region: StoredRegion) -> None:
    width = len(region.prototypes) // max(1, len(region.radii))
    if space.name != region.space or space.rows.shape[1] != width:
        raise RequestError(
            f"the rule was made in the space “{region.space}”, but the items now have “"
            f"{space.name}”; make the rule again",
            code="no_features",
            status=409,
        )
