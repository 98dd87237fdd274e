"""Decoding of picture files: a limit on pixels, EXIF orientation, value ranges, scaling."""

import logging
import math
import threading
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from lodespace.items import deep_pixels, heif, tiff
from lodespace.items.errors import ItemError, Picture
from lodespace.items.formats import MICROSCOPY, PICTURES
from lodespace.items.paths import MAX_FILE_BYTES, shown
from lodespace.items.picture_reading import PictureReading
from lodespace.items.tiff import Layout, Numbers
from lodespace.items.value_range import own_range, to_bytes

SUFFIXES = PICTURES
# Pillow prints an error for a TIFF file with many channels, although tifffile then reads it.
logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.CRITICAL)
_SUFFIX_OF = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "GIF": ".gif",
    "BMP": ".bmp",
    "DIB": ".dib",
    "PPM": ".ppm",
    "AVIF": ".avif",
    "JPEG2000": ".jp2",
    "HEIF": ".heic",
    "PSD": ".psd",
    "DDS": ".dds",
    "ICO": ".ico",
    "ICNS": ".icns",
    "QOI": ".qoi",
    "SGI": ".sgi",
    "PCX": ".pcx",
    "SUN": ".ras",
    "XBM": ".xbm",
    "XPM": ".xpm",
    "FLI": ".fli",
    "FITS": ".fits",
    "MSP": ".msp",
    "BLP": ".blp",
    "CUR": ".cur",
    "DCX": ".dcx",
    "FTEX": ".ftu",
    "PIXAR": ".pxr",
    "TGA": ".tga",
}
FORMATS = tuple(name for name in _SUFFIX_OF if name != "HEIF")
"""Names of Pillow's formats, in the order in which they are tried.

TGA is the last, because its files have no first bytes of their own. Formats that Pillow converts
with another program (EPS, WMF) or does not decode (HDF5, GRIB, MPEG) are not in this list. Formats
whose files look like text or other data (IM, IPTC, SPIDER, MCIDAS) are not in it either.
"""
MAX_PIXELS = 40_000_000
"""Largest number of pixels in a picture."""
_MAX_SLOW_PIXELS = 4_000_000
"""Largest number of pixels in a picture of a format that Pillow decodes in Python.

Such a picture of 4 megapixels takes about 12 s.
"""
_MOST_STACK_BYTES = 16 << 30
"""Largest size of a TIFF file in bytes."""
_LARGE = 4_000_000
"""Pictures with more pixels than this number are decoded one at a time."""
_one_large_picture = threading.Lock()
"""Lock held while a large picture is decoded.

Four pictures of 40 megapixels at the same time would need a gigabyte.
"""
_ROTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that makes a picture upright, by its EXIF orientation."""
_ORIENTATION = 0x0112
PLAIN = PictureReading()


def most_bytes(path: bytes) -> int:
    """Return the largest size, in bytes, that a picture file at `path` may have.

    A TIFF stack may be larger than other files, because only parts of it are read.
    """
    stack = shown(path).lower().endswith((".tif", ".tiff", *MICROSCOPY.suffixes))
    return _MOST_STACK_BYTES if stack and MICROSCOPY.installed() else MAX_FILE_BYTES


def decode(
    file: BinaryIO, frame: tuple[int, int] | None = None, reading: PictureReading = PLAIN
) -> Picture:
    """Return the picture in `file`, or the first picture of an animation.

    A large JPEG is decoded at a reduced size, which is still at least twice `frame` (height,
    width). `reading` states how numbers of more than 8 bits, channels and planes are read. Raises
    ItemError.
    """
    try:
        return _decode(file, frame, reading)
    except ItemError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ItemError("the picture has too many pixels") from error
    except UnidentifiedImageError as error:
        raise ItemError(_unidentified(file)) from error
    # Pillow's decoders raise many types on broken files: SyntaxError, struct.error, KeyError, ...
    except Exception as error:
        raise ItemError(f"the picture is damaged: {error or type(error).__name__}") from error


def _decode(file: BinaryIO, frame: tuple[int, int] | None, reading: PictureReading) -> Picture:
    opened = deep_pixels.opened(file, heif.with_heif(file, FORMATS))
    if opened is None:
        return _of_stack(file, frame, reading)
    with opened as image:
        width, height = image.size
        check_pixels(height, width)
        if deep_pixels.is_slow(image) and width * height > _MAX_SLOW_PIXELS:
            raise ItemError(
                f"the picture has {width:,} x {height:,} pixels; a {image.format} file "
                "that is decoded in Python can have at most "
                f"{_MAX_SLOW_PIXELS // 1_000_000} megapixels"
            )
        if frame is not None and image.format == "JPEG":
            image.draft(None, (2 * frame[1], 2 * frame[0]))
        if width * height > _LARGE:
            with _one_large_picture:
                return _upright(image, file, reading)
        return _upright(image, file, reading)


def check_pixels(height: int, width: int) -> None:
    if width * height > MAX_PIXELS:
        raise ItemError(
            f"the picture has {width:,} x {height:,} pixels; at most "
            f"{MAX_PIXELS // 1_000_000} megapixels are read"
        )


def _of_stack(file: BinaryIO, frame: tuple[int, int] | None, reading: PictureReading) -> Picture:
    """Return the picture of a TIFF file that tifffile reads."""
    layout = tiff.layout(file, frame)
    check_pixels(layout.height, layout.width)
    if layout.height * layout.width > _LARGE:
        with _one_large_picture:
            return as_picture(tiff.read(file, reading, frame), reading)
    return as_picture(tiff.read(file, reading, frame), reading)


def as_picture(numbers: Numbers, reading: PictureReading) -> npt.NDArray[np.uint8]:
    """Return the numbers as uint8, (H, W) or (H, W, 3).

    Two channels become magenta and green; three channels become red, green and blue. Raises
    ItemError if no number is finite.
    """
    values = numbers.values
    if values.dtype == np.bool_:
        values = values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint8:
        out = values
    elif values.ndim == 2 or numbers.colour:
        out = to_bytes(values, reading.range_of(0) or own_range(values))
    else:
        channels = [values[..., c] for c in range(values.shape[2])]
        ranges = [reading.range_of(c) or own_range(v) for c, v in enumerate(channels)]
        pairs = zip(channels, ranges, strict=True)
        out = np.stack([to_bytes(v, scale) for v, scale in pairs], axis=2)
    if out.ndim == 3 and out.shape[2] == 2:
        out = out[..., [0, 1, 0]]
    return np.ascontiguousarray(255 - out if numbers.inverted else out)


def _unidentified(file: BinaryIO) -> str:
    """Return the reason why a file is not read as a picture."""
    file.seek(0)
    return heif.hint(file) or "the file is not a picture of a known format"


def numbers_of(file: BinaryIO, reading: PictureReading = PLAIN) -> Numbers | None:
    """Return the numbers of a picture of more than 8 bits. None for a picture of 8 bits.

    Raises ItemError for a picture that cannot be decoded.
    """
    try:
        opened = deep_pixels.opened(file, heif.with_heif(file, FORMATS))
        if opened is None:
            layout = tiff.layout(file)
            check_pixels(layout.height, layout.width)
            numbers = tiff.read(file, reading)
            return None if numbers.values.dtype == np.uint8 else numbers
        with opened as image:
            check_pixels(image.height, image.width)
            return deep_pixels.numbers_of(image, file) if deep_pixels.is_deep(image) else None
    except ItemError:
        raise
    except Exception as error:
        raise ItemError(f"the picture is damaged: {error or type(error).__name__}") from error


def suffix_of(file: BinaryIO) -> str:
    """Decode the whole picture in `file`, and return the suffix for its format.

    A large JPEG is decoded at a reduced size. Afterwards, the position of `file` is 0. Raises
    ItemError if the file is not a picture, because only pictures may be exported or sent as
    originals.
    """
    decode(file, (32, 32))
    file.seek(0)
    if tiff.is_tiff(file):
        return ".tif"
    with Image.open(file, formats=heif.with_heif(file, FORMATS)) as image:
        suffix = _SUFFIX_OF[image.format or ""]
    file.seek(0)
    return suffix


def height_and_width(picture: Picture) -> tuple[int, int]:
    """Return (height, width) of a picture, in pixels."""
    if isinstance(picture, Image.Image):
        return picture.height, picture.width
    return picture.shape[0], picture.shape[1]


class Look(NamedTuple):
    """Facts that the header of a picture file states."""

    height: int
    """Height in pixels."""
    width: int
    """Width in pixels."""
    deep: bool
    """Whether the numbers have more than 8 bits."""
    layout: Layout | None
    """Channels and planes of a TIFF file that tifffile reads."""
    partial: bool
    """Whether only a part of the file is read, because the extra `microscopy` is missing."""
    further: bool
    """Whether the file has further pictures or frames, which are not read."""


def look(file: BinaryIO) -> Look | None:
    """Return the facts in the header of a picture file, or None if the header cannot be read."""
    try:
        opened = deep_pixels.opened(file, heif.with_heif(file, FORMATS))
        if opened is None:
            layout = tiff.layout(file)
            return Look(layout.height, layout.width, layout.deep, layout, False, layout.further)
        with opened as image:
            partial = deep_pixels.is_partial(image, file)
            # The second picture of an MPO file is the preview or the gain map of a phone's photo.
            several = image.format != "MPO" and getattr(image, "is_animated", False)
            deep = deep_pixels.is_deep(image)
            return Look(image.height, image.width, deep, None, partial, several and not partial)
    except Exception:
        return None


def size_of(file: BinaryIO) -> tuple[int, int] | None:
    """Return (height, width) from the header of a picture file; None if it cannot be read."""
    found = look(file)
    return None if found is None else (found.height, found.width)


def _upright(image: Image.Image, file: BinaryIO, reading: PictureReading) -> Picture:
    if not deep_pixels.is_deep(image):
        image.load()
        return plain(ImageOps.exif_transpose(image))
    orientation = image.getexif().get(_ORIENTATION, 1)
    numbers = deep_pixels.numbers_of(image, file)
    upright = Image.fromarray(as_picture(numbers, reading))
    return upright.transpose(_ROTATIONS[orientation]) if orientation in _ROTATIONS else upright


def plain(image: Image.Image, reading: PictureReading = PLAIN) -> Image.Image:
    """Return the picture in 8-bit grey or RGB, with white behind transparent pixels.

    Raises ItemError if no pixel is a finite number.
    """
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode in deep_pixels.MODES:
        return Image.fromarray(as_picture(Numbers(np.asarray(image), False, False), reading))
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
