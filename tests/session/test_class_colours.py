"""Default colours of classes: ten hues, shades for more classes, and one hue per group."""

import colorsys
import itertools

from lodespace.session.class_colours import PALETTE, SHADES, default_colours, palette_colour
from lodespace.session.classes import ClassList
from lodespace.session.events import AddClassEvent


def hue(colour: str) -> float:
    """Return the hue of a colour, in degrees."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 360 * colorsys.rgb_to_hsv(red, green, blue)[0]


def apart(a: float, b: float) -> float:
    """Return the angle between two hues, in degrees."""
    return min(abs(a - b), 360 - abs(a - b))


def added(number: int, name: str) -> AddClassEvent:
    """Return event `number`, which creates class `number` + 1."""
    return AddClassEvent(
        command_id=f"command-{number}",
        client="anna",
        at=0.0,
        sequence=number,
        class_id=number + 1,
        name=name,
    )


def test_classes_without_groups_get_the_palette_and_then_shades() -> None:
    assert default_colours(str(k) for k in range(10)) == list(PALETTE)
    assert [palette_colour(k) for k in range(10, 40)] == 3 * list(PALETTE)
    looks = {(palette_colour(k), k % 3) for k in range(10, 160)}
    assert len(looks) == 150, "two classes have the same colour and the same mark"


def test_classes_of_a_group_share_a_hue_and_differ_in_shade() -> None:
    names = [f"{group}/{k}" for group in ("birds", "cats", "fish") for k in range(len(SHADES))]
    colours = default_colours(names)
    families = [colours[k : k + len(SHADES)] for k in range(0, len(names), len(SHADES))]
    assert [family[0] for family in families] == list(PALETTE[:3])
    for family in families:
        assert len(set(family)) == len(SHADES)
        assert max(apart(hue(family[0]), hue(colour)) for colour in family) < 40
    for one, other in itertools.combinations(families, 2):
        assert min(apart(hue(a), hue(b)) for a in one for b in other) > 5


def test_a_class_added_to_a_group_keeps_its_colour_after_undo() -> None:
    classes = ClassList(["birds/owl", "cats/lion"])
    for sequence, name in enumerate(("birds/tit", "dogs", "cats/lynx"), 1):
        classes.change(added(sequence, name))
        classes.rebuild(lambda _: True)
    before = [info.colour for info in classes.classes]
    assert before == default_colours(["birds/owl", "cats/lion", "birds/tit", "dogs", "cats/lynx"])
    assert before[0] != before[2] and before[1] != before[4]
    classes.rebuild(lambda number: number != 1)
    assert [info.colour for info in classes.classes] == before
