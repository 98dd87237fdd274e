"""Settings as keyword arguments of the functions of the Python API."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from lodespace.errors import SettingsError
from lodespace.session.run_settings import ALL_SETTINGS, RUN_SETTINGS, note_of
from lodespace.session.settings_file import GivenSettings, settings_of_any

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions

Data = Any
"""Arrays (npt.ArrayLike), a path, torchvision:NAME, or a map-style Dataset of torch.

The alias is Any, because the type Dataset is not available without torch.
"""
Knn = Any
"""A pair of arrays (indices, distances), a sparse matrix of distances, the path of a file, or None
to search neighbours. The alias is Any, because scipy may not be installed."""
F = TypeVar("F", bound=Callable[..., Any])
HEADLESS = ("epochs", "seed", "device", "threads", "workers")
"""Fields of RunSettings that are keyword arguments of `bake` and `train`."""


def with_settings(run: Sequence[str]) -> Callable[[F], F]:
    """Return a decorator that lists the settings in the signature and docstring of a function.

    help() and the completion in notebooks read the signature and the docstring. The function itself
    receives the settings as `**values`. `run` has the fields of RunSettings that are arguments.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        kept = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        rows = [
            row
            for row in ALL_SETTINGS.values()
            if (row.name in run if row.name in RUN_SETTINGS else _used(row.in_sessions, run))
        ]
        added = [
            inspect.Parameter(
                row.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=row.kind | None
            )
            for row in rows
        ]
        function.__dict__["__signature__"] = signature.replace(parameters=[*kept, *added])
        lines = [f"    {row.name}: {row.summary} ({note_of(row.name)})" for row in rows]
        function.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Settings:", *lines])
        return function

    return decorate


def with_knn(options: "ImportOptions", precomputed_knn: Knn) -> "ImportOptions":
    """Return `options` with `precomputed_knn`, unless it is None."""
    if precomputed_knn is None:
        return options
    return dataclasses.replace(options, precomputed_knn=precomputed_knn)


def _used(in_sessions: bool, run: Sequence[str]) -> bool:
    return not in_sessions or "epochs" not in run


def resolved(settings: Any, values: Mapping[str, Any], run: Sequence[str]) -> GivenSettings:
    """Return `settings`, updated with the keyword arguments `values` that are not None.

    Raises SettingsError for a wrong name or value, and for a name of RunSettings that is not in
    `run`.
    """
    given = {name: value for name, value in values.items() if value is not None}
    unused = [name for name in given if name in RUN_SETTINGS and name not in run]
    if unused:
        raise SettingsError(f"{unused[0]} has no effect on this function")
    return settings_of_any(settings).updated(GivenSettings.of(given))
