"""The poster of a scene: one picture of the cloud, for previews of links and while a page loads."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from lodespace.drawing import layout
from lodespace.drawing.camera import Area, Camera, extent_of
from lodespace.drawing.cloud import GROUND, SUPERSAMPLING, CloudPainter, class_colours
from lodespace.drawing.lettering import Style, draw_text, shortened
from lodespace.items.item_set import ItemSet
from lodespace.scene.glb import Scene

SIZE = (1200, 630)
"""Width and height of the poster in pixels. Previews of links show this shape without cropping."""
AREA = Area(24, 24, 1010, 540)
"""Part of the poster in which the cloud is drawn, beside the names of the classes."""
_LEGEND = (1040, 40, 1180, 540)
_TITLE, _SMALL = Style(34, 600), Style(20)


def draw_poster(items: ItemSet, scene: Scene, description: str | None = None) -> Image.Image:
    """Return the poster of a scene, in RGB.

    Args:
        items: The items of the scene.
        scene: The scene.
        description: The line below the name. None: the line that `describe` returns.
    """
    means: npt.NDArray[np.float32] = scene.latent_mean()
    flat = scene.latent_dim == 2
    classes = layout.shown_classes(scene.classes, scene.labels, scene.predictions)
    area = AREA if classes else AREA._replace(right=SIZE[0] - AREA.left)
    canvas = Image.new("RGB", (SIZE[0] * SUPERSAMPLING, SIZE[1] * SUPERSAMPLING), GROUND)
    CloudPainter(items, area, flat=flat).paint(
        canvas,
        Camera(extent_of(means), area, flat=flat).project(means),
        class_colours(scene.classes, scene.labels, scene.predictions),
    )
    picture = canvas.reduce(SUPERSAMPLING)
    draw = ImageDraw.Draw(picture)
    layout.draw_legend(draw, classes, _LEGEND)
    title = shortened(items.name, _TITLE, SIZE[0] - 80)
    draw_text(draw, (40, 572), title, _TITLE, layout.TEXT)
    text = describe(items, scene) if description is None else description
    draw_text(draw, (40, 604), text, _SMALL, layout.MUTED)
    return picture


def describe(items: ItemSet, scene: Scene) -> str:
    """Return a description of a scene in one line, such as "5,000 items in 10 classes"."""
    classes = layout.shown_classes(scene.classes, scene.labels, scene.predictions)
    named = "" if not classes else f" in {len(classes)} class{'es' * (len(classes) > 1)}"
    return f"{len(items):,} items{named}, arranged in a latent space by training"


def encode_poster(poster: Image.Image) -> bytes:
    """Return the poster as a JPEG file. Every service that shows previews of links reads JPEG.

    A poster of 5,000 labelled digits has 44 kB, and one of 5,000 pictures of coloured noise has
    54 kB. As PNG with 256 colours, the poster of the digits has 56 kB.
    """
    out = io.BytesIO()
    poster.save(out, "JPEG", quality=75, optimize=True, progressive=True)
    return out.getvalue()
