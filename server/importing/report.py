"""What went in and what did not, for a person at a terminal."""

from lodespace.importing.build import ImportReport

_SHOWN = 20


def summary(report: ImportReport) -> str:
    """A few lines: how many items, and the first of those left out, each with its reason."""
    lines = [f"imported {report.imported:,} items of {report.name}"]
    if report.bad:
        lines.append(f"left out {report.left_out:,}:")
        lines += [f"  {bad.name}: {bad.reason}" for bad in report.bad[:_SHOWN]]
    if report.left_out > _SHOWN:
        lines.append(
            f"  and {report.left_out - _SHOWN:,} more, which data/left-out.tsv of the project lists"
        )
    return "\n".join(lines) + "\n"
