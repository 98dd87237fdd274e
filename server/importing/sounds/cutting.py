"""Windows and clips of an open sound file, as samples."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lodespace.items.errors import ItemError
from lodespace.items.originals import read_mixed, window_around
from lodespace.items.recording import Recording


def windows(sound: Recording, length: int, hop: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield windows (length,) of the mix of all channels. The last window may be shorter.

    The length in the file's header is ignored, because it may be wrong. Raises ItemError.
    """
    held = np.empty(0, np.float32)
    skip = 0
    while True:
        while skip:
            skipped = len(read_mixed(sound, min(skip, length)))
            if skipped == 0:
                return
            skip -= skipped
        new = read_mixed(sound, length - len(held))
        if len(new) == 0:
            return  # the rest was already in the previous window
        held = np.concatenate([held, new])
        _check_finite(held)
        yield held
        if len(held) < length:
            return
        skip = max(0, hop - length)
        held = held[hop:] if hop < length else held[:0]


def clip(sound: Recording, start: float, end: float, window: float) -> npt.NDArray[np.float32]:
    """Return the samples of a window in whose middle an annotation is. Times are in seconds.

    There is silence before the beginning of the file. Raises ItemError if the file has no sample in
    the window.
    """
    samples = window_around(sound, start, end, window)
    if not len(samples):
        begin = max(0.0, (start + end - window) / 2)
        raise ItemError(f"the recording has no sound at {begin:.3f} s")
    _check_finite(samples)
    return samples


def _check_finite(samples: npt.NDArray[np.float32]) -> None:
    if not np.isfinite(samples).all():
        raise ItemError("the file holds NaN or infinity")
