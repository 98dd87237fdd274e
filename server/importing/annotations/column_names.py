"""The columns of a table of annotations, found by the usual spellings of their names."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lodespace.importing.annotations.cell_numbers import FACTORS, number_in
from lodespace.importing.annotations.nameless_times import NamelessTimes

_FILES = (
    "begin_path", "path", "file_path", "filepath", "full_path", "recording_path", "audio_path",
    "audio_filepath", "wav_path", "sound_path", "begin_file", "file", "file_name", "filename",
    "files", "recording", "recording_file", "recording_name", "recording_id", "audio",
    "audio_file", "audio_file_path", "audio_filename", "audio_file_name", "sound", "sound_file",
    "sound_files", "soundfile", "soundfile_name", "wav", "wav_file", "wavfile", "wav_filename",
    "source_file", "in_file", "fname", "clip", "clip_path", "clip_name", "slice_file_name",
    "notated_path", "track", "sample", "sample_name", "itemid", "datei", "dateiname", "fichier",
    "archivo", "aufnahme", "aufnahmen", "tondatei", "audiodatei", "dateipfad", "enregistrement",
    "fichier_audio", "grabacion", "registrazione", "gravacao", "opname", "nagranie",
)  # fmt: skip
_IDS = (
    "id", "item_id", "uid", "uuid", "key", "image", "image_path", "img_path", "img", "image_file",
    "picture", "image_id", "image_name",
)  # fmt: skip
_STARTS = (
    "start", "begin", "onset", "start_time", "begin_time", "starttime", "begintime", "time_start",
    "time_begin", "t_start", "t_begin", "tmin", "t_min", "min_t", "min_time", "time_min", "xmin",
    "from", "segment_start", "seg_start", "event_start", "start_timestamp", "start_position",
    "beginn", "anfang", "debut", "inicio",
)  # fmt: skip
_ENDS = (
    "end", "stop", "end_time", "stop_time", "endtime", "stoptime", "time_end", "time_stop",
    "t_end", "t_stop", "tmax", "t_max", "max_t", "max_time", "time_max", "xmax", "to", "finish",
    "segment_end", "seg_end", "event_end", "end_timestamp", "end_position", "ende", "fin",
)  # fmt: skip
_DURATIONS = ("duration", "dur", "delta_time", "length", "dauer", "duree", "duracion")
_LOWS = (
    "low", "low_freq", "low_frequency", "lower_freq", "lower_frequency", "freq_low", "f_low",
    "frequency_low", "low_f", "fmin", "f_min", "min_f", "freq_min", "min_freq", "min_frequency",
    "frequency_min", "bottom_freq", "bottom_frequency", "freq_start", "lowest_frequency",
)  # fmt: skip
_HIGHS = (
    "high", "high_freq", "high_frequency", "upper_freq", "upper_frequency", "freq_high", "f_high",
    "frequency_high", "high_f", "fmax", "f_max", "max_f", "freq_max", "max_freq", "max_frequency",
    "frequency_max", "top_freq", "top_frequency", "freq_end", "highest_frequency",
)  # fmt: skip
_LABELS = (
    "label", "primary_label", "annotation", "class", "category", "label_name", "class_name",
    "species", "species_name", "manual_id", "common_name", "com_name", "event_label",
    "sound_class", "scientific_name", "sci_name", "species_code", "ebird_code", "call_type",
    "calltype", "sound_type", "vocalization", "tag", "labels", "annotations", "tags", "classes",
    "event", "call", "taxon", "code", "target", "y", "auto_id", "class_id", "type", "name",
    "art", "klasse", "kategorie", "espece", "etiquette", "classe", "especie", "etiqueta", "clase",
)  # fmt: skip
LABEL_WORDS = frozenset(_LABELS) - {"name", "type", "y", "code"}
"""Words in the names of columns that may have labels, such as "species" in species_id."""
_OTHERS = ("other_labels", "secondary_labels")
_CONFIDENCES = ("confidence", "score", "probability", "conf")
_SPLITS = ("split", "subset", "fold")
_SEVERAL = frozenset({"labels", "annotations", "tags", "classes"})
_KILOHERTZ = frozenset({"bottom_freq", "top_freq"})
"""Columns of the R package warbleR, whose frequencies are in kHz."""
_FILE_NAME = re.compile(r".*[^\s.]\.[A-Za-z][A-Za-z0-9]{1,4}")
_OTHER_TIME = re.compile(r"(start|begin|onset|end|stop)(_.*)?_(samples?|frames?|index|pos)")
_TIMES = frozenset({*_STARTS, *_ENDS, *_DURATIONS, "offset", "file_offset"})
_FREQUENCIES = frozenset({*_LOWS, *_HIGHS})
_RAVEN = frozenset(
    {
        "selection",
        "view",
        "channel",
        "begin_file",
        "begin_path",
        "end_file",
        "end_path",
        "file_offset",
    }
)


@dataclass
class Column:
    """A column with numbers, and the factor that converts them to seconds or Hz."""

    name: str
    factor: float = 1.0


@dataclass
class Columns:
    """Columns of a table of annotations. A part that the table does not have is None or empty."""

    files: list[str] = field(default_factory=list[str])
    start: Column | None = None
    end: Column | None = None
    duration: Column | None = None
    file_offset: Column | None = None
    """Column with the start within the file.

    Some tables of Raven have this column. In these tables, `start` is counted from the beginning of
    a series of files.
    """
    low: Column | None = None
    high: Column | None = None
    labels: list[str] = field(default_factory=list[str])
    """Columns that may hold labels, the most likely column first."""
    several: frozenset[str] = frozenset()
    """Columns whose cells hold several labels, separated by commas, semicolons or bars."""
    others: str | None = None
    confidence: str | None = None
    split: str | None = None
    view: str | None = None
    selection: str | None = None
    raven: bool = False
    """Whether the table is a selection table of Raven."""
    birdnet: bool = False
    """Whether a program such as BirdNET found the labels."""
    unread_times: list[str] = field(default_factory=list[str])
    """Columns with times that are not read, because their unit (such as samples) is not seconds."""
    nameless_times: NamelessTimes | None = None
    """The times of a table that does not name its columns."""
    nameless: bool = False
    """Whether the table does not name its columns. The columns were then found by their content."""
    unused: list[str] = field(default_factory=list[str])
    """Columns without a known meaning. Their values are kept with the items."""

    @property
    def timed(self) -> bool:
        """Whether the rows have a start and an end."""
        return self.start is not None and (self.end is not None or self.duration is not None)


def find_columns(names: Sequence[str]) -> Columns:
    """Return the columns of annotations among the column `names` of a table."""
    by_name: dict[str, tuple[str, float]] = {}
    for name in names:
        plain, factor = plain_name(name)
        by_name.setdefault(plain, (name, factor))
    used: set[str] = set()

    def text(usual: Iterable[str]) -> str | None:
        found = next((by_name[name][0] for name in usual if name in by_name), None)
        used.update(() if found is None else (found,))
        return found

    def number(usual: Iterable[str]) -> Column | None:
        found = next((name for name in usual if name in by_name), None)
        if found is None:
            return None
        used.add(by_name[found][0])
        return Column(*by_name[found])

    columns = Columns(start=number(_STARTS), duration=number(_DURATIONS))
    columns.end = number(_ENDS)
    # A column "offset" holds the end if there is a column "onset", and the start if there is a
    # column "duration".
    if columns.end is None and columns.start is not None and "onset" in by_name:
        columns.end = number(("offset",))
    elif columns.start is None and columns.duration is not None:
        columns.start = number(("offset",))
    columns.file_offset = number(("file_offset",))
    columns.low, columns.high = number(_LOWS), number(_HIGHS)
    columns.files = [by_name[name][0] for name in _FILES if name in by_name]
    columns.labels = [by_name[name][0] for name in _LABELS if name in by_name]
    columns.several = frozenset(by_name[name][0] for name in _SEVERAL if name in by_name)
    columns.others, columns.confidence = text(_OTHERS), text(_CONFIDENCES)
    columns.split, columns.view = text(_SPLITS), text(("view",))
    columns.selection = text(("selection", "selec"))
    if "in_file" in by_name:  # the program Kaleidoscope states frequencies in kHz
        for column in (columns.low, columns.high):
            if column is not None:
                column.factor = 1e3
    columns.raven = "begin_time" in by_name and bool(_RAVEN & set(by_name))
    columns.birdnet = columns.confidence is not None and bool(
        {"common_name", "scientific_name", "com_name", "sci_name"} & set(by_name)
    )
    columns.unread_times = [
        by_name[name][0]
        for name in by_name
        if name not in _TIMES and _OTHER_TIME.fullmatch(name) is not None
    ]
    used |= set(columns.files)
    columns.unused = [name for name in names if name not in used]
    return columns


def columns_by_content(rows: Sequence[dict[str, Any]], durations: bool | None = None) -> Columns:
    """Return the columns of annotations in a table without a header: file, start, end, label.

    Args:
        rows: The first rows of the table.
        durations: Whether the second of two numbers is the duration, and not the end. None: the
            second number is the duration if it is smaller than the first number in many rows.
    """
    columns = Columns(nameless=True)
    numbers: list[str] = []
    for name in rows[0] if rows else ():
        cells = [row.get(name) for row in rows]
        if all(_is_time(cell) for cell in cells):
            numbers.append(name)
        elif all(_FILE_NAME.fullmatch(str(cell).strip()) for cell in cells):
            columns.files.append(name)
        else:
            columns.labels.append(name)
    if len(numbers) == 2:
        first, second = numbers
        pairs = [(number_in(row[first]), number_in(row[second])) for row in rows]
        spans = [(a, b) for a, b in pairs if a is not None and b is not None]
        if len(spans) == len(rows):
            columns.start = Column(first)
            columns.nameless_times = NamelessTimes(spans, durations)
            if columns.nameless_times.durations:
                columns.duration = Column(second)
            else:
                columns.end = Column(second)
    if columns.files and not columns.labels and len(numbers) == 1:
        columns.labels = numbers  # the table lists files with their class numbers
    columns.unused = columns.labels[1:]
    return columns


def with_files_by_content(columns: Columns, rows: Sequence[dict[str, Any]]) -> None:
    """Add the columns whose first cells are names of files.

    Do nothing if `columns` already has such columns.

    Args:
        columns: Columns that were found by their names.
        rows: The first rows of the table.
    """
    if columns.files or not columns.timed:
        return
    columns.files = [
        name
        for name in columns.unused
        if rows and all(_FILE_NAME.fullmatch(str(row.get(name)).strip()) for row in rows)
    ]
    columns.unused = [name for name in columns.unused if name not in columns.files]


def _is_time(cell: Any) -> bool:
    try:
        return number_in(cell) is not None
    except ValueError:
        return False


def id_columns(names: Sequence[str], asked: str | None) -> list[str]:
    """Return the columns with ids: `asked` if given, or else the columns with usual names.

    The column with the most usual name is the first.
    """
    if asked is not None:
        return [asked] if asked in names else []
    by_name = {plain_name(name)[0]: name for name in reversed(names)}
    return [by_name[name] for name in _IDS if name in by_name]


def plain_name(name: str) -> tuple[str, float]:
    """Return the name of a column in snake case without its unit, and the factor of the unit.

    The factor converts to seconds or Hz. The result is ("begin_time", 1) for "Begin Time (s)",
    "BeginTime" and "begin_time_s", and ("start", 0.001) for "start_ms".
    """
    unit = ""
    begin, end = max(name.rfind("("), name.rfind("[")), name.rstrip()[-1:]
    bracketed = name.rstrip()[begin + 1 : -1].strip().lower()
    if begin > 0 and end in (")", "]") and bracketed in FACTORS:
        name, unit = name[:begin].rstrip(), bracketed
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = re.sub(r"[\W_]+", "_", name.lower()).strip("_")
    base, _, last = plain.rpartition("_")
    if not unit and last in FACTORS and base in _TIMES | _FREQUENCIES:
        plain, unit = base, last
    factor = FACTORS.get(unit, 1e3 if plain in _KILOHERTZ else 1.0)
    return plain, factor
