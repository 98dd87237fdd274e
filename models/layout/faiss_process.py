"""A process that finds candidates for nearest neighbours with FAISS.

The process does not import torch. FAISS and torch each bring an OpenMP runtime, and two such
runtimes in one process crash on macOS. This file therefore imports no other module of the package,
and its parent runs it by its path.

Standard input starts with HEADER and the features, float32 (n, f). Then the process answers each
REQUEST with one REPLY. If the first number of a request is `PREPARE`, the request asks for the next
part of the preparation. Otherwise the two numbers of the request are the first row and the end of a
block of rows, and the request asks for the candidates of these rows. The candidates follow the
reply as int32 (rows, candidates). The process ends when its input ends.

Up to a given number of items, the search is exact. With more items, k-means divides the items into
cells, and each item is compared only with the items in the nearest cells (IVF). The number of cells
that are searched per item (the probes) is raised until a sample of the items has the recall
WANTED_RECALL. Features are first compared in 4 bits per feature (product quantisation; F. André et
al. 2015), which takes a fifth of the time. The nearest items of this comparison are then compared
exactly: FACTOR items per candidate that is wanted.

FAISS and BLAS use one thread. Threads of Python search in blocks of a fixed size, so the candidates
do not depend on the number of threads.
"""

import contextlib
import faulthandler
import math
import os
import signal
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

HEADER = struct.Struct("<6qd")
"""Six counts: items, features, candidates per item (including the item itself), neighbours whose
recall counts, threads, and items up to which the search is exact. Then the longest time for an
answer, in seconds, after which the process ends."""
REQUEST = struct.Struct("<2q")
REPLY = struct.Struct("<3qd")
"""State (PREPARING or READY), number of cells, number of probes, and recall."""
PREPARE = -1
PREPARING, READY = 0, 1

WANTED_RECALL = 0.98
SAMPLE = 500
"""Number of items whose exact neighbours are computed to measure the recall."""
LEAST_PROBES = 8
LEAST_FEATURES = 24
"""With fewer features, 4 bits per feature are too coarse, and all comparisons are exact."""
FACTOR = 2
MOST_FACTOR = 16
"""The factor is doubled up to this number while that raises the recall."""
LEAST_GAIN = 0.002
"""Smallest gain of recall that counts as a gain."""
FAR = 0.002
"""Share of the smallest and of the largest values of a feature that may lie outside the range of
the comparison in 4 bits. Such values are clipped to the range."""
KMEANS_ROUNDS = 8
ITEMS_PER_CELL = 40
"""Number of items per cell that k-means reads."""
DISTANCES_AT_ONCE = 100_000_000
"""Number of distances that one part of the preparation computes by matrix products, in about 0.2 s.
"""
BLOCK = 256
"""Number of rows that one thread searches at once."""

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@dataclass
class Progress:
    """Result of one part of the preparation."""

    ready: bool
    cells: int = 0
    probes: int = 0
    recall: float = 1.0


