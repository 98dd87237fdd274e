"""Rules that are Python functions of the user, which run in the process that serves the project."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.items.item_set import ItemSet
from lodespace.protocol import UNLABELED
from lodespace.protocol.item_sets import ClassIds, Items
from lodespace.service.commands import Commands
from lodespace.session.commands.rule_commands import PreparedRule, added_votes
from lodespace.session.rule_events import StoredVotes
from lodespace.session.rules import locked
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

API_CLIENT = "api"
"""Client id of commands from Python."""


class RuleItem:
    """One item, as a function that is a rule receives it."""

    def __init__(self, items: ItemSet, number: int) -> None:
        self._items, self._number = items, number
        self.row = number if items.order is None else int(items.order[number])
        """Row of the item in the data."""

    @property
    def id(self) -> str:
        """Id of the item."""
        return self._items.item_id(self._number)

    @property
    def data(self) -> npt.NDArray[Any]:
        """Vector (F,), picture (H, W) or (H, W, 3), or the spectrogram of a sound."""
        return np.asarray(self._items.data[self._number])

    @property
    def columns(self) -> dict[str, Any]:
        """Values of the item in the columns of the data, by the name of the column."""
        table = self._items.table
        return {} if table is None else table.row(self._number)


Function = Callable[[RuleItem], "str | int | None"]


class FunctionVotes(NamedTuple):
    """Votes of a function."""

    items: Items
    """Numbers of the items with a vote (K,), ascending."""
    names: list[str]
    """Name of the class of each of them (K)."""
    seen: int
    """Number of items of the project: the function was called for all of them."""


def votes_of(function: Function, items: ItemSet, first: int = 0) -> FunctionVotes:
    """Call `function` for each item from number `first` on. Return its votes.

    Raises RequestError if a vote is not a class. Errors of the function are not caught.
    """
    numbers, names = list[int](), list[str]()
    for number in range(first, len(items)):
        item = RuleItem(items, number)
        name = _class_name(function(item), item)
        if name:
            numbers.append(number)
            names.append(name)
    return FunctionVotes(np.array(numbers, np.uint32), names, len(items))


def _class_name(vote: object, item: RuleItem) -> str:
    """Return the name of the class of a vote; "" for none. Raises RequestError."""
    if vote is None or isinstance(vote, str):
        return (vote or "").strip()
    if isinstance(vote, int | np.integer) and not isinstance(vote, bool):
        return str(int(vote)) if vote >= 0 else ""
    raise RequestError(
        f"the function returned {vote!r:.60} for “{item.id}”; return the name of a class, or None "
        "for no vote",
        code="bad_rule",
    )


class RuleFunctions:
    """The functions of a project, by the rule that has their votes."""

    def __init__(self, session: AnnotationSession, commands: Commands) -> None:
        self._session = session
        self._commands = commands
        self._functions: dict[int, Function] = {}

    async def add(self, function: Function, name: str, votes: FunctionVotes) -> int:
        """Add the votes of a function as a rule. Return the number of the rule.

        If Python has added a rule of this name before, its votes are replaced. Raises
        LodespaceError if the rule cannot be added.
        """
        classes = await self._classes(votes.names)
        stored = StoredVotes(votes.items, votes.seen, classes)
        known = [rule for rule in self._session.rules if rule.author == API_CLIENT]
        rule = next((r for r in known if r.kind == "votes" and r.name == name), None)
        if rule is None:
            command_id = secrets.token_hex(8)
            command = protocol.AddRule(command_id=command_id, kind="votes", selection=0, name=name)
            ack = await self._commands.carry_out(PreparedRule(command, stored), API_CLIENT)
            number = ack.sequence
        else:
            number = rule.number
            command_id = secrets.token_hex(8)
            edit = protocol.EditRule(command_id=command_id, rule=number, class_id=UNLABELED)
            await self._commands.carry_out(PreparedRule(edit, stored), API_CLIENT)
        self._functions[number] = function
        await self.apply_to_added()  # items may have been added while the function ran
        return number

    async def apply_to_added(self) -> None:
        """Call the functions for the items that were added since, and add their votes.

        A function that raises an error is called again after the next addition.
        """
        for number, function in list(self._functions.items()):
            rule, items = self._session.rules.get(number), self._session.items
            if rule is None or rule.votes.seen >= len(items):
                continue
            if locked(self._session.classes, rule):
                continue  # the rule votes when the class is unlocked
            try:
                # The user's function may take long, and may raise any error.
                found = await asyncio.to_thread(votes_of, function, items, rule.votes.seen)
                # If a person gave the rule one class, the classes count after an undo of this.
                classes = await self._classes(found.names)
                command = added_votes(rule, found.items, found.seen, classes)
                await self._commands.carry_out(command, API_CLIENT)
            except Exception as error:
                log.warning("rule %r was not applied to added items: %s", rule.name, error)

    async def _classes(self, names: list[str]) -> ClassIds:
        """Return the class of each of `names`, int16 (K,). Classes that do not exist are added."""
        for name in dict.fromkeys(names):
            if name not in self._known():
                command = protocol.AddClass(command_id=secrets.token_hex(8), name=name)
                await self._commands.carry_out(command, API_CLIENT)
        known = self._known()
        return np.array([known[name] for name in names], np.int16)

    def _known(self) -> dict[str, int]:
        classes = self._session.classes.classes
        return {info.name: info.class_id for info in classes if not info.removed}
