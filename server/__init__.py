"""Lodespace: label data by moving it. A latent space you can grab, that learns as you label.

The command line is `lodespace` (see `lodespace --help`); from Python, `serve`, `bake` and `train` do the same (see notebook.py).
This module imports nothing heavy: the server must be serving in about a second, and torch lives only in the trainer process, in `bake`
and in `train`.
"""

from typing import TYPE_CHECKING, Any

from lodespace.config import VERSION as __version__

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions
    from lodespace.notebook import bake, serve, train

__all__ = ["ImportOptions", "__version__", "bake", "serve", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "ImportOptions":
        from lodespace.importing.source import ImportOptions

        return ImportOptions
    from lodespace import notebook

    return getattr(notebook, name)
