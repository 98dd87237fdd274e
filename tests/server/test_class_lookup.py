"""Values per item from a table of values per class."""

import numpy as np

from lodespace.items.class_lookup import lookup


def test_items_without_a_class_get_the_default() -> None:
    table = np.array([10, 20, 30], np.int16)
    found = lookup(table, np.array([2, -1, 0]), -1)
    assert found.tolist() == [30, -1, 10]
    assert found.dtype == np.int16


def test_rows_of_a_table_are_looked_up() -> None:
    colours = np.array([[1, 2, 3]], np.uint8)
    assert lookup(colours, np.array([-1, 0]), (7, 8, 9)).tolist() == [[7, 8, 9], [1, 2, 3]]


def test_without_classes_every_item_gets_the_default() -> None:
    assert lookup(np.empty((0, 3), np.uint8), np.array([-1, -1]), (1, 2, 3)).shape == (2, 3)
    assert lookup(np.empty(0, bool), np.array([-1]), False).tolist() == [False]
