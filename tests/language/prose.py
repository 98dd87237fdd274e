"""The prose of a file. The type of the file selects the reader.

Comments, docstrings, string literals, page texts and Markdown are prose. Text in backticks is
code, and one neutral word replaces it.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from markup_prose import html_prose, markdown_prose
from pieces import Prose
from python_prose import hash_comments, python_prose
from typescript_prose import css_prose, typescript_prose

# Files that a program writes from checked sources, and files that other people wrote.
_NOT_OURS = {
    "LICENSE",
    "webxr_client/package-lock.json",
    "webxr_client/public/inter-license.txt",
    "webxr_client/src/protocol/messages.ts",
}
_SCRIPTS = {"Makefile", ".ci/run", ".gitignore", "MANIFEST.in", "webxr_client/.npmrc"}
_SUFFIXES = {".py", ".ts", ".tsx", ".mjs", ".css", ".md", ".html", ".yaml", ".yml", ".toml", ".sh"}


def is_checked(path: str) -> bool:
    """Return whether the file at `path` in the repository is text that the authors write."""
    return path not in _NOT_OURS and (path in _SCRIPTS or PurePosixPath(path).suffix in _SUFFIXES)


def prose_of(path: str, source: str) -> Iterator[Prose]:
    """Yield each piece of prose in `source`, the text of the checked file at `path`."""
    match PurePosixPath(path).suffix:
        case ".py":
            return python_prose(source)
        case ".ts" | ".mjs":
            return typescript_prose(source, jsx=False)
        case ".tsx":
            return typescript_prose(source, jsx=True)
        case ".css":
            return css_prose(source)
        case ".md":
            return markdown_prose(source)
        case ".html":
            return html_prose(source)
        case _:
            return hash_comments(source)
