"""The process that computes the features of a data set. Imports torch.

    python -m lodespace.features.process_main FOLDER ROOT NAME

Writes the features (N, K) of the pictures in the data set FOLDER as FOLDER/features.npy, and prints
one line of JSON. ROOT is the folder of the original files, or empty.
"""

import json
import signal
import sys
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lodespace.errors import DatasetError
from lodespace.features.family import Features, Pictures
from lodespace.features.preparation import DETAIL, prepared
from lodespace.features.registry import installed_family
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.items.originals import picture

BATCH = 32
"""Number of pictures that the network reads together."""
_READERS = 2
_AHEAD = 4
"""Number of batches that are read ahead."""


def main() -> int:
    # Ctrl-C on the terminal also reaches this process, which then ends without a message.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    folder, root, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    try:
        items = item_set.load(folder, root=Path(root) if root else None)
        found = installed_family(name)
        extractor = found.load()
        bar = tqdm(
            total=len(items),
            desc=f"features by {name}",
            unit=" items",
            disable=not sys.stderr.isatty(),
            leave=False,
        )
        rows: list[Features] = []
        with bar:
            for batch in _batches(items, found.side):
                rows.append(extractor.features(batch))
                bar.update(len(batch))
        np.save(folder / item_set.FEATURES, np.concatenate(rows), allow_pickle=False)
    except (DatasetError, OSError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}))
        return 1
    sys.stdout.write(json.dumps({"weights": extractor.weights}))
    return 0


def _batches(items: ItemSet, side: int) -> Generator[Pictures]:
    """Yield the pictures of all items, in their order, in batches (B, side, side, 3)."""
    waiting: deque[Future[Pictures]] = deque()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="pictures") as pool:

        def read(batch: range) -> Pictures:
            return np.stack([prepared(picture(items, i, DETAIL * side), side) for i in batch])

        for start in range(0, len(items), BATCH):
            waiting.append(pool.submit(read, range(start, min(start + BATCH, len(items)))))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


if __name__ == "__main__":
    sys.exit(main())
