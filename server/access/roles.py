"""The rights of a role."""

from lodespace.protocol import Role

_RANK: dict[Role, int] = {"viewer": 0, "annotator": 1, "owner": 2}


def may(role: Role | None, needed: Role) -> bool:
    """Return whether `role` includes the rights of `needed`. An unknown device has role None."""
    return role is not None and _RANK[role] >= _RANK[needed]
