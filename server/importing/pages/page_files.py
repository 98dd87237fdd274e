"""The pages of a TIFF file or the frames of an animation, each as a picture file of its own."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from PIL import Image

from lodespace.items import decoding, deep_pixels, heif, tiff_pages
from lodespace.items.errors import ItemError
from lodespace.items.tiff import MAX_PAGES

_NOT_PAGES = frozenset({"MPO", "PSD", "ICO", "ICNS", "CUR"})
"""Formats in which later pictures are previews, layers or other sizes of the first picture."""
_PNG_MODES = frozenset({"1", "L", "LA", "RGB", "RGBA"})


class PageFile(NamedTuple):
    """A page as a picture file."""

    number: int
    """Number of the page, from 0."""
    place: dict[str, int]
    """Index along each axis of a stack, by letter. Empty if the axes are not known."""
    content: bytes
    """PNG or TIFF with all channels and bits of the page."""


def pages_in(file: BinaryIO) -> int:
    """Return the number of pages or frames of a picture file. 0 for a file that cannot be read."""
    try:
        with _opened(file) as image:
            if image is None:
                return max(1, tiff_pages.count_of(file))
            several = image.format not in _NOT_PAGES
            return int(getattr(image, "n_frames", 1)) if several else 1
    # Pillow's decoders raise many types of errors on broken files.
    except Exception:
        return 0


def page_files(file: BinaryIO, every: int = 1) -> Iterator[PageFile | ItemError]:
    """Yield each page as a file, or the reason why it cannot be read.

    `every` is the distance between two yielded pages: 2 leaves out every second page.

    Raises ItemError if the file cannot be read.
    """
    with _opened(file) as image:
        if image is None:
            for number, page in enumerate(tiff_pages.pages(file, every)):
                yield page if isinstance(page, ItemError) else _of_stack(number * every, page)
            return
        for number in range(0, MAX_PAGES, every):
            try:
                image.seek(number)
                decoding.check_pixels(image.height, image.width)
                yield PageFile(number, {}, _saved(image))
            except EOFError:
                return
            except ItemError as error:
                yield error
            except Exception as error:
                yield ItemError(f"the page is damaged: {error or type(error).__name__}")
        yield ItemError(f"only the first {MAX_PAGES:,} pages are read")


class _opened:
    """Context manager: the picture as Pillow opens it, or None if tifffile reads the pages."""

    def __init__(self, file: BinaryIO) -> None:
        image = deep_pixels.opened(file, heif.with_heif(file, decoding.FORMATS))
        if image is None:  # tifffile would return palette indices instead of colours
            file.seek(0)
            image = Image.open(file, formats=("TIFF",)) if _has_palette(file) else None
        self.image = image

    def __enter__(self) -> Image.Image | None:
        return self.image

    def __exit__(self, *error: object) -> None:
        pass  # the caller closes the file


def _has_palette(file: BinaryIO) -> bool:
    try:
        with Image.open(file, formats=("TIFF",)) as image:
            return image.mode in ("P", "PA")
    except Exception:
        return False
    finally:
        file.seek(0)


def _saved(image: Image.Image) -> bytes:
    """Return the current frame, without loss."""
    out = io.BytesIO()
    if image.mode in deep_pixels.MODES:
        image.copy().save(out, "TIFF")
    else:
        shown: Any = image if image.mode in _PNG_MODES else decoding.plain(image)
        shown.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _of_stack(number: int, page: tiff_pages.Page) -> PageFile:
    import tifffile

    out = io.BytesIO()
    planar = "S" in page.axes and page.axes.index("S") < page.axes.index("Y")
    tifffile.imwrite(
        out,
        page.values,
        photometric=page.photometric,
        planarconfig=("separate" if planar else "contig") if "S" in page.axes else None,
        metadata={"axes": page.axes},
        compression="zlib",
    )
    return PageFile(number, page.place, out.getvalue())
