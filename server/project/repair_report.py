"""Report of a rebuilt label log, as lines for a terminal."""

from lodespace.project.log_rebuild import Rebuilt
from lodespace.project.project import LABEL_LOG

_NUMBERS = 12
"""Largest number of event numbers in one line of the report."""
_MEANING = {
    "settings": "changes of the training settings are lost; check the dials (key D)",
    "pins": "pins are lost; drag the items again",
    "snapshot": "gestures are lost, but their labels are restored; undoing them has no effect",
    "unknown": "events are lost, and no file states what they were; labels may be missing",
}


def describe_log(rebuilt: Rebuilt, problem: Exception) -> list[str]:
    """Return the lines of the report. `problem` is the error that made the repair necessary."""
    what = str(problem).split("; `lodespace repair")[0]
    lines = [
        what,
        f"{LABEL_LOG}: rebuilt with {len(rebuilt.events):,} events: {rebuilt.from_log:,} from the "
        f"log, {rebuilt.from_recording:,} from the recording, {len(rebuilt.lost):,} lost",
    ]
    if rebuilt.from_recording:
        lines.append(
            "  the recording does not contain the regions of a gesture, nor whether a person "
            "looked at each item"
        )
    lines += [
        f"  {count:,} labels from {source}" for source, count in sorted(rebuilt.labels_from.items())
    ]
    for kind, meaning in _MEANING.items():
        numbers = [number for number, lost in rebuilt.lost.items() if lost == kind]
        if numbers:
            lines.append(f"  {_listed(numbers)}: {meaning}")
    return lines


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NUMBERS]))
    more = f" and {len(numbers) - _NUMBERS:,} more" if len(numbers) > _NUMBERS else ""
    return f"event{'' if len(numbers) == 1 else 's'} {shown}{more}"
