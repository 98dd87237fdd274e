"""Text on pictures, in the typeface of the page.

The page's typeface has the letters of western European languages. Other letters are drawn in a
typeface of this computer that has these letters, if there is one.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from lodespace.config import BUILT_PAGE

_OTHERS = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "arialuni.ttf",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "segoeui.ttf",
)
"""File names of typefaces with many letters, on Linux, macOS and Windows."""
_ABSENT = "\U0010fffd"
"""A character that no typeface has. It is drawn as the sign for a missing letter."""

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


class Style(NamedTuple):
    """Size and weight of a text."""

    size: int
    """Height of the typeface, in pixels."""
    weight: int = 400
    """Weight of the strokes: 400 is regular, 600 is bold."""


def text_width(text: str, style: Style) -> float:
    """Return the width of `text` in pixels."""
    return sum(font.getlength(part) for font, part in _parts(text, style))


def draw_text(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, style: Style, colour: Colour
) -> float:
    """Draw one line of text from its left end on the baseline. Return its width in pixels."""
    x, y = at
    for font, part in _parts(text, style):
        draw.text((x, y), part, font=font, fill=colour, anchor="ls")
        x += font.getlength(part)
    return x - at[0]


def shortened(text: str, style: Style, width: float) -> str:
    """Return `text`, cut off with an ellipsis if it is wider than `width` pixels.

    Characters that cannot be drawn in one line, such as line breaks, become spaces.
    """
    line = "".join(c if c.isprintable() else " " for c in text)
    if text_width(line, style) <= width:
        return line
    while line and text_width(f"{line}…", style) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _parts(text: str, style: Style) -> list[tuple[ImageFont.FreeTypeFont, str]]:
    """Return `text` in parts, each with the first typeface that has its letters."""
    fonts = _fonts(style)
    parts: list[tuple[ImageFont.FreeTypeFont, str]] = []
    for letter in text:
        font = next((f for f in fonts if _has(f, letter)), fonts[0])
        if parts and parts[-1][0] is font:
            parts[-1] = (font, parts[-1][1] + letter)
        else:
            parts.append((font, letter))
    return parts


@cache
def _has(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    if letter.isspace():
        return True
    return _drawn(font, letter) != _drawn(font, _ABSENT)


@cache
def _drawn(font: ImageFont.FreeTypeFont, letter: str) -> bytes:
    """Return the pixels of a letter."""
    picture = Image.new("L", (3 * int(font.size) + 1, 3 * int(font.size) + 1))
    ImageDraw.Draw(picture).text(
        (font.size, 2 * font.size), letter, font=font, fill=255, anchor="ls"
    )
    return picture.tobytes()


@cache
def _fonts(style: Style) -> tuple[ImageFont.FreeTypeFont, ...]:
    """Return the typefaces in the order in which they are tried. The page's typeface is first."""
    found = [_page_font(style)]
    for name in (*_OTHERS, _matplotlib_font()):
        try:
            found.append(ImageFont.truetype(name, style.size))
        except OSError:
            continue  # this computer does not have the typeface
    return tuple(found)


def _page_font(style: Style) -> ImageFont.FreeTypeFont:
    """Return the typeface of the built page, or Pillow's own typeface if the page is not built."""
    for path in sorted((BUILT_PAGE / "assets").glob("inter-latin-wght-normal*.woff2")):
        try:
            font = ImageFont.truetype(path, style.size)
            font.set_variation_by_axes([style.weight])
        except OSError:
            continue  # Pillow was built without support for this kind of file
        return font
    font = ImageFont.load_default(style.size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _matplotlib_font() -> str:
    """Return the path of a typeface of matplotlib; "" if matplotlib is not installed."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return ""
    return str(Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf")
