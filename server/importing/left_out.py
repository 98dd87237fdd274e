"""A counter of the files and items that an import leaves out, by kind, for the report."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lodespace.items.errors import BadItem
from lodespace.items.import_report import shortened
from lodespace.protocol import ReportLine

MOST_KINDS = 5
"""Largest number of kinds that the report names. Further kinds are counted together."""
_DOUBTFUL_COUNT = 3
"""_DOUBTFUL_SHARE applies to a kind only if at least this number of its files is left out.

For example, a single readme among ten files is not doubtful.
"""
_MOST_COUNTED = 1000
"""Largest number of kinds that are counted separately. All further kinds are counted as one."""
_DOUBTFUL_SHARE = 0.05
"""If a larger share of the data is left out for one reason, the report begins with this reason."""
_VARIES = re.compile(r"'[^']*'|[0-9][0-9,.]*")
"""Names and numbers in the reason for leaving out an item.

Reasons that differ only in these parts are counted as one reason.
"""


@dataclass
class _Kind:
    """Items that are left out for the same reason."""

    first: BadItem
    count: int = 0


@dataclass
class LeftOut:
    """Counts of what an import left out, by kind."""

    count: int = 0
    """Number of left-out files and items."""
    _kinds: dict[tuple[str, str, str], _Kind] = field(default_factory=dict)

    def add(self, bad: BadItem) -> None:
        """Count the left-out item or files `bad`."""
        self.count += bad.count
        key = bad.kind, bad.unit, _VARIES.sub("#", bad.reason)
        if key not in self._kinds and len(self._kinds) >= _MOST_COUNTED:
            key = "", "", ""
        kind = self._kinds.setdefault(key, _Kind(bad))
        kind.count += bad.count

    def lines(self, imported: int, unit: str) -> list[ReportLine]:
        """Return the lines of the report on what was left out, and why.

        The largest kind comes first, then the kinds that a person can do something about.

        Args:
            imported: Number of imported files or items.
            unit: What is counted: "files", "rows" or "items".
        """
        if not self.count:
            return []
        whole = imported + self.count
        kinds = sorted(self._kinds.values(), key=lambda kind: -kind.count)
        plain = [kind for kind in kinds[1:] if kind.first.kind and not _matters(kind, whole)]
        if len(plain) > 1:
            kinds = [kind for kind in kinds if kind not in plain]
        kinds[1:] = sorted(kinds[1:], key=lambda kind: not kind.first.remedy)
        lines = [
            _line(_text(kind, unit, whole if kind is kinds[0] else 0), _is_doubtful(kind, whole))
            for kind in kinds[:MOST_KINDS]
        ]
        rest = kinds[MOST_KINDS:]
        if rest:
            lines.append(_line(f"{_total(rest):,} for {len(rest):,} other reasons"))
        if len(plain) > 1:
            names = ", ".join(kind.first.kind for kind in plain[:MOST_KINDS])
            more = f", and {len(plain) - MOST_KINDS} more" if len(plain) > MOST_KINDS else ""
            lines.append(_line(f"{_total(plain):,} files of other kinds: {names}{more}"))
        return lines


def _line(text: str, doubtful: bool = False) -> ReportLine:
    return ReportLine(topic="left_out", text=shortened(text), doubtful=doubtful)


def _total(kinds: Sequence[_Kind]) -> int:
    return sum(kind.count for kind in kinds)


def _matters(kind: _Kind, whole: int) -> bool:
    """Whether the left-out files of `kind` have a line of their own in the report.

    `whole` is the number of all files.
    """
    return kind.first.expected or _is_doubtful(kind, whole)


def _is_doubtful(kind: _Kind, whole: int) -> bool:
    if kind.first.expected:
        return False
    many = kind.count >= _DOUBTFUL_COUNT and kind.count > _DOUBTFUL_SHARE * whole
    return bool(kind.first.remedy) or many or 2 * kind.count > whole


def _text(kind: _Kind, unit: str, whole: int = 0) -> str:
    """Return the report's line on one kind of left-out files or items.

    `unit` is what is counted. `whole` is the number of all files or items; 0 if the line does not
    state this number. Examples of a line are "10 of 12 files are HEIC: ..." and "3 rows, such as
    ...: ...".
    """
    count, bad = kind.count, kind.first
    counted = bad.unit or ("files" if bad.kind else unit)
    whole = 0 if bad.unit else whole
    number = f"{count:,} of {whole:,} {counted}" if whole else f"{count:,} {counted}"
    if not whole and count == 1:
        number = number.removesuffix("s")
    why = bad.remedy or bad.reason
    if bad.kind:
        return f"{number} {'is' if count == 1 else 'are'} {bad.kind}: {why}"
    return f"{number}{', such as' if count > 1 else ','} {bad.name}: {why}"
