"""Videos, and sounds that libsndfile does not decode, read by PyAV (the extra `video`).

Other people may have made the files. Some formats (playlists, lists of parts) name further files or
addresses, which FFmpeg must not open.
"""

import importlib
import math
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.items import decoding
from lodespace.items.errors import ItemError
from lodespace.items.formats import VIDEO

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,aac,ac3,eac3,amr,"
    "amrnb,amrwb,ape,wv,tta,mpc,mpc8"
)
"""Formats of FFmpeg that are read. FFmpeg's readers of these formats open no other file."""
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
_SEEKABLE = frozenset({"mov"})
"""Formats whose sound is exact to the sample after a seek.

Files of other formats are decoded from the beginning. One such format is Matroska, which rounds
times to milliseconds.
"""
_LONGEST = 1e6
"""Longest video in seconds."""
_TOLERANCE = 1e-3
"""Times that differ by at most this number of seconds count as equal."""
_PRE_ROLL = 0.5
"""Seconds of sound that are decoded and dropped after a seek."""
_ROTATIONS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class VideoFrame(NamedTuple):
    """One picture of a video."""

    time: float
    """Seconds from the beginning of the video."""
    frame: Any
    """The frame of PyAV, not yet converted to RGB."""

    @property
    def held_bytes(self) -> int:
        """Approximate number of bytes of memory that the frame occupies."""
        return 2 * int(self.frame.width) * int(self.frame.height)

    def picture(self) -> Image.Image:
        """Return the picture in RGB, upright."""
        image: Image.Image = self.frame.to_image()
        turn = _ROTATIONS.get(round(getattr(self.frame, "rotation", 0) or 0) % 360)
        return image if turn is None else image.transpose(turn)


def open_media(file: BinaryIO) -> Any:
    """Return PyAV's container of `file`.

    Raises ItemError if PyAV is missing or the file cannot be read.
    """
    if not VIDEO.installed():
        raise ItemError(f"to read this kind of file, run {VIDEO.command()}")
    av: Any = importlib.import_module(VIDEO.module)
    try:
        return av.open(file, options=dict(_OPTIONS), metadata_errors="replace")
    except Exception as error:
        raise ItemError(f"the file is not a video or sound that can be read: {error}") from error


def header_of(file: BinaryIO) -> tuple[int, int, float]:
    """Return (height, width, seconds) that the header of a video states. Raises ItemError."""
    with open_media(file) as container:
        context = _video_stream(container).codec_context
        seconds = (container.duration or 0) / 1e6
        return int(context.height), int(context.width), min(max(seconds, 0.0), _LONGEST)


def frames(file: BinaryIO, every: float) -> Iterator[VideoFrame]:
    """Yield one frame per `every` seconds, from the beginning of a video. Raises ItemError."""
    with open_media(file) as container:
        stream = _video_stream(container)
        begin: float | None = None
        wanted = 0.0
        for time, frame in _decoded(container, stream):
            begin = time if begin is None else begin
            time -= begin
            if time + 1e-6 >= wanted:
                yield VideoFrame(time, frame)
                wanted = every * (math.floor((time + 1e-6) / every) + 1)


def frame_at(file: BinaryIO, time: float) -> Image.Image:
    """Return the picture that `frames` yields at `time` (seconds). Raises ItemError."""
    if not 0 <= time < _LONGEST:
        raise ItemError("the item has no valid start")
    # In some formats, a seek can end after `time`. Then the file is decoded from the beginning.
    for seek in (True, False):
        file.seek(0)
        with open_media(file) as container:
            found = _frame_of(container, time, seek=seek)
        if found is not None:
            return found
    raise ItemError(f"the video has no frame at {time:g} s")


def _frame_of(container: Any, time: float, *, seek: bool) -> Image.Image | None:
    """Return the first frame at `time` (seconds) or later, or None if it is not found.

    With `seek`, decoding begins near `time`. If decoding begins after `time`, the result is None,
    because a skipped frame could be the first frame at `time` or later.
    """
    stream = _video_stream(container)
    begin = next((start for start, _ in _decoded(container, stream)), None)
    if begin is None:
        raise ItemError("the video has no frames")
    begins_before = not seek
    place = round((begin + time) / stream.time_base) if seek else 0
    container.seek(place, stream=stream, backward=True)
    for at, frame in _decoded(container, stream):
        if at - begin + _TOLERANCE >= time:
            exact = begins_before or abs(at - begin - time) <= _TOLERANCE
            return VideoFrame(time, frame).picture() if exact else None
        begins_before = True
    return None


