# The compiled module of module.c. Arrays are contiguous, float32 where it does not say otherwise.
# Sums (float64) have one entry per block of loaded.BLOCK items, and `first` begins a block.
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Sums: TypeAlias = npt.NDArray[np.float64]
Items: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.int32]
Kernel: TypeAlias = tuple[float, float, float, float]

def fill(
    head: Items,
    tail: Items,
    weight: Floats,
    number: Numbers,
    starts: Items,
    others: Numbers,
    weights: Floats,
    /,
) -> None: ...
def attract(
    starts: Items,
    others: Numbers,
    weights: Floats,
    position: Floats,
    item: Numbers,
    force: Floats,
    first: int,
    last: int,
    kernel: Kernel,
    /,
) -> None: ...
def attraction(
    starts: Items,
    others: Numbers,
    weights: Floats,
    position: Floats,
    item: Numbers,
    loss: Floats,
    first: int,
    last: int,
    kernel: Kernel,
    /,
) -> None: ...
def repel(
    position: Floats,
    others: Items,
    strength: Floats,
    force: Floats,
    first: int,
    last: int,
    kernel: Kernel,
    /,
) -> None: ...
def repulsion(
    position: Floats,
    others: Items,
    strength: Floats,
    loss: Floats,
    first: int,
    last: int,
    kernel: Kernel,
    /,
) -> None: ...
def agree(
    starts: Items,
    others: Numbers,
    weights: Floats,
    probabilities: Floats,
    result: Floats,
    first: int,
    last: int,
    classes: int,
    agreement: tuple[float, float, float],
    /,
) -> None: ...
def weigh(
    head: Items,
    tail: Items,
    weight: Floats,
    probabilities: Floats,
    result: Floats,
    first: int,
    last: int,
    classes: int,
    agreement: tuple[float, float, float],
    /,
) -> None: ...
def multiply(
    starts: Items,
    others: Numbers,
    weights: Floats,
    scale: Floats,
    x: Floats,
    result: Floats,
    first: int,
    last: int,
    factor: float,
    /,
) -> None: ...
def move(
    position: Floats,
    target: Floats,
    stiffness: Floats,
    force: Floats,
    moved: Floats,
    sums: Sums,
    first: int,
    last: int,
    step: tuple[float, float, float, float],
    /,
) -> None: ...
def products(p: Floats, q: Floats, sums: Sums, n: int, first: int, last: int, /) -> None: ...
def steps(
    p: Floats, q: Floats, map: Floats, step: Floats, length: Floats, first: int, last: int, /
) -> None: ...
def advance(
    q: Floats,
    step: Floats,
    length: Floats,
    shown: Floats,
    first: int,
    last: int,
    limits: tuple[float, float, float],
    /,
) -> None: ...
