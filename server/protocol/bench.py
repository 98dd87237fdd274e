"""The reports of headsets about their own speed."""

from typing import Annotated

import msgspec

from lodespace.protocol.base import Message

MAX_REPORT_LENGTH = 16_000
"""Longest report, in characters. A report has about 3,000."""


class BenchReport(Message):
    """Body of POST /api/bench: the report that the page shows after VR with `?bench` in its
    address."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REPORT_LENGTH)]
    """One fact per line."""


class BenchLogged(Message):
    """Answer of POST /api/bench."""

    lines: int
    """Number of lines that the server wrote to its log."""
