"""A session with a trainer in one process, and a simulated person who knows the true classes."""

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.models import Trainer, TrainingConfig
from lodespace.review import contact_sheets, quality, suggestion
from lodespace.review.calibration import Calibration, evidence
from lodespace.session.commands import registry
from lodespace.session.item_state import ItemState
from lodespace.session.session import AnnotationSession
from lodespace.training.dataset import to_dataset
from samples.trainings import rest


def touching_groups(n: int, classes: int, seed: int) -> tuple[ItemSet, np.ndarray]:
    """Vectors (n, 10) in groups that touch, and the group of each vector."""
    random = np.random.default_rng(seed)
    truth = (np.arange(n) % classes).astype(np.int16)
    centres = random.normal(0, 1.2, (classes, 10))
    data = (centres[truth] + random.normal(0, 1, (n, 10))).astype(np.float32)
    return ItemSet("groups", "vector", data, tuple(str(k) for k in range(classes))), truth


class SimulatedSession:
    """A session and its trainer. After each gesture, the trainer works until no work is left."""

    def __init__(self, items: ItemSet, truth: np.ndarray, config: TrainingConfig) -> None:
        """Train without labels. The list of classes contains all classes of `items`."""
        self.truth = truth
        self.session = AnnotationSession(items, scene_id=1)
        self.trainer = Trainer(to_dataset(items), config, n_classes=len(items.class_names))
        self._commands = 0
        self.learn()

    # Gestures

    def label(self, items: np.ndarray, class_id: int, tool: str = "lasso") -> None:
        """Label items as one gesture, and train until rest."""
        self._carry_out(
            protocol.Label(
                command_id=self._next_id(),
                items=items.tolist(),
                class_id=class_id,
                revision=0,
                provenance=protocol.Provenance(tool=tool),
            )
        )

    def label_each(self, items: np.ndarray, class_ids: np.ndarray, *, verified: bool) -> None:
        """Label each item with its class as one gesture, and train until rest."""
        self._carry_out(
            protocol.LabelEach(
                command_id=self._next_id(),
                items=items.tolist(),
                class_ids=class_ids.tolist(),
                revision=0,
                provenance=protocol.Provenance(
                    tool="sheet" if verified else "accept", verified=verified
                ),
            )
        )

    def _next_id(self) -> str:
        self._commands += 1
        return f"command-{self._commands}"

    def _carry_out(self, command: protocol.Label | protocol.LabelEach) -> None:
        event = registry.plan(self.session, command, "anna")
        self.session.apply(msgspec.structs.replace(event, sequence=self.session.sequence + 1))
        self.learn()

    def learn(self) -> None:
        """Train on the current labels until rest, and publish the frame."""
        session = self.session
        self.trainer.set_labels(session.labels, None, session.verified, session.accepted)
        snapshot = rest(self.trainer)
        self.session.publish(
            snapshot.latent_mean, snapshot.predictions, step=snapshot.step, resting=True
        )

    # Comparison of the figures with the truth

    @property
    def calibrated(self) -> ItemState:
        """The state of all items with calibrated probabilities."""
        return Calibration(evidence(self.session)).applied(self.session.item_state())

    def sheet(self, kind: protocol.SheetKind) -> protocol.Sheet:
        return contact_sheets.sheet(self.calibrated, kind)

    def suggestion(self) -> protocol.Suggestion:
        return suggestion.suggest(self.calibrated, str)

    def quality(self) -> protocol.Quality:
        return quality.quality(
            self.session.item_state(),
            held_out_accuracy=None,
            held_out=0,
            calibration=Calibration(evidence(self.session)),
        )

    def right(self) -> float:
        """The true share of right items. For an unlabelled item, the prediction counts."""
        return float((self.session.item_state().standing == self.truth).mean())

    # Persons

    def look_through(self, kind: protocol.SheetKind) -> None:
        """Label the items of a contact sheet with their true classes, as verified labels."""
        items = np.array([one.item for one in self.sheet(kind).items])
        self.label_each(items, self.truth[items], verified=True)

    def press_primary(self) -> str:
        """Act as the primary button of the suggestion does, without looking at pictures.

        If the suggestion is a sheet, its predictions become accepted labels of the unlabelled
        items. Labels that exist do not change. Returns the kind of the suggestion.
        """
        found = self.suggestion()
        if found.kind == "region":
            self.label(np.array(found.items), found.class_id, "cluster")
        elif found.kind != "done":
            sheet = self.sheet(found.kind)
            shown = [one for one in sheet.items if one.proposed >= 0 and one.class_id < 0]
            if shown:
                items = np.array([one.item for one in shown])
                classes = np.array([one.proposed for one in shown])
                self.label_each(items, classes, verified=False)
        return found.kind
