"""The annotation session: what is labelled, where the points are, what is predicted. Plain synchronous state; no sockets, no torch.

Commands come in two halves. `plan` (planning.py) checks a command against the state and returns the event to write; once the store has
it on disk, `apply` changes the state and says what to tell the clients. So nothing is shown, or acknowledged, that could be lost.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.config import VERSION
from lodespace.errors import RequestError
from lodespace.items.details import provenance
from lodespace.items.item_set import ItemSet
from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import UNLABELED
from lodespace.protocol.frames import FrameForces, encode_forces, encode_predictions
from lodespace.scene.glb import Scene, encode_scene
from lodespace.scene.latent_grid import LatentGrid
from lodespace.session.classes import ClassList
from lodespace.session.events import (
    AddClassEvent,
    AnchorEvent,
    DeleteClassEvent,
    EditClassEvent,
    Event,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    RedoEvent,
    SettingsEvent,
    UndoEvent,
    UnpinEvent,
)
from lodespace.session.gesture_record import read_gesture
from lodespace.session.item_state import Judgement
from lodespace.session.label_history import LabelHistory
from lodespace.session.pins import Anchor, Pins
from lodespace.session.settings import described, in_full, merged
from lodespace.session.uncertainty import Doubts
from lodespace.session.undo import Act, ActKind, ActLog

SUMMARY_LENGTH = 200
"""Gestures that clients are told of: the whole history, sent after each gesture, would grow with its square."""


class Applied(NamedTuple):
    """What an event changed: the answer to its sender, and what all clients hear."""

    ack: protocol.Ack
    news: list[protocol.Operation]


class AnnotationSession:
    """State of one project. Items 0..N-1 as in `items`; `settings`: what training began with.

    `scene_id` is drawn by chance unless it is given: a bake is to be repeatable.
    """

    def __init__(
        self,
        items: ItemSet,
        *,
        read_only: bool = False,
        scene_id: int | None = None,
        settings: protocol.Settings | None = None,
    ) -> None:
        self.items = items
        self.read_only = read_only
        self.classes = ClassList(items.class_names)
        self.history = LabelHistory(len(items))
        self.acts = ActLog()
        self.pins = Pins()
        self._first_settings = settings or protocol.Settings()
        self._changes: dict[int, protocol.Settings] = {}
        self.settings = in_full(self._first_settings)
        self.grid = LatentGrid(len(items), scene_id=scene_id)
        self.sequence = 0
        self.predictions = np.full(len(items), UNLABELED, np.int16)
        self.confidence = np.zeros(len(items), np.uint8)
        self.prediction_version = 0
        self.doubts = Doubts(len(items))
        self.force_version = 0
        self._forces: FrameForces | None = None
        self._forces_encoded: tuple[int, bytes] | None = None
        self._predicted_at = np.zeros(len(items), np.int64)
        self._labelled_at = np.zeros(len(items), np.int64)
        self._acks: dict[str, protocol.Ack] = {}
        self._told_apart = (-1, False)
        """At which event, and whether two classes had labels by then."""
        self._scene_cache: tuple[tuple[int, int, int, int], bytes] | None = None

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        """What each item is labelled, (N,); UNLABELED where it is not."""
        return self.classes.shown(self.history.labels)

    @property
    def verified(self) -> npt.NDArray[np.bool_]:
        """Which items have a label that somebody gave looking at the item, (N,)."""
        return self.history.verified & (self.labels != UNLABELED)

    def locked(self, items: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Which of `items` (K,) have a label of a locked class: (K,)."""
        return self._locked_classes()[self.labels[items]]

    def _locked_classes(self) -> npt.NDArray[np.bool_]:
        """(C + 1,): whether a class is locked; the last is where index -1 leads."""
        return np.array([*(c.locked and not c.removed for c in self.classes.classes), False])

    def check_undo(self, number: int) -> None:
        """Raises RequestError when act `number` cannot be taken back: it made a class that other acts use."""
        made = self.classes.made_by(number)
        if made is None:
            return
        labelled = any(made in g.classes() and not g.undone for g in self.history.gestures.values())
        if labelled or self.classes.is_target(made):
            name = self.classes.classes[made].name
            message = f"items are labelled \u201c{name}\u201d by now; take those labels away first, or delete the class"
            raise RequestError(message, code="class_in_use", status=409)

    def check_redo(self, number: int) -> None:
        """Raises RequestError when act `number` cannot be brought back: the class that it uses is not there."""
        into = self.classes.target_of(number)
        uses = [into] if into is not None else []
        if self.acts.acts[number].kind == "label":
            uses = self.history.gestures[number].classes()
        for class_id in uses:
            if self.classes.is_unmade(class_id):
                name = self.classes.classes[class_id].name
                message = f"the class \u201c{name}\u201d was taken back; bring that back first"
                raise RequestError(message, code="unknown_class", status=409)

    # Commands --------------------------------------------------------------------------------------------------------

    def answered(self, command_id: str) -> protocol.Ack | None:
        """The answer a command got before, when it is sent again."""
        return self._acks.get(command_id)

    def check_items(self, items: npt.NDArray[np.uint32]) -> None:
        """Raises RequestError when there is no such item."""
        if len(items) and int(items.max()) >= len(self.items):
            raise RequestError(
                f"there is no item {int(items.max())}; items are 0 to {len(self.items) - 1}",
                code="unknown_item",
            )

    def held(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        """The pinned items (K,), ascending, and where they are held (K, D), in the latent dimension that is set."""
        return self.pins.held(self.settings.latent_dim or 3)

    def apply(self, event: Event) -> Applied:
        """Carry out an event that is on disk. The same events in the same order give the same state."""
        pinned, classes = self.held()[0], list(self.classes.classes)
        ack, changed = self._carry_out(event)
        news: list[protocol.Operation] = []
        if classes != self.classes.classes:
            news.append(
                protocol.Classes(sequence=event.sequence, classes=list(self.classes.classes))
            )
        if len(changed) or not news:
            news.append(
                protocol.Labels(
                    sequence=event.sequence,
                    gesture=_action_of(event),
                    by=event.client,
                    items=changed.tolist(),
                    class_ids=self.labels[changed].tolist(),
                )
            )
        held = self.held()[0]
        if not np.array_equal(held, pinned):
            news.append(protocol.PinsChanged(items=held.tolist()))
        return Applied(ack, news)

    def replay(self, events: Iterable[Event]) -> None:
        """Carry out the events of the log, at start, when there is nobody to tell."""
        for event in events:
            self._carry_out(event)

    def _carry_out(self, event: Event) -> tuple[protocol.Ack, npt.NDArray[np.uint32]]:
        """Change the state. Returns the answer, which is kept, and the items whose label changed."""
        self.sequence = event.sequence
        changed, count, class_id, message = np.empty(0, np.uint32), 0, UNLABELED, ""
        match event:
            case LabelEvent() | LabelEachEvent():
                record, note = read_gesture(event)
                class_id = record.class_id
                changed = self.history.add(record)
                self.acts.add(_act(event, "label", class_id, len(record.items), note))
            case SettingsEvent():
                self._changes[event.sequence] = event.changes
                self.acts.add(_act(event, "settings", note=described(event.changes)))
                self._settle()
            case AnchorEvent():
                points, count = event.points(), len(event.items)
                if points is not None:
                    self.pins.add(event.sequence, Anchor(event.items, points))
                note = "" if points is not None else "let go"
                self.acts.add(_act(event, "anchor", count=count, note=note))
            case UnpinEvent():
                count = len(event.items)
                self.pins.add(event.sequence, Anchor(event.items, None))
                self.acts.add(_act(event, "unpin", count=count, note="let go"))
            case UndoEvent():
                self.acts.undo(event.gesture, event.sequence)
                changed = self._turn(event.gesture, stand=False)
                message = self._in_the_way(event.gesture, "Taken back")
            case RedoEvent():
                self.acts.redo(event.gesture, event.sequence)
                changed = self._turn(event.gesture, stand=True)
                message = self._in_the_way(event.gesture, "Brought back")
                class_id = self.acts.acts[event.gesture].class_id
            case AddClassEvent() | EditClassEvent() | MergeClassEvent() | DeleteClassEvent():
                class_id = event.class_id
                note = self.classes.change(event)
                # What a class is called is nothing to the model; whose items are whose, is.
                learned = isinstance(event, MergeClassEvent | DeleteClassEvent)
                self.acts.add(_act(event, "class", class_id, note=note), learned=learned)
                changed = self._settle_classes()
        self._labelled_at[changed] = event.sequence
        self.doubts.relabelled(
            changed,
            labels=self.classes.shown(self.history.labels[changed]),
            prediction=self.predictions[changed],
            confidence=(self.confidence[changed] / 255).astype(np.float32),
        )
        ack = protocol.Ack(
            command_id=event.command_id,
            sequence=event.sequence,
            count=count or len(changed),
            class_id=class_id,
            message=message,
        )
        self._acks[event.command_id] = ack
        return ack, changed

    def _turn(self, number: int, *, stand: bool) -> npt.NDArray[np.uint32]:
        """Let act `number` stand, or not. Returns the items whose label changed."""
        match self.acts.acts[number].kind:
            case "label":
                return self.history.redo(number) if stand else self.history.undo(number)
            case "settings":
                self._settle()
            case "class":
                return self._settle_classes()
            case "anchor" | "unpin" if stand:
                self.pins.redo(number)
            case "anchor" | "unpin":
                self.pins.undo(number)
        return np.empty(0, np.uint32)

    def _settle_classes(self) -> npt.NDArray[np.uint32]:
        """The classes after every change that stands. Returns the items whose label changed with them."""
        before = self.labels.copy()
        self.classes.settle(lambda number: not self.acts.acts[number].undone)
        return np.flatnonzero(self.labels != before).astype(np.uint32)

    def _settle(self) -> None:
        """The settings in force: those of the beginning, and every change that stands, in order."""
        settings = self._first_settings
        for number, changes in self._changes.items():
            if not self.acts.acts[number].undone:
                settings = merged(settings, changes)
        self.settings = in_full(settings)

    def _in_the_way(self, number: int, what: str) -> str:
        """What to tell who has just taken act `number` back, or brought it back, where the map could not go with it; else ""."""
        if self.acts.last.back:
            return ""
        mine = self.acts.acts[number]
        later = [
            a for a in self.acts if a.made_by > number and not a.undone and a.client != mine.client
        ]
        if len(later) == 1:
            why = "Another gesture stands on it"
        elif later:
            why = f"{len(later)} gestures of others stand on it"
        else:
            why = "Others have been at work since"
        return f"{what}. {why}, so the map is not turned back; it goes on from here."

    # Positions and predictions ---------------------------------------------------------------------------------------

    def publish(
        self,
        latent_mean: npt.NDArray[np.float32],
        predictions: ItemPredictions[npt.NDArray[Any]],
        *,
        step: int,
        resting: bool,
        exact: bool = False,
        forces: FrameForces | None = None,
    ) -> bool:
        """Take a frame of the trainer: latent_mean (N, D), prediction (N,), confidence (N,) 0..1, and where they are known margin and
        doubt (N,). Returns whether a new scene is due."""
        new_scene = self.grid.publish(latent_mean, step=step, resting=resting, exact=exact)
        if forces is not None:
            self.force_version += 1
            self._forces = forces
        certain = np.rint(np.nan_to_num(predictions.confidence) * 255).clip(0, 255).astype(np.uint8)
        prediction = self.classes.shown(predictions.prediction)
        if not self._tells_apart():
            prediction = np.full_like(prediction, UNLABELED)
        certain[prediction == UNLABELED] = 0
        changed = (prediction != self.predictions) | (certain != self.confidence)
        news = bool(changed.any())
        if news:
            self.prediction_version += 1
            self._predicted_at[changed] = self.prediction_version
            self.predictions = prediction.copy()
            self.confidence = certain
        if news or not self.doubts.heard(predictions.margin, predictions.doubt):
            confidence = self._confidence()
            self.doubts.take(
                predictions.margin,
                predictions.doubt,
                labels=self.labels,
                prediction=self.predictions,
                confidence=confidence,
            )
        return new_scene

    def _confidence(self) -> npt.NDArray[np.float32]:
        return (self.confidence / 255).astype(np.float32)

    def judgement(self) -> Judgement:
        """What is known of every item now, for another thread to read."""
        labels = self.labels.copy()
        return Judgement(
            labels=labels,
            verified=self.verified,
            prediction=self.predictions,
            confidence=self._confidence(),
            margin=self.doubts.margin,
            doubt=self.doubts.doubt,
            locked=self._locked_classes()[np.where(labels == UNLABELED, self.predictions, labels)],
            positions=self.grid.grid,
        )

    def _tells_apart(self) -> bool:
        """Whether two classes have labels: a classifier that knows one is certain of it everywhere, and says nothing."""
        if self._told_apart[0] != self.sequence:
            labelled = self.labels[self.labels != UNLABELED]
            self._told_apart = (
                self.sequence,
                len(labelled) > 0 and bool((labelled != labelled[0]).any()),
            )
        return self._told_apart[1]

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

    def forces_frame(self) -> bytes | None:
        """The newest forces, as a frame made once for all who watch; None when there are none of this dimension."""
        grid = self.grid
        if self._forces is None or self._forces.vectors.shape[2] != grid.latent_dim:
            return None
        if self._forces_encoded is None or self._forces_encoded[0] != self.force_version:
            frame = encode_forces(
                *self._forces, revision=grid.revision, step=grid.step, scene_id=grid.scene_id
            )
            self._forces_encoded = (self.force_version, frame)
        return self._forces_encoded[1]

    def labels_since(self, sequence: int) -> protocol.Labels | None:
        """Labels that changed after event `sequence`, for a client that comes back; None when there are none."""
        items = np.flatnonzero(self._labelled_at > sequence)
        if len(items) == 0:
            return None
        return protocol.Labels(
            sequence=self.sequence,
            gesture=0,
            by="",
            items=items.tolist(),
            class_ids=self.labels[items].tolist(),
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

    def begin_with(
        self, labels: npt.NDArray[np.int16] | None, verified: npt.NDArray[np.bool_] | None = None
    ) -> None:
        """Labels (N,) that are there before the first event, and which of them are verified; None: none."""
        self.history.labels[:] = UNLABELED if labels is None else labels
        self.history.verified[:] = False if verified is None else verified
        self._told_apart = (-1, False)

    def untrained(self, settings: protocol.Settings) -> protocol.Training:
        """The state of a trainer that is not there: of a scene that is only looked at."""
        return protocol.Training(
            state="absent",
            phase="resting",
            progress=1.0,
            step=self.grid.step,
            frames_per_second=0.0,
            settings=settings,
        )

    def restore_scene(self, scene: Scene) -> None:
        """Show what a baked GLB holds: positions, labels, predictions, classes."""
        self.classes.restore(scene.classes)
        self.begin_with(scene.labels)
        self.publish(
            scene.latent_mean(),
            ItemPredictions(scene.predictions, (scene.confidence / 255).astype(np.float32)),
            step=scene.step,
            resting=True,
        )

    # What clients ask ------------------------------------------------------------------------------------------------

    def info(
        self,
        client: str,
        *,
        role: protocol.Role,
        training: protocol.Training,
        thumbnails: protocol.Thumbnails | None,
        has_recording: bool,
        quality: protocol.Quality | None = None,
    ) -> protocol.SessionInfo:
        grid = self.grid
        return protocol.SessionInfo(
            protocol=protocol.PROTOCOL_VERSION,
            version=VERSION,
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
            history=self.summary(client),
            pins=self.held()[0].tolist(),
            has_recording=has_recording,
            quality=quality,
        )

    def told(self, event: Event) -> protocol.GestureTold | None:
        """What a recording says of an event that was carried out; None for one that is no act."""
        act = self.acts.acts.get(_action_of(event))
        if act is None:
            return None
        what: Literal["made", "undone", "redone"] = (
            "undone"
            if isinstance(event, UndoEvent)
            else "redone"
            if isinstance(event, RedoEvent)
            else "made"
        )
        return protocol.GestureTold(event=what, gesture=_gesture(act))

    def summary(self, client: str) -> protocol.History:
        """The newest SUMMARY_LENGTH gestures as the protocol tells them, and what `client` could undo and redo."""
        newest = list(islice(reversed(self.acts.acts.values()), SUMMARY_LENGTH))
        gestures = [_gesture(act) for act in reversed(newest)]
        return protocol.History(
            gestures=gestures,
            can_undo=self.acts.can_undo(client),
            can_redo=self.acts.can_redo(client),
        )

    def check_item(self, item: int) -> None:
        """Raises RequestError when there is no such item."""
        if not 0 <= item < len(self.items):
            raise RequestError(
                f"there is no item {item}; items are 0 to {len(self.items) - 1}",
                code="unknown_item",
                status=404,
            )

    def item_info(self, item: int) -> protocol.ItemInfo:
        """Raises RequestError when there is no such item."""
        self.check_item(item)
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
            **provenance(self.items, item),
        )


def _gesture(act: Act) -> protocol.Gesture:
    return protocol.Gesture(
        gesture=act.number,
        kind=act.kind,
        class_id=act.class_id,
        count=act.count,
        by=act.client,
        at=act.at,
        revision=act.revision,
        undone=act.undone,
        note=act.note,
    )


def _action_of(event: Event) -> int:
    """The number of the act that `event` made, undid or redid."""
    return event.gesture if isinstance(event, UndoEvent | RedoEvent) else event.sequence


def _act(
    event: Event, kind: ActKind, class_id: int = UNLABELED, count: int = 0, note: str = ""
) -> Act:
    revision = getattr(event, "revision", 0)
    return Act(event.sequence, kind, event.client, event.at, revision, class_id, count, note)
