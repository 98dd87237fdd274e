"""The view of a project that a simulated person has, and the commands of this person."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from annotation_gain.person import Points
from lodespace import protocol

Items = npt.NDArray[np.int64]
Classes = npt.NDArray[np.int16]


class Page(ABC):
    """The state and the commands of a page.

    All methods take and return the class numbers of the data set. In the project, a class has this
    number as its name. Its id in the project depends on the order in which classes were added.
    """

    def __init__(self) -> None:
        self._ids: dict[int, int] = {}
        """Ids of the added classes in the project, by class of the data set."""
        self._classes = np.array([-1], np.int16)
        """Class in the data set, by class id in the project, (K + 1,). The last element is -1, so
        that the id -1 gives -1.
        """

    @property
    @abstractmethod
    def points(self) -> Points:
        """Positions (N, D) on the map."""

    @property
    @abstractmethod
    def labels(self) -> Classes:
        """Label of each item (N,), -1 without a label."""

    @property
    @abstractmethod
    def prediction(self) -> Classes:
        """Predicted class of each item (N,), -1 without a prediction."""

    @property
    @abstractmethod
    def confidence(self) -> npt.NDArray[np.float32]:
        """Confidence of each prediction, 0..1: (N,)."""

    @abstractmethod
    async def rest(self) -> float:
        """Wait until the model has no work left. Returns the seconds of the wait."""

    @abstractmethod
    async def predicted(self) -> float:
        """Wait for new predictions after a contact sheet. Returns the seconds of the wait."""

    @abstractmethod
    async def sheet(self, kind: str, size: int = protocol.SHEET_SIZE) -> protocol.Sheet:
        """Return `size` items of the queue `kind`, with the class ids of the project."""

    @abstractmethod
    async def suggestion(self) -> protocol.Suggestion:
        """Return the suggested next gesture."""

    @abstractmethod
    async def quality(self) -> protocol.Quality | None:
        """Return the estimates that the page shows; None before the first estimate."""

    @abstractmethod
    async def _command(self, command: Any) -> None:
        """Carry out a command. Raises RuntimeError or RequestError if it is refused."""

    @abstractmethod
    async def _listed(self) -> list[protocol.ClassInfo]:
        """Return the classes of the project."""

    @property
    @abstractmethod
    def _revision(self) -> int:
        """Revision of the labels, for commands."""

    async def make_classes(self, wanted: Iterable[int]) -> None:
        """Add the classes of `wanted` that the project does not have. Their names are numbers."""
        new = sorted(set(wanted) - set(self._ids))
        for k in new:
            await self._command(protocol.AddClass(command_id=uuid.uuid4().hex, name=str(k)))
        if new:
            self._ids = {int(info.name): info.class_id for info in await self._listed()}
            self._classes = np.full(max(self._ids.values()) + 2, -1, np.int16)
            for class_id, number in self._ids.items():
                self._classes[number] = class_id

    async def label(self, items: Items, class_id: int) -> None:
        """Give all items (K,) one class. A class that the project does not have is added."""
        await self.make_classes([class_id])
        await self._command(
            protocol.Label(
                command_id=uuid.uuid4().hex,
                items=items.tolist(),
                class_id=self._ids[class_id],
                revision=self._revision,
                provenance=protocol.Provenance(tool="lasso"),
            )
        )

    async def label_each(
        self,
        items: Items,
        class_ids: Classes,
        *,
        tool: Literal["sheet", "accept", "api"] = "sheet",
    ) -> None:
        """Label each item with its class. Classes that the project does not have are added.

        `tool` is "sheet" for a confirmed contact sheet, whose items count as verified; "accept" for
        predictions that the person accepts without looking at the pictures; "api" for labels that
        existed before the run.
        """
        await self.make_classes(set(class_ids.tolist()))
        await self._command(
            protocol.LabelEach(
                command_id=uuid.uuid4().hex,
                items=items.tolist(),
                class_ids=[self._ids[class_id] for class_id in class_ids.tolist()],
                revision=self._revision,
                provenance=protocol.Provenance(tool=tool, verified=tool == "sheet"),
            )
        )

    async def undo(self) -> None:
        """Undo the newest gesture."""
        await self._command(protocol.Undo(command_id=uuid.uuid4().hex))

    def predicted_on(self, sheet: protocol.Sheet) -> Classes:
        """Return the prediction of each item of a sheet, (K,)."""
        return self._classes[np.array([entry.prediction for entry in sheet.items], np.int64)]
