"""The limit on open files and connections of this process."""

import contextlib
import sys

MACOS_MOST = 10240
"""Largest limit that macOS accepts, even if the hard limit is infinite (OPEN_MAX)."""


def raise_limit() -> None:
    """Set the limit of open files of this process to the hard limit.

    The usual soft limit is 1024 files, or 256 on macOS. Each connection counts as an open file, and
    so does each pipe to the trainer.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, MACOS_MOST):
        if soft in (hard, resource.RLIM_INFINITY):
            return
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return
