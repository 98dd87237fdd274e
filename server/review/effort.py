"""Seconds that a person needs for a gesture, by the time model of docs/gain.md."""

PICTURE = 0.35
"""Seconds to look at one picture."""
SHEET = 2.0
"""Seconds to open and confirm a contact sheet."""
CORRECTION = 1.5
"""Seconds to give another class to a picture or to a group of a sheet."""
REGION = 5.0
"""Seconds to label a suggested region, without the time to look at its pictures."""
SAMPLE = 9
"""Number of pictures of a region that a person looks at before and after labelling it."""


def sheet_seconds(pictures: int, corrections: float) -> float:
    """Return the seconds for a contact sheet with an expected number of corrections."""
    return SHEET + PICTURE * pictures + CORRECTION * corrections


def region_seconds() -> float:
    """Return the seconds to label a region."""
    return REGION + 2 * SAMPLE * PICTURE
