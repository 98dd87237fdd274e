"""Headers of sound files: which files are read, and the sample rate of most of the sound."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median_low

from lodespace.importing.finding import Finding
from lodespace.items.errors import ItemError
from lodespace.items.originals import MAX_RATE, MAX_SAMPLES
from lodespace.items.paths import open_inside, shown
from lodespace.items.recording import open_recording

MAX_CHANNELS = 64
"""Largest number of channels of a sound file."""
_PROBED = 500
"""Approximate number of sound files whose headers are read before the import."""


@dataclass(frozen=True)
class Limits:
    """Limits on the sound files that are read, from the options of the import."""

    fmin: float
    """Lowest frequency of spectrograms, in Hz."""
    window: float
    """Length of a window, in seconds."""
    hop: float
    """Seconds from the start of one window to the next."""

    def check(self, rate: int, channels: int) -> None:
        """Raise ItemError if files with this sample rate (Hz) and number of channels are left out.

        A small file can claim a sample rate of 2 GHz. One window would then take gigabytes.
        """
        if not 0 < channels <= MAX_CHANNELS:
            raise ItemError(f"the file has {channels} channels; at most {MAX_CHANNELS} are read")
        if not 0 < rate <= MAX_RATE:
            raise ItemError(
                f"the file has a sample rate of {rate:,} Hz; at most {MAX_RATE:,} Hz are read"
            )
        if rate <= 2 * self.fmin:
            raise ItemError(
                f"the sample rate is {rate:,} Hz, so the highest frequency is {rate / 2:,g} Hz; "
                f"give a lower --fmin than {self.fmin:g}"
            )
        for name, seconds in (("--window", self.window), ("--hop", self.hop)):
            if seconds * rate > MAX_SAMPLES:
                raise ItemError(
                    f"{name} {seconds:g} has {round(seconds * rate):,} samples at {rate:,} Hz; at "
                    f"most {MAX_SAMPLES:,} are read. Choose a shorter {name}"
                )


@dataclass
class Probe:
    """Headers of a sample of the sound files in a folder."""

    seconds: list[float] = field(default_factory=list[float])
    """Length per file, in seconds."""
    by_rate: Counter[int] = field(default_factory=Counter[int])
    """Milliseconds of sound per sample rate (Hz)."""
    first: dict[int, str] = field(default_factory=dict[int, str])
    """The first file per sample rate."""

    def windows(self, files: int, hop: float) -> int | None:
        """Return the approximate number of windows in `files` files. None if no file can be read.

        A window begins every `hop` seconds.
        The number is computed from the median length of the files. With the mean length, one
        header that states a far too large length could make the number exceed the limit on items.
        """
        return round(median_low(self.seconds) / hop * files) if self.seconds else None

    @property
    def rate(self) -> int:
        """Sample rate of the largest part of the sound, by duration, in Hz.

        If the parts of several rates are equally large, this is the highest of these rates.
        """
        return max(self.by_rate, key=lambda rate: (self.by_rate[rate], rate), default=48_000)

    def band(self, fmin: float, fmax: float, *, chosen: bool) -> Finding:
        """Return the finding about the frequencies. `chosen`: whether --fmax was given."""
        text = f"frequencies {fmin:,g} to {fmax:,g} Hz"
        if not chosen and self.by_rate:
            text += f", by the sample rate of most of the sound ({self.rate:,} Hz)"
        low = sorted(rate for rate in self.by_rate if rate / 2 < fmax)
        high = sorted(rate for rate in self.by_rate if rate / 2 > fmax)
        if low:
            text += f"; {self.first[low[0]]} is sampled at only {low[0]:,} Hz"
        if high and not chosen:
            text += (
                f"; {self.first[high[-1]]} is sampled at {high[-1]:,} Hz, so its highest "
                "frequencies are not shown"
            )
        return Finding("sound", text, bool(high) and not chosen, "--fmax HZ" if not chosen else "")


def probe(root: Path, paths: Sequence[bytes], limits: Limits) -> Probe:
    """Read the headers of a sample of the files. Files that will be left out are not counted."""
    found = Probe()
    for path in paths[:: max(1, len(paths) // _PROBED)]:
        header = header_of(root, path, limits)
        if header is None:
            continue
        rate, seconds = header
        found.seconds.append(seconds)
        # A length in a header counts as at most one day, because it may be false.
        found.by_rate[rate] += round(1000 * min(max(seconds, 0.001), 86_400))
        found.first.setdefault(rate, shown(path))
    return found


def header_of(root: Path, path: bytes, limits: Limits) -> tuple[int, float] | None:
    """Return (sample rate in Hz, length in seconds); None if the file will be left out."""
    try:
        with open_inside(root, path, limit=None) as file, open_recording(file) as sound:
            limits.check(sound.samplerate, sound.channels)
            return sound.samplerate, sound.frames / sound.samplerate
    # libsndfile and its binding raise several types of errors for damaged files.
    except Exception:
        return None
