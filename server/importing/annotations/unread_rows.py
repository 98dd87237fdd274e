"""Findings on unused rows in annotation files."""

from collections.abc import Collection, Sequence

from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.finding import Finding, counted


def with_unread_rows(
    files: Sequence[AnnotationFile], used: Collection[int], matched: Collection[str]
) -> list[AnnotationFile]:
    """Return the files whose annotations are used, and those that probably lack them by a fault.

    The latter are files without any readable row that name a recording.

    Args:
        files: All annotation files.
        used: Indices of the files whose annotations are used.
        matched: Names in the files that are names of recordings.
    """
    return [
        file
        for number, file in enumerate(files)
        if number in used
        or (
            file.bad
            and not file.annotations
            and any(name in matched for name in (*file.own_names, *file.unread_names))
        )
    ]


def unread_findings(files: Sequence[AnnotationFile]) -> list[Finding]:
    """Return one finding for each file in which rows cannot be read."""
    found: list[Finding] = []
    for file in files:
        if not file.bad:
            continue
        rows = counted(len(file.bad) + len(file.annotations), "row")
        first = file.bad[0].name.removeprefix(f"{file.name}: ")
        text = f"{file.name}: {len(file.bad):,} of {rows} not used, such as {first}: "
        found.append(Finding("labels", text + file.bad[0].reason, doubtful=True))
    return found
