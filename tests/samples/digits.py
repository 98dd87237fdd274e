"""Classes of the bundled digits, and the items of some classes."""

import numpy as np

from lodespace.items.item_set import load_digits

TRUTH = load_digits().truth
assert TRUTH is not None
ZEROS, ONES, SIXES = (np.flatnonzero(k == TRUTH) for k in (0, 1, 6))
