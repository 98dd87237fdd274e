"""Handler of requests to predict new items. A separate process computes the predictions."""

from collections.abc import AsyncIterator

from aiohttp import web

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.predict.process import PredictionProcess
from lodespace.web.bodies import as_json, body_of

PREDICTIONS = web.AppKey("predictions", PredictionProcess)
"""The process that predicts new items."""


async def prediction_context(app: web.Application) -> AsyncIterator[None]:
    """End the prediction process when the application stops."""
    yield
    await app[PREDICTIONS].stop()


async def post_predict(request: web.Request) -> web.Response:
    """Predict new items with the model of the newest checkpoint."""
    asked = await body_of(request, protocol.Predict)
    if not asked.pictures and not asked.vectors:
        raise RequestError("Send `pictures` or `vectors`.", code="bad_items", status=409)
    return as_json(await request.app[PREDICTIONS].predict(asked))
