"""Limit on the size to which compressed files unpack (.npz, .gz, .parquet, FLAC and Ogg).

A file of 4 MB can unpack to 4 GB of zeros, and fill the disk or keep an import busy for hours.
"""

from lodespace.errors import DatasetError

ALWAYS = 2 * 10**9
"""Largest number of unpacked bytes for a small file."""
RATIO = 20
"""A file may unpack to this multiple of its size. Files of pictures and measurements usually unpack
to 1 to 10 times their size."""


SOUND_RATIO = 200
"""A sound file may unpack to this multiple of its size. Speech in the format Opus can unpack to 130
times its size."""


def most_unpacked(size: int, given: float | None, ratio: int = RATIO) -> int:
    """Return the largest allowed number of unpacked bytes for a file of `size` bytes.

    `given` is the limit of --unpacked in GB. If `given` is None, the limit is the larger of ALWAYS
    and `ratio` times the size.
    """
    return max(ALWAYS, ratio * size) if given is None else int(min(max(given, 0), 1e9) * 1e9)


def too_large(given: float | None, ratio: int = RATIO) -> str:
    """Return the end of an error message about a file that unpacks to more than the limit.

    The text states the limit and the option that changes the limit. `given` is the value of
    --unpacked in GB; None without this option.
    """
    limit = (
        f"more than {ALWAYS / 1e9:g} GB and more than {ratio} times the size of the file"
        if given is None
        else f"more than --unpacked {given:g}"
    )
    return f"unpacks to {limit}. If you trust the file, set another limit with --unpacked GB"


def check_unpacked(name: str, unpacked: int, size: int, given: float | None) -> None:
    """Raise DatasetError if `unpacked` bytes are too many for a file of `size` bytes.

    `given` is the value of --unpacked in GB; None without this option.
    """
    if unpacked > most_unpacked(size, given):
        raise DatasetError(
            f"{name} contains {unpacked / 1e9:,.3g} GB in a file of {size / 1e9:,.3g} GB. It "
            f"{too_large(given)}"
        )
