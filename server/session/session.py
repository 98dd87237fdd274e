"""The annotation session: the state of a project, and how events and frames change it.

A command is carried out in two steps. `commands.registry.plan` checks the command against the state
and returns the event to write. When the event is on disk, `AnnotationSession.apply` changes the
state and returns what to send to the clients. So a client never sees a change, or the answer to a
command, before the event is on disk.
"""

import contextlib
import gc
from collections.abc import Generator, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.items.item_set import ItemSet
from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import UNLABELED
from lodespace.protocol.frames import FrameForces
from lodespace.scene.glb import Scene
from lodespace.session.commands.change import Change
from lodespace.session.commands.effects import weighed
from lodespace.session.commands.runs import apply_run, runs_of
from lodespace.session.events import Event, Items, RedoEvent, UndoEvent
from lodespace.session.fitted_votes import FittedVotes, weigh
from lodespace.session.item_state import ItemState, lacking_labels
from lodespace.session.rule_infos import rule_infos
from lodespace.session.scene_encoder import SceneEncoder
from lodespace.session.sources import VotingState
from lodespace.session.state import SessionState
from lodespace.session.unweighed_event import Begun


class Applied(NamedTuple):
    """Result of applying an event."""

    ack: protocol.Ack
    """Answer to the client that sent the command."""
    news: list[protocol.Operation]
    """Messages for all clients."""


