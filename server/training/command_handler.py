"""Handler of the commands of the server. The worker calls it between two units of training."""

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.training.growth import fitted
from lodespace.models.training.trainer import Trainer
from lodespace.session.settings import configuration
from lodespace.training import messages as m
from lodespace.training import query_messages as q
from lodespace.training.event_pipe import EventPipe
from lodespace.training.frame_publisher import FramePublisher
from lodespace.training.inspection import answer
from lodespace.training.undo_snapshots import UndoSnapshots

log = logging.getLogger(__name__)


class CommandHandler:
    """Carries out commands on `trainer`, and holds the state that the commands change."""

    def __init__(
        self,
        trainer: Trainer,
        snapshots: UndoSnapshots,
        publisher: FramePublisher,
        events: EventPipe,
        *,
        running: bool,
        grow: Callable[[m.Grow], None] = lambda _: None,
    ) -> None:
        """Prepare to carry out commands.

        Args:
            trainer: The trainer.
            snapshots: Snapshots for undo.
            publisher: Publisher of frames.
            events: Pipe to the server.
            running: Whether training runs at the start.
            grow: Function that replaces `trainer` by one of more items.
        """
        self.trainer = trainer
        self.snapshots = snapshots
        self.publisher = publisher
        self.events = events
        self.running = running
        """Whether training runs; False while it is paused."""
        self.stopped = False
        """Whether the process has to end."""
        self.rewinding = 0
        """Number of remaining frames of the motion that an undo plays backward."""
        self.event = 0
        """Number of the newest event whose `TrainingInputs` were applied; 0 before any event."""
        self._before_drag: TrainingState | None = None
        self._grow = grow

    def carry_out(self, command: m.Command | None) -> None:
        """Carry out one command. None means that the pipe has ended; the process then stops."""
        match command:
            case m.TrainingInputs():
                self._take_inputs(command)
            case m.Drag(items=items, targets=targets):
                self._drag(np.frombuffer(items, "<u4"), np.frombuffer(targets, "<f4"))
            case m.Watch(forces=forces):
                self.publisher.watch(forces=forces)
            case q.Probe() | q.Decode() | q.Similar() | q.Describe():
                self.events.send(answer(self.trainer, command))
            case m.SetPriority(items=items):
                self.trainer.set_priority(np.asarray(items, np.int64))
            case m.Grow():
                self._before_drag = None
                self._grow(command)
            case m.Run():
                self.running = True
            case m.Pause():
                self.running = False
            case m.Stop() | None:
                self.stopped = True
            case m.Start():
                pass

    def replace_trainer(self, trainer: Trainer) -> None:
        """Continue with `trainer`, which has more items."""
        self.trainer = trainer
        self.rewinding = 0

    def _take_inputs(self, inputs: m.TrainingInputs) -> None:
        """Apply `inputs`. For an undo or redo, first restore the state `inputs.to_state`."""
        trainer, inputs = self.trainer, inputs.padded(len(self.trainer.dataset))
        if self._before_drag is not None and not self._pins_dragged(inputs):
            self._return_dragged(self._before_drag)
        current = None
        if inputs.event > self.event and trainer.state_id == inputs.from_state:
            # An undo of this event has to return exactly to the positions that are shown now.
            self.publisher.publish(trainer.snapshot(), exact=True)
            before = self._before_drag or trainer.state()
            current = before if self._before_drag is None else None
            self.snapshots.keep(inputs.event, before)
        self.event = max(self.event, inputs.event)
        if trainer.state_id != inputs.to_state:
            restored = self._restore(inputs.to_state, current)
            if inputs.to_state != inputs.event:
                self.events.send(m.Restored(inputs.event, restored))
            trainer.state_id = inputs.to_state
        self._before_drag = None
        try:
            trainer.configure(configuration(inputs.settings, trainer.config))
        except ValueError as error:
            log.warning("settings were not applied: %s", error)
        trainer.set_class_count(max(trainer.n_classes, inputs.n_classes))
        trainer.set_labels(
            inputs.label_array(),
            inputs.weight_array(),
            verified=inputs.verified_array(),
            accepted=inputs.accepted_array(),
        )
        try:
            trainer.set_axes(inputs.axes, inputs.axis_array())
        except ValueError as error:
            log.warning("axes were not applied: %s", error)
        trainer.set_anchors(*inputs.pin_arrays(trainer.config.latent_dim))

    def _pins_dragged(self, inputs: m.TrainingInputs) -> bool:
        """Return whether `inputs` end the drag with a pin.

        In this case, the dragged items stay in their places.
        """
        latent_dim = self.trainer.config.latent_dim
        if (inputs.settings.latent_dim or latent_dim) != latent_dim:
            return False
        return self.trainer.pins_dragged(*inputs.pin_arrays(latent_dim))

    def _return_dragged(self, before: TrainingState) -> None:
        """End the drag, and move the points back to their places before the drag.

        A gesture that labels the dragged items ends the drag without a pin. Without this function,
        the change of labels would anchor the items where the person released them.
        """
        self.trainer.return_dragged(before)
        self.rewinding = self.trainer.snapshot().rewinding

    def _restore(self, state_id: int, current: TrainingState | None) -> bool:
        """Restore the newest snapshot of state `state_id`. Returns whether this succeeded.

        `current` is the state of the trainer, if it is known: a copy of it takes as much memory as
        a snapshot.
        """
        found = self.snapshots.newest(state_id)
        if found is None:
            return False
        current = current or self.trainer.state()
        try:
            self.trainer.restore(fitted(self.trainer, found))
        except ValueError as error:
            # The snapshot may be of another version. Loading it may have changed some tensors.
            log.warning("%s", error)
            self.trainer.restore(current)
            return False
        finally:
            self.rewinding = self.trainer.snapshot().rewinding
        return True

    def _drag(self, items: npt.NDArray[np.uint32], targets: npt.NDArray[np.float32]) -> None:
        """Hold items uint32 (K,) at targets float32 (K * D,).

        An empty array of items ends the drag.

        The first call of a drag stores the state before the drag. An undo of a pin restores this
        state. Items that are released without a pin move back to their places in this state.
        """
        if self._before_drag is None and len(items):
            self.publisher.publish(self.trainer.snapshot(), exact=True)
            self._before_drag = self.trainer.state()
        if len(items) == 0:
            if self._before_drag is not None:
                self._return_dragged(self._before_drag)
                self._before_drag = None
            return
        try:
            self.trainer.drag(items.astype(np.int64), targets.reshape(len(items), -1))
        except ValueError as error:
            log.info("a drag in another latent dimension is ignored: %s", error)
