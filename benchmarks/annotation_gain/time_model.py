"""Seconds that a person needs for each kind of act, on the page and in VR.

The seconds on the page are estimates. Those in VR come from recordings of people in VR, and from
the places and sizes of Lodespace's boards. The report repeats each ratio with each constant halved
and doubled.
"""

import math
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
    """Seconds to point at a wrongly predicted picture of a contact sheet and choose its class.

    It is also the time to point at the name of a group and choose a class for the group.
    """
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

    def in_vr(self, hand: "HandInVr") -> "TimeModel":
        """Return the clock of the same person in VR, who uses `hand`.

        Thinking and looking take as long as on the page. Some constants of the page include both
        thinking and motions. The motions in VR are then added to the whole constant, so these times
        are upper estimates.
        """
        return replace(
            self,
            # Find the region, paint it, and choose a class, as on the page. In addition, reach for
            # the region and carry it to the class.
            region=self.region + hand.reach + hand.carry,
            # Press the tile that opens the sheet, then the sheet's own tile that confirms it.
            sheet=hand.press(hand.palette_tile) + hand.press(hand.sheet_tile),
            # Pick the picture on the sheet, then press the class on the palette.
            correction=hand.press(hand.sheet_tile) + hand.press(hand.palette_tile),
            # Look at the item, then press its class on the palette.
            single=self.picture + hand.press(hand.palette_tile),
            # Undo is a button of the controller and a key on the page, so the constant is the same.
            # A new class: press its tile, then the tile with its name.
            name=2 * hand.press(hand.palette_tile) if self.name else 0.0,
        )

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


@dataclass(frozen=True)
class HandInVr:
    """Times of a hand with a controller in VR, and the targets at which its ray is aimed.

    The times are from the recordings of Schuetz, Baltaretu and Fiehler (Journal of Vision 24(7):10,
    2024): 16 people with an HTC Vive Pro; https://github.com/ischtz/jov2023-vr-objects, commit
    fe12e11c52e7, folder `data`. benchmarks/vr_hand_times.py computes them. The people aimed at a
    remembered place, so aiming at a visible tile may be faster.

    The angles are those of Lodespace's boards, seen from the eyes. The test
    webxr_client/tests/interaction/xr/placement/press-targets.test.ts compares them with the client.
    """

    aim: float = 1.25
    """Seconds to aim the ray and pull the trigger, without the part that depends on the target.

    It is the intercept of Fitts' law for 767 trials. It includes the reaction to the appearance of
    the ray.
    """
    aim_bit: float = 0.33
    """Seconds per bit of difficulty of a target; the slope of Fitts' law for the same trials."""
    reach: float = 1.40
    """Seconds to reach for a visible object and grab it: 1,599 trials, mean distance 0.44 m."""
    carry: float = 3.19
    """Seconds to carry the object to a place and release it there for the first time.

    The trials are those of `reach`. In them, the people walked about 1 m while they carried. In
    Lodespace nobody has to walk, so this is an upper estimate.
    """
    between_boards: float = 56.0
    """Angle between the middle of a contact sheet and the middle of the palette, degrees."""
    sheet_tile: float = 3.3
    """Smaller side of a picture or tile of a contact sheet, degrees."""
    palette_tile: float = 2.7
    """Smaller side of a tile of the palette, degrees."""

    def press(self, width: float) -> float:
        """Return the seconds to aim the ray at a tile on the other board and press it.

        The ray crosses the whole angle between the boards, because a person usually presses on both
        boards in turn. Presses on only one board are easier.

        Args:
            width: smaller side of the tile, degrees.
        """
        return self.aim + self.aim_bit * math.log2(self.between_boards / width + 1)

    def varied(self) -> dict[str, "HandInVr"]:
        """Return variants by name. Each halves or doubles one time, or both times of aiming."""
        hands: dict[str, HandInVr] = {}
        for names in (("aim",), ("aim_bit",), ("aim", "aim_bit"), ("reach",), ("carry",)):
            for factor, word in ((0.5, "half"), (2.0, "double")):
                times = {name: getattr(self, name) * factor for name in names}
                hands[f"{' and '.join(names)} {word}"] = replace(self, **times)
        return hands


HAND = HandInVr()


def varied_in_vr(page: TimeModel) -> dict[str, tuple[TimeModel, TimeModel]]:
    """Return pairs (clock in VR, clock on the page) for the comparison of VR with the page.

    The first pair has the constants unchanged. In each other pair, one constant of the hand or of
    the page is halved or doubled. A constant of the page that VR uses too changes in both clocks.
    """
    pairs = {"as stated": (page.in_vr(HAND), page)}
    pairs |= {name: (page.in_vr(hand), page) for name, hand in HAND.varied().items()}
    pairs |= {
        f"page: {name}": (clock.in_vr(HAND), clock)
        for name, clock in page.varied().items()
        if name != "as stated"
    }
    return pairs
