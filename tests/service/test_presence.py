"""Presence: what each client sees of the others, and how many messages that takes."""

from collections.abc import Callable
from typing import Any

import pytest

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.service.presence import PresenceRelay

PEOPLE = 8


class Page:
    """Stand-in for a connected client. It records the messages that it would send."""

    def __init__(self, client_id: str) -> None:
        self.client_id, self.name = client_id, client_id.upper()
        self.session = self
        self.got: list[Any] = []

    def check_item(self, item: int) -> None:
        if item >= 100:
            raise RequestError("there is no such item", code="unknown_item", status=404)

    def replace(self, key: str, operation: Any) -> None:
        self.got.append((key, operation))

    def about(self, page: "Page") -> list[Any]:
        return [one for key, one in self.got if key == f"peer-{page.client_id}"]


class Room:
    """Eight pages, and a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.pages = [Page(f"device-{k:02d}.page-{k}") for k in range(PEOPLE)]
        pages: Any = self.pages
        self.relay = PresenceRelay(pages, lambda: self.now, self.later)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.due.append((self.now + seconds, call))

    def run_until(self, end: float) -> None:
        for at, call in sorted(self.due, key=lambda one: one[0]):
            if at <= end:
                self.now = max(self.now, at)
                call()
        self.due = [one for one in self.due if one[0] > end]
        self.now = end


def at(x: float, call: Any = "") -> Any:
    return protocol.Presence(cursor=(x, 0.0, 0.0), call=call)


def test_eight_people_get_at_most_ten_messages_a_second_about_each() -> None:
    room = Room()
    steps = 200  # messages per person in one second, the most that a device may send
    for step in range(steps):
        room.run_until(step / steps)
        for page in room.pages:
            room.relay.moved(page, at(step / steps))
    room.run_until(2.0)
    for page in room.pages:
        for other in room.pages:
            seen = page.about(other)
            assert len(seen) == (0 if other is page else 11), "not ten a second and the first"
            assert page is other or seen[-1].cursor[0] == (steps - 1) / steps
    assert not room.due, "a timer is left"


def test_a_first_message_is_sent_without_a_wait_however_many_people() -> None:
    room = Room()
    for k, page in enumerate(room.pages):
        room.relay.moved(page, at(k))
        assert all(len(other.about(page)) == 1 for other in room.pages if other is not page)
    assert not room.due
    colours = {page.about(room.pages[0])[0].colour for page in room.pages[1:]}
    assert colours == {0} and room.pages[0].about(room.pages[3])[0].colour == 3


def test_a_pointer_that_moves_does_not_send_the_selection_again() -> None:
    room = Room()
    first, other = room.pages[:2]
    room.relay.selected(first, protocol.ShowSelection(items=[3, 4], count=2))
    for step in range(5):
        room.run_until(1.0 + step)
        room.relay.moved(first, at(step))
    assert len(other.about(first)) == 5
    assert len([key for key, _ in other.got if key.startswith("selected-")]) == 1


def test_a_later_client_sees_view_call_and_selection() -> None:
    room = Room()
    first, late = room.pages[0], Page("device-99.page-99")
    room.relay.moved(first, at(0.25, "follow"))
    room.relay.selected(first, protocol.ShowSelection(items=[3, 4], count=900))
    room.relay.send_to(late)
    (moved,) = late.about(first)
    assert (moved.cursor, moved.call, moved.name) == ((0.25, 0.0, 0.0), "follow", first.name)
    (selected,) = [one for key, one in late.got if key.startswith("selected-")]
    assert (selected.items, selected.count) == ([3, 4], 900)


def test_a_client_that_leaves_is_removed_and_sends_no_more() -> None:
    room = Room()
    first, other = room.pages[:2]
    room.relay.moved(first, at(0.1))
    room.relay.moved(first, at(0.2))  # waits
    room.relay.left(first)
    gone = other.about(first)[-1]
    assert gone.cursor is None and gone.head is None
    count = len(other.got)
    room.run_until(1.0)
    assert len(other.got) == count


@pytest.mark.parametrize("first_leaves", [True, False])
def test_a_page_with_a_second_connection_stays_when_one_closes(first_leaves: bool) -> None:
    room = Room()
    old, other = room.pages[:2]
    again = Page(old.client_id)
    room.pages.append(again)
    selection = protocol.ShowSelection(items=[3, 4], count=2)
    stays, leaves = (again, old) if first_leaves else (old, again)
    room.relay.moved(stays, at(0.75))
    room.relay.selected(stays, selection)
    room.relay.moved(leaves, at(0.25))
    room.relay.selected(leaves, protocol.ShowSelection(items=[5], count=1))
    room.pages.remove(leaves)
    room.relay.left(leaves)
    assert other.about(old)[-1].cursor == (0.75, 0.0, 0.0)
    selected = [one for key, one in other.got if key == f"selected-{old.client_id}"][-1]
    assert (selected.items, selected.count) == ([3, 4], 2)
    room.pages.remove(stays)
    room.relay.left(stays)
    assert other.about(old)[-1].cursor is None
    selected = [one for key, one in other.got if key == f"selected-{old.client_id}"][-1]
    assert selected.items == []


def test_a_second_connection_without_a_view_shows_no_old_view() -> None:
    room = Room()
    old, other = room.pages[:2]
    again = Page(old.client_id)
    room.pages.append(again)
    room.relay.moved(old, at(0.25))
    room.relay.selected(again, protocol.ShowSelection(items=[3], count=1))
    room.relay.left(old)
    assert other.about(old)[-1].cursor is None
    selected = [one for key, one in other.got if key == f"selected-{old.client_id}"][-1]
    assert selected.items == [3]


def test_a_page_does_not_see_its_own_other_connection() -> None:
    room = Room()
    old, other = room.pages[:2]
    room.relay.moved(old, at(0.25))
    room.relay.moved(other, at(0.5))
    again = Page(old.client_id)
    room.pages.append(again)
    room.relay.send_to(again)
    room.relay.selected(old, protocol.ShowSelection(items=[3], count=1))
    room.relay.moved(again, at(0.75))
    room.relay.left(old)
    assert {key for key, _ in again.got} == {f"peer-{other.client_id}"}


def test_a_selection_of_missing_items_is_refused() -> None:
    room = Room()
    with pytest.raises(RequestError):
        room.relay.selected(room.pages[0], protocol.ShowSelection(items=[100], count=1))
    assert all(page.got == [] for page in room.pages)
