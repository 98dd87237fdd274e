"""The change that an event made to the state of a session."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.session.events import Items

NO_ITEMS: Items = np.empty(0, np.uint32)


class Unweighed(NamedTuple):
    """Labels that may change when the votes are weighed again."""

    items: Items
    """The items (K,), ascending."""
    before: npt.NDArray[np.int16]
    """Their labels before the event (K,)."""
    own: Items
    """Items of the gesture itself. A page shows their labels at once, so it always receives the
    labels that they have now."""


class Change(NamedTuple):
    """Result of applying, reverting or restoring an event."""

    items: Items = NO_ITEMS
    """Items whose label changed (K,), ascending."""
    classes_changed: bool = False
    """Whether the list of classes changed."""
    pins_changed: bool = False
    """Whether the event changed pins or the latent dimension.

    In both cases, the set of pinned items may have changed.
    """
    axes_changed: bool = False
    """Whether the named axes changed."""
    rules_changed: bool = False
    """Whether a rule changed."""
    answered: int | None = None
    """Number of items that the answer to the client reports. None: the length of `items`."""
    class_id: int = UNLABELED
    """Class that the answer to the client reports."""
    message: str = ""
    """Text for the client if an undo or redo did not restore the map, else empty."""
    unweighed: Unweighed | None = None
    """Labels that may change when the votes are weighed; None if they are not weighed. `items` is
    empty until then."""
