"""All families of feature extractors."""

from collections.abc import Sequence
from types import ModuleType

from lodespace.errors import DatasetError
from lodespace.features import (
    ast_networks,
    clap_networks,
    open_clip_networks,
    sentence_networks,
    timm_networks,
    torchvision_networks,
)
from lodespace.features.efficientnet_lite import FAMILY as EFFICIENTNET_LITE
from lodespace.features.family import Family, Pictures, Sounds, T
from lodespace.features.minilm import FAMILY as MINILM

OF_PICTURES = (EFFICIENTNET_LITE,)
"""Families that read pictures. The first one is the default for colour photographs."""
OF_TEXTS = (MINILM,)
"""Families that read texts. The first one is the default."""
DOWNLOADED_FOR_PICTURES = (torchvision_networks, timm_networks, open_clip_networks)
"""Modules whose networks read pictures and have names of the form PREFIX:NAME."""
DOWNLOADED_FOR_SOUNDS = (clap_networks, ast_networks)
"""Modules whose networks read sounds and have names of the form PREFIX:NAME."""
DOWNLOADED_FOR_TEXTS = (sentence_networks,)
"""Modules whose networks read texts and have names of the form PREFIX:NAME."""
NONE = "none"
"""Name that stands for no pretrained network, also where one is installed."""


def names() -> str:
    """Return a text that lists all names."""
    packaged = ", ".join(known.name for known in OF_PICTURES)
    downloaded = ", ".join(
        module.EXAMPLE
        for module in (*DOWNLOADED_FOR_PICTURES, *DOWNLOADED_FOR_SOUNDS, *DOWNLOADED_FOR_TEXTS)
    )
    return f"the names are {packaged}, {NONE}, or by download, such as {downloaded}"


def family(name: str) -> Family[Pictures] | None:
    """Return the family `name` if it reads pictures; None if there is no such family."""
    return _found(name, OF_PICTURES, DOWNLOADED_FOR_PICTURES)


def family_of_sounds(name: str) -> Family[Sounds] | None:
    """Return the family `name` if it reads sounds; None if there is no such family."""
    return _found(name, (), DOWNLOADED_FOR_SOUNDS)


def family_of_texts(name: str) -> Family[Sequence[str]] | None:
    """Return the family `name` if it reads texts; None if there is no such family."""
    return _found(name, OF_TEXTS, DOWNLOADED_FOR_TEXTS)


def _found(
    name: str, packaged: Sequence[Family[T]], downloaded: Sequence[ModuleType]
) -> Family[T] | None:
    """Return the family `name`: one of `packaged`, or PREFIX:NAME of a module of `downloaded`.

    Returns None if there is no such family.
    """
    for known in packaged:
        if known.name == name:
            return known
    prefix, _, network = name.partition(":")
    for module in downloaded:
        if network and prefix == module.PREFIX:
            return module.family_of(network)
    return None


def any_family(name: str) -> Family[Pictures] | Family[Sounds] | Family[Sequence[str]] | None:
    """Return the family `name`, whatever it reads; None if there is no such family."""
    return family_of_items(name) or family_of_texts(name)


def family_of_items(name: str) -> Family[Pictures] | Family[Sounds] | None:
    """Return the family `name` if it reads pictures or sounds; None if there is no such family.

    Such features belong to the items. Texts have no features: a network turns them into vectors.
    """
    return family(name) or family_of_sounds(name)


def reads_words(name: str) -> bool:
    """Return whether the family `name` is installed, and reads words as well as its items."""
    found = family_of_items(name)
    return found is not None and found.reads_words and found.installed()


def default_for_photos() -> Family[Pictures] | None:
    """Return the family for colour photographs if it is installed; otherwise None."""
    return OF_PICTURES[0] if OF_PICTURES[0].installed() else None


def installed_family(name: str) -> Family[Pictures] | Family[Sounds]:
    """Return the family `name`, which reads pictures or sounds.

    Raises DatasetError if there is no such family, or it is not installed.
    """
    found = family_of_items(name)
    if found is None:
        raise DatasetError(f"no features have the name {name}; {names()}")
    found.require()
    return found


def installed_of_texts(name: str) -> Family[Sequence[str]]:
    """Return the family `name`, which reads texts.

    Raises DatasetError if there is no such family, or it is not installed.
    """
    found = family_of_texts(name)
    if found is None:
        raise DatasetError(f"this version has no network of the name {name} for texts")
    found.require()
    return found
