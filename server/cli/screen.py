"""Whether this computer has a screen."""

import os
import sys


def has_screen() -> bool:
    """Return whether a browser window can be opened.

    Without a screen, Python might start a text browser in this terminal instead.
    """
    return sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
