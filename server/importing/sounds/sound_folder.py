"""Source for a folder of sound files: windows of a fixed length, or annotated clips."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.preparation import resampled
from lodespace.importing.annotations.annotation import AnnotationFile, joined
from lodespace.importing.annotations.annotation_file import read_annotations
from lodespace.importing.annotations.files_beside import read_beside
from lodespace.importing.annotations.mixed_tables import mixed_findings
from lodespace.importing.annotations.recording_annotations import RecordingAnnotations
from lodespace.importing.annotations.unlabelled import missing_columns, unlabelled_findings
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.sounds import cutting
from lodespace.importing.sounds.folder_labels import FolderLabels
from lodespace.importing.sounds.recordings import Limits, header_of, probe
from lodespace.importing.sounds.spectrogram import FLOOR_SHARE, RANGE_DB, Spectrogram
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.formats import SOUNDS, VIDEO_SOUND
from lodespace.items.paths import open_inside, shown, suffix_of, walk
from lodespace.items.recording import open_recording
from lodespace.items.unpacking import SOUND_RATIO, most_unpacked, too_large

SUFFIXES = SOUNDS | (VIDEO_SOUND.suffixes if VIDEO_SOUND.installed() else frozenset())
DEFAULT_SIDE = 64
"""Width and height of a spectrogram, in pixels."""
LAST_WINDOW = 0.05
"""The last window of a sound file is an item if sound fills at least this fraction of the window.

