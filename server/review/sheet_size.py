"""Number of items of a suggested contact sheet."""

import math

import numpy as np

from lodespace.protocol import SHEET_SIZE
from lodespace.session.item_state import ItemState

ROW = 9
"""Number of pictures in a row of a contact sheet. A suggested sheet has whole rows."""
PER_CLASS = 2
"""Least number of pictures per listed class on a suggested sheet, as long as a listed class has no
label. With 10 classes or more, these sheets are whole.
"""
SMALL_UNTIL = 5 * SHEET_SIZE
"""A suggested sheet has one row, as long as fewer items than this number were labelled one by one
or on sheets, and each listed class has a label.

The model learns between two sheets, so that small sheets show better items. With sheets of one row,
the share right after 54 labels was larger by 0.01 on sets for tuning (docs/gain.md), and 0.95 was
reached sooner, although each sheet takes the time to open and to confirm it.
"""
FIRST_WITHOUT_CLASSES = 18
"""Number of pictures on the first suggested sheet if fewer than two classes are listed.

More pictures would not be needed if there are few classes, and another sheet follows if there are
many (docs/gain.md).
"""


def sheet_size(state: ItemState) -> int:
    """Return the number of items of a suggested sheet.

    If fewer than two classes are listed, the first sheet has FIRST_WITHOUT_CLASSES items. As long
    as a listed class has no label, a sheet has whole rows, with at least PER_CLASS pictures per
    class. After that, it has one row until SMALL_UNTIL items have labels of their own.
    """
    classes = len(state.classes)
    if classes < 2:
        return SHEET_SIZE if state.labelled.any() else FIRST_WITHOUT_CLASSES
    if len(state.lacking):
        return min(SHEET_SIZE, ROW * math.ceil(PER_CLASS * classes / ROW))
    return ROW if labelled_singly(state) < SMALL_UNTIL else SHEET_SIZE


def labelled_singly(state: ItemState) -> int:
    """Return the number of items with a label of their own.

    Such a label was given one by one, on a sheet, by an import, or came with the data. Labels of
    whole regions do not count, nor accepted predictions.
    """
    return int(np.count_nonzero(state.labelled & (state.verified | state.given)))
