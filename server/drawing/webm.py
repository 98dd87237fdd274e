"""Encoder of videos: VP9 in WebM, with PyAV (`pip install 'lodespace[video]'`)."""

import importlib
import io
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from PIL import Image
from tqdm import tqdm

from lodespace.errors import ProjectError
from lodespace.items.formats import VIDEO

_CODEC = "libvpx-vp9"
_OPTIONS = {
    # Constant quality. The film of 5,000 digits has 7.1 MB with crf 36, and 4.8 MB with 42. With 46
    # it has 3.1 MB, but moving digits are blurred.
    "crf": "44",
    "b:v": "0",
    # With cpu-used 2, encoding takes 1.6 times as long and saves 2 % of the bytes.
    "deadline": "good",
    "cpu-used": "4",
    "row-mt": "1",
    "tile-columns": "2",
    # There is a keyframe every two seconds, so that viewers can jump to any place without a long
    # wait.
    "g": "60",
}


def check_encoder() -> None:
    """Raise ProjectError if this computer cannot encode videos. The message states what to do."""
    _av()


def encode_webm(frames: Iterable[Image.Image], rate: int, *, progress: bool = False) -> bytes:
    """Return a video of `frames`, which are RGB pictures of one size.

    Args:
        frames: The pictures. Width and height must be even.
        rate: Frames per second.
        progress: Show a progress bar if standard error is a terminal.

    Raises:
        ProjectError: PyAV or its VP9 encoder is missing.
    """
    av = _av()
    out = io.BytesIO()
    # With this flag, the file contains no random numbers and no version of FFmpeg, so equal frames
    # give equal bytes.
    with av.open(out, "w", format="webm", container_options={"fflags": "+bitexact"}) as container:
        stream: Any = None
        # None: tqdm shows the bar only on a terminal.
        hidden = None if progress else True
        for picture in tqdm(frames, desc="drawing the video", disable=hidden, leave=False):
            if stream is None:
                stream = container.add_stream(_CODEC, rate=rate, options=dict(_OPTIONS))
                stream.width, stream.height = picture.size
                stream.pix_fmt = "yuv420p"
                stream.time_base = Fraction(1, rate)
                stream.codec_context.thread_count = 4
                stream.codec_context.flags |= av.codec.context.Flags.bitexact
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        if stream is not None:
            container.mux(stream.encode())
    return out.getvalue()


def _av() -> Any:
    """Return the module of PyAV. Raises ProjectError if it cannot encode VP9."""
    if not VIDEO.installed():
        raise ProjectError(f"to write videos, run {VIDEO.command()}")
    av: Any = importlib.import_module(VIDEO.module)
    try:
        av.Codec(_CODEC, "w")
    except Exception as error:
        raise ProjectError(
            f"this installation of PyAV has no encoder for VP9 ({_CODEC}); install PyAV's own wheel"
            f" with {VIDEO.command()}"
        ) from error
    return av
