"""Queries of single clients to the model: probing items, decoding points."""

import asyncio
import base64

import numpy as np

from lodespace import protocol
from lodespace.errors import LodespaceError, RequestError
from lodespace.items.item_set import ItemSet
from lodespace.models.config import model_side
from lodespace.service.absent import AnyTrainer
from lodespace.service.client import Client
from lodespace.session.pins import checked_points, points_of
from lodespace.session.session import AnnotationSession
from lodespace.training import query_messages as q

MAX_QUERIES = 4
"""Largest number of open queries per client. Training pauses while a query is answered."""


class ModelQueries:
    """Sends queries to the trainer, and the answers to the clients that asked."""

    def __init__(self, session: AnnotationSession, trainer: AnyTrainer) -> None:
        self._session = session
        self._trainer = trainer
        self._picture_shape = _picture_shape(session.items)

    def ask(self, client: Client, query: protocol.Probe | protocol.Decode) -> None:
        """Answer a query in a task of its own, so that the client's other messages do not wait.

        Raises RequestError when too many queries of the client are open.
        """
        if len(client.queries) >= MAX_QUERIES:
            raise RequestError(
                "Too many queries to the model are open. Try again later.",
                code="too_many_questions",
                status=429,
            )
        task = asyncio.create_task(self._answer(client, query))
        client.queries.add(task)
        task.add_done_callback(client.queries.discard)

    async def _answer(self, client: Client, query: protocol.Probe | protocol.Decode) -> None:
        try:
            if isinstance(query, protocol.Probe):
                client.send(await self.probe(query))
            else:
                client.send(await self.decode(query))
        except LodespaceError as error:
            client.send(
                protocol.Refused(command_id=query.command_id, code=error.code, message=str(error))
            )

    async def probe(self, query: protocol.Probe) -> protocol.Probed:
        """Return forces, reconstruction and standard deviation of some items.

        Raises LodespaceError when there is no model, or an item does not exist.
        """
        self._session.check_items(np.asarray(query.items, np.uint32))
        seen = await self._trainer.ask(lambda request: q.Probe(request, query.items))
        assert isinstance(seen, q.Probed)
        height, width, channels = self._picture_shape
        return protocol.Probed(
            command_id=query.command_id,
            step=seen.step,
            items=query.items,
            forces={
                name: np.frombuffer(force, "<f4").tolist() for name, force in seen.forces.items()
            },
            pictures=base64.b64encode(seen.pictures).decode(),
            width=width,
            height=height,
            channels=channels,
            error=seen.error,
            sigma=np.frombuffer(seen.sigma, "<f4").tolist(),
        )

    async def decode(self, query: protocol.Decode) -> protocol.Decoded:
        """Return the decoded pictures of some points of the latent space.

        Raises LodespaceError when there is no model, or the items are not pictures.
        """
        points = checked_points(points_of(query.points), self._session.grid.latent_dim)
        data = points.astype("<f4").tobytes()
        decoded = await self._trainer.ask(lambda request: q.Decode(request, data))
        assert isinstance(decoded, q.Decoded)
        height, width, channels = self._picture_shape
        return protocol.Decoded(
            command_id=query.command_id,
            pictures=base64.b64encode(decoded.pictures).decode(),
            width=width,
            height=height,
            channels=channels,
        )


def _picture_shape(items: ItemSet) -> tuple[int, int, int]:
    """Return height, width and channels of the decoder's pictures; zeros for vectors."""
    if items.kind == "vector":
        return 0, 0, 0
    side = model_side(*items.data.shape[1:3])
    return side, side, items.data.shape[3] if items.data.ndim == 4 else 1
