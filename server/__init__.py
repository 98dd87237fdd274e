"""Lodespace: label data by moving points in a latent space, which learns as you label.

`lodespace --help` describes the command line. From Python, the functions `serve`, `bake`, `train`
and `load_model` do the work of the commands (notebook/, predict/). This module does not import
slow modules, because the server should start in about a second. Only the trainer process, `bake`,
`train` and `load_model` import torch.
"""

from typing import TYPE_CHECKING, Any

from lodespace.config import VERSION as __version__

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions
    from lodespace.notebook import bake, serve, show, train
    from lodespace.predict.predictor import load_model

__all__ = ["ImportOptions", "__version__", "bake", "load_model", "serve", "show", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "ImportOptions":
        from lodespace.importing.source import ImportOptions

        return ImportOptions
    if name == "load_model":
        from lodespace.predict.predictor import load_model

        return load_model
    from lodespace import notebook

    return getattr(notebook, name)
