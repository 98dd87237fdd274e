"""Named axes of a session: values, refusals, ticks, correlations, undo and replay."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.items.column_values import column_values, value_columns
from lodespace.items.item_set import ItemSet
from lodespace.items.table import ID, ItemTable
from lodespace.models.hidden_values import hidden_values
from lodespace.scene.glb import decode_scene
from lodespace.session.axis_scale import (
    FEWEST_TICKS,
    LARGEST_PLACE,
    MOST_TICKS,
    AxisScale,
    date_ticks,
    logarithmic_ticks,
    number_ticks,
)
from lodespace.session.commands.registry import plan
from lodespace.session.events import decode_event, encode_event
from lodespace.session.log_check import check
from lodespace.session.session import AnnotationSession
from samples.event_logs import command_id, dial, redo, undo

N = 400
RANDOM = np.random.default_rng(0)
AGE = RANDOM.uniform(20, 80, N)
TEXTS = {
    "age": [f"{age:.4f}" if k % 10 else "" for k, age in enumerate(AGE)],
    "day": [f"20{10 + k % 15}-0{1 + k % 9}-11" for k in range(N)],
    "size": [("S10", "S2", "S1")[k % 3] for k in range(N)],
    "town": [f"town {k % 20}" for k in range(N)],
    "note": [f"note {k}" for k in range(N)],
    "same": ["7"] * N,
    "rare": ["1", "2"] + [""] * (N - 2),
}


def items() -> ItemSet:
    table = pa.table({ID: [str(k) for k in range(N)], **TEXTS})
    data = np.zeros((N, 4), np.float32)
    return ItemSet("people", "vector", data, ["a", "b"], table=ItemTable(table))


class Log:
    """A session on the table, with the events that led to its state."""

    def __init__(self) -> None:
        self.session = AnnotationSession(items(), scene_id=1)
        self.events = []

    def do(self, command: object, client: str = "anna") -> list[protocol.Operation]:
        event = plan(self.session, command, client)
        if event is None:
            return []
        number = len(self.events) + 1
        stored = decode_event(encode_event(event), number)
        self.events.append(stored)
        return self.session.apply(stored).news

    @property
    def axes(self) -> dict[str, str]:
        return {axis.letter: axis.source.name for axis in self.session.axes.carried()}


def set_axis(number: int, axis: str, **source: object) -> protocol.SetAxis:
    return protocol.SetAxis(command_id=command_id(number), axis=axis, **source)


def remove_axis(number: int, axis: str) -> protocol.RemoveAxis:
    return protocol.RemoveAxis(command_id=command_id(number), axis=axis)


def test_an_axis_is_set_replaced_removed_undone_and_redone() -> None:
    log = Log()
    news = log.do(set_axis(1, "x", column="age"))[-1]
    assert isinstance(news, protocol.AxesChanged) and news.axes[0].name == "age"
    log.do(set_axis(2, "z", column="day", name="born"))
    log.do(set_axis(3, "x", column="size"))
    assert log.axes == {"x": "size", "z": "born"}
    log.do(remove_axis(4, "z"))
    assert log.axes == {"x": "size"}
    assert log.do(remove_axis(5, "z")) == [], "an axis that shows nothing is not removed again"
    log.do(undo(6))
    log.do(undo(7))
    assert log.axes == {"x": "age", "z": "born"}
    log.do(redo(8))
    assert log.axes == {"x": "size", "z": "born"}
    again = AnnotationSession(items(), scene_id=1)
    again.replay(log.events)
    assert [axis.source.name for axis in again.axes.carried()] == ["size", "born"]
    for one, other in zip(again.axes.inputs(), log.session.axes.inputs(), strict=True):
        np.testing.assert_array_equal(one, other)
    (gesture,) = [action for action in log.session.undo_log if action.number == 2]
    assert (gesture.kind, gesture.note) == ("axis", "z: born")


def test_two_selections_are_the_ends_of_an_axis() -> None:
    log = Log()
    log.do(set_axis(1, "y", few=[3, 1, 2], many=[7, 8], name="strokes"))
    (axis,) = log.session.axes.carried()
    places = axis.scale.places
    assert (places[[1, 2, 3]] < 0).all() and (places[[7, 8]] > 0).all()
    assert np.isnan(np.delete(places, [1, 2, 3, 7, 8])).all()
    assert [tick.text for tick in axis.scale.ticks] == ["few", "many"]
    assert axis.scale.ticks[0].place == pytest.approx(places[1])


def test_an_event_with_items_that_do_not_exist_is_refused() -> None:
    log = Log()
    log.do(set_axis(1, "y", few=[1, 2], many=[7, 8]))
    (event,) = log.events
    check(log.session, event)
    for many in ([7, N], [8, 7]):
        damaged = msgspec.structs.replace(event, many=np.array(many, np.uint32))
        with pytest.raises(ValueError, match="item"):
            check(log.session, damaged)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"column": "gone"}, "there is no column “gone”"),
        ({"column": ID}, "there is no column"),
        ({"column": "note"}, "no values that an axis can show"),
        ({"column": "same"}, "all values of the column “same” are equal"),
        ({"column": "rare"}, "has 2 values; an axis needs at least 4"),
        ({"column": "town"}, "20 categories; an axis shows at most 12"),
        ({"column": "town", "category": "mars"}, "no category “mars”"),
        ({}, "either a column or two selections"),
        ({"column": "age", "few": [1, 2], "many": [3, 4]}, "either a column or two selections"),
        ({"few": [1, 2], "many": [2, 3]}, "an item is in both selections"),
        ({"few": [1, 2], "many": [3]}, "at least 2 items on each side"),
        ({"few": [1, N], "many": [3, 4]}, "there is no item"),
    ],
)
def test_values_that_an_axis_cannot_carry_are_refused(source: dict[str, object], why: str) -> None:
    log = Log()
    with pytest.raises(RequestError, match=why) as refused:
        log.do(set_axis(1, "x", **source))
    assert refused.value.code in ("bad_axis", "unknown_item")
    assert log.axes == {}


def test_the_third_axis_is_refused_in_two_dimensions_and_kept() -> None:
    log = Log()
    log.do(set_axis(1, "z", column="age"))
    log.do(dial(2, latent_dim=2))
    assert log.axes == {"z": "age"}, "the axis returns with the third dimension"
    with pytest.raises(RequestError, match="two dimensions"):
        log.do(set_axis(3, "z", column="size"))


def test_one_category_is_compared_with_all_others() -> None:
    log = Log()
    log.do(set_axis(1, "x", column="town", category="town 3"))
    (axis,) = log.session.axes.carried()
    assert ((axis.scale.places > 0) == (np.arange(N) % 20 == 3)).all()
    assert (axis.source.name, [tick.text for tick in axis.scale.ticks]) == (
        "town 3",
        ["others", "town 3"],
    )


def test_an_axis_whose_column_is_gone_carries_nothing() -> None:
    log = Log()
    log.do(set_axis(1, "x", column="age"))
    log.do(set_axis(2, "y", column="size"))
    table = pa.table({ID: [str(k) for k in range(N)], "size": TEXTS["size"]})
    data = np.zeros((N, 4), np.float32)
    again = AnnotationSession(ItemSet("p", "vector", data, ["a"], table=ItemTable(table)))
    again.replay(log.events)
    assert [axis.letter for axis in again.axes.carried()] == ["y"]


def placed(log: Log, noise: float, shift: float = 1.0) -> np.ndarray:
    """Points (N, 3) on which the values of the session's first axis grow along y."""
    points = RANDOM.normal(size=(N, 3))
    (axis,) = log.session.axes.carried()
    place = np.where(np.isnan(axis.scale.places), 0, axis.scale.places)
    points[:, 1] = shift + 1.5 * place + noise * RANDOM.normal(size=N)
    return points


