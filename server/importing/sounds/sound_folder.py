"""Source for a folder of sound files. The items are windows of a fixed length in the files."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median_low
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import soundfile

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.sounds.spectrogram import FLOOR_SHARE, RANGE_DB, Spectrogram
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.formats import SOUNDS
from lodespace.items.originals import MAX_RATE, MAX_SAMPLES, read_mixed
from lodespace.items.paths import open_inside, shown
from lodespace.items.unpacking import SOUND_RATIO, most_unpacked, too_large

SUFFIXES = SOUNDS
DEFAULT_SIDE = 64
"""Width and height of a spectrogram, in pixels."""
LAST_WINDOW = 0.5
"""The last window of a sound file is an item if sound fills at least this fraction of the window.

The remaining part of the last window is filled with silence.
"""
MAX_CHANNELS = 64
"""Largest number of channels of a sound file."""
_BYTES_PER_SAMPLE = 2
"""Size of a sample in an uncompressed sound file, for the limit on unpacked data."""
_PROBED = 50
"""Approximate number of sound files whose headers are read before the import."""


class SoundFolder:
    """Windows of the sound files in a folder. The subfolder of a file names the label."""

    kind: Literal["sound"] = "sound"
    unit = "files"
    labels_given = True

    def __init__(self, root: Path, options: ImportOptions) -> None:
        self.root = root
        self.name = root.resolve().name or "sound"
        self.window = options.window
        self.hop = options.hop if options.hop is not None else options.window
        if not (0.02 <= self.window <= 600 and 0.01 <= self.hop <= 600):
            raise DatasetError(
                "--window must be 0.02 to 600 seconds, and --hop 0.01 to 600 seconds"
            )
        self.fmin, self.unpacked = options.fmin, options.unpacked
        self.files = FolderFiles(root, SUFFIXES, options.labels_at)
        self.count, rates = self._probe()
        fmax = options.fmax if options.fmax is not None else min(rates, default=48_000) / 2
        self.spectrogram = Spectrogram(options.size or DEFAULT_SIDE, options.fmin, fmax)

    def _probe(self) -> tuple[int | None, list[int]]:
        """The approximate number of windows, and the sample rates of some sound files (Hz).

        Files that the import will leave out are not counted.
        """
        paths = self.files.paths
        step = max(1, len(paths) // _PROBED)
        rates: list[int] = []
        seconds: list[float] = []
        for path in paths[::step]:
            found = self._header(path)
            if found is not None:
                rates.append(found[0])
                seconds.append(found[1])
        if not rates:
            return None, rates
        # The median, because one header with a false length could exceed the limit on items.
        return round(median_low(seconds) / self.hop * len(paths)), rates

    def _header(self, path: bytes) -> tuple[int, float] | None:
        """(sample rate in Hz, length in seconds), or None if the file will be left out."""
        try:
            with open_inside(self.root, path, limit=None) as file:
                info = soundfile.info(file)
            self._check(info.samplerate, info.channels)
        # libsndfile and its binding raise several types of errors for damaged files.
        except Exception:
            return None
        return info.samplerate, info.duration

    def _check(self, rate: int, channels: int) -> None:
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

    @property
    def details(self) -> dict[str, Any]:
        spectrogram = {
            "fmin": self.spectrogram.fmin,
            "fmax": self.spectrogram.fmax,
            "range_db": RANGE_DB,
        }
        return {
            "window": self.window,
            "hop": self.hop,
            "spectrogram": {**spectrogram, "floor_share": FLOOR_SHARE},
        }

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return [(self.spectrogram.side, self.spectrogram.side)]

    def findings(self) -> Sequence[Finding]:
        return self.files.findings()

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        yield from self.files.bad
        for path in self.files.paths:
            try:
                yield from self._windows(path)
            except ItemError as error:
                yield BadItem(shown(path), str(error))
            # One file cannot end the import. libsndfile and its binding raise several types of
            # errors for damaged files.
            except Exception as error:
                reason = str(error) or type(error).__name__
                yield BadItem(shown(path), f"cannot be read as sound: {reason}")

    def _windows(self, path: bytes) -> Iterator[RawItem | BadItem]:
        label, split = self.files.label_and_split(path)
        with open_inside(self.root, path, limit=None) as file, soundfile.SoundFile(file) as sound:
            rate = sound.samplerate
            self._check(rate, sound.channels)
            left = most_unpacked(os.fstat(file.fileno()).st_size, self.unpacked, SOUND_RATIO)
            length, hop = max(2, round(self.window * rate)), max(1, round(self.hop * rate))
            number = 0
            for samples in _cut(sound, length, hop):
                left -= hop * sound.channels * _BYTES_PER_SAMPLE
                if left < 0:
                    yield BadItem(
                        f"{shown(path)}@{number * hop / rate:.3f}",
                        "the rest of the file is left out: "
                        f"it {too_large(self.unpacked, SOUND_RATIO)}",
                    )
                    return
                if len(samples) < LAST_WINDOW * length and number > 0:
                    return
                start = number * hop / rate
                whole = np.pad(samples, (0, length - len(samples)))
                yield RawItem(
                    f"{shown(path)}@{start:.3f}",
                    picture=_Window(self.spectrogram, whole, rate),
                    label=label,
                    split=split,
                    path=path,
                    start=start,
                    end=start + len(samples) / rate,
                    held_bytes=whole.nbytes,
                )
                number += 1
            if number == 0:
                raise ItemError("the file has no samples")


def _cut(sound: soundfile.SoundFile, length: int, hop: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield windows (length,) of the mean of all channels. The last window may be shorter.

    The length in the file's header is ignored, because it may be wrong.
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
            return  # `held` was part of the previous window
        held = np.concatenate([held, new])
        if not np.isfinite(held).all():
            raise ItemError("the file holds NaN or infinity")
        yield held
        if len(held) < length:
            return
        skip = max(0, hop - length)
        held = held[hop:] if hop < length else held[:0]


class _Window:
    """Draws the spectrogram of one window when called."""

    def __init__(
        self, spectrogram: Spectrogram, samples: npt.NDArray[np.float32], rate: int
    ) -> None:
        self.spectrogram, self.samples, self.rate = spectrogram, samples, rate

    def __call__(self, frame: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        del frame
        return self.spectrogram(self.samples, self.rate)
