"""Views, hands, pointers and selections of the people, as the other clients see them.

Nothing is stored. Each client gets at most ten messages per second about each other client: the
messages of a client that come too early are merged, and the newest is sent when it is due. A slow
client gets only the newest ones, too.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from lodespace import protocol
from lodespace.service.client import Client
from lodespace.service.clients import Clients
from lodespace.session.authors import person_of

BOTH = frozenset({"moved", "selected"})


class _Seen:
    """The newest messages about a client."""

    def __init__(self) -> None:
        self.moved: protocol.PeerMoved | None = None
        self.selected: protocol.PeerSelected | None = None
        self.unsent = set[str]()
        """Which of "moved" and "selected" changed since the last message."""
        self.sent_at = -protocol.PRESENCE_SECONDS
        self.waits = False
        """Whether a message will be sent when it is due."""


class PresenceRelay:
    """Sends what each client does to the other clients.

    Args:
        clients: All clients.
        clock: Returns seconds; None for the clock of the event loop.
        later: Calls a function after some seconds; None for that of the event loop.
    """

    def __init__(
        self,
        clients: Clients,
        clock: Callable[[], float] | None = None,
        later: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        self._clients = clients
        self._clock = clock or _loop_time
        self._later = later or _call_later
        self._seen: dict[Client, _Seen] = {}
        self._colours: dict[str, int] = {}

    def colour_of(self, person: str) -> int:
        """Return the number of the person's colour. It stays while the server runs."""
        return self._colours.setdefault(person, len(self._colours))

    def moved(self, client: Client, presence: protocol.Presence) -> None:
        """Send the new view, hands and pointer of `client` to the other clients."""
        seen = self._seen.setdefault(client, _Seen())
        seen.moved = protocol.PeerMoved(
            client_id=client.client_id,
            name=client.name,
            head=presence.head,
            left=presence.left,
            right=presence.right,
            scale=presence.scale,
            cursor=presence.cursor,
            call=presence.call,
            colour=self.colour_of(person_of(client.client_id)),
        )
        seen.unsent.add("moved")
        self._send_when_due(client, seen)

    def selected(self, client: Client, selection: protocol.ShowSelection) -> None:
        """Send the new selection of `client` to the other clients.

        Raises RequestError when an item does not exist.
        """
        for item in selection.items:
            client.session.check_item(item)
        seen = self._seen.setdefault(client, _Seen())
        seen.selected = protocol.PeerSelected(
            client_id=client.client_id, items=selection.items, count=selection.count
        )
        seen.unsent.add("selected")
        self._send_when_due(client, seen)

    def send_to(self, client: Client) -> None:
        """Send what all others do to a client that has connected."""
        for other, seen in self._seen.items():
            if other.client_id != client.client_id:
                _replace(client, seen, BOTH)

    def left(self, client: Client) -> None:
        """Remove a client that has disconnected from the pages of the others.

        The tabs of a browser have the same id, and so has a page that has connected again before
        its old connection timed out. The others then see what the remaining client does.
        """
        if self._seen.pop(client, None) is None:
            return
        remaining = _Seen()
        remaining.moved = protocol.PeerMoved(client_id=client.client_id, name=client.name)
        remaining.selected = protocol.PeerSelected(client_id=client.client_id, items=[], count=0)
        same = [seen for one, seen in self._seen.items() if one.client_id == client.client_id]
        for seen in sorted(same, key=lambda seen: seen.sent_at):
            remaining.moved = seen.moved or remaining.moved
            remaining.selected = seen.selected or remaining.selected
        remaining.unsent.update(BOTH)
        self._send(client, remaining)

    def _send_when_due(self, client: Client, seen: _Seen) -> None:
        if seen.waits:
            return
        early = seen.sent_at + protocol.PRESENCE_SECONDS - self._clock()
        if early <= 0:
            self._send(client, seen)
            return
        seen.waits = True
        self._later(early, lambda: self._send_waiting(client, seen))

    def _send_waiting(self, client: Client, seen: _Seen) -> None:
        seen.waits = False
        if self._seen.get(client) is seen:
            self._send(client, seen)

    def _send(self, client: Client, seen: _Seen) -> None:
        seen.sent_at = self._clock()
        for other in self._clients:
            if other.client_id and other.client_id != client.client_id:
                _replace(other, seen, seen.unsent)
        seen.unsent.clear()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _call_later(seconds: float, call: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, call)


def _replace(client: Client, seen: _Seen, kinds: AbstractSet[str]) -> None:
    if seen.moved is not None and "moved" in kinds:
        client.replace(f"peer-{seen.moved.client_id}", seen.moved)
    if seen.selected is not None and "selected" in kinds:
        client.replace(f"selected-{seen.selected.client_id}", seen.selected)
