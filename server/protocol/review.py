"""How good the labels are, and what to look at next: figures, contact sheets, a suggestion, cues."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation

SheetKind = Literal["suspects", "uncertain"]
"""`suspects`: labels that the model doubts; `uncertain`: items between two classes."""
SuggestionKind = Literal["region", "suspects", "uncertain", "done"]
Cue = Literal["uncertainty", "density", "diversity", "coverage"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
SHEET_SIZE = 27
"""Pictures on a contact sheet, unless a request says otherwise."""
MAX_SHEET_SIZE = 200


class Quality(Message):
    """How good the labels are, as far as can be told without the truth.

    `held_out_accuracy`: the classifier's on `held_out` labelled items that were set aside; null before there are enough. `labelled`,
    `verified`: how many items are, and how many of these somebody has looked at one by one. `label_error`: estimated share of the labels
    that are wrong. `right`: estimated share of all items that are right, by their label or else their prediction. `gestures_left`: how many
    gestures it takes until `right` is `target`. These three are null before anything is predicted. `suspects`, `uncertain`: lengths of the
    two queues of contact sheets.
    """

    held_out_accuracy: Share | None
    held_out: int
    labelled: int
    verified: int
    label_error: Share | None
    right: Share | None
    gestures_left: int | None
    target: Share
    suspects: int
    uncertain: int


class SheetItem(Message):
    """A picture on a contact sheet. `class_id`: its label, -1 for none; `prediction`: what the model says, with `confidence`.

    `doubt`: the probability that what stands is wrong: the label, or where there is none, the prediction.
    """

    item: int
    class_id: int
    prediction: int
    confidence: Share
    doubt: Share


class Sheet(Message):
    """Answer of GET /api/sheet: items to look at in one go, sorted by prediction, the most doubtful of each first.

    `total`: length of the whole queue. `expected_wrong`: how many on this sheet are probably wrong.
    """

    kind: SheetKind
    items: list[SheetItem]
    total: int
    expected_wrong: float


class Suggestion(Message):
    """Answer of GET /api/next: what to look at next, and why.

    `items`: those of a region; of a sheet none, GET /api/sheet has them. `class_id`: what the model would call the region, -1 for nothing.
    `reason`: a sentence for a person, with its figures. `gain`: how many items are probably right after it that are not now.
    """

    kind: SuggestionKind
    items: list[int]
    class_id: int
    reason: str
    gain: float


class QualityChanged(Operation, tag="quality"):
    """The figures changed; newest wins."""

    quality: Quality
