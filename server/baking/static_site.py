"""A bake as a static site: plain files with the page and the data, for any web server.

If the page's root element has the attribute `data-site`, the page reads files instead of a server's
API (webxr_client/src/net/site.ts).
"""

import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import soundfile
from PIL import Image

from lodespace.baking.site_page import write_page
from lodespace.config import BUILT_PAGE
from lodespace.errors import ProjectError, RequestError
from lodespace.items import originals, thumbnails
from lodespace.items.details import MAX_COLUMNS_SHOWN, provenance
from lodespace.items.item_set import ItemSet
from lodespace.json_input import json_value
from lodespace.project.baked_state import SESSION
from lodespace.project.project import Project
from lodespace.protocol import History, SessionInfo, Thumbnails
from lodespace.recording.index import index_of
from lodespace.recording.published import without_author
from lodespace.review.calibration import Calibration, evidence
from lodespace.review.quality import quality
from lodespace.session import summaries
from lodespace.session.session import AnnotationSession
from lodespace.shapes.files import are_shapes, shape_bytes
from lodespace.shapes.simplified import MOST_BYTES

SITE_FILES = (
    "index.html",
    "check.html",
    "icon.svg",
    "inter-license.txt",
    "opened-as-file.js",
    "assets",
    "models/license.txt",
    "models/generic-hand",
)
"""Files and folders of the built page that are copied into a static site.

The 3D models of VR controllers are left out, because they are larger than all other files. The
page shows a small wand instead.
"""
_PANELS, _SERVING, _TILES = "panels-*", "serving-*", "tiles-*"
"""Patterns of scripts: for the page with all panels of figure 2, for changes of a session with a
server, and for scenes in tiles."""
_SERVED_ONLY = (
    *("class-menu-*", "item-infos-*", "item-table-*", "others-*", "people-*", "peer-*"),
    *("rule*", "similar-search-*", "viewed-*"),
)
"""Patterns of further scripts that need a server."""
_OF_SHAPES = ("shape-*", "held-shape-*")
"""Patterns of the scripts that show shapes."""
SHAPE_BYTES = 64 << 20
"""Largest size of all shapes of a site together, in bytes. Each shape is simplified to its part of
it."""
_LEAST_BYTES = 7200
"""A site has shapes if each may have this size, that of 400 triangles or 600 points of a cloud. So
up to 9,320 shapes are included."""
CARD_SIDE = 192
"""Largest width or height of a picture for the hover card, in pixels."""
ATLAS_EFFORT = 90
"""Effort of the lossless compression of the atlas, 0 to 100.

The atlas is a set of large pictures, called pages, that contain the thumbnails of all items. With
100, the compression of a page with 904 digits takes 9 s instead of 0.25 s, and the page is not
smaller.
"""
CARD_QUALITY = 75
"""WebP quality of the pictures for the hover card, 0 to 100."""


def write_site(project: Project, session: AnnotationSession, metrics: Mapping[str, float]) -> None:
    """Write the site into the folder of a bake, after the recording that the site shows.

    Args:
        project: The bake.
        session: The state to show.
        metrics: Metrics of the trainer.

    Raises:
        ProjectError: The page has not been built.
        OSError: A file cannot be written.
    """
    folder = project.folder
    items = project.items
    shapes = _write_shapes(items, folder / "shapes")
    copy_page(folder, shapes=shapes)
    write_page(folder, items, session.encoder.scene(), cards=has_cards(items))
    layout = thumbnails.describe(items)
    info = _session(project, session, layout, metrics)
    info = msgspec.structs.replace(info, shapes=shapes)
    (folder / SESSION).write_bytes(msgspec.json.encode(info))
    if info.has_recording:
        (folder / "timeline.json").write_bytes(
            msgspec.json.encode(index_of(project.recording_path))
        )
    (folder / "items.json").write_text(
        json.dumps(_items(items), ensure_ascii=False), encoding="utf-8"
    )
    if layout is not None:
        (folder / "thumbnails").mkdir(exist_ok=True)
        for page in range(layout.pages):
            (folder / "thumbnails" / f"{page}.webp").write_bytes(
                _webp(thumbnails.draw_page(items, page), lossless=True)
            )
    if has_cards(items):
        _write_cards(items, folder / "pictures")
    if items.kind == "sound":
        _write_sounds(items, folder / "sounds")


