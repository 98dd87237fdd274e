"""Files that only their owner may read: keys, and who was let in."""

import contextlib
import os
import secrets
from pathlib import Path

from lodespace.errors import LodespaceError


def write_private(path: Path, data: bytes) -> None:
    """Write `path` whole or not at all, mode 0600, in a folder of mode 0700. Raises LodespaceError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        message = f"{path}: cannot be written: {error.strerror}"
        raise LodespaceError(message, code="state_not_saved", status=507) from error
