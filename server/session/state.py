"""State that commands read and change: labels, classes, settings, pins and actions."""

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.items.item_set import ItemSet
from lodespace.protocol import UNLABELED
from lodespace.scene.latent_grid import LatentGrid
from lodespace.session.authors import IMPORT
from lodespace.session.axes import AxisHistory
from lodespace.session.blind_labels import BlindLabels
from lodespace.session.classes import ClassList
from lodespace.session.events import Items, Targets
from lodespace.session.label_history import LabelHistory
from lodespace.session.pins import Pins
from lodespace.session.predictions import ItemScores
from lodespace.session.rules import Rule, RuleList
from lodespace.session.settings import SettingsHistory
from lodespace.session.undo_log import UndoLog
from lodespace.session.weighing import CERTAIN, Weighing

EVERYTHING = slice(None)


class SessionState:
    """State of one project with N items. The class is synchronous, and uses no sockets and no
    torch."""

    def __init__(
        self,
        items: ItemSet,
        *,
        read_only: bool = False,
        scene_id: int | None = None,
        settings: protocol.Settings | None = None,
    ) -> None:
        """Start without labels.

        Args:
            items: The data.
            read_only: Whether every command is refused.
            scene_id: Id of the scene; None for a random id. A bake passes an id, so that
                equal bakes give equal files.
            settings: The first training settings.
        """
        self.items = items
        self.read_only = read_only
        self.obstacle = ""
        """Why nothing can be saved, and the remedy. Empty for a bake, and if saving works."""
        self.classes = ClassList(items.class_names)
        self.history = LabelHistory(len(items))
        self.blind = BlindLabels()
        self.rules = RuleList(len(items))
        self.weighing = Weighing(len(items))
        self.replays = False
        """Whether the events of a log are replayed. The votes are then weighed at the end."""
        self.undo_log = UndoLog()
        self.pins = Pins()
        self.axes = AxisHistory(items)
        self.settings_history = SettingsHistory(settings or protocol.Settings())
        self.grid = LatentGrid(len(items), scene_id=scene_id)
        self.scores = ItemScores(len(items))
        self.sequence = 0

    @property
    def settings(self) -> protocol.Settings:
        """The current settings, with every field filled."""
        return self.settings_history.current

    @property
    def weighs(self) -> bool:
        """Whether labels follow from the label model, by the settings."""
        return (self.settings.more or {}).get("labels_by") == "model"

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        """Class of each item (N,); UNLABELED for an item without a label."""
        return self._labels(EVERYTHING)

    def labels_of(self, items: Items) -> npt.NDArray[np.int16]:
        """Return the current label of each of `items`, int16 (K,), without reading other items."""
        return self._labels(items)

    def _labels(self, items: "Items | slice") -> npt.NDArray[np.int16]:
        labels = self.classes.resolve(self.history.labels[items])
        if self.rules.any_event:
            labels = np.where(self._by_rule(items), self.rules.label[items], labels)
        if self.weighing.on:
            labels = np.where(self._by_model(items), self.weighing.label[items], labels)
        return labels

    def looked_at(self, items: "Items | slice") -> npt.NDArray[np.bool_]:
        """Return for each of `items` (K,) whether a person looked at it, and gave it a class that
        was not deleted since, or removed its label on purpose."""
        looked, labels = self.history.verified[items], self.history.labels[items]
        resolved = self.classes.resolve(labels)
        if resolved is labels:
            return looked
        return looked & ((labels == UNLABELED) | (resolved != UNLABELED))

    def _by_rule(self, items: "Items | slice") -> npt.NDArray[np.bool_]:
        return self.rules.wins(self.history.owner[items], self.looked_at(items), items)

    def _by_model(self, items: "Items | slice") -> npt.NDArray[np.bool_]:
        return self.weighing.wins(self.looked_at(items), items)

    def would_win(self, rule: Rule, items: Items) -> npt.NDArray[np.bool_]:
        """Return for each of `items` (K,) whether a vote of `rule` would give its label."""
        if self.weighs:
            return np.ones(len(items), np.bool_)
        covered = np.maximum(self.history.owner[items], self.rules.owner[items])
        return (rule.number >= covered) & ~self.looked_at(items)

    @property
    def certainty(self) -> npt.NDArray[np.uint8]:
        """Probability of the label of each item (N,), 255 for 1: by the label model, if it is used,
        for items that nobody has verified. 255 for all other items."""
        if not self.weighing.on:
            return np.full(len(self.items), CERTAIN, np.uint8)
        verified = self.looked_at(EVERYTHING)
        return np.where(verified, CERTAIN, self.weighing.certainty).astype(np.uint8)

    @property
    def by_rule(self) -> npt.NDArray[np.bool_]:
        """Whether the newest vote on each item comes from a rule, and not from a gesture (N,)."""
        return self._by_rule(EVERYTHING)

    @property
    def weighed(self) -> npt.NDArray[np.bool_]:
        """Whether the label of each item comes from several votes that were weighed together, by
        the label model (N,)."""
        if not self.weighing.on:
            return np.zeros(len(self.items), np.bool_)
        return self._by_model(EVERYTHING)

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """Number of the gesture or rule that gave the label of each item (N,); 0 for neither, and
        for labels that were weighed together."""
        return self.owner_of(EVERYTHING)

    def owner_of(self, items: "Items | slice") -> npt.NDArray[np.int64]:
        """Return `owner` of each of `items`, int64 (K,), without reading other items."""
        owner = self.history.owner[items]
        if self.rules.any_event:
            owner = np.where(self._by_rule(items), self.rules.owner[items], owner)
        if self.weighing.on:
            owner = np.where(self._by_model(items), 0, owner)
        return owner

    @property
    def verified(self) -> npt.NDArray[np.bool_]:
        """Per item, whether the annotator looked at the item when labelling it (N,)."""
        return self.looked_at(EVERYTHING) & (self.labels != UNLABELED)

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        """Whether the label of each item is an accepted prediction (N,)."""
        accepted = self.history.accepted & (self.labels != UNLABELED)
        return accepted & ~self.by_rule & ~self.weighed

    @property
    def given(self) -> npt.NDArray[np.bool_]:
        """Whether the label of each item came with the data or by an import of labels (N,)."""
        gestures = self.history.gestures
        imports = [number for number, made in gestures.items() if made.client == IMPORT]
        from_import = np.isin(self.history.owner, [0, *imports]) & ~self.by_rule
        same = self.labels == self.classes.resolve(self.history.labels)
        return from_import & same & (self.labels != UNLABELED) & ~self.history.accepted

    def locked(self, items: Items) -> npt.NDArray[np.bool_]:
        """Return for each of `items`, (K,), whether its label is a locked class."""
        return self.classes.locked(self.labels_of(items))

    def held(self) -> tuple[Items, Targets]:
        """Return the pinned items (K,), ascending, and their targets (K, latent_dim)."""
        return self.pins.held(self.settings.latent_dim or 3)

    def check_items(self, items: Items) -> None:
        """Raise RequestError when one of `items` (K,) does not exist."""
        if len(items) and int(items.max()) >= len(self.items):
            raise RequestError(
                f"there is no item {int(items.max())}; items are 0 to {len(self.items) - 1}",
                code="unknown_item",
                status=404,
            )
