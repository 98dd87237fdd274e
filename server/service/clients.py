"""All connected clients."""

import contextlib
from collections.abc import Callable, Generator, Iterator

from lodespace import protocol
from lodespace.service.client import Client


class Clients:
    """Holds the connected clients and sends to all of them.

    Implements DeviceStreams (access/device_streams.py).
    """

    def __init__(self) -> None:
        self._clients: set[Client] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self._clients))

    @contextlib.contextmanager
    def joined(self, client: Client) -> Generator[None]:
        """Count `client` as connected for the duration of a `with` statement."""
        self._clients.add(client)
        try:
            yield
        finally:
            self._clients.discard(client)

    def _greeted(self) -> Iterator[Client]:
        """Return the clients that have sent `hello`. Other clients receive no messages."""
        return (client for client in self if client.client_id)

    def send(self, operation: protocol.Operation) -> None:
        """Queue an operation for every client, as `Client.send` does."""
        # Encode the operation once for all clients.
        text = protocol.encode_operation(operation)
        for client in self._greeted():
            client.send_encoded(text)

    def replace(self, key: str, operation: protocol.Operation) -> None:
        """Queue an operation for every client, as `Client.replace` does."""
        for client in self._greeted():
            client.replace(key, operation)

    def history_changed(self) -> None:
        """Queue a message with the history of gestures for every client
        (`Client.history_changed`).
        """
        for client in self._greeted():
            client.history_changed()

    def revisions(self) -> list[int]:
        """Return the revision of the positions that each client shows."""
        return [client.revision for client in self._clients]

    def wake(self) -> None:
        """Make every client check for new positions and predictions to send."""
        for client in self._clients:
            client.wake()

    # Streams of devices, for the pairing manager ----------------------------------------

    def connected(self, device: str) -> int:
        """Return the number of open streams of a device."""
        return sum(client.device == device for client in self)

    def close_revoked(self, device: str) -> None:
        """Close all streams of a device that the owner has revoked."""
        for client in self:
            if client.device == device:
                client.close(protocol.CLOSE_REVOKED, "The owner has revoked this device.")

    def access_changed(self, overview: Callable[[], protocol.Access]) -> None:
        """Send the list of waiting and approved devices to all clients with the role `owner`."""
        owners = [client for client in self._greeted() if client.role == "owner"]
        if owners:
            news = protocol.AccessChanged(access=overview())
            for client in owners:
                client.replace("access", news)
