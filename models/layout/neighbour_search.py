"""Search for the k nearest neighbours of all items, one block of rows per unit of work.

For each item, a search finds a few candidates more than the k neighbours that are needed.
`nearest_of` computes the distances of the candidates again, from the differences of their features,
and sorts the candidates by distance, then by index. So the neighbours do not depend on how a search
rounds distances, except where items at the end of the list are equally distant.
"""

import contextlib
import importlib.util
import logging
import math
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Protocol

import torch

from lodespace.models.layout import faiss_process

log = logging.getLogger(__name__)

SPARE = 8
"""Number of candidates that a search finds in addition to the neighbours."""
LEAST_FAISS_ITEMS = 20_000
"""Below this number of items, starting a process for FAISS takes longer than FAISS saves."""
EXACT_ITEMS = 50_000
"""Up to this number of items, FAISS searches exactly. With more items, it searches in cells."""
PATIENCE_SECONDS = 120.0
"""Seconds without a reply after which the process of FAISS ends. It usually replies within 0.5 s,
but later on a machine under load."""

_DISTANCES_PER_UNIT = 5_000_000
"""Number of distances that one unit of work computes with torch, in about 20 ms."""
_LEAST_ROWS = 64
"""Smallest number of items whose neighbours one unit finds with torch. A smaller number would be
slow, because each unit reads the features of all items."""
_MOST_DISTANCES = 64_000_000
"""Largest number of distances in memory on the CPU, 256 MB. With more than a million items, a unit
therefore has fewer than _LEAST_ROWS rows."""
_SHARE_OF_MEMORY = 8
"""On CUDA, the distances of one unit use at most the free memory divided by this number."""
_MOST_ROWS = 4096
_PRODUCTS_PER_UNIT = 100_000_000
"""Number of distances that FAISS computes per unit in an exact search, in about 0.2 s."""
_COMPARISONS_PER_UNIT = 48_000_000
"""Number of distances that FAISS computes per unit in cells, in about 0.2 s."""
_ROWS_AT_ONCE = 1024
"""Number of rows whose candidates are sorted at once."""

Found = tuple[torch.Tensor, torch.Tensor]
"""Indices int64 and distances float32 of the neighbours of B rows, each (B, k)."""


class SearchError(Exception):
    """FAISS cannot be used, or its process ended."""


class Search(Protocol):
    """A search for candidates."""

    rows_per_unit: int
    """Number of rows per call of `candidates`."""

    def prepare(self) -> bool:
        """Do one unit of the preparation. Return whether the search is ready."""
        ...

    def candidates(self, rows: slice) -> torch.Tensor:
        """Return candidates of a block of B rows, int64 (B, K). A row can be its own candidate."""
        ...


class TorchSearch:
    """An exact search by matrix products of torch, on the device of the features."""

    def __init__(self, features: torch.Tensor, k: int, rows_per_unit: int | None = None) -> None:
        """Prepare to search in features (N, F).

        Args:
            features: (N, F).
            k: number of neighbours.
            rows_per_unit: rows per unit of work. None to choose by time and memory.
        """
        self.features = features
        self.rows_per_unit = rows_per_unit or torch_rows_per_unit(len(features), features.device)
        self._count = min(k + SPARE, len(features) - 1)
        self._squares = features.square().sum(dim=1)

    def prepare(self) -> bool:
        return True

    def candidates(self, rows: slice) -> torch.Tensor:
        some = self.features[rows]
        # The squared norm of the row is left out: it is the same for all candidates of the row.
        d2 = self._squares - 2 * some @ self.features.T
        own = torch.arange(rows.start, rows.start + len(some), device=some.device)
        d2[torch.arange(len(some), device=some.device), own] = math.inf
        return d2.topk(self._count, dim=1, largest=False).indices


