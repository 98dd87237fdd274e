"""The classes of a session: names, colours, and the palette they are taken from."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError
from lodespace.protocol import MAX_CLASSES, MAX_NAME_LENGTH, UNLABELED, ClassInfo
from lodespace.session.events import (
    AddClassEvent,
    ClassEvent,
    DeleteClassEvent,
    EditClassEvent,
    MergeClassEvent,
)

# Okabe-Ito brightened for a dark ground, and two more, then moved apart until the two nearest are as far from each other as they get, for
# all eyes: 0.155 in OKLab, 0.078 with protanopia, deuteranopia or tritanopia (before: 0.083 and 0.019). The page's tests measure it.
PALETTE = (
    "#E2B922",
    "#20A5D9",
    "#2DE4B6",
    "#FFF099",
    "#6F72FF",
    "#E37822",
    "#BD7BAA",
    "#A3F637",
    "#C2B0FF",
    "#FF3872",
)


def palette_colour(class_id: int) -> str:
    """The colour a class has by default; after ten the hues come again (the page adds a second mark)."""
    return PALETTE[class_id % len(PALETTE)]


class ClassList:
    """Classes by number, in the order they were made. A number is given once: a class that was merged, deleted, or whose making was taken
    back stays in the list, marked as removed, and `shown` says what its items count as.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._first = [
            ClassInfo(class_id=i, name=n, colour=palette_colour(i)) for i, n in enumerate(names)
        ]
        self._changes: dict[int, ClassEvent] = {}
        self.classes: list[ClassInfo] = list(self._first)
        self._becomes = np.empty(0, np.int16)
        self._standing: set[int] = set()

    def __len__(self) -> int:
        return len(self.classes)

    def restore(self, classes: Sequence[ClassInfo]) -> None:
        """Begin from `classes`, as a scene holds them."""
        self._first = list(classes)
        self.settle(lambda _: True)

    def there(self, class_id: int) -> bool:
        return 0 <= class_id < len(self.classes) and not self.classes[class_id].removed

    def check_there(self, class_id: int) -> ClassInfo:
        """The class. Raises RequestError when there is none of that number, or no more."""
        if not self.there(class_id):
            raise RequestError(
                f"there is no class {class_id}; make it first", code="unknown_class", status=404
            )
        return self.classes[class_id]

    def check_unlocked(self, class_id: int) -> None:
        """Raises RequestError when the class is locked."""
        info = self.classes[class_id]
        if info.locked:
            raise RequestError(
                f"'{info.name}' is locked; unlock it first", code="class_locked", status=409
            )

    def check_new(self, name: str) -> None:
        """Raises RequestError when there is a class of that name, or no more can be made."""
        if any(c.name == name for c in self.classes if not c.removed):
            raise RequestError(
                f"there is a class named '{name}' already", code="class_exists", status=409
            )
        if len(self.classes) >= MAX_CLASSES:
            raise RequestError(
                f"{MAX_CLASSES} classes are the most there can be",
                code="too_many_classes",
                status=409,
            )

    def check_edit(self, class_id: int, name: str | None) -> None:
        """Raises RequestError when there is no such class or another one has that name."""
        if self.check_there(class_id).name != name and name is not None:
            self.check_new(name)

    def change(self, event: ClassEvent) -> str:
        """Add the change that `event` made. Returns a note that says in a few words what it was."""
        class_id = event.class_id
        name = self.classes[class_id].name if class_id < len(self.classes) else ""
        self._changes[event.sequence] = event
        match event:
            case AddClassEvent():
                return f"made \u201c{event.name}\u201d"
            case MergeClassEvent():
                return f"merged \u201c{name}\u201d into \u201c{self.classes[event.into].name}\u201d"
            case DeleteClassEvent():
                return f"deleted \u201c{name}\u201d"
            case EditClassEvent():
                return _edit_note(event, name)

    def made_by(self, number: int) -> int | None:
        """The class that event `number` made, if it made one."""
        event = self._changes.get(number)
        return event.class_id if isinstance(event, AddClassEvent) else None

    def target_of(self, number: int) -> int | None:
        """The class that event `number` merged another into."""
        event = self._changes.get(number)
        return event.into if isinstance(event, MergeClassEvent) else None

    def is_target(self, class_id: int) -> bool:
        """Whether another class counts as this one."""
        return any(self.target_of(number) == class_id for number in self._standing)

    def is_unmade(self, class_id: int) -> bool:
        """Whether the making of the class was taken back."""
        made = (
            number
            for number, event in self._changes.items()
            if isinstance(event, AddClassEvent) and event.class_id == class_id
        )
        return any(number not in self._standing for number in made)

    def settle(self, stands: Callable[[int], bool]) -> None:
        """Make the list anew from the changes whose events stand."""
        classes = list(self._first)
        becomes: dict[int, int] = {}
        self._standing.clear()
        for number, event in self._changes.items():
            class_id, standing = event.class_id, stands(number)
            if standing:
                self._standing.add(number)
            if isinstance(event, AddClassEvent):
                colour = event.colour or palette_colour(class_id)
                classes.append(
                    ClassInfo(
                        class_id=class_id, name=event.name, colour=colour, removed=not standing
                    )
                )
            elif standing and isinstance(event, EditClassEvent):
                given = {"name": event.name, "colour": event.colour, "locked": event.locked}
                changed = {name: value for name, value in given.items() if value is not None}
                classes[class_id] = msgspec.structs.replace(classes[class_id], **changed)
            elif standing:
                classes[class_id] = msgspec.structs.replace(classes[class_id], removed=True)
                merged = isinstance(event, MergeClassEvent)
                becomes[class_id] = event.into if merged else UNLABELED
        self.classes = _told_apart(classes)
        end = [self._end(c.class_id, becomes) for c in self.classes]
        # The last entry is where index -1 leads: unlabelled stays unlabelled.
        self._becomes = (
            np.array([*end, UNLABELED], np.int16)
            if any(c.removed for c in self.classes)
            else np.empty(0, np.int16)
        )

    def _end(self, class_id: int, becomes: dict[int, int]) -> int:
        """What items of a class count as, over however many mergers."""
        for _ in self.classes:
            if class_id == UNLABELED or not self.classes[class_id].removed:
                return class_id
            class_id = becomes.get(class_id, UNLABELED)
        return UNLABELED  # merged in a circle: a into b, and after that was taken back by one and not the other, b into a

    def shown(self, class_ids: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """class_ids (N,), with removed classes replaced by what their items count as."""
        return self._becomes[class_ids] if len(self._becomes) else class_ids


def _edit_note(event: EditClassEvent, name: str) -> str:
    if event.locked is not None:
        return f"{'locked' if event.locked else 'unlocked'} \u201c{name}\u201d"
    if event.name is not None and event.name != name:
        return f"renamed \u201c{name}\u201d to \u201c{event.name}\u201d"
    return f"recoloured \u201c{name}\u201d"


def _told_apart(classes: list[ClassInfo]) -> list[ClassInfo]:
    """No two classes that are there have one name: taking a change back can bring a name back that is in use again."""
    seen: set[str] = set()
    told: list[ClassInfo] = []
    for info in classes:
        name, number = info.name, 2
        while name in seen and not info.removed:
            ending = f" ({number})"
            name, number = f"{info.name[: MAX_NAME_LENGTH - len(ending)]}{ending}", number + 1
        if not info.removed:
            seen.add(name)
        told.append(info if name == info.name else msgspec.structs.replace(info, name=name))
    return told
