"""Opening of sound files: by libsndfile, or by PyAV (the extra `video`) for M4A, AAC and others."""

from typing import Any, BinaryIO, Protocol, Self, cast

import numpy as np
import numpy.typing as npt

_HEADS = (
    b"#!AMR",
    b"wvpk",
    b"MAC ",
    b"TTA1",
    b"MPCK",
    b"MP+",
    b"\x30\x26\xb2\x75",
    b"\x1aE\xdf\xa3",
)
"""First bytes of formats that libsndfile does not decode."""


class Recording(Protocol):
    """An open sound file: the members of `soundfile.SoundFile` that this package uses."""

    @property
    def samplerate(self) -> int:
        """Samples per second."""
        ...

    @property
    def channels(self) -> int:
        """Number of channels."""
        ...

    @property
    def frames(self) -> int:
        """Number of samples per channel, as the header states it. The number may be wrong."""
        ...

    def read(
        self, frames: int, dtype: str = "float32", always_2d: bool = True
    ) -> npt.NDArray[np.float32]:
        """Read at most `frames` samples, (T, channels)."""
        ...

    def seek(self, frame: int) -> int:
        """Go to the sample `frame`, and return the number of this sample."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


def open_recording(file: BinaryIO) -> Recording:
    """Open a sound file. Its first bytes decide which library reads the file.

    Raises ItemError if the file needs the extra `video`. Also raises the errors of soundfile.
    """
    head = file.read(12)
    file.seek(0)
    if needs_media(head):
        from lodespace.items.media import MediaSound

        return MediaSound(file)
    import soundfile

    return cast(Any, soundfile.SoundFile(file))


def needs_media(head: bytes) -> bool:
    """Whether a file that begins with `head` (12 bytes) is a sound that libsndfile does not decode.

    A frame of AAC begins like a frame of MP3, but the layer field of AAC is 0.
    """
    is_aac = len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0
    return head[4:8] == b"ftyp" or is_aac or head[:2] == b"\x0bw" or head.startswith(_HEADS)