class AnnotationSession(SessionState):
    """The state of a project, with positions, predictions, and the answers to all commands."""

    def __init__(
        self,
        items: ItemSet,
        *,
        read_only: bool = False,
        scene_id: int | None = None,
        settings: protocol.Settings | None = None,
    ) -> None:
        super().__init__(items, read_only=read_only, scene_id=scene_id, settings=settings)
        self.encoder = SceneEncoder(self, self.scores)
        self._labelled_at = np.zeros(len(items), np.int64)
        self._acks: dict[str, protocol.Ack] = {}
        self.fitted: FittedVotes | None = None
        """The newest label model by which labels were weighed; None if there is none yet."""
        self._two_classes = (-1, False)
        """Cache: the number of an event, and whether two classes had labels after this event."""
        self._scorable = (-1, False)
        """Cache: the number of an event, and the value of `scorable` after this event."""

    # Events

    def apply(self, event: Event) -> Applied:
        """Carry out an event that is on disk. The same events in the same order give the same
        state."""
        begun = self.begin(event)
        return self.finish(begun, begun.weigh())

    def begin(self, event: Event) -> Begun:
        """Carry out an event that is on disk, except for the weighing of votes.

        The caller then calls `finish`, before any further event.
        """
        pinned, _ = self.held()
        (change,) = apply_run(self, [event])
        due = change.unweighed is not None and self.weighs
        votes = VotingState.of(self, event.sequence) if due else None
        known = self.fitted
        if known is not None and (votes is None or not known.state.same_votes(votes)):
            known = None
        return Begun(event, change, pinned, votes, known)

    def finish(self, begun: Begun, found: FittedVotes | None) -> Applied:
        """Set the labels by the label model `found`, if votes are weighed.

        Returns the answer to the client, and the messages for all clients.
        """
        event = begun.event
        change = weighed(self, begun.change, found)
        if found is not None:
            self.fitted = found
        self.sequence = event.sequence
        self._labelled_at[change.items] = event.sequence
        ack = self._answer(event, change)
        self._relabelled(change.items)
        news: list[protocol.Operation] = []
        if change.classes_changed:
            classes = list(self.classes.classes)
            news.append(protocol.Classes(sequence=event.sequence, classes=classes))
        if len(change.items) or not news:
            news.append(
                protocol.Labels.of(
                    change.items,
                    self.labels_of(change.items),
                    sequence=event.sequence,
                    gesture=action_of(event),
                    by=event.client,
                )
            )
        if change.pins_changed and not np.array_equal(self.held()[0], begun.pinned):
            news.append(protocol.PinsChanged.of(self.held()[0]))
        if change.axes_changed:
            news.append(protocol.AxesChanged(axes=self.axes.shown))
        if change.rules_changed:
            news.append(protocol.RulesChanged(rules=rule_infos(self)))
        return Applied(ack, news)

    def replay(self, events: Iterable[Event]) -> None:
        """Carry out the events of a log, without messages for clients."""
        with self.replaying():
            for run in runs_of(self, events):
                self.carry_out_run(run)

    @contextlib.contextmanager
    def replaying(self) -> Generator[None]:
        """Context in which the caller replays a log with `carry_out_run`.

        At the end of the `with` block, the scores of all relabelled items are updated once.
        """
        self.replays = True
        with _few_collections():
            yield
        self.replays = False
        before = self.labels.copy()
        self.fitted = weigh(VotingState.of(self)) if self.weighs else None
        self.weighing.take(self.fitted and self.fitted.model, on=self.weighs)
        self._labelled_at[self.labels != before] = self.sequence
        self._relabelled(np.flatnonzero(self._labelled_at).astype(np.uint32))

    def carry_out(self, event: Event) -> tuple[protocol.Ack, Change]:
        """Change the state by one event, but do not update the `scores` of relabelled items.

        Returns the answer to the client that sent the command, and the change.
        """
        return self.carry_out_run([event])[0]

    def carry_out_run(self, run: Sequence[Event]) -> list[tuple[protocol.Ack, Change]]:
        """Carry out several events together. The results are those of `carry_out` on each event."""
        self.sequence = run[-1].sequence
        changes = [self._weighed(change) for change in apply_run(self, run)]
        items = np.concatenate([change.items for change in changes]).astype(np.intp)
        numbers = np.repeat(
            np.array([event.sequence for event in run], np.int64),
            [len(change.items) for change in changes],
        )
        np.maximum.at(self._labelled_at, items, numbers)
        return [
            (self._answer(event, change), change)
            for event, change in zip(run, changes, strict=True)
        ]

    def _weighed(self, change: Change) -> Change:
        due = change.unweighed is not None and self.weighs
        return weighed(self, change, weigh(VotingState.of(self)) if due else None)

    def _answer(self, event: Event, change: Change) -> protocol.Ack:
        """Store and return the answer to the client that sent the command of `event`."""
        ack = protocol.Ack(
            command_id=event.command_id,
            sequence=event.sequence,
            count=len(change.items) if change.answered is None else change.answered,
            class_id=change.class_id,
            message=change.message,
        )
        self._acks[event.command_id] = ack
        return ack

    def _relabelled(self, items: Items) -> None:
        self.scores.on_relabel(items, self.labels_of(items))

    def answered(self, command_id: str) -> protocol.Ack | None:
        """Return the answer to command `command_id`; None if the command was not carried out."""
        return self._acks.get(command_id)

    def labels_since(self, sequence: int) -> protocol.Labels | None:
        """Return the labels that changed after event `sequence`, for a client that reconnects.

        Return None if no label changed."""
        items = np.flatnonzero(self._labelled_at > sequence).astype(np.uint32)
        if len(items) == 0:
            return None
        return protocol.Labels.of(items, self.labels_of(items), sequence=self.sequence)

    # Positions and predictions

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
        """Apply a frame of the trainer (new positions and predictions) to the state of the session.

        Args:
            latent_mean: Latent means (N, D).
            predictions: Predictions of the items (N,).
            step: Training step of the frame.
            resting: Whether the positions have converged with this frame.
            exact: Whether positions are accurate to one grid step even while points move.
            forces: Forces on the items; None if no client watches forces.

        Returns:
            Whether clients need a new scene.
        """
        new_scene = self.grid.publish(latent_mean, step=step, resting=resting, exact=exact)
        if forces is not None:
            self.encoder.publish_forces(forces)
        prediction = self.classes.resolve(predictions.prediction)
        if not self._has_two_classes():
            # A classifier with a single class predicts this class for every item with certainty.
            prediction = np.full_like(prediction, UNLABELED)
        self.scores.publish(predictions._replace(prediction=prediction), self.labels)
        return new_scene

    def grow(self, items: ItemSet, latent_mean: npt.NDArray[np.float32]) -> None:
        """Continue with more items. The added items are the last ones, and have no label.

        Clients need the new scene. Labels, classes, settings, pins and undo stay as they are.

        Args:
            items: All items.
            latent_mean: Latent means of all items, (N, D). The earlier items stay where they are
                shown, until the next frame.
        """
        n = len(items)
        self.items = items
        self.history.grow(n)
        self.rules.grow(n)
        self.weighing.grow(n)
        self.scores.grow(n)
        self.axes.grow(items)
        self._labelled_at = np.pad(self._labelled_at, (0, n - len(self._labelled_at)))
        self._two_classes = self._scorable = (-1, False)
        self.encoder.forget_forces()
        self.grid.grow(latent_mean)

    def _has_two_classes(self) -> bool:
        if self._two_classes[0] != self.sequence:
            labelled = self.labels[self.labels != UNLABELED]
            several = len(labelled) > 0 and bool((labelled != labelled[0]).any())
            self._two_classes = (self.sequence, several)
        return self._two_classes[1]

    @property
    def scorable(self) -> bool:
        """The same value as `ItemState.scorable`, computed without a copy of the labels."""
        if self._scorable[0] != self.sequence:
            listed = self.classes.listed()
            complete = len(listed) > 1 and len(lacking_labels(listed, self.labels)) == 0
            self._scorable = (self.sequence, complete)
        return self._scorable[1]

    def item_state(self) -> ItemState:
        """Return the current state of all items, for another thread to read."""
        labels, scores = self.labels.copy(), self.scores
        return ItemState(
            labels=labels,
            verified=self.verified,
            accepted=self.accepted,
            given=self.given,
            prediction=scores.prediction,
            confidence=scores.probability,
            margin=scores.uncertainty.margin,
            doubt=scores.uncertainty.doubt,
            locked=self.classes.locked(np.where(labels == UNLABELED, scores.prediction, labels)),
            positions=self.grid.grid,
            classes=self.classes.listed(),
        )

    def begin_with(
        self,
        labels: npt.NDArray[np.int16] | None,
        verified: npt.NDArray[np.bool_] | None = None,
        accepted: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Set the initial labels (N,).

        Args:
            labels: Class of each item, or UNLABELED. None: no item has a label.
            verified: Whether a person looked at each item (N,). None: False for all items.
            accepted: Whether each label is an accepted prediction (N,). None: False for all labels.
        """
        self.history.labels[:] = UNLABELED if labels is None else labels
        self.history.verified[:] = False if verified is None else verified
        self.history.accepted[:] = False if accepted is None else accepted
        self._two_classes = self._scorable = (-1, False)

    def restore_scene(self, scene: Scene) -> None:
        """Show a baked scene: its positions, labels, predictions and classes."""
        self.classes.restore(scene.classes)
        self.begin_with(scene.labels)
        self.axes.shown = list(scene.axes)
        confidence = (scene.confidence / 255).astype(np.float32)
        self.publish(
            scene.latent_mean(),
            ItemPredictions(scene.predictions, confidence),
            step=scene.step,
            resting=True,
        )

    def check_item(self, item: int) -> None:
        """Raise RequestError when `item` does not exist."""
        if not 0 <= item < len(self.items):
            raise RequestError(
                f"there is no item {item}; items are 0 to {len(self.items) - 1}",
                code="unknown_item",
                status=404,
            )


@contextlib.contextmanager
def _few_collections() -> Generator[None]:
    """Make Python's garbage collector run less often during the `with` block.

    Each run of the collector visits all objects of the replayed log, and frees none of them. With
    the usual interval, the collector takes a third of the time of a replay of 100,000 events.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def action_of(event: Event) -> int:
    """Return the number of the action that `event` made, undid or redid."""
    return event.gesture if isinstance(event, UndoEvent | RedoEvent) else event.sequence
