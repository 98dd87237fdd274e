"""Training without torch's compiler, in processes that compile no model.

Each optimiser of torch imports the compiler (`torch._dynamo`). Eager training calls only two
functions of the compiler, which have no effect in eager training. The import takes more than two
seconds of processor time and 150 MB of memory, about as much as torch itself.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

_COMPILER = "torch._dynamo"


def leave_out_compiler() -> None:
    """Make the optimisers of this process work without torch's compiler, which is not loaded.

    Call this function before the first optimiser is created, and only in a process that compiles no
    model. If code uses another function of the compiler, the compiler is loaded after all.
    """
    import torch

    if _COMPILER in sys.modules:
        return
    absent = _Absent(_COMPILER)
    absent.__path__ = []
    sys.modules[_COMPILER] = absent
    torch._dynamo = absent  # type: ignore[attr-defined, assignment]
    sys.meta_path.insert(0, _Submodules())


class _Absent(types.ModuleType):
    """Replaces the compiler's module. It has the two functions that the optimisers call.

    When anything else of the compiler is used, the real module is loaded.
    """

    def disable(
        self, fn: Callable[..., Any] | None = None, *_: object, **__: object
    ) -> Callable[..., Any]:
        """Return `fn` unchanged.

        If `fn` is None, return a decorator that returns its argument unchanged.
        """
        return fn if fn is not None else _unchanged

    def graph_break(self, *_: object, **__: object) -> None:
        """Do nothing: no graph is recorded."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_load_compiler(), name)


def _unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


class _Submodules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the compiler when one of its submodules is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(f"{_COMPILER}."):
            return None
        _load_compiler()
        if fullname not in sys.modules:
            return importlib.util.find_spec(fullname)
        # The compiler has loaded this submodule itself. A second copy would be another module.
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = sys.modules[spec.name]
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def _load_compiler() -> types.ModuleType:
    """Load and return the compiler, which replaces the `_Absent` module in `sys.modules`."""
    if isinstance(sys.modules.get(_COMPILER), _Absent):
        sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _Submodules)]
        del sys.modules[_COMPILER]
    return importlib.import_module(_COMPILER)
