"""Number of items of a suggested contact sheet."""

import math

from lodespace.protocol import SHEET_SIZE
from lodespace.session.item_state import ItemState

ROW = 9
"""Number of pictures in a row of a contact sheet. A suggested sheet has whole rows."""
PER_CLASS = 4
"""Least number of pictures per listed class on the first suggested sheets, as long as fewer than
SHEET_SIZE items have labels. With 5 classes or more, these sheets are whole too.

`python benchmarks/few_classes.py` compares them with whole sheets on two and three classes.
"""
FIRST_WITHOUT_CLASSES = 18
"""Number of pictures on the first suggested sheet if fewer than two classes are listed.

More pictures would not be needed if there are few classes, and another sheet follows if there are
many (docs/gain.md).
"""


def sheet_size(state: ItemState) -> int:
    """Return the number of items of a suggested sheet.

    If fewer than two classes are listed, the first sheet has FIRST_WITHOUT_CLASSES items.
    The first sheets are smaller if few classes are listed: they have whole rows, with at least
    PER_CLASS pictures per class. A few labels per class often suffice if the classes are far apart.
    """
    classes, labels = len(state.classes), int(state.labelled.sum())
    if classes < 2 and labels == 0:
        return FIRST_WITHOUT_CLASSES
    if classes < 2 or labels >= SHEET_SIZE:
        return SHEET_SIZE
    return min(SHEET_SIZE, ROW * math.ceil(PER_CLASS * classes / ROW))
