"""Merging of the dragged items, the items in view and the requests for forces of all clients.

The trainer has one list of dragged items, one list of items in view and one switch for forces.
"""

import numpy as np

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.service.absent import AnyTrainer
from lodespace.service.client import Client
from lodespace.service.clients import Clients
from lodespace.session.pins import items_and_targets
from lodespace.session.session import AnnotationSession


class HeldItems:
    """Merges what all clients send, and passes the result to the trainer.

    Clients send the items that they drag, the items in view, and whether they watch forces.
    """

    def __init__(self, session: AnnotationSession, clients: Clients, trainer: AnyTrainer) -> None:
        self.trainer = trainer
        """The trainer; a `NoTrainer` if the service does not train."""
        self._session = session
        self._clients = clients

    def drag(self, client: Client, command: protocol.Drag) -> None:
        """Drag items to targets.

        Raises RequestError for an unknown item, a wrong target, or when there is no trainer.
        """
        latent_dim = self._session.grid.latent_dim
        items, targets = items_and_targets(command, latent_dim, client.selections)
        self._session.check_items(items)
        before, client.dragging = client.dragging, (items, targets) if len(items) else None
        try:
            self._send_drags()
        except RequestError:
            client.dragging = before
            raise

    def release(self, client: Client) -> None:
        """Release all items that a client drags."""
        if client.dragging is not None:
            client.dragging = None
            self._send_drags()

    def _send_drags(self) -> None:
        """Send all dragged items to the trainer.

        If two clients drag the same item, the target of only one client is sent.
        """
        latent_dim = self._session.grid.latent_dim
        drags = [
            client.dragging
            for client in self._clients
            if client.dragging is not None and client.dragging[1].shape[1] == latent_dim
        ]
        items = np.concatenate([np.empty(0, np.uint32), *(items for items, _ in drags)])
        targets = np.concatenate(
            [np.empty((0, latent_dim), np.float32), *(targets for _, targets in drags)]
        )
        items, first = np.unique(items, return_index=True)
        self.trainer.drag(items, targets[first])

    def watch(self, client: Client, *, forces: bool) -> None:
        """Start or stop sending forces to a client.

        The trainer computes forces while at least one client watches.
        """
        client.watching = forces
        client.force_version = 0
        self._send_watching()

    def _send_watching(self) -> None:
        self.trainer.watch(any(client.watching for client in self._clients))

    def set_priority(self, client: Client, items: list[int]) -> None:
        """Set the items that a client has in view. The trainer moves these items before all others.

        Raises RequestError when an item does not exist.
        """
        self._session.check_items(np.asarray(items, np.uint32))
        client.priority = items
        self._send_priority()

    def _send_priority(self) -> None:
        self.trainer.set_priority(
            sorted({item for client in self._clients for item in client.priority})
        )

    def left(self, client: Client) -> None:
        """Remove the dragged items, items in view and request for forces of a client.

        Call this method after the client was removed from the list of clients.
        """
        if client.priority:
            self._send_priority()
        if client.watching:
            self._send_watching()
        self.release(client)
