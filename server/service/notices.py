"""The notices that the pages show to people. Each topic has at most one current notice."""

import msgspec

from lodespace import protocol
from lodespace.service.client import Client
from lodespace.service.clients import Clients


class Notices:
    """Shows notices on all clients, and keeps them for clients that connect later."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._current: dict[str, protocol.Notice] = {}

    def show(self, notice: protocol.Notice) -> None:
        """Show a notice in place of the previous notice of the same topic.

        A notice with an empty code only removes the previous notice.
        """
        if notice.code:
            self._current[notice.topic] = notice
        elif self._current.pop(notice.topic, None) is None:
            return
        self._clients.replace(_key(notice), notice)

    def clear(self, topic: str) -> None:
        """Remove the notice of a topic, if there is one."""
        if topic in self._current:
            self.show(msgspec.structs.replace(self._current[topic], code="", message=""))

    def send_to(self, client: Client) -> None:
        """Send all current notices to a client that has just connected."""
        for notice in self._current.values():
            client.replace(_key(notice), notice)


def _key(notice: protocol.Notice) -> str:
    return f"notice-{notice.topic}"
