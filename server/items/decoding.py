"""Decoding of picture files: five formats, a limit on pixels, EXIF orientation, scaling."""

import math
import threading
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from lodespace.items.errors import ItemError, Picture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".gif"})
_SUFFIX_OF = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif", "GIF": ".gif"}
FORMATS = tuple(_SUFFIX_OF)
MAX_PIXELS = 40_000_000
"""Largest number of pixels in a picture."""
_LARGE = 4_000_000
"""Pictures with more pixels than this number are decoded one at a time."""
_one_large_picture = threading.Lock()
"""Lock held while a large picture is decoded.

Four pictures of 40 megapixels at the same time would need a gigabyte.
"""


def decode(file: BinaryIO, frame: tuple[int, int] | None = None) -> Picture:
    """The picture in `file`, or the first picture of an animation.

    A large JPEG is decoded at a reduced size, which is still at least twice `frame` (height,
    width). Raises ItemError.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ItemError(
                    f"the picture has {width:,} x {height:,} pixels; at most "
                    f"{MAX_PIXELS // 1_000_000} megapixels are read"
                )
            if frame is not None and image.format == "JPEG":
                image.draft(None, (2 * frame[1], 2 * frame[0]))
            if width * height > _LARGE:
                with _one_large_picture:
                    return _upright(image)
            return _upright(image)
    except ItemError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ItemError("the picture has too many pixels") from error
    except UnidentifiedImageError as error:
        raise ItemError("the file is not a PNG, JPEG, WebP, TIFF or GIF picture") from error
    # Pillow's decoders raise many types on broken files: SyntaxError, struct.error, KeyError, ...
    except Exception as error:
        raise ItemError(f"the picture is damaged: {error or type(error).__name__}") from error


def suffix_of(file: BinaryIO) -> str:
    """The suffix for a picture file, after the whole picture was decoded.

    A large JPEG is decoded at a reduced size. `file` is at its beginning afterwards. Raises
    ItemError if the file is not a picture, because only pictures may be exported or sent as
    originals.
    """
    decode(file, (32, 32))
    file.seek(0)
    with Image.open(file, formats=FORMATS) as image:
        suffix = _SUFFIX_OF[image.format or ""]
    file.seek(0)
    return suffix


def height_and_width(picture: Picture) -> tuple[int, int]:
    """(height, width) of a picture, in pixels."""
    if isinstance(picture, Image.Image):
        return picture.height, picture.width
    return picture.shape[0], picture.shape[1]


def size_of(file: BinaryIO) -> tuple[int, int] | None:
    """(height, width) from the header of a picture file, or None if the header cannot be read."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            return image.size[1], image.size[0]
    except Exception:
        return None


def _upright(image: Image.Image) -> Picture:
    image.load()
    return plain(ImageOps.exif_transpose(image))


def plain(image: Image.Image) -> Picture:
    """The picture in 8-bit grey or RGB, with white behind transparent pixels.

    Raises ItemError for floating-point pixels, and for pixels of more than 16 bits.
    """
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise ItemError("the picture has more than 16 bits per pixel; save it with 8 or 16")
        return (values // 257).astype(np.uint8)
    if image.mode == "F":
        raise ItemError(
            "the picture has floating-point pixels; save it with 8 or 16 bits per pixel"
        )
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return image.convert("L" if image.mode == "1" else "RGB")


def fitted(picture: Picture, frame: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Scale the picture into `frame` (height, width), antialiased and with the same proportions.

    The median colour of the picture's border fills the rest of the frame. Returns uint8 (H, W), or
    (H, W, 3) if any pixel is not grey.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    height, width = frame
    if image.size == (width, height):
        return _grey_if_colourless(np.asarray(image))
    scale = min(width / image.width, height / image.height)
    size = (
        max(1, math.floor(image.width * scale + 0.5)),
        max(1, math.floor(image.height * scale + 0.5)),
    )
    small = np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))
    small = _grey_if_colourless(small)
    if small.shape[:2] == frame:
        return small
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    out = np.empty((height, width, *small.shape[2:]), np.uint8)
    out[:] = np.median(rim, axis=0).astype(np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def _grey_if_colourless(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if pixels.ndim == 3 and (pixels[..., :1] == pixels[..., 1:]).all():
        return pixels[..., 0]
    return pixels
