"""Addition of items to a project while it is served."""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lodespace.errors import LodespaceError, RequestError, StoppedError
from lodespace.items.item_set import ItemSet
from lodespace.project.due_labels import gesture_of, labels_to_give, not_given, settle
from lodespace.project.growth import add_to_project
from lodespace.project.project import Project
from lodespace.service.absent import AnyTrainer
from lodespace.service.clients import Clients
from lodespace.service.commands import Commands
from lodespace.service.observers import Observer, training_inputs
from lodespace.service.rules import Rules
from lodespace.session.added_places import with_added
from lodespace.session.authors import IMPORT
from lodespace.session.session import AnnotationSession

if TYPE_CHECKING:  # the importer is slow to import
    from lodespace.importing.addition import Addition
    from lodespace.importing.source import ImportOptions, Source

log = logging.getLogger(__name__)

PLACING_SECONDS = 20.0
"""Longest time in seconds to wait until the trainer has placed added items. After this time, they
are shown beside the most similar items."""


class Growth:
    """Adds items, one batch after the other: on disk, in the trainer, and for all clients."""

    def __init__(
        self,
        project: Project,
        session: AnnotationSession,
        trainer: AnyTrainer,
        commands: Commands,
        rules: Rules,
        clients: Clients,
        observers: tuple[Observer, ...],
        on_grown: Callable[[], None],
    ) -> None:
        """Prepare to add items. `on_grown` is called after the session has more items."""
        self._project = project
        self._session = session
        self._trainer = trainer
        self._commands = commands
        self._rules = rules
        self._clients = clients
        self._observers = observers
        self._on_grown = on_grown
        self._one_at_a_time = asyncio.Lock()
        self._shown = asyncio.Event()
        self._adding: set[asyncio.Task[Addition]] = set()
        """The additions that run or wait."""
        self._stop = threading.Event()

    async def add(
        self,
        data: "str | Source",
        options: "ImportOptions | None" = None,
        *,
        only: frozenset[str] | None = None,
    ) -> "Addition":
        """Add the items of `data` that the project does not have, and show them to all clients.

        The arguments are those of `add_to_project`. The addition is completed even if the caller
        is cancelled, unless the server stops.

        Raises:
            LodespaceError: The items cannot be added. The project is unchanged.
        """
        task = asyncio.ensure_future(self._add(data, options, only))
        self._adding.add(task)
        task.add_done_callback(self._adding.discard)
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Refuse new additions, and stop the current one.

        Items that are being written into the project are still added. Otherwise, the project stays
        as it was before the addition.
        """
        self._stop.set()
        self._shown.set()
        if self._adding:
            await asyncio.wait(self._adding)

    async def _add(
        self,
        data: "str | Source",
        options: "ImportOptions | None",
        only: frozenset[str] | None,
    ) -> "Addition":
        from lodespace.importing.interruption import check_stop
        from lodespace.importing.source import ImportOptions

        async with self._one_at_a_time:
            asked = replace(options or ImportOptions(), stop=self._stop)
            try:
                check_stop(self._stop)
                added = await asyncio.to_thread(
                    add_to_project, self._project, data, asked, only=only
                )
            except StoppedError as error:
                message = "The server is stopping, and no item was added."
                raise RequestError(message, code="bad_items", status=503) from error
            await self._show(added.items)
            await self._rules.apply_to_added()
            return await self._give_labels(added)

    async def _show(self, items: ItemSet) -> None:
        """Show all `items` to the clients, after the trainer has placed the added items."""
        self._project.items = items
        self._shown.clear()
        if self._trainer.grow() and not self._stop.is_set():
            try:
                await asyncio.wait_for(self._shown.wait(), PLACING_SECONDS)
            except TimeoutError:
                log.warning("the trainer has not placed the new items yet")
        if len(self._session.items) < len(items):
            self.show(await asyncio.to_thread(self._first_places, items))

    def _first_places(self, items: ItemSet) -> npt.NDArray[np.float32]:
        mean, scores = self._session.grid.latent_mean(), self._session.scores
        return with_added(items, mean, scores.prediction, scores.probability)[0]

    def show(self, latent_mean: npt.NDArray[np.float32]) -> None:
        """Continue the session with all items of the project, at latent means (N, D)."""
        items = self._project.items
        if len(latent_mean) != len(items) or len(items) <= len(self._session.items):
            return
        self._session.grow(items, latent_mean)
        for client in self._clients:
            client.selections.grow(len(items))
        self._on_grown()
        self._trainer.learn_from(training_inputs(self._session))
        for observer in self._observers:
            observer.on_frame(moved=True, resting=False)
        self._shown.set()

    async def _give_labels(self, added: "Addition") -> "Addition":
        """Give the added items the labels that came with the data, as one gesture per class.

        If a label cannot be given, its items stay unlabelled. Returns the addition, with a note on
        each label that was not given.
        """
        if not added.has_labels:
            return added
        given, notes = labels_to_give(self._project, self._session)
        refused = [
            not_given(len(items), error)
            for class_id, items in given.items()
            if (error := await self._label(class_id, items)) is not None
        ]
        if not refused:
            await asyncio.to_thread(settle, self._project)
        for note in (*notes, *refused):
            log.warning("%s", note)
        return replace(added, notes=(*notes, *refused))

    async def _label(self, class_id: int, items: npt.NDArray[np.uint32]) -> LodespaceError | None:
        """Give `items` (K,) a label. Returns the error if it cannot be given."""
        command, chosen = gesture_of(class_id, items, self._session)
        try:
            await self._commands.carry_out(command, IMPORT, chosen)
        except LodespaceError as error:
            return error
        return None
