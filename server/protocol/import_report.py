"""The report of an import, as it is stored with the data and shown on the page."""

from lodespace.protocol.base import Message


class ReportLine(Message):
    """One line of the report of an import: how the data were read, or what was left out."""

    topic: str
    """Subject of the line: left_out, items, ids, labels, splits, sizes, values, sound, columns,
    features."""
    text: str
    """How the import reads the data in this respect, in one line."""
    doubtful: bool = False
    """Whether a person should check this line."""
    option: str = ""
    """Option with an example value, which makes the import read the data in another way.

    Empty if there is no such option.
    """
