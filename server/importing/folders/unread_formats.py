"""Formats that people have, but that are not read, with what to do about them."""

_UNPACK = "unpack them first, and give the folder"
_TO_PNG = "convert them to PNG or TIFF"
_TO_WAV = "convert them to WAV or FLAC"
_FRAMES = "save their frames as pictures, or their sound as WAV"

UNREAD: dict[str, tuple[str, str]] = {
    **dict.fromkeys((".heic", ".heif", ".hif"), ("HEIC", "convert them to JPEG")),
    **dict.fromkeys(
        (".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"), ("camera raw", _TO_PNG)
    ),
    **dict.fromkeys((".bmp", ".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".tga"), ("", _TO_PNG)),
    **dict.fromkeys((".svg", ".psd", ".pdf", ".exr", ".dcm", ".nii"), ("", _TO_PNG)),
    **dict.fromkeys((".nd2", ".czi", ".lif", ".lsm", ".oib", ".vsi"), ("microscopy", _TO_PNG)),
    **dict.fromkeys((".mp3", ".w64", ".caf", ".au", ".m4a", ".aac", ".wma"), ("", _TO_WAV)),
    **dict.fromkeys((".amr", ".mp2", ".ac3", ".ape", ".wv"), ("", _TO_WAV)),
    **dict.fromkeys((".mp4", ".mov", ".avi", ".mkv", ".webm", ".mts", ".m4v"), ("video", _FRAMES)),
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2"), ("archives", _UNPACK)),
}
"""Name of the kind ("": the suffix is the name) and remedy, by suffix."""


def kind_and_remedy(suffix: str) -> tuple[str, str]:
    """Return the name of a kind of files in the report, and what to do. Remedy "": not known."""
    name, remedy = UNREAD.get(suffix, ("", ""))
    if not name:
        return suffix or "without a suffix", remedy
    return f"{name} ({suffix})", remedy
