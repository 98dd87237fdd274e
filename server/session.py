"""The annotation session: what is labelled, where the points are, what is predicted. Plain synchronous state; no sockets, no torch.

Commands come in two halves. `plan` checks a command against the state and returns the event to write; once the store has it on disk,
`apply` changes the state and says what to tell the clients. So nothing is shown, or acknowledged, that could be lost.
"""

import sys
import time
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import __version__, protocol
from lodespace.classes import ClassList
from lodespace.datasets import ItemSet
from lodespace.errors import RequestError
from lodespace.frames import encode_predictions
from lodespace.gltf import Scene, encode_scene
from lodespace.history import GestureRecord, LabelHistory
from lodespace.latent_grid import LatentGrid
from lodespace.protocol import UNLABELED
from lodespace.store import Event

Command = protocol.Label | protocol.Undo | protocol.Redo | protocol.AddClass | protocol.EditClass


class Applied(NamedTuple):
    """What an event changed: the answer to its sender, what all clients hear, and whether labels or classes did change."""

    ack: protocol.Ack
    news: list[protocol.Operation]
    labels_changed: bool
    classes_changed: bool


class _ClassDetail(msgspec.Struct):
    name: str | None = None
    colour: str | None = None


class _GestureDetail(msgspec.Struct):
    """The part of a gesture's provenance that is kept in memory."""

    tool: str = ""


_detail = msgspec.json.Decoder(_ClassDetail).decode
_gesture_detail = msgspec.json.Decoder(_GestureDetail).decode


