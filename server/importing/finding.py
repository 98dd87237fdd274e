"""One line about how an import reads the data."""

from dataclasses import dataclass
from typing import Literal

Topic = Literal[
    "items", "ids", "labels", "splits", "sizes", "values", "sound", "columns", "features"
]
"""Subject of a finding. The report lists the findings in this order."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 item, 1,200 items."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True)
class Finding:
    """One line of the report: where an import takes labels, ids, values, ... from."""

    topic: Topic
    text: str
    """How the data are read, in one line, such as "from the folder names".

    The report adds what the import counts: the number of items, the classes with their numbers of
    items, the splits, the sizes of pictures and vectors, and what was left out. Baked sites contain
    the report and are shared, so the text must not contain a path of this computer.
    """
    doubtful: bool = False
    """Whether a person should check this reading of the data."""
    option: str = ""
    """Option that changes how the data are read, such as "--label species".

    Empty: there is no such option.
    """