def test_ticks_are_where_items_of_their_value_are() -> None:
    log = Log()
    log.do(set_axis(1, "y", column="age"))
    points = placed(log, 0.1)
    assert log.session.axes.measure(points, [])
    (axis,) = log.session.axes.shown
    assert [tick.text for tick in axis.ticks] == ["30", "40", "50", "60", "70"]
    known = np.arange(N) % 10 != 0
    for tick in axis.ticks:
        near = known & (np.abs(AGE - float(tick.text)) < 2)
        assert tick.at == pytest.approx(points[near, 1].mean(), abs=0.15)
    assert axis.known == known.sum()
    assert not log.session.axes.measure(points, []), "nothing has changed"


def test_the_correlation_is_that_of_hidden_values() -> None:
    log = Log()
    log.do(set_axis(1, "y", column="age"))
    points = placed(log, 1.0)
    (carried,) = log.session.axes.carried()
    hidden = hidden_values(carried.scale.places)
    points[~hidden, 1] = carried.scale.places[~hidden]
    points[~hidden & np.isnan(points[:, 1]), 1] = 0
    log.session.axes.measure(points, [(99, 0.5)])
    (axis,) = log.session.axes.shown
    wanted = spearmanr(points[hidden, 1], AGE[hidden]).statistic
    assert axis.hidden and axis.n == hidden.sum()
    assert axis.correlation == pytest.approx(wanted, abs=1e-3)


def test_the_correlation_of_few_values_is_that_of_the_trainer() -> None:
    log = Log()
    log.do(set_axis(1, "y", few=[0, 1, 2], many=[3, 4, 5]))
    log.session.axes.measure(RANDOM.normal(size=(N, 3)), [])
    assert log.session.axes.shown[0].correlation is None
    log.session.axes.measure(RANDOM.normal(size=(N, 3)), [(6, 0.75)])
    (axis,) = log.session.axes.shown
    assert (axis.correlation, axis.n, axis.hidden) == (0.75, 6, False)
    assert axis.ticks == [], "the points do not show the axis yet"


