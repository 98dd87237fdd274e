"""Pictures and sounds as the pretrained networks read them."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.items import decoding
from lodespace.items.errors import Picture

BATCH = 16
"""Number of pictures or texts that a network reads together. Larger batches need more memory,
and EfficientNet-Lite0 does not become faster with them."""
SOUND_BATCH = 4
"""Number of sounds, or of parts of long sounds, that a network reads together. A sound may last
600 s."""
_DETAIL = 2
"""Original pictures are read at this multiple of the network's side, then reduced."""


def detail_of(side: int) -> tuple[int, int]:
    """Return the height and width at which pictures are read for a network that needs this side."""
    return _DETAIL * side, _DETAIL * side


def prepared(picture: Picture, side: int) -> npt.NDArray[np.uint8]:
    """Return a picture in the middle of a square, (side, side, 3).

    The picture keeps its proportions. The median colour of its border fills the rest of the square.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if max(image.size) > detail_of(side)[0]:
        image = image.copy()
        image.thumbnail(detail_of(side))
    pixels = decoding.fitted(image, (side, side))
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def resampled(samples: npt.NDArray[np.float32], rate: int, wanted: int) -> npt.NDArray[np.float32]:
    """Return `samples` (T,) of a sound with `rate` Hz at the sample rate `wanted`, in Hz."""
    if rate == wanted:
        return samples
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    return resample_poly(samples, wanted // common, rate // common).astype(np.float32)


def at_least(count: int, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return `samples` (T,), with silence behind them if there are fewer than `count`."""
    return np.pad(samples, (0, max(0, count - len(samples))))
