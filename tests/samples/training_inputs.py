"""The inputs that a model learns from, for tests of trainer and supervisor."""

import numpy as np

from lodespace.protocol import Settings
from lodespace.session.settings import with_defaults
from lodespace.session.undo_log import StateTransition
from lodespace.training.inputs import TrainingInputs

BRIEF = Settings(
    more={"feature_steps": 20, "encoder_epochs": 2, "least_steps": 1, "layout_rounds": 60}
)
"""Settings with which small data come to rest in about a second. Tests of a server or a bake use
them if they do not test what is learned."""

BRIEF_OPTIONS = (
    *("--feature-steps", "20", "--encoder-epochs", "2"),
    *("--least-steps", "1", "--layout-rounds", "60"),
)
"""The settings BRIEF as options of `lodespace serve`."""


def inputs(
    n: int,
    labels: np.ndarray | None = None,
    *,
    n_classes: int = 4,
    settings: Settings | None = None,
    verified: np.ndarray | None = None,
    accepted: np.ndarray | None = None,
    pins: dict[int, list[float]] | None = None,
    axes: tuple[list[int], np.ndarray] | None = None,
    step: tuple[int, int, int] = (0, 0, 0),
) -> TrainingInputs:
    """Inputs of `n` items. `step` is the last transition between states: (event, from, to)."""
    full = with_defaults(settings or Settings())
    pinned = np.array(sorted(pins or {}), np.uint32)
    targets = np.array([(pins or {})[item] for item in pinned.tolist()], np.float32)
    return TrainingInputs.of(
        StateTransition(*step),
        labels=np.full(n, -1, np.int16) if labels is None else labels.astype(np.int16),
        verified=np.zeros(n, np.bool_) if verified is None else verified,
        accepted=np.zeros(n, np.bool_) if accepted is None else accepted,
        certainty=np.full(n, 255, np.uint8),
        n_classes=n_classes,
        settings=full,
        pinned=pinned,
        pins=targets.reshape(len(pinned), full.latent_dim or 3),
        axes=axes or ([], np.empty((n, 0), np.float32)),
    )
