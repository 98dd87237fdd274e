"""One line of what an import understood of the data."""

from dataclasses import dataclass
from typing import Literal

Topic = Literal["items", "ids", "labels", "splits", "sizes", "values", "sound", "columns"]
"""Subject of a finding. The report lists the findings in this order."""


@dataclass(frozen=True)
class Finding:
    """One line of what an import understood: where labels, ids, values, ... come from."""

    topic: Topic
    text: str
    """What was understood, in one line: "from the folder names; 2 classes: cat (3), dog (3)"."""
    doubtful: bool = False
    """Whether a person should check this reading of the data."""
    option: str = ""
    """Option that sets another reading, with an example: "--label species". Empty: none."""
