"""The message with everything that the model learns from."""

from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED, Settings
from lodespace.session.undo_log import StateTransition


class TrainingInputs(msgspec.Struct, tag=True):
    """All data that the model learns from, in the state after one event of the session."""

    event: int
    """Sequence number of the event; 0 before the first event."""
    from_state: int
    """Id of the training state before the event (`state_id` in session/undo_log.py)."""
    to_state: int
    """Training state after the event. A new state gets the number of the event as its id."""
    labels: bytes
    """Class per item, int16 (N,); UNLABELED for an item without a label."""
    verified: bytes
    """uint8 (N,): 1 for an item that a person looked at when labelling it, else 0."""
    accepted: bytes
    """uint8 (N,): 1 for an item whose label is an accepted prediction, else 0."""
    certainty: bytes
    """uint8 (N,): probability of each label, 255 for 1."""
    n_classes: int
    """Number of classes, at least 1."""
    settings: Settings
    """Training settings, with every field filled."""
    pinned: bytes
    """Pinned items, uint32 (K,)."""
    pins: bytes
    """Latent positions of the pinned items, float32 (K, D)."""
    axes: list[int]
    """Dimension (0, 1 or 2) of each named axis, ascending."""
    axis_values: bytes
    """Value of each item on each axis, float32 (N, A), NaN for an unknown value."""

    @classmethod
    def of(
        cls,
        transition: StateTransition,
        *,
        labels: npt.NDArray[np.int16],
        verified: npt.NDArray[np.bool_],
        accepted: npt.NDArray[np.bool_],
        certainty: npt.NDArray[np.uint8],
        n_classes: int,
        settings: Settings,
        pinned: npt.NDArray[np.uint32],
        pins: npt.NDArray[np.float32],
        axes: tuple[list[int], npt.NDArray[np.float32]],
    ) -> Self:
        """Return the message for N items, of which K are pinned in D latent dimensions.

        `axes` are the dimensions of A named axes, and the values of the items (N, A).
        """
        return cls(
            event=transition.event,
            from_state=transition.from_state,
            to_state=transition.to_state,
            labels=labels.astype("<i2").tobytes(),
            verified=verified.astype(np.uint8).tobytes(),
            accepted=accepted.astype(np.uint8).tobytes(),
            certainty=certainty.tobytes(),
            n_classes=max(1, n_classes),
            settings=settings,
            pinned=pinned.astype("<u4").tobytes(),
            pins=pins.astype("<f4").tobytes(),
            axes=axes[0],
            axis_values=axes[1].astype("<f4").tobytes(),
        )

    def padded(self, n_items: int) -> "TrainingInputs":
        """Return the inputs for `n_items` items, of which the last ones have no label."""
        missing = n_items - len(self.labels) // 2
        if missing <= 0:
            return self
        unknown = np.full(missing * len(self.axes), np.nan, "<f4").tobytes()
        return msgspec.structs.replace(
            self,
            labels=self.labels + np.full(missing, UNLABELED, "<i2").tobytes(),
            verified=self.verified + bytes(missing),
            accepted=self.accepted + bytes(missing),
            certainty=self.certainty + b"\xff" * missing,
            axis_values=self.axis_values + unknown,
        )

    def label_array(self) -> npt.NDArray[np.int16]:
        """Return the labels, int16 (N,)."""
        return np.frombuffer(self.labels, "<i2").astype(np.int16)

    def verified_array(self) -> npt.NDArray[np.bool_]:
        """Return whether the label of each item is verified, bool (N,)."""
        return np.frombuffer(self.verified, np.uint8).astype(np.bool_)

    def accepted_array(self) -> npt.NDArray[np.bool_]:
        """Return whether the label of each item is an accepted prediction, bool (N,)."""
        return np.frombuffer(self.accepted, np.uint8).astype(np.bool_)

    def weight_array(self) -> npt.NDArray[np.float32]:
        """Return the weight of each label in training, its probability, float32 (N,)."""
        return (np.frombuffer(self.certainty, np.uint8) / 255).astype(np.float32)

    def axis_array(self) -> npt.NDArray[np.float32]:
        """Return the value of each item on each axis, (N, A)."""
        n_items = len(self.labels) // 2
        return np.frombuffer(self.axis_values, "<f4").reshape(n_items, len(self.axes))

    def pin_arrays(self, latent_dim: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the pinned items (K,) and their positions (K, latent_dim)."""
        pins = np.frombuffer(self.pins, "<f4").reshape(-1, latent_dim)
        return np.frombuffer(self.pinned, "<u4").astype(np.int64), pins
