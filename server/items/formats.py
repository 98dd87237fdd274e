"""Suffixes of the files that can be read, and the optional packages that read further files.

The report of an import names the optional package for files that were left out.
"""

from functools import cache
from importlib.util import find_spec
from typing import NamedTuple


@cache
def _can_be_imported(module: str) -> bool:
    return find_spec(module) is not None


class Extra(NamedTuple):
    """An optional part of the installation: `pip install 'lodespace[NAME]'`."""

    name: str
    """Name of the extra in pyproject.toml."""
    module: str
    """Module that is there if the extra is installed."""
    suffixes: frozenset[str]
    """Suffixes of the files that only this extra reads, in lower case."""

    def installed(self) -> bool:
        """Whether the module of the extra can be imported."""
        return _can_be_imported(self.module)

    def command(self) -> str:
        """Return the command that installs the extra."""
        return f"pip install 'lodespace[{self.name}]'"


HEIF = Extra("heif", "pillow_heif", frozenset({".heic", ".heif", ".hif"}))
MICROSCOPY = Extra(
    "microscopy",
    "tifffile",
    frozenset(
        {".btf", ".lsm", ".ndpi", ".qpi", ".qptiff", ".scn", ".stk", ".svs", ".tf2", ".tf8", ".zif"}
    ),
)
"""Multi-channel and multi-page TIFF. These suffixes are for the TIFF files of microscopes and slide
scanners. Files named .tif are read with Pillow when they are plain pictures."""
VIDEO = Extra(
    "video",
    "av",
    frozenset(
        {".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".m2ts"}
        | {".ogv", ".webm", ".wmv"}
    ),
)
VIDEO_SOUND = Extra(
    "video",
    "av",
    frozenset({".aac", ".ac3", ".amr", ".ape", ".m4a", ".m4b", ".mka", ".mpc", ".weba", ".wma"})
    | {".tta", ".wv"},
)
"""Sounds that the extra `video` reads."""
EXTRAS = (HEIF, MICROSCOPY, VIDEO, VIDEO_SOUND)

OF_PILLOW = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".gif", ".bmp"}
    | {".dib", ".avif", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".psd", ".dds", ".ico", ".icns", ".qoi"}
    | {".sgi", ".bw", ".rgb", ".rgba", ".pcx", ".ras", ".xbm", ".xpm", ".fli", ".flc", ".msp"}
    | {".blp", ".cur", ".dcx", ".ftc", ".ftu", ".pxr", ".fits", ".fit", ".fts"}
)
"""Suffixes of pictures that Pillow decodes by itself."""
PICTURES = OF_PILLOW.union(*(extra.suffixes for extra in (HEIF, MICROSCOPY) if extra.installed()))
"""Suffixes of pictures that this installation reads."""

SOUNDS = frozenset(
    {".wav", ".wave", ".bwf", ".rf64", ".w64"}
    | {".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mpga"}
    | {".aif", ".aiff", ".aifc", ".caf", ".au", ".snd", ".voc", ".iff", ".svx", ".8svx"}
    | {".sph", ".nist", ".sf", ".ircam", ".htk", ".avr", ".paf", ".pvf", ".sds", ".wve"}
)
"""Suffixes of sound files that libsndfile decodes.

Three formats of libsndfile are missing. A .mat file usually holds other numbers than sound. A .raw
file does not state its sample rate. The sound of an .sd2 file is in a second file.
"""


def extra_for(suffix: str) -> Extra | None:
    """Return the extra that reads files with this suffix; None if no extra does.

    `suffix` has the dot and is in lower case.
    """
    return next((extra for extra in EXTRAS if suffix in extra.suffixes), None)


def missing_extra(suffix: str) -> Extra | None:
    """Return the extra that must be installed to read files with this suffix.

    Return None if no extra is needed, or if the extra is already installed.
    """
    extra = extra_for(suffix)
    return None if extra is None or extra.installed() else extra
