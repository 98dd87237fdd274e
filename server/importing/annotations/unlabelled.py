"""Findings on tables beside recordings, if no column of the table is known to have labels."""

import fnmatch
import re
from collections.abc import Sequence

from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.finding import Finding
from lodespace.importing.tables.table_rows import short

_NAMED = 8
"""Largest number of columns that a finding names."""


def unlabelled_findings(tables: Sequence[AnnotationFile], asked: str | None) -> list[Finding]:
    """Return one finding for all tables with the same columns.

    Args:
        tables: Tables without a known column of labels. Their rows with times are not used.
        asked: Value of `--label`, a column that these tables do not have. None: the option is not
            given. With the option, tables without times get no finding, because another table has
            the labels.
    """
    alike: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for table in tables:
        if table.timed or asked is None:
            alike.setdefault((table.timed, table.proposed), []).append(table.name)
    found: list[Finding] = []
    for (timed, proposed), names in alike.items():
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        verb = "have" if more else "has"
        why = "no column with a usual name for labels" if asked is None else f"no column {asked}"
        text = f"{names[0]}{more} {verb} {why}"
        if timed:
            text += f"; {'their' if more else 'its'} rows with times are not used"
        some = " or ".join(map(_quoted, proposed[:_NAMED])) or "COLUMN"
        option = f"--label {some}" if asked is None else ""
        found.append(Finding("labels", text, doubtful=True, option=option))
    return found


def missing_columns(asked: str | None, files: Sequence[AnnotationFile]) -> list[str]:
    """Return the columns named by `--label` that no file in `files` has.

    Only files with one column per class are compared. If there is no such file, the result is
    empty, because `--label` then does not name columns of classes.
    """
    known = [name for file in files for name in file.class_columns]
    pieces = [piece.strip() for piece in asked.split(",")] if asked and known else []
    return [piece for piece in pieces if not any(fnmatch.fnmatchcase(n, piece) for n in known)]


def _quoted(column: str) -> str:
    """Return `column` as the value of an option, in quotation marks if it needs them.

    The name of a single column is shortened; a list of columns is not.
    """
    text = column if "," in column else short(column)
    return text if re.fullmatch(r"[\w,.]+", text) else f"'{text}'"
