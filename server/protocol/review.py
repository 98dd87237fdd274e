"""Review of the labels: quality, contact sheets, suggestions, cues."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation

SheetKind = Literal["overview", "suspects", "uncertain", "conflicts", "double"]
"""`overview`: items from unlabelled places of the map; `suspects`: labels that the model doubts;
`uncertain`: items for which the two most probable classes have similar probabilities; `conflicts`:
items on which people or rules vote for different classes; `double`: items that two people label
blind."""
SuggestionKind = Literal["region", "overview", "suspects", "uncertain", "done"]
"""Kind of a suggested gesture; `done`: no gesture is suggested."""
Cue = Literal["uncertainty", "density", "diversity", "coverage"]
"""Name of a cue. A cue has one value per item, which shows where labels help most."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A share or a probability, 0..1."""
SHEET_SIZE = 27
"""Default number of pictures on a contact sheet."""
MAX_SHEET_SIZE = 200
"""Largest number of pictures on a contact sheet."""


class Interval(Message):
    """Interval that contains the true value of an estimated share with a probability of 0.9."""

    low: Share
    """Lower bound."""
    high: Share
    """Upper bound."""


class Quality(Message):
    """Quality of the labels, estimated without the true classes.

    `held_out_accuracy`, `label_error` and `right` are null while they cannot be known. They cannot
    be known before the first predictions, while a class has no label, and while there are fewer
    than two classes. A class without labels is never predicted, so the estimate would miss all
    errors on its items.
    """

    classes: int
    """Number of classes that are not merged or deleted."""
    classes_labelled: int
    """Number of classes that have a label, without merged and deleted classes."""
    unknown: int
    """Number of unlabelled items that are in a cluster of the map with too few labels
    (review/islands.py). They may be of a class that is not listed yet, so `right` gives their
    predictions little weight. 0 while `right` is null."""
    held_out_accuracy: Share | None
    """Accuracy of the classifier on held-out labelled items; null while `right` is null, and when
    there are too few held-out items."""
    held_out: int
    """Number of held-out labelled items."""
    held_out_interval: Interval | None
    """Interval of `held_out_accuracy`. The interval is wider when fewer items are held out."""
    labelled: int
    """Number of labelled items."""
    verified: int
    """Number of labelled items that a person has looked at one by one."""
    label_error: Share | None
    """Estimated share of labels that are wrong."""
    label_error_interval: Interval | None
    """Interval of `label_error`."""
    right: Share | None
    """Estimated share of items whose label is right. For an unlabelled item, the prediction
    counts. The answers on contact sheets calibrate the estimate. Null while it cannot be computed,
    and with fewer than 18 labels. Before the fifth sheet, it is also null while `right_interval`
    would be too wide."""
    right_interval: Interval | None
    """Interval of `right`."""
    sheets: int
    """Number of contact sheets whose answers calibrate the estimates."""
    suspects: int | None
    """Number of items in the queue `suspects`; null while it is unknown: before the
    first predictions, and while a class has no label. 0 if all items are verified."""
    uncertain: int | None
    """Number of items in the queue `uncertain`; null before the first predictions. 0 if all
    items are verified."""


class SheetItem(Message):
    """A picture on a contact sheet."""

    item: int
    """Number of the item."""
    class_id: int
    """Class of the label; -1 if unlabelled."""
    prediction: int
    """Class that the model predicts; -1 before the first prediction."""
    confidence: Share
    """Probability of the predicted class."""
    doubt: Share
    """Probability that the label is wrong. For an unlabelled item, the prediction counts instead of
    the label."""
    proposed: int
    """Class that the item gets if a person confirms the sheet.

    An unlabelled item gets its prediction; -1 if it has no prediction. A labelled item keeps its
    label, unless the calibrated probability of another class is at least 0.9.
    """
    group: int
    """Number of the item's group, from 0. The items of a group follow one another."""
    text: str = ""
    """Beginning of the item's text; empty for items that are not texts."""


class SheetGroup(Message):
    """Items of a sheet that probably have the same class. A person can label all of them in one
    act."""

    size: int | None
    """Approximate number of unlabelled items in the region of the map for which the group stands.
    Null if the group is not a region, but items with the same prediction."""
    may_be_new: bool
    """Whether the region may be a new class: items in other regions have labels, but no label shows
    the class of most items in this region."""


class Sheet(Message):
    """Answer of GET /api/sheet: items to review together.

    The groups of a sheet of the kind `overview` are regions of the map. On other sheets, the items
    of a group have the same prediction, and are sorted by doubt, highest first.
    """

    kind: SheetKind
    """Queue that the items come from."""
    items: list[SheetItem]
    """Items of this sheet."""
    groups: list[SheetGroup]
    """Groups of the items, by number."""
    total: int
    """Number of items in the whole queue."""
    expected_wrong: float | None
    """Expected number of items on this sheet whose label is wrong; null while a listed class has no
    label. For an unlabelled item, the prediction counts instead of the label."""


class Suggestion(Message):
    """Answer of GET /api/next: the suggested next gesture."""

    kind: SuggestionKind
    """Kind of the suggestion: a region to label, a sheet to review, or nothing."""
    items: list[int]
    """Items of the region; empty for a sheet (GET /api/sheet returns its items)."""
    class_id: int
    """Class that the model predicts for most items of the region; -1 if no region is suggested."""
    reason: str
    """Reason for the suggestion, as a sentence for a person."""
    gain: float | None
    """Expected number of items that the gesture corrects; null while a listed class has no label.
    """
    seconds: float | None
    """Seconds that a person probably needs for the gesture; null if no gesture is suggested. The
    suggested gesture has the largest expected gain per second."""
    size: int
    """Number of items of the suggested sheet, for the parameter `size` of GET /api/sheet; 0 if no
    sheet is suggested."""


class QualityChanged(Operation, tag="quality"):
    """The estimated quality of the labels changed. Each message replaces the previous message."""

    quality: Quality
    """Newest estimate of the quality."""
