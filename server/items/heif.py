"""Reading of HEIC and HEIF pictures, as phones make them, with the extra `heif`."""

import importlib
from functools import cache
from typing import BinaryIO

from lodespace.items.formats import HEIF

_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
"""Brands of HEIF files. AVIF files have other brands. Pillow reads AVIF files itself."""


def is_heif(file: BinaryIO) -> bool:
    """Whether `file` begins like a HEIF file. The position must be 0, and is 0 again afterwards."""
    head = file.read(64)
    file.seek(0)
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS and b"avif" not in head


def with_heif(file: BinaryIO, formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats that Pillow tries on `file`: HEIF for HEIF pictures, else `formats`."""
    if not (is_heif(file) and HEIF.installed()):
        return formats
    _register()
    return ("HEIF",)


def hint(file: BinaryIO) -> str:
    """Return how to install the HEIF support for `file`; "" if there is nothing to install."""
    if not is_heif(file) or HEIF.installed():
        return ""
    return f"the picture is HEIC, which needs {HEIF.command()}"


@cache
def _register() -> None:
    importlib.import_module(HEIF.module).register_heif_opener()
