"""Checkpoints: tensors in NNN.safetensors; other values and a SHA-256 checksum in NNN.json.

Files are written atomically, so a crash leaves either the old or the new file. Reading needs no
torch: the server shows the newest intact checkpoint before a trainer runs. A damaged checkpoint is
skipped with a warning. Neither of the two formats can contain code.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from lodespace.files import atomic_write
from lodespace.json_input import json_value
from lodespace.models.checkpoints.derived_tensors import (
    EPOCH_SEEDS,
    with_derived,
    without_derived,
)
from lodespace.models.checkpoints.shared_tensors import SHARED_BYTES, SharedTensors
from lodespace.models.checkpoints.tensor_file import TensorFile

log = logging.getLogger(__name__)

FORMAT = 1
FORMAT_WITH_SHARED = 2
"""Format of a checkpoint whose large tensors are in files of their own (shared_tensors.py)."""
FORMAT_WITHOUT_DERIVED = 3
"""Format of a checkpoint, with or without such files, that lacks tensors that follow from others
(derived_tensors.py)."""
_FORMATS = (FORMAT, FORMAT_WITH_SHARED, FORMAT_WITHOUT_DERIVED)
KEEP = 3
"""Number of checkpoints to keep. If the newest is damaged, training continues from an older one."""
_BLOCK = 1 << 20
LEAST_KEPT = 4
"""Number of newest checkpoints that are kept even if they exceed a size limit."""


class Checkpoint(NamedTuple):
    """A checkpoint that was read and verified."""

    path: Path
    """File of the tensors."""
    meta: dict[str, Any]
    """Content of the JSON file, without the checksum."""
    tensors: dict[str, npt.NDArray[Any]]
    """Arrays by name, among them latent_mean (N, D), prediction (N,) and confidence (N,)."""


def write(
    folder: Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    meta: Mapping[str, Any],
    *,
    number: int | None = None,
    keep: int = KEEP,
    verify: bool = True,
    share: bool = False,
    most_bytes: int | None = None,
) -> Path:
    """Add a checkpoint to `folder`, and delete all but the newest `keep` intact ones.

    Args:
        folder: created if it does not exist.
        tensors: arrays by name.
        meta: all other values, as plain JSON.
        number: number in the file name; by default one more than the highest existing number. An
            existing checkpoint of this number is replaced.
        keep: number of checkpoints to keep.
        verify: whether to check the older checkpoints, which takes longer. If True, the `keep`
            newest intact checkpoints remain. If False, the `keep` newest remain, intact or not.
        share: whether large tensors are stored beside the checkpoint, so that several checkpoints
            have them in common. Tensors that follow from others are then left out.
        most_bytes: largest total size of the checkpoints on disk; None for no limit. Older
            checkpoints are deleted until this size is reached, but the LEAST_KEPT newest always
            stay.

    Returns:
        Path of the file of the tensors.

    Raises:
        OSError: when the checkpoint cannot be written.
        ValueError: when a tensor contains NaN or infinity, because a failed training must not
            replace a good checkpoint.

    After an error, the other checkpoints remain.
    """
    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise ValueError(f"tensor {name} contains NaN or infinity; the checkpoint is not saved")
    folder.mkdir(parents=True, exist_ok=True)
    if number is None:
        number = max((n for n, _ in numbered(folder)), default=0) + 1
    own, whole = without_derived(tensors) if share else dict(tensors), {"format": FORMAT, **meta}
    complete = own.keys() == tensors.keys() and not any(name in own for name in EPOCH_SEEDS)
    if share:
        large = {name: own.pop(name) for name in list(own) if own[name].nbytes >= SHARED_BYTES}
        hashes = SharedTensors(folder).add(large)
        whole |= {"format": FORMAT_WITH_SHARED, "shared": hashes}
    if not complete:
        whole["format"] = FORMAT_WITHOUT_DERIVED
    content = TensorFile(own)
    header = _canonical({**whole, "sha256": content.digest(_canonical(whole))})
    path = folder / f"{number:03d}.safetensors"
    # The JSON file is written last, because tensors without a JSON file do not count as a
    # checkpoint.
    try:
        atomic_write(path, content.write)
        atomic_write(path.with_suffix(".json"), header)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    _prune(folder, keep, new=path, verify=verify, most_bytes=most_bytes)
    return path


def latest(folder: Path) -> Checkpoint | None:
    """Return the newest intact checkpoint of `folder`; None if it has no intact checkpoint."""
    for _, path in reversed(list(numbered(folder))):
        try:
            return read(path)
        except ValueError as error:
            log.warning("%s; trying the previous checkpoint", error)
    return None


def read(path: Path) -> Checkpoint:
    """Read and verify one checkpoint.

    Raises:
        ValueError: when the checkpoint cannot be read or is damaged. The message states the reason.
    """
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise ValueError(f"checkpoint {path.name} cannot be read: {error}") from error
    meta = _checked_meta(path, [payload])
    try:
        tensors = load(payload) | SharedTensors(path.parent).read(_hashes(meta))
        if meta["format"] == FORMAT_WITHOUT_DERIVED:
            tensors = with_derived(tensors)
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"checkpoint {path.name} is damaged: {error}") from error
    if not {"latent_mean", "prediction", "confidence"} <= tensors.keys():
        raise ValueError(f"checkpoint {path.name} lacks latent means, predictions or confidence")
    return Checkpoint(path, meta, tensors)


def shared_hashes(path: Path) -> dict[str, str]:
    """Return the hashes of the shared tensors; empty if the checkpoint cannot be read."""
    try:
        return _hashes(json_value(path.with_suffix(".json").read_bytes()))
    except (OSError, ValueError):
        return {}


def _hashes(meta: Any) -> dict[str, str]:
    found = meta.get("shared", {}) if isinstance(meta, dict) else {}
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ValueError("the list of shared tensors is not valid")
    return found


def _prune(folder: Path, keep: int, *, new: Path, verify: bool, most_bytes: int | None) -> None:
    """Keep the `keep` newest intact checkpoints. Delete all others, and incomplete files.

    The checkpoint `new` was just written, and is not verified.
    """
    intact, size = 0, 0
    shared, hashes = SharedTensors(folder), set[str]()
    for _, path in reversed(list(numbered(folder))):
        own = set(shared_hashes(path).values())
        size += path.stat().st_size + shared.bytes(own - hashes)
        too_large = most_bytes is not None and intact >= LEAST_KEPT and size > most_bytes
        if intact >= keep or too_large:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            continue
        hashes |= own
        if path == new or (_is_intact(path) if verify else path.with_suffix(".json").is_file()):
            intact += 1
    shared.keep_only(hashes)
    for left in folder.glob("*.tmp"):
        left.unlink(missing_ok=True)


def _checked_meta(path: Path, blocks: Iterable[bytes]) -> dict[str, Any]:
    """Return the content of the JSON file of a checkpoint, without the checksum.

    `blocks` is the content of the tensor file, in parts. Raises ValueError if the checksum does not
    match.
    """
    try:
        meta = json_value(path.with_suffix(".json").read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {path.name} cannot be read: {error}") from error
    if not isinstance(meta, dict) or meta.get("format") not in _FORMATS:
        raise ValueError(f"checkpoint {path.name} has an unknown format")
    expected = meta.pop("sha256", None)
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    digest.update(_canonical(meta))
    if expected != digest.hexdigest():
        raise ValueError(f"checkpoint {path.name} is damaged: its checksum does not match")
    return meta


def _is_intact(path: Path) -> bool:
    """Return whether the checksum of a checkpoint matches. Its tensors are not loaded, because
    those of a million items take 400 MB."""
    try:
        with path.open("rb") as file:
            _checked_meta(path, iter(partial(file.read, _BLOCK), b""))
    except (OSError, ValueError):
        return False
    return True


def _canonical(meta: Mapping[str, Any]) -> bytes:
    return json.dumps(meta, indent=1, sort_keys=True).encode()


def numbered(folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield number and tensor file of each checkpoint in `folder`, oldest first."""
    found = [
        (int(p.stem), p)
        for p in folder.glob("*.safetensors")
        if p.stem.isdecimal() and p.stem.isascii()
    ]
    yield from sorted(found)