class Search:
    """Nearest neighbours of features (N, F) among themselves."""

    def __init__(
        self, features: Floats, candidates: int, k: int, threads: int, exact_items: int
    ) -> None:
        """Prepare to find neighbours.

        Args:
            features: (N, F).
            candidates: number of items that are found per item.
            k: number of neighbours whose recall counts.
            threads: number of threads.
            exact_items: number of items up to which the search is exact.
        """
        import faiss

        faiss.omp_set_num_threads(1)
        # FAISS uses matrix products from this number of queries on. Without them, an exact search
        # takes three times as long.
        faiss.cvar.distance_compute_blas_threshold = 20
        self.faiss = faiss
        self.features = features
        self.candidates = candidates
        self.k = k
        self.exact_items = exact_items
        self.cells: faiss.IndexIVF | None = None
        """The items in their cells."""
        self.all: faiss.IndexFlatL2 | None = None
        """The items for the exact comparison; None if all comparisons in cells are exact."""
        self.factor = FACTOR
        self.range: tuple[Floats, Floats] | None = None
        """Least and largest value of each feature in the comparison in 4 bits, (F,) each."""
        self.pool = ThreadPoolExecutor(max(1, threads))

    def prepare(self) -> Iterator[Progress]:
        """Train the index in parts of less than 0.5 s each, up to a million items."""
        n = len(self.features)
        if n <= self.exact_items:
            yield Progress(ready=True)
            return
        cells = 2 * math.isqrt(n)
        for _ in self._train(cells, coarse=self.features.shape[1] >= LEAST_FEATURES):
            yield Progress(ready=False)
        sample = np.linspace(0, n - 1, SAMPLE).astype(np.int64)
        farthest = []
        step = max(20, DISTANCES_AT_ONCE // n)
        for first in range(0, SAMPLE, step):
            rows = sample[first : first + step]
            farthest.append(self._distances(rows, self._exact(rows))[:, self.k - 1])
            yield Progress(ready=False)
        limits = np.concatenate(farthest)[:, None] * np.float32(1 + 1e-6)
        probes, previous = LEAST_PROBES, 0.0
        while True:
            assert self.cells is not None
            self.cells.nprobe = probes
            recall = self._recall(sample, limits)
            while recall < WANTED_RECALL:
                better = self._compare_more(sample, limits, recall)
                if better is None:
                    break
                recall = better
                yield Progress(ready=False)
            ready = recall >= WANTED_RECALL or probes >= cells
            yield Progress(ready, cells, probes, recall)
            if ready:
                return
            probes = min(cells, probes + max(LEAST_PROBES, probes // 4))
            if self.all is not None and recall < previous + LEAST_GAIN:
                # More cells do not raise the recall: 4 bits do not suffice for these features.
                for _ in self._train(cells, coarse=False):
                    yield Progress(ready=False)
                probes, recall = LEAST_PROBES, 0.0
            previous = recall

    def _recall(self, sample: Indices, limits: Floats) -> float:
        """Return the recall: the share of the found neighbours that are not farther than `limits`.

        `limits` has the distance of the k-th true neighbour of each item of `sample`.
        """
        found = self._distances(sample, self._nearest(sample))[:, : self.k]
        return float((found <= limits).mean())

    def _compare_more(self, sample: Indices, limits: Floats, recall: float) -> float | None:
        """Double the number of exact comparisons if that raises the recall. Return the new recall.

        Returns None if it does not: the cells that are searched limit the recall.
        """
        if self.all is None or self.factor >= MOST_FACTOR:
            return None
        self.factor *= 2
        better = self._recall(sample, limits)
        if better >= recall + LEAST_GAIN:
            return better
        self.factor //= 2
        return None

    def _train(self, cells: int, *, coarse: bool) -> Iterator[None]:
        """Find the cells by k-means, then fill them. Yield after each part.

        `coarse` is whether items are first compared in 4 bits per feature.
        """
        self.all = self.range = None
        n, width = self.features.shape
        random = np.random.default_rng(0)
        some = np.sort(random.choice(n, min(n, ITEMS_PER_CELL * cells), replace=False))
        sample = self.features[some]
        if coarse:
            # A value far from all others would leave no bits for the other values.
            low, high = np.quantile(sample, (FAR, 1 - FAR), axis=0)
            beyond = (high - low) / 4
            self.range = (low - beyond).astype(np.float32), (high + beyond).astype(np.float32)
            sample = self._in_range(sample)
            self.all = self.faiss.IndexFlatL2(width)
        centroids: Floats | None = None
        quantiser = self.faiss.IndexFlatL2(width)
        for _ in range(KMEANS_ROUNDS):
            means = self.faiss.Kmeans(
                width,
                cells,
                niter=1,
                seed=1,
                min_points_per_centroid=1,
                max_points_per_centroid=2 * ITEMS_PER_CELL,
            )
            means.train(sample, init_centroids=centroids)
            centroids = means.centroids
            yield
        assert centroids is not None
        quantiser.add(centroids)
        metric = self.faiss.METRIC_L2
        if coarse:
            self.cells = self.faiss.IndexIVFPQFastScan(quantiser, width, cells, width, 4, metric)
        else:
            self.cells = self.faiss.IndexIVFFlat(quantiser, width, cells, metric)
        self.cells.train(sample)
        yield
        step = max(1, DISTANCES_AT_ONCE // cells)
        for first in range(0, n, step):
            part = self.features[first : first + step]
            self.cells.add(self._in_range(part))
            if self.all is not None:
                self.all.add(part)
            yield

    def _in_range(self, features: Floats) -> Floats:
        return features if self.range is None else features.clip(*self.range)

    def find(self, first: int, last: int) -> npt.NDArray[np.int32]:
        """Return candidates of the rows from `first` to `last`, int32 (rows, candidates)."""
        blocks = [np.arange(start, min(start + BLOCK, last)) for start in range(first, last, BLOCK)]
        return np.concatenate(list(self.pool.map(self._nearest, blocks))).astype(np.int32)

    def _nearest(self, rows: Indices) -> Indices:
        if self.cells is None:
            return self._exact(rows)
        own = self.features[rows]
        wanted = self.candidates * (1 if self.all is None else self.factor)
        found = self.cells.search(self._in_range(own), wanted)[1]
        if self.all is not None:
            found = self._nearest_among(self.all, own, found)
        few = (found < 0).any(axis=1)  # the nearest cells have too few items
        if few.any():
            found[few] = self._exact(rows[few])
        return found

    def _nearest_among(self, items: Any, own: Floats, found: Indices) -> Indices:
        """Return the candidates among `found` (B, K) that are nearest to the features `own` (B, F),
        in any order."""
        distances = np.empty(found.shape, np.float32)
        own_at, distances_at, found_at = map(self.faiss.swig_ptr, (own, distances, found))
        items.compute_distance_subset(len(own), own_at, found.shape[1], distances_at, found_at)
        # A missing candidate has the index -1. It is taken only if there are too few candidates.
        distances[found < 0] = np.inf
        nearest = np.argpartition(distances, self.candidates - 1, axis=1)[:, : self.candidates]
        return np.take_along_axis(found, nearest, axis=1)

    def _exact(self, rows: Indices) -> Indices:
        return self.faiss.knn(self.features[rows], self.features, self.candidates)[1]

    def _distances(self, rows: Indices, candidates: Indices) -> Floats:
        """Return the distances of the candidates from their rows, ascending; infinity for the row
        itself."""
        between = self.features[candidates] - self.features[rows][:, None]
        distances = np.sqrt(np.square(between).sum(axis=2))
        distances[candidates == rows[:, None]] = np.inf
        return np.sort(distances, axis=1)


def serve() -> None:
    """Answer the requests on standard input until it ends."""
    source, target = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of libraries goes to standard error
    header = HEADER.unpack(source.read(HEADER.size))
    n, width, candidates, k, threads, exact_items, patience = header
    features = np.empty((n, width), np.float32)
    if source.readinto(features.data.cast("B")) < features.nbytes:
        return
    search: Search | None = None
    preparation: Iterator[Progress] = iter(())
    progress = Progress(ready=False)
    while len(request := source.read(REQUEST.size)) == REQUEST.size:
        # If a library hangs, this call writes the stack to standard error, and ends the process.
        faulthandler.dump_traceback_later(patience, exit=True)
        first, last = REQUEST.unpack(request)
        found = b""
        if search is None:
            search = Search(features, candidates, k, threads, exact_items)
            preparation = search.prepare()
        if first == PREPARE:
            progress = next(preparation)
        else:
            found = search.find(first, last).tobytes()
        state = READY if progress.ready else PREPARING
        faulthandler.cancel_dump_traceback_later()
        target.write(REPLY.pack(state, progress.cells, progress.probes, progress.recall) + found)
        target.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process ends when its parent closes the pipe
    with contextlib.suppress(BrokenPipeError):
        serve()
