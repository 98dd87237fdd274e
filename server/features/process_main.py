"""The process that computes the features of a data set. Imports torch.

    python -m lodespace.features.process_main items NAME FOLDER ROOT
    python -m lodespace.features.process_main texts NAME FOLDER COLUMN
    python -m lodespace.features.process_main describe NAME

Writes the features (N, K) of the items in the data set FOLDER, and prints one line of JSON. The
features of pictures and sounds become FOLDER/features.npy, and those of texts FOLDER/vectors.npy.
ROOT is the folder of the original files, or empty. COLUMN is the column of the items' table with
the texts. `describe` prints the weights to download for NAME.
"""

import json
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tqdm import tqdm

from lodespace.errors import DatasetError, RequestError
from lodespace.features.family import Extractor, Features, Pictures, Sounds
from lodespace.features.preparation import BATCH, SOUND_BATCH, detail_of, prepared, resampled
from lodespace.features.registry import any_family, installed_family, installed_of_texts
from lodespace.features.weights import Weights
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.items.originals import picture, samples_of
from lodespace.items.table import ItemTable

_READERS = 2
_AHEAD = 4
"""Number of batches that are read ahead."""


def main() -> int:
    # Ctrl-C on the terminal also reaches this process, which then ends without a message.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    kind, name = sys.argv[1:3]
    folder, place = Path(sys.argv[3] if len(sys.argv) > 3 else ""), "".join(sys.argv[4:])
    try:
        if kind == "describe":
            sys.stdout.write(msgspec.json.encode({"download": _described(name)}).decode())
            return 0
        from lodespace.models.free_memory import keep_free_memory  # imports torch

        keep_free_memory()
        if kind == "texts":
            weights = _of_texts(folder, name, place)
        else:
            weights = _of_items(folder, name, Path(place) if place else None)
    except (DatasetError, OSError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}))
        return 1
    sys.stdout.write(json.dumps({"weights": weights}))
    return 0


def _described(name: str) -> Weights | None:
    """Return the weights to download for a network. Raises DatasetError for an unknown network."""
    found = any_family(name)
    return None if found is None or found.weights is None else found.weights()


def _of_items(folder: Path, name: str, root: Path | None) -> str:
    items = item_set.load(folder, root=root)
    found = installed_family(name)
    extractor: Extractor[Any] = found.load()
    batches = _sounds(items, found.rate) if found.rate else _batches(items, found.side)
    rows = map(extractor.features, batches)
    _write(folder / item_set.FEATURES, rows, len(items), name)
    return extractor.weights


def _of_texts(folder: Path, name: str, column: str) -> str:
    table = ItemTable.read(folder / item_set.TABLE)
    extractor = installed_of_texts(name).load()
    batches = (
        [str(text) for text in table.column(column, first, BATCH)]
        for first in range(0, len(table), BATCH)
    )
    rows = map(extractor.features, batches)
    _write(folder / item_set.VECTORS, rows, len(table), name)
    return extractor.weights


def _write(path: Path, batches: Iterable[Features], count: int, name: str) -> None:
    """Write batches of features as one array (`count`, K). A bar on stderr shows the progress."""
    rows: list[Features] = []
    bar = tqdm(
        total=count,
        desc=f"features by {name}",
        unit=" items",
        disable=not sys.stderr.isatty(),
        leave=False,
    )
    with bar:
        for batch in batches:
            rows.append(batch)
            bar.update(len(batch))
    np.save(path, np.concatenate(rows), allow_pickle=False)


def _batches(items: ItemSet, side: int) -> Generator[Pictures]:
    """Yield the pictures of all items, in their order, in batches (B, side, side, 3)."""
    waiting: deque[Future[Pictures]] = deque()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="pictures") as pool:

        def read(batch: range) -> Pictures:
            return np.stack([prepared(picture(items, i, detail_of(side)[0]), side) for i in batch])

        for start in range(0, len(items), BATCH):
            waiting.append(pool.submit(read, range(start, min(start + BATCH, len(items)))))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _sounds(items: ItemSet, rate: int) -> Generator[Sounds]:
    """Yield the sounds of all items, in their order, in batches, with `rate` Hz.

    Raises DatasetError if a recording cannot be read.
    """
    for first in range(0, len(items), SOUND_BATCH):
        batch = range(first, min(first + SOUND_BATCH, len(items)))
        try:
            found = [samples_of(items, item, drawn=True) for item in batch]
        except RequestError as error:
            raise DatasetError(str(error)) from error
        yield [resampled(samples, own, rate) for samples, own in found]


if __name__ == "__main__":
    sys.exit(main())
