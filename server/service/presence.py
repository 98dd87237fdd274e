"""Heads and hands of the people in VR, as the other clients see them."""

from lodespace import protocol
from lodespace.service.client import Client
from lodespace.service.clients import Clients


class PresenceRelay:
    """Sends the poses of each client to the other clients. A slow client gets only the newest
    poses."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def moved(self, client: Client, presence: protocol.Presence) -> None:
        """Send the new poses of `client` to the other clients."""
        client.present = presence.head is not None
        peer = protocol.PeerMoved(
            client_id=client.client_id,
            name=client.name,
            head=presence.head,
            left=presence.left,
            right=presence.right,
            scale=presence.scale,
        )
        for other in self._clients:
            if other is not client and other.client_id:
                other.replace(f"peer-{client.client_id}", peer)

    def left(self, client: Client) -> None:
        """Remove the head and hands of a client that has disconnected."""
        if client.present:
            self.moved(client, protocol.Presence())
