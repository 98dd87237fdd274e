"""The labels that came with the imported data: one gesture per class at the start of the log."""

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.items.item_set import ItemSet
from lodespace.items.original_order import numbers_of
from lodespace.models.item_predictions import UNLABELED
from lodespace.protocol import MAX_CLASSES
from lodespace.session.authors import IMPORT
from lodespace.session.event_log import EventLog
from lodespace.session.events import LabelEvent, StoredProvenance


def choose_labels(items: ItemSet, which: str | None, seed: int) -> npt.NDArray[np.int16]:
    """Return the first labels of a project (N,); UNLABELED (-1) for items without a label.

    Args:
        items: The imported data.
        which: "none", "all", or a number of items per class. None means "all" if the
            labels are a person's work (`items.labels_given`), else "none".
        seed: Seed for the random choice of labelled items per class.

    Raises:
        DatasetError: `which` is not valid, or asks for labels that the data do not have.
    """
    labels = np.full(len(items), UNLABELED, np.int16)
    if which is None:
        which = "all" if items.labels_given else "none"
    if which == "none":
        return labels
    if items.truth is None:
        raise DatasetError(f"{items.name} has no labels; remove --labels")
    if which == "all":
        return items.truth.copy()
    if not which.isdecimal() or int(which) < 1:
        raise DatasetError(
            f"labels '{which}': use `none`, `all`, or a whole number of labels per class"
        )
    random = np.random.default_rng(seed)
    # The rows of the data are chosen, so that the choice does not depend on the numbers of the
    # items.
    numbers = numbers_of(items, np.arange(len(items)))
    truth = items.truth[numbers]
    for class_id in range(len(items.class_names)):
        members = np.flatnonzero(truth == class_id)
        drawn = random.permutation(members)[: int(which)]
        labels[numbers[drawn]] = class_id
    return labels


def import_labels(log: Path, labels: npt.NDArray[np.int16]) -> int:
    """Write `labels` (N,) into the label log at `log`. Items with UNLABELED (-1) are left out.

    Gestures that are already in the log are skipped. Returns the number of labelled items. Raises
    EventLogError or DatasetError.
    """
    if len(labels) and int(labels.max()) >= MAX_CLASSES:
        raise DatasetError(
            f"the labels have {int(labels.max()) + 1} classes; at most {MAX_CLASSES} are possible"
        )
    provenance = StoredProvenance(tool="api", note="came with the data")
    event_log = EventLog(log)
    try:
        known = {event.command_id for event in event_log.events()}
        for class_id in np.unique(labels[labels >= 0]).tolist():
            event = LabelEvent(
                command_id=f"{IMPORT}-{class_id:08d}",
                client=IMPORT,
                at=time.time(),
                class_id=class_id,
                items=np.flatnonzero(labels == class_id).astype(np.uint32),
                provenance=provenance,
            )
            if event.command_id not in known:
                event_log.append_now(event)
    finally:
        event_log.close()
    return int((labels >= 0).sum())
