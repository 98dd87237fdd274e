"""The people of a session, and how far their labels agree."""

import msgspec

from lodespace.protocol.base import Message
from lodespace.protocol.values import ListedItems


class Person(Message):
    """A person who labelled items, or whose page is connected."""

    person: str
    """Id of the person: `owner`, or the id of a device."""
    name: str
    """Name of the person."""
    labelled: int
    """Number of items that the person labelled. Labels that others replaced count, too."""
    connected: bool
    """Whether a page of the person is connected."""


class AskWhose(Message):
    """Body of POST /api/whose."""

    items: ListedItems = msgspec.field(default_factory=list[int])
    """Items; empty if `packed` has them."""
    packed: str = ""
    """Items as base64 of a packed set (item_sets.py); empty if `items` lists them."""


class PersonLabels(Message):
    """Number of labels of a person."""

    person: str
    """Id of the person."""
    name: str
    """Name of the person."""
    count: int
    """Number of items whose label the person, or a rule of the person, gave."""


class Whose(Message):
    """Answer of POST /api/whose: whose labels some items have."""

    others: list[PersonLabels]
    """The other people whose labels the items have, most labels first."""


class ClassKappa(Message):
    """Kappa of one class against all others."""

    class_id: int
    """Number of the class."""
    kappa: float
    """Kappa: 1 is full agreement, 0 is what chance would give."""


class PairAgreement(Message):
    """Cohen's kappa of two people, on the items that both labelled."""

    first: str
    """Id of a person."""
    second: str
    """Id of the other person."""
    items: int
    """Number of items that both labelled."""
    same: int
    """Number of these items to which both gave the same class."""
    kappa: float | None
    """Cohen's kappa; null if both gave all of these items one class."""
    classes: list[ClassKappa]
    """Kappa per class, by number of the class. A class for which it is not defined is left out."""


class Agreement(Message):
    """Answer of GET /api/agreement."""

    sequence: int
    """Number of the event to which the figures belong."""
    you: str
    """Id of the person who asks."""
    people: list[Person]
    """All people who labelled items, in the order of their first labels, then those who are only
    connected."""
    pairs: list[PairAgreement]
    """Agreement of each two people who labelled an item in common."""
    items: int
    """Number of items that at least two people labelled."""
    same: int
    """Number of these items to which all who labelled them gave the same class."""
    kappa: float | None
    """Fleiss' kappa of all people; null while it is not defined."""
    classes: list[ClassKappa]
    """Fleiss' kappa per class, by number of the class."""