class AnnotationSession:
    """State of one project. Items 0..N-1 as in `items`. `scene_id` is drawn by chance unless it is given: a bake is to be repeatable."""

    def __init__(self, items: ItemSet, *, read_only: bool = False, scene_id: int | None = None) -> None:
        self.items = items
        self.read_only = read_only
        self.classes = ClassList(items.class_names)
        self.history = LabelHistory(len(items))
        self.grid = LatentGrid(len(items), scene_id=scene_id)
        self.sequence = 0
        self.predictions = np.full(len(items), UNLABELED, np.int16)
        self.confidence = np.zeros(len(items), np.uint8)
        self.prediction_version = 0
        self._predicted_at = np.zeros(len(items), np.int64)
        self._labelled_at = np.zeros(len(items), np.int64)
        self._acks: dict[str, protocol.Ack] = {}
        self._scene_cache: tuple[tuple[int, int, int, int], bytes] | None = None

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        return self.history.labels

    # Commands --------------------------------------------------------------------------------------------------------

    def answered(self, command_id: str) -> protocol.Ack | None:
        """The answer a command got before, when it is sent again."""
        return self._acks.get(command_id)

    def plan(self, command: Command, client: str) -> Event:
        """The event that would carry `command` out. Raises RequestError, and changes nothing, when it cannot be."""
        if self.read_only:
            raise RequestError(
                "this scene is baked and read-only; serve the data set itself to label it", code="read_only"
            )
        now = time.time()
        match command:
            case protocol.Label():
                return self._plan_label(command, client, now)
            case protocol.Undo():
                number = self.history.next_undo(client)
                return Event(command_id=command.command_id, kind="undo", client=client, at=now, gesture=number)
            case protocol.Redo():
                number = self.history.next_redo(client)
                return Event(command_id=command.command_id, kind="redo", client=client, at=now, gesture=number)
            case protocol.AddClass():
                self.classes.check_new(command.name)
                detail = _json(_ClassDetail(command.name, command.colour))
                class_id = len(self.classes)
                return Event(
                    command_id=command.command_id,
                    kind="add_class",
                    client=client,
                    at=now,
                    class_id=class_id,
                    detail=detail,
                )
            case protocol.EditClass():
                self.classes.check_edit(command.class_id, command.name)
                detail = _json(_ClassDetail(command.name, command.colour))
                return Event(
                    command_id=command.command_id,
                    kind="edit_class",
                    client=client,
                    at=now,
                    class_id=command.class_id,
                    detail=detail,
                )

    def _plan_label(self, command: protocol.Label, client: str, now: float) -> Event:
        items = np.unique(np.asarray(command.items, np.uint32))
        if int(items[-1]) >= len(self.items):
            raise RequestError(
                f"there is no item {int(items[-1])}; items are 0 to {len(self.items) - 1}", code="unknown_item"
            )
        if command.class_id >= len(self.classes):
            raise RequestError(f"there is no class {command.class_id}; make it first", code="unknown_class")
        return Event(
            command_id=command.command_id,
            kind="gesture",
            client=client,
            at=now,
            revision=command.revision,
            class_id=command.class_id,
            items=items.astype("<u4").tobytes(),
            detail=_json(command.provenance),
        )

    def apply(self, event: Event) -> Applied:
        """Carry out an event that is on disk. The same events in the same order give the same state."""
        changed, class_id = self._carry_out(event)
        ack = protocol.Ack(command_id=event.command_id, sequence=event.sequence, count=len(changed), class_id=class_id)
        self._acks[event.command_id] = ack
        if event.kind in ("add_class", "edit_class"):
            classes = protocol.Classes(sequence=event.sequence, classes=list(self.classes.classes))
            return Applied(ack, [classes], labels_changed=False, classes_changed=True)
        labels = protocol.Labels(
            sequence=event.sequence,
            gesture=event.gesture or event.sequence,
            by=event.client,
            items=changed.tolist(),
            class_ids=self.labels[changed].tolist(),
        )
        return Applied(ack, [labels], labels_changed=len(changed) > 0, classes_changed=False)

    def replay(self, events: Iterable[Event]) -> None:
        """Carry out the events of the log, at start, when there is nobody to tell."""
        for event in events:
            changed, class_id = self._carry_out(event)
            self._acks[event.command_id] = protocol.Ack(
                command_id=event.command_id, sequence=event.sequence, count=len(changed), class_id=class_id
            )

    def _carry_out(self, event: Event) -> tuple[npt.NDArray[np.uint32], int]:
        """Change the state. Returns the items whose label changed and the class for the answer."""
        self.sequence = event.sequence
        changed, class_id = np.empty(0, np.uint32), event.class_id
        match event.kind:
            case "gesture":
                changed = self.history.add(_record(event))
            case "undo":
                changed = self.history.undo(event.gesture)
            case "redo":
                changed = self.history.redo(event.gesture)
                class_id = self.history.gestures[event.gesture].class_id
            case "add_class":
                detail = _detail(event.detail)
                class_id = self.classes.add(detail.name or str(len(self.classes)), detail.colour)
            case "edit_class":
                detail = _detail(event.detail)
                self.classes.edit(event.class_id, detail.name, detail.colour)
        self._labelled_at[changed] = event.sequence
        return changed, class_id

    # Positions and predictions ---------------------------------------------------------------------------------------

    def publish(
        self,
        latent_mean: npt.NDArray[np.float32],
        prediction: npt.NDArray[np.int16],
        confidence: npt.NDArray[np.float32],
        *,
        step: int,
        resting: bool,
    ) -> bool:
        """Take a frame of the trainer: latent_mean (N, D), prediction (N,), confidence (N,) 0..1. Returns whether a new scene is due."""
        new_scene = self.grid.publish(latent_mean, step=step, resting=resting)
        certain = np.rint(np.nan_to_num(confidence) * 255).clip(0, 255).astype(np.uint8)
        changed = (prediction != self.predictions) | (certain != self.confidence)
        if changed.any():
            self.prediction_version += 1
            self._predicted_at[changed] = self.prediction_version
            self.predictions = prediction.copy()
            self.confidence = certain
        return new_scene

    def predictions_since(self, version: int) -> bytes | None:
        """A frame of the predictions that changed after `version`; None when there are none."""
        items = np.flatnonzero(self._predicted_at > version).astype(np.uint32)
        if len(items) == 0:
            return None
        grid = self.grid
        return encode_predictions(
            items,
            self.predictions[items],
            self.confidence[items],
            revision=grid.revision,
            step=grid.step,
            scene_id=grid.scene_id,
        )

    def labels_since(self, sequence: int) -> protocol.Labels | None:
        """Labels that changed after event `sequence`, for a client that comes back; None when there are none."""
        items = np.flatnonzero(self._labelled_at > sequence)
        if len(items) == 0:
            return None
        return protocol.Labels(
            sequence=self.sequence, gesture=0, by="", items=items.tolist(), class_ids=self.labels[items].tolist()
        )

    def scene(self) -> Scene:
        """The state as a scene."""
        grid = self.grid
        return Scene(
            positions=grid.positions(),
            labels=self.labels,
            predictions=self.predictions,
            confidence=self.confidence,
            box=grid.box,
            classes=tuple(self.classes.classes),
            dataset=self.items.name,
            latent_dim=grid.latent_dim,
            revision=grid.revision,
            step=grid.step,
            scene_id=grid.scene_id,
            sequence=self.sequence,
        )

    def scene_glb(self) -> bytes:
        """GLB of the state, made once for all who ask at one state."""
        grid = self.grid
        key = (grid.scene_id, grid.revision, self.sequence, self.prediction_version)
        if self._scene_cache is None or self._scene_cache[0] != key:
            self._scene_cache = (key, encode_scene(self.scene()))
        return self._scene_cache[1]

    def restore_scene(self, scene: Scene) -> None:
        """Show what a baked GLB holds: positions, labels, predictions, classes."""
        self.publish(
            scene.latent_mean(),
            scene.predictions,
            (scene.confidence / 255).astype(np.float32),
            step=scene.step,
            resting=True,
        )
        self.history.labels[:] = scene.labels
        self.classes.classes = list(scene.classes)

    # What clients ask ------------------------------------------------------------------------------------------------

    def info(
        self,
        client: str,
        *,
        role: protocol.Role,
        training: protocol.Training,
        thumbnails: protocol.Thumbnails | None,
        has_recording: bool,
    ) -> protocol.SessionInfo:
        grid = self.grid
        return protocol.SessionInfo(
            protocol=protocol.PROTOCOL_VERSION,
            version=__version__,
            dataset=self.items.name,
            item_kind=self.items.kind,
            n_items=len(self.items),
            latent_dim=grid.latent_dim,
            scene_id=grid.scene_id,
            revision=grid.revision,
            sequence=self.sequence,
            read_only=self.read_only,
            role=role,
            classes=list(self.classes.classes),
            thumbnails=thumbnails,
            training=training,
            history=self.history.summary(client),
            has_recording=has_recording,
        )

    def item_info(self, item: int) -> protocol.ItemInfo:
        """Raises RequestError when there is no such item."""
        if not 0 <= item < len(self.items):
            raise RequestError(
                f"there is no item {item}; items are 0 to {len(self.items) - 1}", code="unknown_item", status=404
            )
        number = int(self.history.owner[item])
        record = self.history.gestures.get(number)
        return protocol.ItemInfo(
            item=item,
            id=self.items.item_id(item),
            class_id=int(self.labels[item]),
            gesture=number,
            labelled_by=record.client if record else "",
            labelled_at=record.at if record else 0.0,
            prediction=int(self.predictions[item]),
            confidence=float(self.confidence[item]) / 255,
        )


def _record(event: Event) -> GestureRecord:
    tool = sys.intern(_gesture_detail(event.detail).tool)
    return GestureRecord(
        event.sequence, event.class_id, event.item_array(), event.client, event.at, event.revision, tool
    )


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