def test_a_scene_contains_the_axes_with_their_ticks() -> None:
    log = Log()
    log.do(set_axis(1, "y", column="age"))
    log.session.axes.measure(placed(log, 0.1), [])
    scene = decode_scene(log.session.encoder.scene_glb())
    assert list(scene.axes) == log.session.axes.shown and scene.axes[0].ticks
    baked = AnnotationSession(items(), read_only=True)
    baked.restore_scene(scene)
    assert baked.axes.shown == log.session.axes.shown


def test_columns_are_offered_with_their_kind() -> None:
    found = {name: values.kind for name, values in value_columns(items())}
    assert found == {
        "age": "number",
        "day": "date",
        "size": "category",
        "town": "category",
        "rare": "number",
    }


def test_typed_columns_are_read_like_texts() -> None:
    days = [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    table = ItemTable(
        pa.table(
            {
                ID: ["a", "b", "c", "d"],
                "count": [1, None, 3, 4],
                "share": [0.5, float("nan"), 1.0, float("inf")],
                "flag": [True, False, None, True],
                "day": pa.array(days),
                "code": pa.array(["b", "a", None, "b"]).dictionary_encode(),
                "rows": [[1], [2], [3], [4]],
            }
        )
    )
    wanted = {
        "count": ("number", [1, np.nan, 3, 4]),
        "share": ("number", [0.5, np.nan, 1, np.nan]),
        "flag": ("number", [1, 0, np.nan, 1]),
        "day": ("date", [day.timestamp() for day in days]),
        "code": ("category", [1, 0, np.nan, 1]),
    }
    for name, (kind, numbers) in wanted.items():
        found = column_values(table, name)
        assert found is not None and found.kind == kind
        np.testing.assert_array_equal(found.numbers, numbers)
    assert column_values(table, "rows") is None


def test_categories_are_in_natural_order() -> None:
    found = column_values(items().table, "size")
    assert found is not None and found.categories == ("S1", "S2", "S10")
    scale = AxisScale.of_column(found)
    assert [tick.text for tick in scale.ticks] == ["S1", "S2", "S10"]
    assert np.diff([tick.place for tick in scale.ticks]) == pytest.approx(
        scale.ticks[1].place - scale.ticks[0].place
    )


def test_extreme_values_do_not_crowd_the_others() -> None:
    numbers = np.append(RANDOM.normal(size=99), 1e6)
    places = AxisScale.of_column(column_of(numbers)).places
    assert places[:99].std() > 0.9 and places[99] < 1.5 * LARGEST_PLACE
    assert places.mean() == pytest.approx(0, abs=1e-6) and places.std() == pytest.approx(1)


def test_skewed_positive_numbers_have_a_logarithmic_scale() -> None:
    scale = AxisScale.of_column(column_of(10 ** RANDOM.uniform(0, 3, N)))
    assert [tick.text for tick in scale.ticks] == ["3", "10", "30", "100", "300"] or [
        tick.text for tick in scale.ticks
    ] == ["10", "100"]
    assert abs(float(((scale.places - scale.places.mean()) ** 3).mean())) < 0.5


def column_of(numbers: np.ndarray):
    found = column_values(ItemTable(pa.table({ID: [""] * len(numbers), "v": numbers})), "v")
    assert found is not None
    return found


@given(
    low=st.floats(-1e9, 1e9, allow_nan=False),
    length=st.floats(1e-3, 1e9, allow_nan=False),
)
def test_number_ticks_are_few_and_inside(low: float, length: float) -> None:
    high = low + length
    ticks = number_ticks(low, high)
    assert FEWEST_TICKS <= len(ticks) <= MOST_TICKS
    slack = 1e-6 * length + 1e-9 * abs(low)
    assert all(low - slack <= value <= high + slack for value, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks) or length < 1e-8 * abs(low)


@given(low=st.floats(1e-9, 1e9), factor=st.floats(1.1, 1e12))
def test_logarithmic_ticks_are_few_and_inside(low: float, factor: float) -> None:
    ticks = logarithmic_ticks(low, low * factor)
    assert FEWEST_TICKS <= len(ticks) <= MOST_TICKS
    assert all(low * 0.99 <= value <= low * factor * 1.01 for value, _ in ticks)


@given(
    start=st.datetimes(datetime(1, 1, 3), datetime(9900, 1, 1)),
    seconds=st.floats(3, 1e11, allow_nan=False),
)
def test_date_ticks_are_few_and_inside(start: datetime, seconds: float) -> None:
    low = (start - datetime(1970, 1, 1)).total_seconds()
    high = min(low + seconds, 2.5e11)
    ticks = date_ticks(low, high)
    assert FEWEST_TICKS <= len(ticks) <= MOST_TICKS
    assert all(low - 1 <= value <= high + 1 for value, _ in ticks)
