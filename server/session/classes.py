"""The classes of a session: names, colours, locks, merging and deletion."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError
from lodespace.items.class_lookup import lookup
from lodespace.protocol import MAX_CLASS_NAME_LENGTH, MAX_CLASSES, UNLABELED, ClassInfo
from lodespace.session.class_colours import default_colours
from lodespace.session.events import (
    AddClassEvent,
    ClassEvent,
    ClassIds,
    DeleteClassEvent,
    EditClassEvent,
    MergeClassEvent,
)


class ClassList:
    """Classes of a session, in the order of their creation. The id of a class is its index.

    An id is never used again. A class that was merged or deleted, or whose creation was undone,
    stays in the list, marked as removed. The items of a merged class count as items
    of the class that replaced it. The items of other removed classes count as unlabelled.
    """

    def __init__(self, names: Sequence[str]) -> None:
        colours = default_colours(names)
        self._first = [
            ClassInfo(class_id=i, name=n, colour=colours[i]) for i, n in enumerate(names)
        ]
        self._changes: dict[int, ClassEvent] = {}
        self.classes: list[ClassInfo] = list(self._first)
        self._merged_into: ClassIds = np.empty(0, np.int16)
        self._standing: set[int] = set()

    def __len__(self) -> int:
        return len(self.classes)

    def restore(self, classes: Sequence[ClassInfo]) -> None:
        """Replace the initial classes of the session by the `classes` of a scene."""
        self._first = list(classes)
        self.rebuild(lambda _: True)

    def exists(self, class_id: int) -> bool:
        """Return whether the class exists and is not removed."""
        return 0 <= class_id < len(self.classes) and not self.classes[class_id].removed

    def listed(self) -> ClassIds:
        """Return the ids of the classes that are not removed (C,), ascending."""
        return np.array([c.class_id for c in self.classes if not c.removed], np.int16)

    def require(self, class_id: int) -> ClassInfo:
        """Return the class. Raises RequestError when it does not exist or is removed."""
        if not self.exists(class_id):
            raise RequestError(
                f"there is no class {class_id}; create it first", code="unknown_class", status=404
            )
        return self.classes[class_id]

    def require_unlocked(self, class_id: int) -> None:
        """Raise RequestError when the class is locked."""
        info = self.classes[class_id]
        if info.locked:
            raise RequestError(
                f"the class '{info.name}' is locked; unlock it first",
                code="class_locked",
                status=409,
            )

    def require_new_name(self, name: str) -> None:
        """Raise RequestError when a class has the name `name`, or when the list of classes
        is full.
        """
        if any(c.name == name for c in self.classes if not c.removed):
            raise RequestError(
                f"a class named '{name}' exists already; choose another name",
                code="class_exists",
                status=409,
            )
        if len(self.classes) >= MAX_CLASSES:
            raise RequestError(
                f"a session has at most {MAX_CLASSES} classes; rename an existing class instead",
                code="too_many_classes",
                status=409,
            )

    def change(self, event: ClassEvent) -> str:
        """Record `event` for the next `rebuild`. Return a short description of its change."""
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
        """Return the class that event `number` created; None if that event created no class."""
        event = self._changes.get(number)
        return event.class_id if isinstance(event, AddClassEvent) else None

    def target_of(self, number: int) -> int | None:
        """Return the class into which event `number` merged another class.

        Return None if the event is not a merge of classes.
        """
        event = self._changes.get(number)
        return event.into if isinstance(event, MergeClassEvent) else None

    def is_target(self, class_id: int) -> bool:
        """Return whether another class is merged into this class by a merge that is not undone."""
        return any(self.target_of(number) == class_id for number in self._standing)

    def is_unmade(self, class_id: int) -> bool:
        """Return whether the creation of the class was undone."""
        made = (
            number
            for number, event in self._changes.items()
            if isinstance(event, AddClassEvent) and event.class_id == class_id
        )
        return any(number not in self._standing for number in made)

    def rebuild(self, stands: Callable[[int], bool]) -> None:
        """Compute `classes` from the initial classes and all changes that are not undone.

        `stands` receives the number of an event, and returns True if the event is not undone.
        """
        classes = list(self._first)
        merged_into: dict[int, int] = {}
        self._standing.clear()
        added = (event for event in self._changes.values() if isinstance(event, AddClassEvent))
        colours = default_colours([info.name for info in classes] + [e.name for e in added])
        for number, event in self._changes.items():
            class_id, standing = event.class_id, stands(number)
            if standing:
                self._standing.add(number)
            if isinstance(event, AddClassEvent):
                colour = event.colour or colours[class_id]
                info = ClassInfo(
                    class_id=class_id, name=event.name, colour=colour, removed=not standing
                )
                classes.append(info)
            elif standing and isinstance(event, EditClassEvent):
                given = {"name": event.name, "colour": event.colour, "locked": event.locked}
                changed = {name: value for name, value in given.items() if value is not None}
                classes[class_id] = msgspec.structs.replace(classes[class_id], **changed)
            elif standing:
                classes[class_id] = msgspec.structs.replace(classes[class_id], removed=True)
                merged = isinstance(event, MergeClassEvent)
                merged_into[class_id] = event.into if merged else UNLABELED
        self.classes = _dedupe_names(classes)
        removed = any(info.removed for info in self.classes)
        ends = [self._end(info.class_id, merged_into) for info in self.classes] if removed else []
        self._merged_into = np.array(ends, np.int16)

    def _end(self, class_id: int, merged_into: dict[int, int]) -> int:
        """Return the class to which items of `class_id` belong after all merges.

        Return UNLABELED if the class at the end of the merges was removed.
        """
        for _ in self.classes:
            if class_id == UNLABELED or not self.classes[class_id].removed:
                return class_id
            class_id = merged_into.get(class_id, UNLABELED)
        # A cycle: one client undid the merge of a into b, another client merged b into a, and the
        # first client redid its merge.
        return UNLABELED

    def counted_as(self) -> ClassIds:
        """Return, per class, the class that its items belong to after all merges, int16 (C,).

        The value is UNLABELED for a class that was deleted.
        """
        if len(self._merged_into):
            return self._merged_into
        return np.arange(len(self.classes), dtype=np.int16)

    def resolve(self, class_ids: ClassIds) -> ClassIds:
        """Replace each merged class in `class_ids` (N,) by the class into which it was merged.

        Deleted classes are replaced by UNLABELED. Returns `class_ids` itself if no class is
        removed, and otherwise a new array.
        """
        if len(self._merged_into) == 0:
            return class_ids
        return lookup(self._merged_into, class_ids, UNLABELED)

    def locked(self, class_ids: ClassIds) -> npt.NDArray[np.bool_]:
        """Return which of `class_ids` (N,) are locked classes, as a mask (N,)."""
        locked = np.array([c.locked and not c.removed for c in self.classes], np.bool_)
        return lookup(locked, class_ids, False)


def _edit_note(event: EditClassEvent, name: str) -> str:
    if event.locked is not None:
        return f"{'locked' if event.locked else 'unlocked'} \u201c{name}\u201d"
    if event.name is not None and event.name != name:
        return f"renamed \u201c{name}\u201d to \u201c{event.name}\u201d"
    return f"recoloured \u201c{name}\u201d"


def _dedupe_names(classes: list[ClassInfo]) -> list[ClassInfo]:
    """Return `classes` with unique names among the classes that are not removed.

    An undo can restore a name that another class has received since.
    """
    seen: set[str] = set()
    result: list[ClassInfo] = []
    for info in classes:
        name, number = info.name, 2
        while name in seen and not info.removed:
            ending = f" ({number})"
            name, number = f"{info.name[: MAX_CLASS_NAME_LENGTH - len(ending)]}{ending}", number + 1
        if not info.removed:
            seen.add(name)
        result.append(info if name == info.name else msgspec.structs.replace(info, name=name))
    return result
