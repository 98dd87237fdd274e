"""Settings that a person gives when opening an existing project or bake."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lodespace.errors import ProjectError
from lodespace.models.config_table import FIXED
from lodespace.models.hyperparameters.hyperparameter import text_of
from lodespace.project.project import Manifest
from lodespace.protocol import Settings
from lodespace.session.settings import (
    fixed_changes,
    merge,
    settings_from,
    values_in,
    with_defaults,
)


def adjustable_settings(
    folder: Path, manifest: Manifest, settings: Settings | None
) -> Settings | None:
    """Return the given `settings` without those that are fixed when training starts.

    The result is None if nothing is left. Raises ProjectError if `settings` would change what
    cannot change: anything in a bake, and fixed settings in a project.
    """
    if settings is None:
        return None
    current, given = with_defaults(manifest.settings), values_in(settings)
    if manifest.kind == "bake":
        after = values_in(with_defaults(merge(current, settings)))
        changes = {k: value for k, value in values_in(current).items() if after[k] != value}
        if changes:
            raise ProjectError(
                f"{folder} is a bake with {_listed(changes)}; the settings of a bake "
                "cannot change. Bake the data again with the settings that you want"
            )
        return None
    changes = fixed_changes(current, settings)
    if changes:
        wanted = _listed({name: given[name] for name in changes})
        data = shlex.quote(manifest.source) if manifest.source else ""
        raise ProjectError(
            f"{folder} was started with {_listed(changes)}. These settings are fixed when "
            f"training starts, so this project cannot use {wanted}. To use them, start another "
            "project with the labels of this project: add the settings to the command `lodespace "
            f"serve {data + ' ' if data else ''}--project NEW --labels-from "
            f"{shlex.quote(str(folder))}`"
        )
    left = {name: value for name, value in given.items() if name not in FIXED}
    return settings_from(left) if left else None


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {text_of(value)}" for name, value in values.items())
