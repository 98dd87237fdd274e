"""The classes of a session: names, colours, and the palette they are taken from."""

from collections.abc import Sequence

from lodespace.errors import RequestError
from lodespace.protocol import MAX_CLASSES, ClassInfo

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
    """Classes by number, in the order they were made. They are never taken away."""

    def __init__(self, names: Sequence[str]) -> None:
        self.classes: list[ClassInfo] = []
        for name in names:
            self.add(name, None)

    def __len__(self) -> int:
        return len(self.classes)

    def check_new(self, name: str) -> None:
        """Raises RequestError when a class of that name is there, or no more can be made."""
        if any(c.name == name for c in self.classes):
            raise RequestError(f"there is a class named '{name}' already", code="class_exists", status=409)
        if len(self.classes) >= MAX_CLASSES:
            raise RequestError(f"{MAX_CLASSES} classes are the most there can be", code="too_many_classes", status=409)

    def check_edit(self, class_id: int, name: str | None) -> None:
        """Raises RequestError when there is no such class or another one has that name."""
        if class_id >= len(self.classes):
            raise RequestError(f"there is no class {class_id}", code="unknown_class", status=404)
        if name is not None and self.classes[class_id].name != name:
            self.check_new(name)

    def add(self, name: str, colour: str | None) -> int:
        class_id = len(self.classes)
        self.classes.append(ClassInfo(class_id=class_id, name=name, colour=colour or palette_colour(class_id)))
        return class_id

    def edit(self, class_id: int, name: str | None, colour: str | None) -> None:
        old = self.classes[class_id]
        self.classes[class_id] = ClassInfo(class_id=class_id, name=name or old.name, colour=colour or old.colour)
