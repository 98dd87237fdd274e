"""Pixels of more than 8 bits, and the choice of the library that reads a file."""

from typing import Any, BinaryIO, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from lodespace.items import tiff
from lodespace.items.errors import ItemError
from lodespace.items.formats import MICROSCOPY
from lodespace.items.tiff import Numbers

MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
"""Modes of Pillow with more than 8 bits per pixel."""
_COLOUR_MODES = frozenset({"RGB", "RGBA", "LA", "L", "RGBX", "CMYK", "YCbCr", "LAB"})
_SIZ, _BITS_IN_SIZ, _HEADER = b"\xff\x4f\xff\x51", 42, 4096
"""Values to find the number of bits in a JPEG 2000 file.

They are the marker of the segment with the sizes, the offset of the number of bits from this
marker, and the number of bytes that are searched for the marker.
"""
_BITS, _PHOTOMETRIC, _SAMPLES, _PLANAR, _EXTRA, _SAMPLE_FORMAT = 258, 262, 277, 284, 338, 339
"""Tags of a TIFF page."""
_SIGNED = 2
_PLANAR_SEPARATE = 2
_ALPHA = (1, 2)
"""Values of the tag for extra samples that mean transparency."""


def is_deep(image: Image.Image) -> bool:
    """Whether the file has more than 8 bits per channel. Only the header has been read."""
    return image.mode in MODES or _has_deep_colour(image)


def _has_deep_colour(image: Image.Image) -> bool:
    """Whether Pillow would read only the upper 8 bits of each number of a colour picture."""
    tiles: Any = getattr(image, "tile", None)
    if not tiles or image.mode not in _COLOUR_MODES:
        return False
    if image.format == "PNG":
        return str(tiles[0].args).endswith(";16B")
    if image.format == "PPM":
        return _is_deep_ppm(image)
    if image.format == "JPEG2000":
        return _jpeg2000_bits(image) > 8
    return image.format == "TIFF" and _bits(image) > 8


def _is_deep_ppm(image: Image.Image) -> bool:
    """Whether a binary PPM or PGM file has numbers of 16 bits. ASCII files have another decoder."""
    tiles: Any = getattr(image, "tile", None)
    return bool(tiles) and tiles[0].codec_name == "ppm" and int(tiles[0].args[1]) > 255


def is_slow(image: Image.Image) -> bool:
    """Whether Pillow decodes the file in Python, which takes some microseconds per pixel."""
    tiles: Any = getattr(image, "tile", None)
    return bool(tiles) and tiles[0].codec_name in Image.DECODERS and not _is_deep_ppm(image)


def _jpeg2000_bits(image: Image.Image) -> int:
    """Return the bits per channel in the header of a JPEG 2000 picture; 8 if they are not found."""
    file = cast(Any, image).fp
    place = file.tell()
    file.seek(0)
    head = file.read(_HEADER)
    file.seek(place)
    begin = head.find(_SIZ)
    bits = head[begin + _BITS_IN_SIZ : begin + _BITS_IN_SIZ + 1] if begin >= 0 else b""
    return (bits[0] & 0x7F) + 1 if bits else 8


def numbers_of(image: Image.Image, file: BinaryIO) -> Numbers:
    """Return the numbers of a picture for which `is_deep` holds. `file` is the file of the picture.

    Without imagecodecs, a colour picture has only the upper 8 bits of each number. Raises
    ItemError.
    """
    if image.mode in MODES and not _is_deep_ppm(image):
        image.load()
        values: Any = np.asarray(image)
        # 16-bit numbers of FITS are signed; Pillow reads them as unsigned.
        if image.format == "FITS":
            values = values.view(np.int16) if values.dtype == np.uint16 else values
        return Numbers(values, False, False)
    values = _deep_colour(image, file)
    if values is not None:
        if values.ndim == 3 and values.shape[2] < 3:  # the channels are grey and transparency
            values = values[..., 0]
        return Numbers(values if values.ndim == 2 else values[..., :3], values.ndim == 3, False)
    image.load()
    grey = image.mode in ("L", "LA", "La")
    upper = np.asarray(image.convert("L" if grey else "RGB")).astype(np.uint16)
    return Numbers(upper * np.uint16(257), not grey, False)


def _deep_colour(image: Image.Image, file: BinaryIO) -> Any:
    """All bits of a colour picture, (H, W, C). None if no installed library reads them."""
    file.seek(0)
    if image.format == "PPM":
        tiles: Any = getattr(image, "tile", None)
        channels = 3 if image.mode == "RGB" else 1
        shape = (image.height, image.width, channels)
        raw = np.frombuffer(
            file.read(), ">u2", image.width * image.height * channels, tiles[0].offset
        )
        return raw.astype(np.uint16).reshape(shape if channels == 3 else shape[:2])
    if image.format not in ("PNG", "JPEG2000") or not MICROSCOPY.installed():
        return None
    import imagecodecs

    decode = imagecodecs.png_decode if image.format == "PNG" else imagecodecs.jpeg2k_decode
    return decode(file.read())


def opened(file: BinaryIO, formats: tuple[str, ...]) -> Image.Image | None:
    """Return the picture in `file`, opened by Pillow. None if tifffile should read the file.

    tifffile should read a TIFF file that has several pages or channels, or numbers for which Pillow
    has no mode. If tifffile is not installed, Pillow reads the first page.

    Raises:
        ItemError: The file needs an extra that is not installed.
        UnidentifiedImageError: No format of `formats` fits.
    """
    file.seek(0)
    try:
        image = Image.open(file, formats=formats)
    except UnidentifiedImageError:
        file.seek(0)
        if not tiff.is_tiff(file):
            raise
        image = None
    if image is not None:
        if image.format != "TIFF" or (_is_exact(image) and tiff.page_count(file, 1) < 2):
            return image
        planes = _tags(image, _PLANAR, 1)[0] == _PLANAR_SEPARATE and _bits(image) > 8
        if not MICROSCOPY.installed() and not planes:
            return image
    if not MICROSCOPY.installed():
        raise ItemError(f"to read this kind of TIFF, run {MICROSCOPY.command()}")
    return None


def is_partial(image: Image.Image, file: BinaryIO) -> bool:
    """Whether Pillow reads only a part of the file, because the extra `microscopy` is missing."""
    if MICROSCOPY.installed():
        return False
    if image.format == "TIFF":
        return not _is_exact(image) or tiff.page_count(file, 1) > 1
    return image.format != "PPM" and image.mode not in MODES and _has_deep_colour(image)


def _is_exact(image: Image.Image) -> bool:
    """Whether Pillow reads all channels and numbers of a TIFF page correctly."""
    kinds = _tags(image, _SAMPLE_FORMAT, 1)
    if image.mode in MODES:
        return image.mode != "I" or kinds[0] == _SIGNED
    if _bits(image) > 8 or _SIGNED in kinds:
        return False
    samples = _tags(image, _SAMPLES, 1)[0]
    if _tags(image, _PHOTOMETRIC, 1)[0] > 1 or samples == 1:
        return True
    return samples == 2 and _tags(image, _EXTRA, 0)[0] in _ALPHA


def _bits(image: Image.Image) -> int:
    return max(_tags(image, _BITS, 1))


def _tags(image: Image.Image, tag: int, default: int) -> tuple[int, ...]:
    """Return the numbers of a tag of a TIFF page."""
    value: Any = getattr(image, "tag_v2", {}).get(tag, default)
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(n for n in numbers if isinstance(n, int)) or (default,)
