"""Seconds that a person needs for each kind of act.

The seconds are estimates. The report therefore repeats each ratio with each constant halved and
doubled.
"""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class TimeModel:
    """Seconds per act, for each kind of act."""

    region: float = 5.0
    """Seconds to find a region, draw round it and choose a class.

    The person does not look at single pictures.
    """
    picture: float = 0.35
    """Seconds to look at one picture of a sample or a contact sheet."""
    sheet: float = 2.0
    """Seconds to open a contact sheet and confirm it."""
    correction: float = 1.5
    """Seconds to point at a wrongly predicted picture of a contact sheet and choose its class."""
    single: float = 1.75
    """Seconds to look at one item that is shown alone, and label it."""
    undo: float = 2.0
    """Seconds to notice a mistake and undo the gesture."""
    name: float = 2.0
    """Seconds to type the name of a new class, in runs that begin without a list of classes."""
    wait: float = 1.0
    """Weight of a second in which the person can only wait for the model."""

    def seconds(self, acts: dict[str, float]) -> float:
        """Return the person's total seconds for `acts`.

        `acts` maps each kind of act to the number of acts, except `wait`, which maps to seconds.
        """
        return sum(getattr(self, name) * count for name, count in acts.items())

    def known_classes(self) -> "TimeModel":
        """Return a copy for runs that start with the list of classes, so no names are typed."""
        return replace(self, name=0.0)

    def varied(self) -> dict[str, "TimeModel"]:
        """Return this model, and variants in which one constant is halved or doubled, by name.

        The last two variants change two constants, `correction` and `single`, because a person who
        is slow at one of them is slow at both.
        """
        models = {"as stated": self}
        for constant in fields(self):
            for factor, word in ((0.5, "half"), (2.0, "double")):
                value = getattr(self, constant.name) * factor
                models[f"{constant.name} {word}"] = replace(self, **{constant.name: value})
        for factor, word in ((0.5, "half"), (2.0, "double")):
            naming = {"correction": self.correction * factor, "single": self.single * factor}
            models[f"correction and single {word}"] = replace(self, **naming)
        return models
