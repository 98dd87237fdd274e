"""Rows of Markdown tables."""

from collections.abc import Iterable


def head(*cells: object) -> Iterable[str]:
    """Yield the first two rows of a table."""
    yield row(*cells)
    yield row(*["---"] * len(cells))


def row(*cells: object) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def figure(value: float | None, digits: int = 2) -> str:
    """Return a number with `digits` decimals, or "-" for None."""
    return "-" if value is None else f"{value:.{digits}f}"
