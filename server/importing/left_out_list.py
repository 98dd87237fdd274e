"""The file left-out.tsv of a data set: the items that were left out, with reasons.

Each line has the name and the reason, separated by tabs. For a file, the size in bytes and the time
of the last change (ns since 1970) follow, so that a file is read again after it has changed.
"""

import stat
from pathlib import Path

from lodespace.importing.report import ImportReport

_NAME = "left-out.tsv"
_CHANGED = "0", "0"
"""Size and time of a file that changed during the import."""


def write_left_out(folder: Path, report: ImportReport, root: Path | None) -> None:
    """Append the left-out items of `report` to the list of the data set in `folder`.

    `root` is the folder to which the names of files are relative. Raises OSError.
    """
    if not report.bad:
        return
    lines: list[str] = []
    for bad in report.bad:
        stamp = _stamp(root, bad.name)
        if stamp and int(stamp[1]) >= report.began:
            stamp = _CHANGED
        lines.append("\t".join((_cell(bad.name), _cell(bad.reason), *stamp)) + "\n")
    with (folder / _NAME).open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write("".join(lines))


def names_left_out(folder: Path, root: Path | None = None) -> frozenset[str]:
    """Return the names of the items that were left out of the data set in `folder`.

    Files below `root` that have changed since then are not among them.
    """
    try:
        text = (folder / _NAME).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    rows = (line.split("\t") for line in text.splitlines())
    newest = {row[0]: tuple(row[2:4]) for row in rows}
    return frozenset(
        name
        for name, stamp in newest.items()
        if root is None or len(stamp) < len(_CHANGED) or _stamp(root, name) == stamp
    )


def _stamp(root: Path | None, name: str) -> tuple[str, ...]:
    """Return size and time of the file `name` below `root` as text; () if there is no such file."""
    if root is None:
        return ()
    try:
        about = (root / name).stat()
    except (OSError, ValueError):
        return ()
    return (str(about.st_size), str(about.st_mtime_ns)) if stat.S_ISREG(about.st_mode) else ()


def _cell(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