def torch_rows_per_unit(n: int, device: torch.device) -> int:
    """Return the number of rows whose distances to `n` items are computed in one unit of work."""
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
        return max(1, min(free // _SHARE_OF_MEMORY // (4 * n), _MOST_ROWS))
    least = max(1, min(_LEAST_ROWS, _MOST_DISTANCES // n))
    return max(least, _DISTANCES_PER_UNIT // n)


class FaissSearch:
    """A search in a process of FAISS (faiss_process.py), exact or with a measured recall."""

    def __init__(self, features: torch.Tensor, k: int) -> None:
        """Start the process for features (N, F) on the CPU and `k` neighbours.

        Raises SearchError when FAISS is not installed or the process cannot be started.
        """
        if importlib.util.find_spec("faiss") is None:
            raise SearchError("the package faiss-cpu is not installed")
        n, width = features.shape
        self.rows_per_unit = max(1, min(n, _PRODUCTS_PER_UNIT // n))
        self._n = n
        self._count = min(k + 1 + SPARE, n)
        self._header = faiss_process.HEADER.pack(
            n,
            width,
            self._count,
            min(k, n - 1),
            torch.get_num_threads(),
            EXACT_ITEMS,
            PATIENCE_SECONDS,
        )
        self._features: torch.Tensor | None = features
        self._asked: slice | None = None
        """Block of rows that the process searches now, or has found; None for no block."""
        self.skipped = 0
        """Number of rows between a block and the following block."""
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        try:
            self.process = subprocess.Popen(  # noqa: S603  # our own file
                # With -P, Python does not search this folder for modules.
                [sys.executable, "-P", str(Path(faiss_process.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | threads,
            )
        except OSError as error:
            raise SearchError(f"its process cannot be started: {error}") from error
        self.close = weakref.finalize(self, _end, self.process)
        """Ends the process. It is also called when the search is deleted."""

    def prepare(self) -> bool:
        if self._features is not None:
            features, self._features = self._features.contiguous().numpy(), None
            self._write(self._header)
            self._write(features.data.cast("B"))
        self._request(faiss_process.PREPARE, 0)
        (state, cells, probes, recall), _ = self._reply(0)
        if state != faiss_process.READY:
            return False
        if cells:
            per_row = cells + probes * self._n // cells
            self.rows_per_unit = max(1, min(self._n, _COMPARISONS_PER_UNIT // per_row))
            log.info(
                "neighbours of %d items: %d of %d cells are searched, recall %.3f",
                self._n,
                probes,
                cells,
                recall,
            )
        return True

    def candidates(self, rows: slice) -> torch.Tensor:
        if self._asked != rows:
            if self._asked is not None:
                self._found(self._asked)  # is not needed
            self._request(rows.start, rows.stop)
        found = self._found(rows)
        # The process searches the next block while the trainer sorts the candidates of this block.
        first = rows.stop + self.skipped
        self._asked = None
        if first < self._n:
            self._asked = slice(first, min(first + self.rows_per_unit, self._n))
            self._request(self._asked.start, self._asked.stop)
        return torch.frombuffer(found, dtype=torch.int32).view(-1, self._count).long()

    def _write(self, data: bytes | memoryview) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except (OSError, ValueError) as error:  # ValueError: the pipe is closed
            raise self._ended() from error

    def _request(self, first: int, last: int) -> None:
        self._write(faiss_process.REQUEST.pack(first, last))

    def _found(self, rows: slice) -> bytearray:
        """Return the candidates of a block that was requested."""
        return self._reply(4 * (rows.stop - rows.start) * self._count)[1]

    def _reply(self, size: int) -> tuple[tuple[int, int, int, float], bytearray]:
        """Return the reply to the oldest request, and the `size` bytes that follow it."""
        assert self.process.stdout is not None
        wanted = faiss_process.REPLY.size + size
        reply = bytearray(self.process.stdout.read(wanted))
        if len(reply) < wanted:
            raise self._ended()
        return faiss_process.REPLY.unpack_from(reply), reply[faiss_process.REPLY.size :]

    def _ended(self) -> SearchError:
        self.close()
        return SearchError(f"its process ended with status {self.process.returncode}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # unsent requests
                pipe.close()


def search_for(features: torch.Tensor, k: int) -> Search:
    """Return the search for features (N, F) and `k` neighbours: with FAISS for many items on the
    CPU, else with torch."""
    if features.device.type == "cpu" and len(features) >= LEAST_FAISS_ITEMS:
        try:
            return FaissSearch(features, k)
        except SearchError as error:
            log.warning("neighbours are searched with torch, not with FAISS: %s", error)
    return TorchSearch(features, k)


def nearest_of(features: torch.Tensor, rows: slice, candidates: torch.Tensor, k: int) -> Found:
    """Return the nearest neighbours among candidates.

    Args:
        features: (N, F).
        rows: a block of B rows.
        candidates: indices of candidates of these rows, int64 (B, K).
        k: number of neighbours; an item is not its own neighbour.

    Returns:
        Indices int64 and distances, each (B, k), by distance, then by index.
    """
    parts = []
    for first in range(0, len(candidates), _ROWS_AT_ONCE):
        some = candidates[first : first + _ROWS_AT_ONCE].sort(dim=1).values
        own = torch.arange(len(some), device=some.device)[:, None] + rows.start + first
        squared = (features[some] - features[own]).square().sum(dim=2)
        squared[some == own] = math.inf
        order = squared.argsort(dim=1, stable=True)[:, :k]
        parts.append((some.gather(1, order), squared.gather(1, order).sqrt()))
    indices, distances = zip(*parts, strict=True)
    return torch.cat(indices), torch.cat(distances)


class OwnSearch:
    """The search of one process: with FAISS if possible, else with torch."""

    def __init__(self, features: torch.Tensor, k: int, search: Search | None = None) -> None:
        """Start the search for `k` neighbours in features (N, F), or use `search`."""
        self.features, self.k = features, k
        self.search = search or search_for(features, k)
        self.ready = False

    @property
    def rows_per_unit(self) -> int:
        """Number of rows per call of `nearest`."""
        return self.search.rows_per_unit

    def prepare(self) -> bool:
        """Do one unit of the preparation. Return whether the search is ready."""
        if not self.ready:
            try:
                self.ready = self.search.prepare()
            except SearchError as error:
                self._use_torch(error)
        return self.ready

    def nearest(self, rows: slice, skipped: int = 0) -> Found:
        """Return the neighbours of `rows`, found in blocks of the size that the search needs.

        `skipped` is the number of rows between `rows` and the rows of the next call, which other
        processes search.
        """
        parts: list[Found] = []
        if isinstance(self.search, FaissSearch):
            self.search.skipped = skipped
        first = rows.start
        while first < rows.stop:
            block = slice(first, min(first + self.search.rows_per_unit, rows.stop))
            try:
                candidates = self.search.candidates(block)
            except SearchError as error:
                self._use_torch(error)
                continue
            parts.append(nearest_of(self.features, block, candidates, self.k))
            first = block.stop
        if not parts:
            none = self.features.new_empty(0, self.k)
            return none.long(), none
        indices, distances = zip(*parts, strict=True)
        return torch.cat(indices), torch.cat(distances)

    def close(self) -> None:
        """End the process of FAISS, if there is one."""
        if isinstance(self.search, FaissSearch):
            self.search.close()

    def _use_torch(self, error: SearchError) -> None:
        log.warning("neighbours are searched with torch, not with FAISS: %s", error)
        self.search, self.ready = TorchSearch(self.features, self.k), True
