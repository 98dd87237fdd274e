# The compiled module of gather.c. Arrays are contiguous.
from collections.abc import Buffer

def fill(
    head: Buffer, tail: Buffer, weight: Buffer, starts: Buffer, neighbours: Buffer, /
) -> None: ...
def force(
    position: Buffer,
    starts: Buffer,
    neighbours: Buffer,
    others: Buffer,
    strength: Buffer,
    force: Buffer,
    first: int,
    last: int,
    kernel: tuple[float, float, float, float],
    /,
) -> None: ...
