"""A queue that serves IP addresses in turn, so that one busy address does not delay the others."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue of entries that belong to IP addresses. `get` takes one entry per address in turn.

    Args:
        in_all: Largest number of entries. When a further entry is added, `put` removes an entry.
        per_address: Largest number of entries of one address.
        drop: Function that is called with each entry that `put` or `clear` removes.
    """

    def __init__(self, in_all: int, per_address: int, drop: Callable[[T], object]) -> None:
        self._in_all = in_all
        self._per_address = per_address
        self._drop = drop
        self._waiting: dict[str, deque[T]] = {}  # the first key is the address whose turn is next
        self._any = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def put(self, address: str, entry: T) -> None:
        """Add an entry. If there are then too many entries, remove an old entry.

        The oldest entry of `address` is removed if this address has too many entries. Otherwise,
        the oldest entry of the address with the most entries is removed.
        """
        entries = self._waiting.setdefault(address, deque())
        entries.append(entry)
        if len(entries) > self._per_address:
            self._remove_oldest(address)
        elif len(self) > self._in_all:
            self._remove_oldest(max(self._waiting, key=lambda a: len(self._waiting[a])))
        self._any.set()

    async def get(self) -> tuple[str, T]:
        """Wait for an entry. Return a pair: the IP address of the entry, and the entry.

        The entries of one address are returned oldest first.
        """
        while not self._waiting:
            self._any.clear()
            await self._any.wait()
        address, entries = next(iter(self._waiting.items()))
        entry = entries.popleft()
        del self._waiting[address]
        if entries:
            self._waiting[address] = entries  # the address gets its next turn after all others
        return address, entry

    def clear(self) -> None:
        """Remove all entries."""
        while self._waiting:
            self._remove_oldest(next(iter(self._waiting)))

    def _remove_oldest(self, address: str) -> None:
        entries = self._waiting[address]
        self._drop(entries.popleft())
        if not entries:
            del self._waiting[address]
