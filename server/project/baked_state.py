"""State of a bake that is not in its scene: review of the labels, pins, gestures, quality."""

import logging

import numpy as np

from lodespace.errors import ProtocolError
from lodespace.json_input import JsonError, json_of
from lodespace.project.project import Project
from lodespace.protocol import SessionInfo
from lodespace.protocol.item_sets import of_text, unpack
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

SESSION = "session.json"
"""Name of the file in a bake that contains the answer to GET /api/session."""
REVIEW = "review.npy"
"""Name of the file in a bake that contains the review of the labels: flags per item, uint8 (N,)."""
_VERIFIED, _ACCEPTED = 1, 2
"""Flags: a person has looked at the item; the label is an accepted prediction."""


def write_review(project: Project, session: AnnotationSession) -> None:
    """Write a file that states which labels of `session` are verified or accepted predictions."""
    flags = _VERIFIED * session.verified + _ACCEPTED * session.accepted
    np.save(project.folder / REVIEW, flags.astype(np.uint8), allow_pickle=False)


def restore_scene(project: Project, session: AnnotationSession) -> None:
    """Show the scene of `project` in `session`. For a bake, also restore the review of the labels.

    If there is no scene, `session` is not changed. Raises ProjectError when the scene of a bake is
    damaged.
    """
    scene = project.baked_scene()
    if scene is None:
        return
    session.restore_scene(scene)
    path = project.folder / REVIEW
    if not project.is_bake or not path.is_file():
        return
    try:
        flags = np.load(path, allow_pickle=False)
        if flags.dtype != np.uint8 or flags.shape != (len(session.items),):
            raise ValueError("the file does not have one flag per item")
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s); no label counts as reviewed", path, error)
        return
    session.begin_with(scene.labels, flags & _VERIFIED != 0, flags & _ACCEPTED != 0)


def baked_session(project: Project) -> SessionInfo | None:
    """Return the session that is stored in a bake; None if there is no valid stored session.

    Pins, gestures and quality are only in this session, not in the scene of the bake. A project
    that is not a bake has no stored session.
    """
    if not project.is_bake:
        return None
    try:
        stored = json_of((project.folder / SESSION).read_bytes(), SessionInfo)
    except (OSError, JsonError):
        return None  # the bake has no site, or is of another version
    n = len(project.items)
    try:
        if stored.packed_pins:
            unpack(of_text(stored.packed_pins), n)
    except ProtocolError:
        return None
    fits = stored.n_items == n and all(0 <= item < n for item in stored.pins)
    return stored if fits else None
