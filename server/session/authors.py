"""Ids of authors, by which the label log and all messages name the client that made a gesture.

A page makes its own client id. For a page on an approved device, the server puts the id of the
device before the client id: `DEVICE.CLIENT`. A page cannot send an id with a dot, so no device can
act in the name of another device, or of the owner. Pages of the owner on this machine have no
device.
"""

MIN_PAGE_ID = 8
"""Smallest length of an id that a page makes (`protocol.CommandId`). The ids of the server itself,
such as "cli" and "import", are shorter."""


OWNER = "owner"
"""The person of all pages of the owner on this machine."""
IMPORT = "import"
"""Client id in the events of labels that came with the data, or from `--labels-from`."""

RULES = "rules"
"""Client id of votes on added items, by rules or by the model."""


def author(device: str, client: str) -> str:
    """Return the id under which a client's gestures are stored.

    `device` is "" for the owner on this machine.
    """
    return f"{device}.{client}" if device else client


def is_page_of_owner(author_id: str) -> bool:
    """Return whether an id belongs to a page of the owner on this machine."""
    return "." not in author_id and len(author_id) >= MIN_PAGE_ID


def person_of(author_id: str) -> str:
    """Return the person to whom an author belongs: all pages on one device are one person.

    The person is "owner" for the pages of the owner, the id of the device for pages on an approved
    device, and the author itself for the server's own authors, such as "import".
    """
    if is_page_of_owner(author_id):
        return OWNER
    return author_id.split(".", 1)[0]


def is_person(person: str) -> bool:
    """Return whether the result of `person_of` is a person, and not an author of the server."""
    return person == OWNER or len(person) >= MIN_PAGE_ID
