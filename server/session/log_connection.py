"""Connections to the database of the label log."""

import sqlite3
from typing import Any


class LogConnection(sqlite3.Connection):
    """A connection that raises only sqlite3.Error.

    SQLite repeats damaged names in its messages. If such a message is not UTF-8, Python's sqlite3
    raises UnicodeDecodeError, which this class replaces by a sqlite3.Error.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute one statement. Raises sqlite3.Error."""
        try:
            return super().execute(sql, parameters)
        except UnicodeDecodeError as error:
            damaged = sqlite3.DatabaseError("a name in it is not UTF-8")
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged from error
