"""Counts of left-out files and items by kind, for the report of an import."""

import re
from dataclasses import dataclass, field

from lodespace.items.errors import BadItem
from lodespace.items.import_report import shortened
from lodespace.protocol import ReportLine

MOST_KINDS = 5
"""Largest number of kinds that the report names. Further kinds are counted together."""
_DOUBTFUL_COUNT = 3
"""A smaller number of files, such as a readme, does not need a person's attention."""
_MOST_COUNTED = 1000
"""Largest number of kinds that are counted separately."""
_DOUBTFUL_SHARE = 0.05
"""If a larger share of the data is left out for one reason, the report begins with it."""
_VARIES = re.compile(r"'[^']*'|[0-9][0-9,.]*")
"""Parts of a reason that differ from item to item."""


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
    _kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict)

    def add(self, bad: BadItem) -> None:
        """Count `bad`."""
        self.count += bad.count
        key = bad.kind, _VARIES.sub("#", bad.reason)
        if key not in self._kinds and len(self._kinds) >= _MOST_COUNTED:
            key = "", ""
        kind = self._kinds.setdefault(key, _Kind(bad))
        kind.count += bad.count

    def lines(self, imported: int, unit: str) -> list[ReportLine]:
        """Return the lines of the report.

        Args:
            imported: Number of imported files or items.
            unit: What is counted: "files", "rows" or "items".
        """
        if not self.count:
            return []
        whole = imported + self.count
        kinds = sorted(self._kinds.values(), key=lambda kind: -kind.count)
        lines = [
            ReportLine(
                topic="left_out",
                text=shortened(_text(kind, unit, whole if kind is kinds[0] else 0)),
                doubtful=_is_doubtful(kind, whole),
            )
            for kind in kinds[:MOST_KINDS]
        ]
        rest = kinds[MOST_KINDS:]
        if rest:
            text = f"{sum(k.count for k in rest):,} for {len(rest):,} other reasons"
            lines.append(ReportLine(topic="left_out", text=text))
        return lines


def _is_doubtful(kind: _Kind, whole: int) -> bool:
    if kind.first.expected:
        return False
    many = kind.count >= _DOUBTFUL_COUNT and kind.count > _DOUBTFUL_SHARE * whole
    return bool(kind.first.remedy) or many or 2 * kind.count > whole


def _text(kind: _Kind, unit: str, whole: int = 0) -> str:
    """Return the line of one kind: "10 of 12 files are HEIC: ..." or "3 rows, such as ...: ..."."""
    count, bad = kind.count, kind.first
    counted = "files" if bad.kind else unit
    number = f"{count:,} of {whole:,} {counted}" if whole else f"{count:,} {counted}"
    if not whole and count == 1:
        number = number.removesuffix("s")
    why = bad.remedy or bad.reason
    if bad.kind:
        return f"{number} {'is' if count == 1 else 'are'} {bad.kind}: {why}"
    return f"{number}{', such as' if count > 1 else ','} {bad.name}: {why}"
