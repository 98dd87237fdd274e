"""Checkpoints: NNN.safetensors with the tensors, NNN.json with everything else and the SHA-256 of both.

Written to a temporary name, synced, renamed, so that a crash leaves the old or the new one and never half of one. Reading needs
no torch: the server shows the newest good checkpoint before any trainer runs. A damaged checkpoint is passed over with a
warning; nothing falls back to a format that can run code.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from lodespace.files import atomic_write

log = logging.getLogger(__name__)

FORMAT = 1
KEEP = 3
"""Checkpoints kept: one being bad must not lose the work."""


class Checkpoint(NamedTuple):
    """`tensors` by name, among them latent_mean (N, D), prediction (N,), confidence (N,); `meta` is the JSON beside them."""

    path: Path
    meta: dict[str, Any]
    tensors: dict[str, npt.NDArray[Any]]


def write(
    folder: Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    meta: Mapping[str, Any],
    *,
    number: int | None = None,
    keep: int = KEEP,
    verify: bool = True,
) -> Path:
    """Add a checkpoint to `folder` and drop all but the newest `keep` whole ones. Returns the path of its tensors.

    `number`: what it is called; by default one more than the newest, and one of that number is replaced. `verify`: read the older ones to
    see which are whole; where many are kept, that they are there is enough.

    Raises OSError when it cannot be written, and ValueError when a number in it is not finite: training that has gone astray
    must not push out what was good. Either way the folder holds what it held before.
    """
    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise ValueError(f"{name} is not finite: nothing worth saving")
    folder.mkdir(parents=True, exist_ok=True)
    if number is None:
        number = max((n for n, _ in numbered(folder)), default=0) + 1
    payload = save({name: np.ascontiguousarray(tensor) for name, tensor in sorted(tensors.items())})
    whole = {"format": FORMAT, **meta}
    header = _canonical({**whole, "sha256": _digest(payload, whole)})
    path = folder / f"{number:03d}.safetensors"
    # The JSON comes last: a checkpoint is there once its JSON is.
    try:
        atomic_write(path, payload)
        atomic_write(path.with_suffix(".json"), header)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    _prune(folder, keep, verify=verify)
    return path


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint of `folder` that is whole; None when there is none."""
    for _, path in reversed(list(numbered(folder))):
        try:
            return read(path)
        except ValueError as error:
            log.warning("%s; trying the one before", error)
    return None


def read(path: Path) -> Checkpoint:
    """Read and verify one checkpoint. Raises ValueError, saying what is wrong with it, and never returns a damaged one."""
    try:
        meta = json.loads(path.with_suffix(".json").read_bytes())
        payload = path.read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"checkpoint {path.name} cannot be read: {error}") from error
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise ValueError(f"checkpoint {path.name} is of another format")
    if meta.pop("sha256", None) != _digest(payload, meta):
        raise ValueError(f"checkpoint {path.name} is damaged: its checksum does not match")
    try:
        tensors = load(payload)
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"checkpoint {path.name} is damaged: {error}") from error
    if not {"latent_mean", "prediction", "confidence"} <= tensors.keys():
        raise ValueError(f"checkpoint {path.name} holds no latent means")
    return Checkpoint(path, meta, tensors)


def _prune(folder: Path, keep: int, *, verify: bool) -> None:
    """Drop all older than the `keep` newest whole checkpoints, and what a crash has left half done."""
    whole = 0
    for _, path in reversed(list(numbered(folder))):
        if whole >= keep:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        elif _is_whole(path) if verify else path.with_suffix(".json").is_file():
            whole += 1
    for left in folder.glob("*.tmp"):
        left.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    try:
        read(path)
    except ValueError:
        return False
    return True


def _canonical(meta: Mapping[str, Any]) -> bytes:
    return json.dumps(meta, indent=1, sort_keys=True).encode()


def _digest(payload: bytes, meta: Mapping[str, Any]) -> str:
    """SHA-256 of the tensors and of everything else in the JSON: neither may change alone."""
    return hashlib.sha256(payload + _canonical(meta)).hexdigest()


def numbered(folder: Path) -> Iterator[tuple[int, Path]]:
    """(number, path) of the checkpoints of `folder`, oldest first."""
    found = [
        (int(p.stem), p)
        for p in folder.glob("*.safetensors")
        if p.stem.isdecimal() and p.stem.isascii()
    ]
    yield from sorted(found)
