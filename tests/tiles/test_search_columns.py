"""Columns of a scene in tiles that are shown and searched."""

import pyarrow as pa
import pytest

from lodespace.tiles.item_table import has_text


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (pa.string(), True),
        (pa.large_string(), True),
        (pa.int16(), True),
        (pa.timestamp("s"), True),
        (pa.bool_(), True),
        (pa.binary(), False),
        (pa.large_binary(), False),
        (pa.binary(16), False),
        (pa.binary_view(), False),
        (pa.month_day_nano_interval(), False),
        (pa.list_(pa.int8()), False),
    ],
)
def test_only_columns_that_have_a_text_are_shown(kind: pa.DataType, shown: bool) -> None:
    assert has_text(kind) == shown
    if shown:
        pa.nulls(1, kind).cast(pa.string())
