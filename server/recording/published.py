"""The recording of a bake: a recording with fewer moments and without authors, for publication.

The chosen moments are evenly spaced over the recording. There are at most MOST_MOMENTS, and fewer
if the file would otherwise have more than `largest_size` bytes. In the published file, all moments
are SECONDS_PER_MOMENT apart, so the file does not show when, or how fast, a person worked.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import ProtocolError
from lodespace.protocol import frames
from lodespace.recording.format import (
    FRAME,
    OPERATION,
    PACKED,
    PREDICTIONS,
    encode_record,
    new_recording,
    packed,
)
from lodespace.recording.player import Player
from lodespace.scene.glb import Scene, encode_scene

MOST_MOMENTS = 120
"""Largest number of moments."""
SECONDS_PER_MOMENT = 0.1
"""Time between two moments, in seconds."""
BYTES_PER_ITEM = 89
"""Largest size of the file in bytes per item. A bake of 5,000 items should have at most 5 MB. Its
other parts need up to 4.555 MB, so 0.445 MB are left for the recording.
"""
LEAST_BYTES = 445_000
"""Size that the published file may have even with few items, in bytes."""
KEYFRAMES_APART = 60
"""Number of moments from one keyframe to the next.

The page loads the whole recording of a bake at once, so keyframes may be far apart.
"""
SHIFT = 6
"""Positions of moving points are rounded to multiples of 2**SHIFT grid steps. The error is at most
1/2048 of the box, which is less than one pixel if the cloud is 800 pixels wide. The stream rounds
to multiples half as large. The larger multiples make the file a fifth smaller. The last moment is
exact.
"""
SMALL_CHANGE = 26
"""Changes of a confidence by at most 26 of 255 (0.1) are left out until the next keyframe, if the
predicted class stays the same. Without this rule, such changes would need as much space as the
positions.
"""
GESTURES_SHARE = 4
"""The marks of gestures may take at most 1 / GESTURES_SHARE of the file. The oldest marks are left
out."""
_MARK_BYTES = 180
"""Typical size of the mark of a gesture, in bytes."""


def largest_size(n_items: int) -> int:
    """Return the largest permitted size of a published recording with `n_items` items, in bytes."""
    return max(LEAST_BYTES, BYTES_PER_ITEM * n_items)


def without_author(gesture: protocol.Gesture) -> protocol.Gesture:
    """Return the gesture as it is published: without its author and its time."""
    return msgspec.structs.replace(gesture, by="", at=0.0, revision=0)


class SourceRecording:
    """A recording to publish, with its moments and the scene at its end.

    Args:
        path: The recording. There may be no file, or a damaged file.
        n_items: Number of items.

    Raises:
        OSError: The file cannot be read.
    """

    def __init__(self, path: Path, n_items: int) -> None:
        self.last: Scene | None = None
        """State at the end; None if the recording has no moment."""
        self._path = path
        self._n = n_items
        self._steps: list[int] = []
        self._gestures = 0
        if not path.is_file():
            return
        player = Player(path, n_items)
        for step in player.steps():
            self._gestures += sum(isinstance(o, protocol.GestureTold) for o in step.operations)
            if step.moved:
                self._steps.append(player.step)
        self.last = player.scene

    def write(self, target: Path, final: Scene, *, limit: int | None = None) -> None:
        """Write the recording of a bake.

        Args:
            target: The new file.
            final: State that the last moment shows.
            limit: Largest size, in bytes. None: `largest_size`.

        Raises:
            OSError: A file cannot be read or written.
        """
        limit = largest_size(self._n) if limit is None else limit
        most = MOST_MOMENTS
        while True:
            with target.open("wb") as out:
                self._write(out, final, self._chosen(most, final), limit)
                size = out.tell()
            if size <= limit or most <= 2:
                return
            most = max(2, min(most - 1, int(most * limit / size)))

    def latent_means(self, count: int, final: Scene) -> list[npt.NDArray[np.float32]]:
        """Return latent means (N, D) at `count` moments or fewer, evenly spaced.

        The last array contains the latent means of `final`.
        """
        chosen = self._chosen(count, final)
        found = [scene.latent_mean() for scene, _ in self._moments(chosen) if scene is not None]
        return [*found, final.latent_mean()]

    def _chosen(self, most: int, final: Scene) -> set[int]:
        """Choose evenly spaced moments, fewer than `most`, and return their numbers.

        The last recorded moment is not chosen, because `final` replaces it. Moments that are newer
        than `final` are not chosen either. There are such moments if the checkpoint with `final` is
        older than the end of the recording.
        """
        end = len(self._steps)
        while end > 1 and self._steps[end - 1] > final.step:
            end -= 1
        count = max(0, min(most, end) - 1)
        return set(np.rint(np.linspace(0, end - 1, count + 1))[:count].astype(int).tolist())

    def _moments(self, chosen: set[int]) -> Iterator[tuple[Scene | None, list[protocol.Operation]]]:
        """Yield the scene of each chosen moment, and the operations since the previous one.

        At the end, yield None instead of a scene, with the operations since the last chosen moment.
        """
        since: list[protocol.Operation] = []
        if self._steps:
            player = Player(self._path, self._n)
            number = 0
            for step in player.steps():
                since += step.operations
                if step.moved and number in chosen:
                    yield player.scene, since
                    since = []
                number += step.moved
        yield None, since

    def _write(self, out: IO[bytes], final: Scene, chosen: set[int], limit: int) -> None:
        header = {"protocol": protocol.PROTOCOL_VERSION, "dataset": final.dataset}
        out.write(new_recording({**header, "items": self._n}))
        writer = _Writer(out, self._gestures - limit // GESTURES_SHARE // _MARK_BYTES)
        for scene, operations in self._moments(chosen):
            writer.operations(operations)
            if scene is not None:
                writer.moment(scene)
        writer.moment(final, last=True)


class _Writer:
    """Writes moments and operations. Leaves out the first `skipped` gestures."""

    def __init__(self, out: IO[bytes], skipped: int) -> None:
        self._out = out
        self._skipped = skipped
        self._time = 0.0
        self._since_keyframe = 0
        self._shown: Scene | None = None
        """State that the page shows after the records so far."""

    def operations(self, operations: list[protocol.Operation]) -> None:
        """Write the newest losses, and the gestures.

        Labels, classes and axes are written with the moments. Other operations are left out,
        because the page does not play them.
        """
        losses = [o for o in operations if isinstance(o, protocol.LossesMeasured)]
        for operation in losses[-1:]:
            self._operation(operation)
        for operation in operations:
            if not isinstance(operation, protocol.GestureTold):
                continue
            self._skipped -= 1
            if self._skipped < 0:
                gesture = without_author(operation.gesture)
                self._operation(msgspec.structs.replace(operation, gesture=gesture))

    def moment(self, scene: Scene, *, last: bool = False) -> None:
        """Write one moment. The last moment is exact, and has all predictions."""
        frame = None if self._shown is None else _delta(self._shown, scene, last=last)
        if self._shown is None or frame is None or self._since_keyframe >= KEYFRAMES_APART:
            self._record(PACKED, packed(encode_scene(scene)))
            # Copies, because the arrays of predictions are changed below.
            self._shown = dataclasses.replace(
                scene,
                predictions=scene.predictions.copy(),
                confidence=scene.confidence.copy(),
            )
            self._since_keyframe = 0
        else:
            self._labels(self._shown, scene)
            self._record(FRAME, frames.compressed_for_files(frame))
            self._shown = dataclasses.replace(
                scene,
                positions=_moved(self._shown, frame),
                predictions=self._shown.predictions,
                confidence=self._shown.confidence,
            )
            self._predictions(self._shown, scene, 0 if last else SMALL_CHANGE)
            self._since_keyframe += 1
        self._time += SECONDS_PER_MOMENT

    def _labels(self, shown: Scene, scene: Scene) -> None:
        """Write the labels, classes and axes that changed."""
        if scene.axes != shown.axes:
            self._operation(protocol.AxesChanged(axes=list(scene.axes)))
        if scene.classes != shown.classes:
            classes = list(scene.classes)
            self._operation(protocol.Classes(sequence=scene.sequence, classes=classes))
        items = np.flatnonzero(scene.labels != shown.labels)
        if len(items):
            self._operation(
                protocol.Labels.of(
                    items.astype(np.uint32), scene.labels[items], sequence=scene.sequence
                )
            )

    def _predictions(self, shown: Scene, scene: Scene, small: int) -> None:
        change = np.abs(scene.confidence.astype(np.int16) - shown.confidence)
        changed = (scene.predictions != shown.predictions) | (change > small)
        items = np.flatnonzero(changed).astype(np.uint32)
        if len(items) == 0:
            return
        shown.predictions[items] = scene.predictions[items]
        shown.confidence[items] = scene.confidence[items]
        frame = frames.encode_predictions(
            items,
            scene.predictions[items],
            scene.confidence[items],
            revision=0,
            step=scene.step,
            scene_id=scene.scene_id,
        )
        self._record(PREDICTIONS, frames.compressed_for_files(frame))

    def _operation(self, operation: protocol.Operation) -> None:
        self._record(OPERATION, protocol.encode_operation(operation))

    def _record(self, kind: bytes, payload: bytes) -> None:
        self._out.write(encode_record(kind, self._time, payload))


def _delta(shown: Scene, scene: Scene, *, last: bool) -> bytes | None:
    """Return the frame from `shown` to `scene`; None if only a keyframe can show `scene`."""
    if (shown.scene_id, shown.box, shown.latent_dim) != (
        scene.scene_id,
        scene.box,
        scene.latent_dim,
    ):
        return None
    shift = 0 if last else SHIFT
    delta = scene.positions.astype(np.int32) - shown.positions
    delta = (delta + ((1 << shift) >> 1)) >> shift
    try:
        return frames.encode_positions(
            delta[:, : scene.latent_dim],
            shift=shift,
            base_revision=0,
            revision=0,
            step=scene.step,
            scene_id=scene.scene_id,
            resting=last,
        )
    except ProtocolError:
        return None


def _moved(shown: Scene, frame: bytes) -> npt.NDArray[np.uint16]:
    """Return the positions that a client shows after `frame`, (N, 3)."""
    decoded = frames.decode(frame)
    assert isinstance(decoded, frames.PositionsFrame)
    positions = shown.positions.astype(np.int32)
    positions[:, : decoded.header.axes] += decoded.delta
    return positions.astype(np.uint16)