def _session(
    project: Project,
    session: AnnotationSession,
    layout: Thumbnails | None,
    metrics: Mapping[str, float],
) -> SessionInfo:
    """Return the session as the site shows it: without rules, and authors and times of gestures."""
    accuracy = metrics.get("label_accuracy") if session.scorable else None
    info = summaries.session_info(
        session,
        "",
        role="viewer",
        training=summaries.absent_training(session, project.manifest.settings),
        thumbnails=layout,
        has_recording=project.recording_path.is_file(),
        quality=quality(
            session.item_state(),
            held_out_accuracy=accuracy,
            held_out=0 if accuracy is None else int(metrics.get("held_out", 0)),
            calibration=Calibration(evidence(session)),
        ),
    )
    gestures = [without_author(gesture) for gesture in info.history.gestures]
    history = History(gestures=gestures, can_undo=False, can_redo=False)
    return msgspec.structs.replace(info, history=history, rules=[])


def has_cards(items: ItemSet) -> bool:
    """Return whether the items have pictures, and the pictures are larger than the thumbnails."""
    return items.kind != "vector" and max(items.data.shape[1:3]) > thumbnails.PICTURE


def copy_page(folder: Path, *, tiles: bool = False, shapes: bool = False) -> None:
    """Copy the built page into the folder of a site.

    `tiles` and `shapes` include the scripts for tiles and for shapes. Raises ProjectError or
    OSError.
    """
    left_out = shutil.ignore_patterns(
        _PANELS,
        _SERVING,
        *_SERVED_ONLY,
        *([] if tiles else [_TILES]),
        *([] if shapes else _OF_SHAPES),
    )
    if not (BUILT_PAGE / "index.html").is_file():
        raise ProjectError(
            "the page has not been built: run `make client`, or bake without the part `site`"
        )
    for name in SITE_FILES:
        source, target = BUILT_PAGE / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=left_out)
        else:
            shutil.copyfile(source, target)
    known = json_value((BUILT_PAGE / "models" / "profilesList.json").read_bytes())
    hands = {name: value for name, value in known.items() if name == "generic-hand"}
    (folder / "models" / "profilesList.json").write_text(json.dumps(hands))


def _items(items: ItemSet) -> dict[str, Any]:
    """Return the content of items.json.

    The content has lists with one value per item: ids, paths, starts, ends, and each column.
    """
    table = items.table
    if table is None:
        return {"ids": list(items.ids)}
    details = [provenance(items, i) for i in range(len(items))]
    columns = {
        name: [d["columns"][k].value for d in details]
        for k, name in enumerate(table.columns[:MAX_COLUMNS_SHOWN])
    }
    answer: dict[str, Any] = {"ids": list(items.ids), "columns": columns}
    for key in ("path", "start", "end"):
        values = [d.get(key) for d in details]
        if any(value not in (None, "") for value in values):
            answer[f"{key}s"] = values
    return answer


def _webp(image: Image.Image, *, lossless: bool) -> bytes:
    out = io.BytesIO()
    quality = ATLAS_EFFORT if lossless else CARD_QUALITY
    image.save(out, "WEBP", lossless=lossless, quality=quality, method=6)
    return out.getvalue()


def _write_cards(items: ItemSet, folder: Path) -> None:
    """Write one picture per item, for the hover card."""
    folder.mkdir()
    for item in range(len(items)):
        (folder / f"{item}.webp").write_bytes(
            _webp(originals.picture(items, item, CARD_SIDE), lossless=False)
        )


def _write_sounds(items: ItemSet, folder: Path) -> None:
    """Write the sound of each item whose original sound file can be read."""
    folder.mkdir()
    for item in range(len(items)):
        try:
            samples, rate = soundfile.read(
                io.BytesIO(originals.sound(items, item)), dtype="float32"
            )
        except RequestError:
            continue
        soundfile.write(
            folder / f"{item}.ogg", np.asarray(samples), rate, format="OGG", subtype="VORBIS"
        )


def _write_shapes(items: ItemSet, folder: Path) -> bool:
    """Write the shape of each item whose file can be read. With too many items, write none.

    Returns whether a shape was written.
    """
    most_bytes = min(MOST_BYTES, SHAPE_BYTES // len(items))
    if not are_shapes(items) or most_bytes < _LEAST_BYTES:
        return False
    folder.mkdir()
    for item in range(len(items)):
        try:
            (folder / f"{item}.bin").write_bytes(shape_bytes(items, item, most_bytes))
        except RequestError:
            continue
    if any(folder.iterdir()):
        return True
    folder.rmdir()
    return False
