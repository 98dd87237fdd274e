"""The option --range, and the finding about the range of values that was used."""

from collections.abc import Sequence

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.items.picture_reading import MAX_CHANNELS
from lodespace.items.value_range import QUANTILES, USUAL_TOPS, Full, Range

_EXAMPLE = "--range 0 4095"


def asked_ranges(asked: Sequence[float] | str | None) -> tuple[Range, ...] | Full | None:
    """Return the option --range as pairs (low, high) or "full"; None if it is not given.

    Raises DatasetError.
    """
    if asked is None:
        return None
    if asked == "full":
        return "full"
    numbers = [] if isinstance(asked, str) else [float(value) for value in asked]
    pairs = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    if not numbers or len(numbers) % 2 or len(pairs) > MAX_CHANNELS:
        raise DatasetError(
            "--range: give LOW HIGH, or LOW HIGH for each of up to three channels, or full"
        )
    if not all(low < high for low, high in pairs):
        raise DatasetError("--range: the first number must be smaller than the second")
    return pairs


def range_finding(
    ranges: Sequence[Range],
    *,
    asked: bool = False,
    deep: bool | None = None,
    pictures: int = 0,
    some_kept: bool = False,
    marks: Sequence[float] = (),
    lost: Sequence[Range] = (),
) -> Finding:
    """Return the finding about the range of values.

    Args:
        ranges: The numbers that become black and white. Empty: each picture has its own range.
        asked: Whether the range was given, with --range or by the project that predicts.
        deep: Whether any picture has more than 8 bits. None: yes, unless `ranges` is empty.
        pictures: Number of pictures whose numbers were used for the range. 0: all.
        some_kept: Whether some pictures have 8 bits, which are kept.
        marks: Numbers that mean "no value", such as -9999. Empty: there are no such numbers.
        lost: Ranges of pictures that become almost uniform with `ranges`.
    """
    if not (bool(ranges) if deep is None else deep):
        text = "8 bits per channel, kept" + (" (the given range has no effect)" if asked else "")
        return Finding("values", text, doubtful=asked)
    if not ranges:
        text = "more than 8 bits; each picture has its own range from black to white"
        return Finding("values", text, doubtful=True, option=_EXAMPLE)
    shown = ", ".join(f"{low:,.6g} to {high:,.6g}" for low, high in ranges)
    if len(ranges) > 1:
        shown += " (one range per channel)"
    usual = all(low == 0 and high in USUAL_TOPS for low, high in ranges)
    sampled = f" of {pictures:,} pictures" if pictures else ""
    why = (
        "as given"
        if asked
        else "the numbers fill this range"
        if usual
        else f"{100 * QUANTILES[0]:g} and {100 * QUANTILES[1]:g} % of the numbers{sampled}"
    )
    kept = "; pictures of 8 bits are kept" if some_kept else ""
    text = f"black to white is {shown}: {why}{kept}"
    option = _EXAMPLE
    if marks and not asked:
        numbers = " or ".join(f"{mark:,.6g}" for mark in marks)
        text += f"; pixels with the number {numbers} are read as pixels without a measurement"
        least = min(marks[0], ranges[0][0])
        option = f"--range {least:.6g} {max(marks[-1], ranges[0][1]):.6g}"
    if lost:
        low, high = min(low for low, _ in lost), max(high for _, high in lost)
        text += (
            f"; {len(lost):,} pictures of those looked at have numbers from {low:,.6g} to "
            f"{high:,.6g}, and become almost uniform"
        )
        option = f"--range {low:.6g} {high:.6g}"
    doubtful = bool(lost) or (bool(marks) and not asked)
    return Finding("values", text, doubtful=doubtful, option=option)
