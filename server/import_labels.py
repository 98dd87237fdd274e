"""Labels that came with the data, written into a project's log as if a person had given them, one gesture a class."""

import time

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.project import Project
from lodespace.protocol import MAX_CLASSES, Provenance
from lodespace.store import Event, Store

CLIENT = "import"


def import_labels(project: Project, labels: npt.NDArray[np.int16]) -> int:
    """Write `labels` (N,), UNLABELED (-1) for none, into the log of `project`. Returns how many items were labelled.

    Doing it twice has no second effect. Raises StoreError, DatasetError.
    """
    if len(labels) and int(labels.max()) >= MAX_CLASSES:
        raise DatasetError(f"{int(labels.max()) + 1} classes; at most {MAX_CLASSES} can be labelled")
    detail = msgspec.json.encode(Provenance(tool="api", note="came with the data")).decode()
    store = Store(project.labels_path)
    try:
        known = {event.command_id for event in store.events()}
        for class_id in np.unique(labels[labels >= 0]).tolist():
            event = Event(
                command_id=f"{CLIENT}-{class_id:08d}",
                kind="gesture",
                client=CLIENT,
                at=time.time(),
                class_id=class_id,
                items=np.flatnonzero(labels == class_id).astype("<u4").tobytes(),
                detail=detail,
            )
            if event.command_id not in known:
                store.append_now(event)
    finally:
        store.close()
    return int((labels >= 0).sum())
