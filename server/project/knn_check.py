"""A check whether imported neighbours (precomputed_knn.py) are enough for the settings."""

from lodespace.errors import DatasetError
from lodespace.items.item_set import ItemSet
from lodespace.protocol import Settings
from lodespace.session.settings import configuration


def check_neighbours(items: ItemSet, settings: Settings | None) -> None:
    """Raise DatasetError if `items` were imported with fewer neighbours than the graph needs.

    `settings` are those of the training; None for the defaults.
    """
    if items.knn is None:
        return
    given = items.knn.indices.shape[1]
    needed = min(configuration(settings or Settings()).neighbours, len(items) - 1)
    if given < needed:
        raise DatasetError(
            f"the precomputed neighbours have {given} per item, and the graph needs {needed}; give "
            f"at least {needed} neighbours for each item, or set `neighbours` to {given}"
        )
