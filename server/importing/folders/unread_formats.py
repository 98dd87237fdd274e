"""Formats of files that the import of a folder leaves out, and what a person can do about each."""

from lodespace.items.formats import missing_extra

_UNPACK = "unpack them first, and give the folder"
_TO_TIFF = "convert them to PNG or TIFF"
_TO_TABLE = (
    "export them as tables with label, start and end (in seconds), each named like its recording "
    "(a.csv for a.wav)"
)

_NAMES: dict[str, str] = {
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIC"),
    **dict.fromkeys((".mp4", ".mov", ".avi", ".mkv", ".webm", ".mts", ".m4v", ".wmv"), "video"),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"), "camera raw"),
    **dict.fromkeys((".nd2", ".czi", ".lif", ".oib", ".oif", ".vsi", ".ims"), "microscopy"),
    **dict.fromkeys((".textgrid", ".eaf", ".antx", ".trs"), "annotations"),
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz"), "archives"),
}
"""Name of the kind of files, by suffix. For other files, the suffix is the name."""
_REMEDIES: dict[str, str] = {
    **dict.fromkeys((".svg", ".xcf", ".pdf", ".exr", ".dcm", ".nii"), _TO_TIFF),
}
"""How to convert files so that they can be imported, by suffix."""
_REMEDY_OF_KIND = {
    "camera raw": _TO_TIFF,
    "microscopy": _TO_TIFF,
    "archives": _UNPACK,
    "annotations": _TO_TABLE,
}


_TO_ARRAYS = frozenset({".h5", ".hdf5", ".hdf", ".mat", ".pkl", ".pickle", ".pt", ".tfrecord"})
"""Formats with arrays that are not read."""


def conversion_of(suffix: str) -> str:
    """Return what to do with a file of arrays that is not read; "" for another suffix."""
    if suffix not in _TO_ARRAYS:
        return ""
    return f"{suffix} is not read; convert the arrays to .npz, with the names X and y"


def kind_and_remedy(suffix: str) -> tuple[str, str]:
    """Return the name of a kind of files for the report, and how to convert the files.

    The second text is "" if no conversion is known.
    """
    extra = missing_extra(suffix)
    name = _NAMES.get(suffix, "")
    remedy = _REMEDIES.get(suffix, _REMEDY_OF_KIND.get(name, ""))
    if extra is not None:
        remedy = f"install lodespace[{extra.name}]"
    kind = f"{name} ({suffix})" if name else suffix or "without a suffix"
    return kind, remedy