The remaining part of this window is filled with silence. A last window with less sound is left
out, because encoders such as MP3 add some milliseconds to a file.
"""
_BYTES_HELD = 4
"""Size of a sample in memory."""
_BYTES_PER_SAMPLE = 2
"""Size of a sample in an uncompressed sound file, for the limit on unpacked data."""


class SoundFolder:
    """Windows of the sound files in a folder, or clips of their annotations.

    Labels come from files with annotations (recording_annotations.py), or else from the names of
    the subfolders.
    """

    kind: Literal["sound"] = "sound"
    unit = "files"
    labels_given = True

    def __init__(self, root: Path, options: ImportOptions, table: Path | None = None) -> None:
        """Look for recordings and annotations in `root`.

        Args:
            root: Folder of the recordings.
            options: Options for reading the data.
            table: File with annotations. Only the recordings that it names are imported. None: all
                recordings are imported, and files with annotations are found beside them.

        Raises:
            DatasetError: An option is not valid, or there is no annotation for `--clips`.
        """
        self.root = root
        self.name = (root if table is None else table).resolve().stem or "sound"
        self.window = options.window
        self.hop = options.hop if options.hop is not None else options.window
        if not (0.02 <= self.window <= 600 and 0.01 <= self.hop <= 600):
            raise DatasetError(
                "--window must be 0.02 to 600 seconds, and --hop 0.01 to 600 seconds"
            )
        if not 0 <= options.overlap <= 1:
            raise DatasetError(f"--overlap {options.overlap:g}: give a share from 0 to 1")
        self.clips, self.unpacked = options.clips, options.unpacked
        self.limits = Limits(options.fmin, self.window, self.hop)
        if table is None:
            self.name = root.resolve().name or "sound"
            self._find_beside(options)
        else:
            self._use(table, options)
        self.annotations.use_grid(self.window, self.hop)
        if self.clips and not self.annotations.timed:
            raise DatasetError(
                f"{table or root}: --clips, and a project that was made with it, need annotations "
                "with start and end beside the recordings. If the annotations are elsewhere, give "
                "the file with the annotations as DATA, and the folder of the recordings with "
                "--root"
            )
        self.folder_labels = FolderLabels(
            self.files, self.annotations, asked=options.labels_at not in (None, "none")
        )
        self.probe = probe(root, self.files.paths, self.limits)
        self.fmax_chosen = options.fmax is not None
        fmax = options.fmax if options.fmax is not None else self.probe.rate / 2
        self.spectrogram = Spectrogram(options.size or DEFAULT_SIDE, options.fmin, fmax)
        self.short_rests = 0
        """Number of recordings whose last part was too short for a window."""
        self.several = 0
        """Number of items with several labels."""

    def _find_beside(self, options: ImportOptions) -> None:
        """Find the recordings in the folder, and files with annotations of them."""
        found = [path for path in walk(self.root) if isinstance(path, bytes)]
        recordings = [path for path in found if suffix_of(path) in SUFFIXES]
        others = (path for path in found if suffix_of(path) not in SUFFIXES)
        files, paths = read_beside(self.root, others, options)
        self.annotations = RecordingAnnotations(
            files, recordings, options.overlap, self._length, options.label
        )
        missing = missing_columns(options.label, files)
        if options.label is not None and not self.annotations.labelled:
            missing = [options.label]
        if missing:
            raise DatasetError(
                f"{self.root}: no table that names the recordings has the column '{missing[0]}', "
                "which --label asks for"
            )
        used = frozenset(paths[index] for index in self.annotations.used)
        self.files = FolderFiles(self.root, SUFFIXES, options.labels_at, used=used)

    def _length(self, path: bytes) -> float | None:
        """Return the length of a recording in seconds; None if the recording will be left out."""
        header = header_of(self.root, path, self.limits)
        return None if header is None else header[1]

    def _use(self, table: Path, options: ImportOptions) -> None:
        """Find the recordings that the file `table` names."""
        self.files = FolderFiles(self.root, SUFFIXES, options.labels_at)
        found: AnnotationFile | None = read_annotations(table, table.name, options)
        if found is None:
            raise DatasetError(
                f"{table}: no annotations of sounds were found; a table needs labels, and columns "
                "with times or with the names of sound files"
            )
        self.annotations = RecordingAnnotations(
            [found], self.files.paths, options.overlap, self._length, options.label
        )
        unlabelled = unlabelled_findings(self.annotations.unlabelled, options.label)
        if unlabelled and not self.annotations:
            option = f": give {unlabelled[0].option}" if unlabelled[0].option else ""
            raise DatasetError(f"{unlabelled[0].text}{option}")
        if not self.annotations:
            if found.bad and not found.annotations:
                raise DatasetError(f"{found.bad[0].name}: {found.bad[0].reason}")
            first = next((a.names for a in found.annotations if a.names), ("",))
            raise DatasetError(
                f"{table}: none of the recordings that it names, such as '{first[-1]}', is in "
                f"{self.root}; give the folder of the recordings with --root"
            )
        self.files.bad = []
        self.files.paths = [p for p in self.files.paths if p in self.annotations.labels]

    def keep_only(self, names: frozenset[str]) -> None:
        """Read only the recordings whose paths are in `names`."""
        self.files.paths = [path for path in self.files.paths if shown(path) in names]

    @property
    def count(self) -> int | None:
        """The approximate number of items."""
        if self.clips:
            return sum(len(labels.timed) for labels in self.annotations.labels.values())
        return self.probe.windows(len(self.files.paths), self.hop)

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
            **({"clips": True} if self.clips else {}),
            "spectrogram": {**spectrogram, "floor_share": FLOOR_SHARE},
        }

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return [(self.spectrogram.side, self.spectrogram.side)]

    def findings(self) -> Sequence[Finding]:
        spectrogram = self.spectrogram
        found = [self.probe.band(spectrogram.fmin, spectrogram.fmax, chosen=self.fmax_chosen)]
        if self.clips:
            text = f"each annotation is an item, shown in the middle of {self.window:g} s"
            found.append(Finding("sound", text, option="--window SECONDS"))
        else:
            text = f"windows of {self.window:g} s, one every {self.hop:g} s"
            if self.short_rests:
                text += (
                    f"; {counted(self.short_rests, 'recording')} with a rest of at most "
                    f"{LAST_WINDOW * self.window:g} s, which is left out"
                )
            found.append(Finding("sound", text, option="--window SECONDS"))
        found += self.folder_labels.findings()
        found += self.annotations.findings(windows=not self.clips)
        found += mixed_findings(self.annotations.files[n] for n in sorted(self.annotations.used))
        if self.several:
            text = (
                f"{counted(self.several, 'item')} with several labels: the first is the class, the "
                "others are in the column other_labels"
            )
            found.append(Finding("labels", text))
        return found

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        yield from self.files.bad
        yield from self.annotations.bad
        self.short_rests = self.several = 0
        for path in self.files.paths:
            try:
                yield from self._clips(path) if self.clips else self._windows(path)
            except ItemError as error:
                yield BadItem(shown(path), str(error))
            # libsndfile and its binding raise several types of errors for damaged files. An error
            # of one file must not end the import.
            except Exception as error:
                reason = str(error) or type(error).__name__
                yield BadItem(shown(path), f"cannot be read as sound: {reason}")

    def _windows(self, path: bytes) -> Iterator[RawItem | BadItem]:
        labels = self.annotations.labels.get(path)
        folder_label, split = self.folder_labels.of(path)
        with open_inside(self.root, path, limit=None) as file, open_recording(file) as sound:
            rate = sound.samplerate
            self.limits.check(rate, sound.channels)
            left = most_unpacked(os.fstat(file.fileno()).st_size, self.unpacked, SOUND_RATIO)
            length, hop = max(2, round(self.window * rate)), max(1, round(self.hop * rate))
            number = 0
            for samples in cutting.windows(sound, length, hop):
                left -= hop * sound.channels * _BYTES_PER_SAMPLE
                if left < 0:
                    yield BadItem(
                        f"{shown(path)}@{number * hop / rate:.3f}",
                        "the rest of the file is left out: "
                        f"it {too_large(self.unpacked, SOUND_RATIO)}",
                    )
                    return
                if len(samples) < LAST_WINDOW * length and number > 0:
                    self.short_rests += 1
                    return
                start = number * hop / rate
                end = start + len(samples) / rate
                item = self._item(f"{shown(path)}@{start:.3f}", path, samples, length, rate)
                item.start, item.end, item.split = start, end, split
                if labels is not None:
                    self._set_labels(item, labels.of(start, end))
                    item.columns, item.split = labels.columns, labels.split or split
                if folder_label is not None:
                    item.label = folder_label
                yield item
                number += 1
            if number == 0:
                raise ItemError("the file has no samples")

    def _clips(self, path: bytes) -> Iterator[RawItem | BadItem]:
        labels = self.annotations.labels.get(path)
        if labels is None:
            return
        _, split = self.files.label_and_split(path)
        with open_inside(self.root, path, limit=None) as file, open_recording(file) as sound:
            rate = sound.samplerate
            self.limits.check(rate, sound.channels)
            length = max(2, round(self.window * rate))
            for item_id, annotation in labels.clips(shown(path)):
                start, end = annotation.start or 0.0, annotation.end or 0.0
                try:
                    samples = cutting.clip(sound, start, end, self.window)
                except ItemError as error:
                    yield BadItem(item_id, str(error))
                    continue
                item = self._item(item_id, path, samples, length, rate)
                item.start, item.end, item.split = start, end, annotation.split or split
                item.low, item.high = annotation.low, annotation.high
                item.columns = annotation.columns
                self._set_labels(item, annotation.labels)
                yield item

    def _set_labels(self, item: RawItem, labels: Sequence[str]) -> None:
        item.label = labels[0] if labels else None
        item.other_labels = joined(labels[1:])
        self.several += len(labels) > 1

    def _item(
        self, item_id: str, path: bytes, samples: npt.NDArray[np.float32], length: int, rate: int
    ) -> RawItem:
        """An item whose picture shows `samples`, filled up with silence to `length` samples."""
        window = _Window(self.spectrogram, samples, length, rate)
        held = _BYTES_HELD * length
        return RawItem(item_id, picture=window, sound=window.at, path=path, held_bytes=held)


class _Window:
    """Draws the spectrogram of one window when called."""

    def __init__(
        self, spectrogram: Spectrogram, samples: npt.NDArray[np.float32], length: int, rate: int
    ) -> None:
        self.spectrogram, self.samples = spectrogram, samples
        self.length, self.rate = length, rate

    def __call__(self, frame: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        del frame
        whole = np.pad(self.samples, (0, self.length - len(self.samples)))
        return self.spectrogram(whole, self.rate)

    def at(self, rate: int) -> npt.NDArray[np.float32]:
        """Return the samples at a sample rate in Hz, without the silence behind them."""
        return resampled(self.samples, self.rate, rate)
