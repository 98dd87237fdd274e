"""Encoding of the scenes and frames that a session sends to clients."""

from lodespace.protocol.frames import FrameForces, encode_forces, encode_predictions
from lodespace.scene.glb import Scene, encode_scene
from lodespace.session.predictions import ItemScores
from lodespace.session.state import SessionState


class SceneEncoder:
    """Encodes the state, the scores and the newest forces of a session as messages for clients.

    `force_version` counts the frames of forces. Each scene and each frame of forces is encoded once
    and shared by all clients.
    """

    def __init__(self, state: SessionState, scores: ItemScores) -> None:
        self._state = state
        self._scores = scores
        self._scene: tuple[tuple[object, ...], bytes] | None = None
        self.force_version = 0
        self._forces: FrameForces | None = None
        self._forces_frame: tuple[int, bytes] | None = None

    def scene(self) -> Scene:
        """Return the current state as a scene."""
        state, grid = self._state, self._state.grid
        return Scene(
            positions=grid.positions(),
            labels=state.labels,
            predictions=self._scores.prediction,
            confidence=self._scores.confidence,
            box=grid.box,
            classes=tuple(state.classes.classes),
            dataset=state.items.name,
            latent_dim=grid.latent_dim,
            revision=grid.revision,
            step=grid.step,
            scene_id=grid.scene_id,
            sequence=state.sequence,
            axes=tuple(state.axes.shown),
        )

    def scene_glb(self) -> bytes:
        """Return the current state as GLB."""
        grid = self._state.grid
        state, scores = self._state, self._scores
        axes = tuple((axis.axis, axis.correlation) for axis in state.axes.shown)
        key = (grid.scene_id, grid.revision, state.sequence, scores.version, axes)
        if self._scene is None or self._scene[0] != key:
            self._scene = (key, encode_scene(self.scene()))
        return self._scene[1]

    def predictions_frame(self, since: int) -> bytes | None:
        """Return a frame of the predictions that changed after version `since`.

        Return None if no prediction changed.
        """
        items = self._scores.since(since)
        if len(items) == 0:
            return None
        grid = self._state.grid
        return encode_predictions(
            items,
            self._scores.prediction[items],
            self._scores.confidence[items],
            revision=grid.revision,
            step=grid.step,
            scene_id=grid.scene_id,
        )

    def forget_forces(self) -> None:
        """Forget the newest forces, because they do not include the items that were just added."""
        self._forces = self._forces_frame = None

    def publish_forces(self, forces: FrameForces) -> None:
        """Store the forces of the trainer's newest frame."""
        self.force_version += 1
        self._forces = forces

    def forces_frame(self) -> bytes | None:
        """Return a frame of the newest forces.

        Return None if there are no forces yet, or if the latent dimension has changed since the
        newest forces.
        """
        grid = self._state.grid
        if self._forces is None or self._forces.vectors.shape[2] != grid.latent_dim:
            return None
        if self._forces_frame is None or self._forces_frame[0] != self.force_version:
            frame = encode_forces(
                *self._forces, revision=grid.revision, step=grid.step, scene_id=grid.scene_id
            )
            self._forces_frame = (self.force_version, frame)
        return self._forces_frame[1]
