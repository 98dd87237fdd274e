"""Rules as a file: `lodespace export --format rules`, and `lodespace predict --rules`.

The file is JSON. It has the prototypes of each region as features, how the items of the project
were read, and the accuracies that the label model estimated. So the rules can be applied to new
items without the project.
"""

from typing import Any, Literal

import msgspec
import numpy as np

from lodespace.errors import ProjectError
from lodespace.json_input import JsonError, json_of
from lodespace.models.config import Content
from lodespace.rules.regions import Region

KIND: Literal["lodespace rules"] = "lodespace rules"
FORMAT = 1
"""Newest format of a file of rules that this version reads and writes."""


class FiledRule(msgspec.Struct, omit_defaults=True):
    """One region."""

    name: str
    """Name of the rule."""
    class_name: str
    """Name of the class for which the rule votes."""
    accuracy: float
    """Estimated share of right votes."""
    prototypes: list[list[float]]
    """Features of the prototypes (P, F)."""
    radii: list[float]
    """Radius around each prototype (P,), multiplied by the reach of the rule."""
    scale: list[float] | None = None
    """Number by which each feature is multiplied before distances are measured (F,); null for
    ones."""

    def region(self) -> Region:
        """Return the prototypes and radii as arrays. Raises ProjectError if they do not fit."""
        try:
            prototypes = np.array(self.prototypes, np.float32)
            radii = np.array(self.radii, np.float32)
            scale = None if self.scale is None else np.array(self.scale, np.float32)
        except ValueError as error:
            raise ProjectError(f"the rule “{self.name}” has rows of different lengths") from error
        fits = prototypes.ndim == 2 and len(prototypes) == len(radii) > 0
        if not fits or (scale is not None and scale.shape != prototypes.shape[1:]):
            raise ProjectError(f"the rule “{self.name}” has prototypes and radii that do not fit")
        return Region(prototypes, radii, scale)


class RulesFile(msgspec.Struct, omit_defaults=True):
    """The rules of a project."""

    kind: Literal["lodespace rules"]
    """Always KIND."""
    format: int
    """Format of the file."""
    version: str
    """Version of Lodespace that wrote the file."""
    items: dict[str, Any]
    """How the items of the project were read (importing/reading.py)."""
    content: Content
    """Content of the pictures, on which their descriptors depend."""
    background: list[int]
    """Colour of the padding of the pictures, a value per channel; empty if no descriptors are
    compared."""
    space: str
    """Name of the feature space of the rules."""
    classes: list[str]
    """Names of the classes for which rules vote."""
    rules: list[FiledRule]
    """The regions that are on. Other rules are lists of items of the project, and are left out."""
    left_out: list[str] = msgspec.field(default_factory=list[str])
    """Names of the rules that are left out."""


def encoded(file: RulesFile) -> bytes:
    """Return the content of the file."""
    return msgspec.json.format(msgspec.json.encode(file), indent=1)


def decoded(content: bytes, name: str) -> RulesFile:
    """Return the rules in the content of a file called `name`. Raises ProjectError."""
    try:
        file = json_of(content, RulesFile)
    except JsonError as error:
        raise ProjectError(
            f"{name} is not a file of rules ({error}); write one with "
            "`lodespace export PROJECT -o rules.json --format rules`"
        ) from error
    if file.format > FORMAT:
        raise ProjectError(f"{name} was written by a newer version of Lodespace; update Lodespace")
    if len(set(file.classes)) < len(file.classes):
        raise ProjectError(f"{name} lists a class twice; every class needs a name of its own")
    for rule in file.rules:
        if rule.class_name not in file.classes:
            raise ProjectError(
                f"{name}: the rule “{rule.name}” votes for the class “{rule.class_name}”, which is "
                "not in the list of classes; add it there"
            )
    return file
