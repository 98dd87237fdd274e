"""What a person's acts take. Rough, and stated: every figure in seconds is told with each constant halved and doubled, too."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class TimeModel:
    """Seconds. `region`: find a place, draw round it and name it, without looking at single pictures; `picture`: look at one picture of a
    sample or a sheet; `sheet`: open one and confirm it; `correction`: point at a wrong picture of a sheet and name it; `single`: label one
    item that is shown alone, looking included; `undo`: see a mistake and take it back; `wait`: how much a second counts in which the person
    could only wait for the model.
    """

    region: float = 5.0
    picture: float = 0.35
    sheet: float = 2.0
    correction: float = 1.5
    single: float = 1.75
    undo: float = 2.0
    wait: float = 1.0

    def seconds(self, acts: dict[str, float]) -> float:
        """Of so many acts of each kind; `wait` in seconds."""
        return sum(getattr(self, name) * count for name, count in acts.items())

    def varied(self) -> dict[str, "TimeModel"]:
        """This model, and for each constant one with it halved and one with it doubled; then both kinds of naming one item together, for
        a person who is slow at the one is slow at the other.
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
