"""Repair of a manifest from the data folder, a checkpoint, and intact parts of the damaged file."""

import re
import shlex
from pathlib import Path
from typing import TypeVar

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.items.item_set import is_dataset
from lodespace.json_input import JsonError, json_of
from lodespace.models.checkpoints.checkpoint import latest
from lodespace.models.config import TrainingConfig
from lodespace.project.project import BUNDLED, DATA_FOLDER, FORMAT, LABEL_LOG, MANIFEST, Manifest
from lodespace.session.settings import settings_of

_T = TypeVar("_T", str, int)
_STRING = r'"(?:[^"\\]|\\.)*"'


def guess_manifest(folder: Path, *, imported: bool) -> tuple[Manifest, list[str]]:
    """Return a manifest for the project in `folder`, and lines for the report.

    `imported` states whether the repair also imports the data again. If it does not, and the data
    folder contains no data set, this function raises ProjectError.
    """
    text = _text_of(folder / MANIFEST)
    source = _field(text, "source", _STRING, str) or ""
    data = DATA_FOLDER if imported or is_dataset(folder / DATA_FOLDER) else BUNDLED
    if data == BUNDLED and (folder / DATA_FOLDER).exists():
        raise ProjectError(
            f"{folder / DATA_FOLDER}: the description of the data is missing. No label is lost: "
            f"`lodespace repair {shlex.quote(str(folder))} --data DATA` imports the data again"
        )
    seed, settings = 0, protocol.Settings()
    stored = latest(folder / "checkpoints")
    if stored is not None:
        seed, settings = _from_checkpoint(stored.meta)
    seed = _field(text, "seed", r"\d+", int) or seed
    lines = [
        f"{MANIFEST}: made again for the data {data}, with the seed {seed}",
        "  settings of the training: "
        + ("from the newest checkpoint" if stored is not None else "the default settings"),
    ]
    if not source and data != BUNDLED:
        lines.append(
            "  the path of the imported data is lost: from now on, open the project by its "
            f"folder {folder}"
        )
    kind = "project" if (folder / LABEL_LOG).exists() or not _was_bake(text) else "bake"
    manifest = Manifest(
        format=FORMAT, kind=kind, data=data, source=source, seed=seed, settings=settings
    )
    manifest.as_is = kind == "bake" and _field(text, "as_is", "true|false", bool) is True
    return manifest, lines


def _was_bake(text: str) -> bool:
    return _field(text, "kind", _STRING, str) == "bake"


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes()[: 1 << 20].decode(errors="replace")
    except OSError:
        return ""


def _field(text: str, name: str, pattern: str, kind: type[_T]) -> _T | None:
    """Return the value of the field called `name` in damaged JSON; None if it cannot be read."""
    found = re.search(rf'"{name}"\s*:\s*({pattern})', text)
    if found is None:
        return None
    try:
        return json_of(found[1], kind)
    except JsonError:
        return None


def _from_checkpoint(meta: dict[str, object]) -> tuple[int, protocol.Settings]:
    """Return seed and settings of a checkpoint.

    Return the defaults if another version wrote the checkpoint.
    """
    try:
        seed, config = meta["seed"], meta["config"]
        assert isinstance(config, dict)
        settings = settings_of(TrainingConfig.from_json(config))
        return (seed if isinstance(seed, int) else 0), settings
    except (KeyError, TypeError, ValueError, AssertionError):
        return 0, protocol.Settings()
