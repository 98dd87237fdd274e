"""All families of feature extractors."""

from lodespace.errors import DatasetError
from lodespace.features.efficientnet_lite import FAMILY as EFFICIENTNET_LITE
from lodespace.features.family import Family

FAMILIES = (EFFICIENTNET_LITE,)
"""All families. The first one is the default for colour photographs."""
NONE = "none"
"""Name that stands for no pretrained network, also where one is installed."""


def names() -> str:
    """Return a text that lists all names."""
    return f"the names are {', '.join(known.name for known in FAMILIES)} and {NONE}"


def family(name: str) -> Family | None:
    """Return the family with a name; None if there is none."""
    return next((known for known in FAMILIES if known.name == name), None)


def default_for_photos() -> Family | None:
    """Return the family for colour photographs if it is installed; otherwise None."""
    return FAMILIES[0] if FAMILIES[0].installed() else None


def installed_family(name: str) -> Family:
    """Return the family with a name. Raises DatasetError if it is unknown or not installed."""
    found = family(name)
    if found is None:
        raise DatasetError(f"no features have the name {name}; {names()}")
    if not found.installed():
        raise DatasetError(f"{name} is not installed; install it: {found.install_command()}")
    return found