def _video_stream(container: Any) -> Any:
    if not container.streams.video:
        raise ItemError("the file has no video")
    stream = container.streams.video[0]
    context = stream.codec_context
    decoding.check_pixels(context.height, context.width)
    context.options = {"max_pixels": str(decoding.MAX_PIXELS)}
    stream.thread_type = "AUTO"
    return stream


def _decoded(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    """Yield (time in seconds, frame). Damaged frames are left out. Raises ItemError."""
    try:
        for frame in container.decode(stream):
            if frame.time is not None:
                yield float(frame.time), frame
    except Exception as error:
        raise ItemError(f"the file is damaged: {error}") from error


class MediaSound:
    """The sound of a file, with the methods of soundfile.SoundFile that are used here."""

    def __init__(self, file: BinaryIO) -> None:
        """Open the first sound of `file`. Raises ItemError."""
        self._file = file
        self._open()

    def _open(self) -> None:
        self._file.seek(0)
        self._container = open_media(self._file)
        av: Any = importlib.import_module(VIDEO.module)
        if not self._container.streams.audio:
            self._container.close()
            raise ItemError("the file has no sound")
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        self.samplerate = int(context.sample_rate or 0)
        """Samples per second."""
        self.channels = int(context.layout.nb_channels)
        """Number of channels."""
        if self.samplerate <= 0 or self.channels <= 0:
            self._container.close()
            raise ItemError("the file states no sample rate or no channels")
        self._resampler: Any = av.AudioResampler("fltp", context.layout.name, self.samplerate)
        self._frames: Iterator[Any] = self._container.decode(self._stream)
        self._held = np.empty((0, self.channels), np.float32)

    @property
    def frames(self) -> int:
        """Number of samples per channel that the header states."""
        duration = self._container.duration  # in microseconds
        return round((duration or 0) / 1e6 * self.samplerate)

    def __enter__(self) -> "MediaSound":
        return self

    def __exit__(self, *error: object) -> None:
        self._container.close()

    def read(
        self, frames: int, dtype: str = "float32", always_2d: bool = True
    ) -> npt.NDArray[np.float32]:
        """Read at most `frames` samples, (T, channels). Raises ItemError."""
        del dtype, always_2d
        parts, missing = [self._held[:frames]], frames - min(frames, len(self._held))
        self._held = self._held[frames:]
        while missing > 0:
            block = self._next()
            if block is None:
                break
            parts.append(block[:missing])
            self._held = block[missing:]
            missing -= len(parts[-1])
        return np.concatenate(parts)

    def seek(self, frame: int) -> int:
        """Go to the sample `frame`. Raises ItemError."""
        names = set(self._container.format.name.split(","))
        time = frame / self.samplerate - _PRE_ROLL
        self._held = self._held[:0]
        skip = frame
        if time > 0 and names & _SEEKABLE:
            base, start = self._stream.time_base, self._stream.start_time or 0
            self._container.seek(round(time / base) + start, stream=self._stream)
            self._frames = self._container.decode(self._stream)
            first = next(self._frames, None)
            if first is None:
                return frame
            skip -= round(float((first.pts - start) * base) * self.samplerate)
            self._held = self._samples(first)
        else:
            self._container.close()
            self._open()
        while skip > 0:
            dropped = len(self.read(min(skip, self.samplerate)))
            if dropped == 0:
                break
            skip -= dropped
        return frame

    def _next(self) -> npt.NDArray[np.float32] | None:
        """Return the samples of the next frame, (T, channels); None at the end.

        Raises ItemError.
        """
        try:
            frame = next(self._frames, None)
            return None if frame is None else self._samples(frame)
        except Exception as error:
            raise ItemError(f"the sound is damaged: {error}") from error

    def _samples(self, frame: Any) -> npt.NDArray[np.float32]:
        frame.pts = None
        parts = [part.to_ndarray().T for part in self._resampler.resample(frame)]
        return np.concatenate(parts) if parts else np.empty((0, self.channels), np.float32)
