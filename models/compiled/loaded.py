"""The compiled code of this installation, and threads for it.

A step that costs much for many items has two forms: one by torch, for every device and every
installation, and one in C, for the processor. The results differ by rounding. Each form is
repeatable to the bit, and the compiled form also gives the same bytes for any number of threads.

An installation without a C compiler has no compiled code. There, torch computes everything, and the
log contains one line about it.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

log = logging.getLogger(__name__)

try:
    from lodespace.models.compiled import _code as code
except ImportError as error:
    code = None
    log.info(
        "torch computes the map, several times as slowly as compiled code: %s. To compile the "
        "code, install a C compiler, and install Lodespace again",
        error,
    )

BLOCK = 1 << 13
"""Number of items of which the compiled code sums values one after another.

The sums of blocks are added in the order of the blocks, so the threads do not change a sum."""


def compiled_for(*tensors: torch.Tensor) -> bool:
    """Return whether compiled code exists, and all `tensors` are float32, on the processor, and not
    empty."""
    return code is not None and all(
        tensor.device.type == "cpu" and tensor.dtype == torch.float32 and tensor.numel() > 0
        for tensor in tensors
    )


def in_ranges(work: Callable[[int, int], None], n: int, least: int) -> None:
    """Call `work(first, last)` for ranges that cover 0..`n`, each in a thread of its own.

    Ranges begin at multiples of BLOCK. There are as many threads as torch uses, but at most one per
    `least` items.
    """
    threads = min(torch.get_num_threads(), n // max(least, BLOCK))
    if threads <= 1:
        work(0, n)
        return
    bounds = [*(n * k // threads // BLOCK * BLOCK for k in range(threads)), n]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))


def empty_sums(n: int, count: int) -> torch.Tensor:
    """Return an array for `count` sums of each block of `n` items, float64 (blocks, count)."""
    return torch.empty(-(-n // BLOCK), count, dtype=torch.float64)
