"""The table of all HTTP routes, for router, access check, OpenAPI document and a test."""

from collections.abc import Iterable

import msgspec
from aiohttp import web

from lodespace import protocol
from lodespace.web import (
    adding,
    api,
    bench,
    exports,
    openapi,
    originals,
    pages,
    parameters,
    predicting,
    rules,
    similar,
)
from lodespace.web.device_routes import ACCESS_ROUTES
from lodespace.web.people import PEOPLE_ROUTES
from lodespace.web.request_guard import add_route
from lodespace.web.route_record import Content, Route
from lodespace.web.websocket import stream


async def get_openapi(request: web.Request) -> web.Response:
    del request
    body = msgspec.json.encode(openapi.document(ROUTES))
    return web.Response(body=body, content_type="application/json")


PAGE_ROUTES = (
    Route("GET /", pages.get_page, None, "The page."),
    Route(
        "GET /check", pages.get_check, None, "A page that reports whether this browser supports VR."
    ),
    Route("GET /icon.svg", pages.get_icon, None, "The icon of the page."),
    Route(
        "GET /assets/{name}", pages.get_static, None, "A script, style sheet or font of the page."
    ),
    Route(
        "GET /models/{name}",
        pages.get_model,
        None,
        "A model of a controller or a hand.",
        parameters=(parameters.MODEL,),
    ),
)
_API = (
    Route(
        "GET /healthz",
        api.healthz,
        None,
        "Whether the server runs, and the state of its trainer.",
        answer=protocol.Health,
    ),
    Route(
        "GET /api/session",
        api.get_session,
        "viewer",
        "All data that a page needs before it draws the scene.",
        answer=protocol.SessionInfo,
        parameters=(parameters.CLIENT,),
    ),
    Route(
        "GET /api/scene.glb",
        api.get_scene,
        "viewer",
        "The current scene, as glTF 2.0 binary.",
        answer=Content(("model/gltf-binary",)),
    ),
    Route(
        "GET /api/items/{item}",
        originals.get_item,
        "viewer",
        "The picture of an item.",
        answer=Content(("image/png",)),
        errors=(404,),
        parameters=(parameters.ITEM,),
    ),
    Route(
        "GET /api/items/{item}/info",
        api.get_item_info,
        "viewer",
        "Id, label, prediction and columns of an item.",
        answer=protocol.ItemInfo,
        errors=(404,),
        parameters=(parameters.ITEM,),
    ),
    Route(
        "GET /api/items/{item}/why",
        rules.get_why,
        "viewer",
        "The votes of rules and people on an item, and the weight of each.",
        answer=protocol.Why,
        errors=(404,),
        parameters=(parameters.ITEM,),
    ),
    Route(
        "GET /api/rules",
        rules.get_rules,
        "viewer",
        "All rules, with estimates of their accuracy.",
        answer=protocol.Rules,
    ),
    Route(
        "GET /api/rules/conflicts",
        rules.get_conflicts,
        "viewer",
        "The items with votes for different classes that nobody has decided, as a packed set.",
        answer=Content(("application/octet-stream",)),
    ),
    Route(
        "GET /api/rules/{rule}/items",
        rules.get_rule_items,
        "viewer",
        "The items on which a rule votes, as a packed set.",
        answer=Content(("application/octet-stream",)),
        errors=(404,),
        parameters=(parameters.RULE,),
    ),
    Route(
        "GET /api/items/{item}/sound",
        originals.get_item_sound,
        "viewer",
        "The sound of an item, as WAV.",
        answer=Content(("audio/wav",)),
        errors=(404,),
        parameters=(parameters.ITEM,),
    ),
    Route(
        "GET /api/items/{item}/shape",
        originals.get_item_shape,
        "viewer",
        "The mesh or point cloud of an item, simplified.",
        answer=Content(("application/octet-stream",)),
        errors=(404,),
        parameters=(parameters.ITEM,),
    ),
    Route(
        "GET /api/search",
        api.get_search,
        "viewer",
        "Items whose id, path or columns contain a text.",
        answer=protocol.Found,
        parameters=(parameters.SEARCH,),
    ),
    Route(
        "GET /api/axes",
        api.get_axes,
        "viewer",
        "Columns whose values an axis of the map can show.",
        answer=protocol.AxisColumns,
    ),
    Route(
        "GET /api/column",
        api.get_column,
        "viewer",
        "Values of a column for all items, in a few bins.",
        answer=protocol.ColumnBins,
        errors=(404,),
        parameters=(parameters.COLUMN,),
    ),
    Route(
        "GET /api/ranks",
        api.get_ranks,
        "viewer",
        "Rank of each item by a column or by its id: four bytes per item, little-endian. Equal "
        "values have equal ranks.",
        answer=Content(("application/octet-stream",)),
        errors=(404,),
        parameters=parameters.RANKS,
    ),
    Route(
        "GET /api/words",
        api.get_words,
        "viewer",
        "Texts of columns that can name classes.",
        answer=protocol.ClassWords,
    ),
    Route(
        "GET /api/thumbnails/{page}.png",
        api.get_thumbnails_png,
        "viewer",
        "A page of the thumbnail atlas.",
        answer=Content(("image/png",)),
        errors=(404,),
        parameters=(parameters.PAGE,),
    ),
    Route(
        "GET /api/thumbnails/{page}.webp",
        api.get_thumbnails_webp,
        "viewer",
        "A page of the thumbnail atlas, as lossless WebP.",
        answer=Content(("image/webp",)),
        errors=(404,),
        parameters=(parameters.PAGE,),
    ),
    Route(
        "GET /api/labels",
        api.get_labels,
        "viewer",
        "All labels, one row per item.",
        answer=Content(("text/csv", "application/jsonl"), {"type": "string"}),
        parameters=(parameters.FORMAT,),
    ),
    Route(
        "GET /api/export",
        exports.get_export,
        "viewer",
        "An export of the project: labels, predictions, scene, figure or model.",
        answer=Content(("application/octet-stream",)),
        errors=(409,),
        parameters=(parameters.EXPORT_FORMAT,),
    ),
    Route(
        "POST /api/labels",
        api.post_labels,
        "annotator",
        "Label items. The answer is sent when the label is on disk.",
        body=(protocol.Label, protocol.LabelEach),
        answer=protocol.Ack,
        errors=(404, 409, 507),
    ),
    Route(
        "POST /api/select",
        api.post_select,
        "viewer",
        "The items in regions that were drawn on the screen.",
        body=(protocol.Resolve,),
        answer=protocol.Resolved,
        errors=(409,),
    ),
    Route(
        "POST /api/similar",
        similar.post_similar,
        "viewer",
        "The items that are most similar to some items, or that words describe best.",
        body=(protocol.Similar,),
        answer=protocol.SimilarItems,
        errors=(404, 409, 429, 500, 503),
    ),
    Route(
        "POST /api/similar/file",
        similar.post_similar_file,
        "annotator",
        "The items that are most similar to those of a file, which is not stored.",
        answer=protocol.SimilarItems,
        errors=(409, 429, 500, 503),
        upload=protocol.MAX_EXAMPLE_BYTES,
        parameters=parameters.EXAMPLE,
    ),
    Route(
        "POST /api/items",
        adding.post_items,
        "owner",
        "Add the items of a file to the project.",
        answer=protocol.ItemsAdded,
        errors=(409, 429, 500, 503),
        upload=protocol.MAX_ADDED_BYTES,
        parameters=(parameters.ADDED_FILE,),
    ),
    Route(
        "GET /api/sheet",
        api.get_sheet,
        "viewer",
        "A contact sheet: items to review together.",
        answer=protocol.Sheet,
        parameters=parameters.SHEET,
    ),
    Route(
        "GET /api/next",
        api.get_next,
        "viewer",
        "A suggestion for the next gesture, and the reason.",
        answer=protocol.Suggestion,
    ),
    Route(
        "GET /api/cues/{cue}",
        api.get_cue,
        "viewer",
        "A cue: one byte per item.",
        answer=Content(("application/octet-stream",)),
        errors=(404,),
        parameters=(parameters.CUE,),
    ),
    Route(
        "POST /api/predict",
        predicting.post_predict,
        "annotator",
        "Predict the classes of new items, which are not stored.",
        body=(protocol.Predict,),
        answer=protocol.Predictions,
        errors=(409, 429, 500, 503),
    ),
    Route(
        "GET /api/training",
        api.get_training,
        "viewer",
        "The state of the trainer.",
        answer=protocol.Training,
    ),
    Route(
        "POST /api/training",
        api.post_training,
        "annotator",
        "Run or pause training, or change the training settings.",
        body=(protocol.SetTraining,),
        answer=protocol.Ack,
        errors=(409, 507),
    ),
    Route(
        "GET /api/recording",
        api.get_recording,
        "viewer",
        "The recording (docs/files.md).",
        answer=Content(("application/octet-stream",)),
        errors=(404,),
        parts=(206, 416),
    ),
    Route(
        "GET /api/timeline",
        api.get_timeline,
        "viewer",
        "Keyframes and gestures of the recording, in order.",
        answer=protocol.Timeline,
    ),
    Route(
        "POST /api/bench",
        bench.post_bench,
        "viewer",
        "Write the report of a headset to the server's log.",
        body=(protocol.BenchReport,),
        answer=protocol.BenchLogged,
        errors=(429,),
    ),
    Route("GET /api/openapi.json", get_openapi, "viewer", "This document."),
    Route("GET /api/stream", stream, "viewer", "The WebSocket of the session."),
)
ROUTES = (*PAGE_ROUTES, *_API, *PEOPLE_ROUTES, *ACCESS_ROUTES)


def add_routes(app: web.Application, routes: Iterable[Route] = ROUTES) -> None:
    """Add routes, with their roles, to the router of `app`; by default every route of the table."""
    for route in routes:
        add_route(app, route.method, route.pattern, route.handler, route.role, route.upload)
