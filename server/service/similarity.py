"""Search for items that are similar to other items, or to examples outside the project."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.features.search_space import space_of
from lodespace.items.item_set import ItemSet
from lodespace.models.features.nearest import Nearest, SearchSpace
from lodespace.service.absent import AnyTrainer, NoTrainer, refuse_training
from lodespace.service.query_lanes import QueryLanes
from lodespace.session.session import AnnotationSession
from lodespace.training import query_messages as q

_NO_ITEMS = np.zeros(0, np.uint32)


class Similarity:
    """Finds similar items of one project.

    The search uses features that were imported, or vectors. For pictures and sounds without
    features, the trainer searches in the features that it has learned. Without a trainer, the
    search uses the places on the map.
    """

    def __init__(self, session: AnnotationSession, trainer: AnyTrainer, lanes: QueryLanes) -> None:
        self._session = session
        self._trainer = trainer
        self._lanes = lanes
        self._made: tuple[ItemSet, SearchSpace | None] | None = None
        """The items of the newest search, and their space."""

    @property
    def _space(self) -> SearchSpace | None:
        """The space of the current items; None if their features are learned in training.

        While a thread computes the space, items can be added. They are in the next space.
        """
        items, made = self._session.items, self._made
        if made is None or made[0] is not items:
            made = self._made = items, space_of(items)
        return made[1]

    async def to_items(
        self, items: npt.NDArray[np.uint32], count: int, device: str = ""
    ) -> protocol.SimilarItems:
        """Return the `count` items that are most similar to any of `items` (K,).

        Raises RequestError for an item that does not exist, and TrainingError while no trainer can
        answer. `device` is the id of the device that asks, "" for the owner.
        """
        self._session.check_items(items)

        def search(space: SearchSpace) -> Nearest:
            return space.nearest_to_items(items.astype(np.int64), count)

        if await self._lanes.run(device, lambda: self._space) is not None:
            return await self._searched(search, device)
        if isinstance(self._trainer, NoTrainer):
            _, places = self._session.grid.latent_mean_at(None)
            space = SearchSpace("places on the map", places)
            return _answer(space, await self._lanes.run(device, lambda: search(space)))
        data = items.astype("<u4").tobytes()
        return await self._asked(lambda request: q.Similar(request, count, data), device)

    async def to_features(
        self, rows: npt.NDArray[np.float32], count: int, device: str = ""
    ) -> protocol.SimilarItems:
        """Return the `count` items that are most similar to any of the features or vectors (K, F).

        Raises RequestError if the project has no features.
        """
        return await self._searched(lambda space: space.nearest(space.placed(rows), count), device)

    async def to_pictures(
        self, pictures: npt.NDArray[np.uint8], count: int, device: str = ""
    ) -> protocol.SimilarItems:
        """Return the `count` items that are most similar to any of the pictures (K, H, W[, 3]).

        Raises RequestError or TrainingError if there is no trainer that can answer.
        """
        shape, data = list(pictures.shape), pictures.tobytes()
        return await self._asked(
            lambda request: q.Similar(request, count, b"", data, shape), device
        )

    async def _searched(
        self, search: Callable[[SearchSpace], Nearest], device: str
    ) -> protocol.SimilarItems:
        def run() -> protocol.SimilarItems:
            space = self._space
            if space is None:
                refuse_training()
            return _answer(space, search(space))

        return await self._lanes.run(device, run)

    async def _asked(
        self, query: Callable[[int], q.Question], device: str
    ) -> protocol.SimilarItems:
        async with self._lanes.turn(device):
            found = await self._trainer.ask(query)
        assert isinstance(found, q.SimilarFound)
        return protocol.SimilarItems(
            items=np.frombuffer(found.items, "<u4").tolist(),
            distances=np.frombuffer(found.distances, "<f4").tolist(),
            space=found.space,
            examples=found.compared,
        )


def _answer(space: SearchSpace, found: Nearest) -> protocol.SimilarItems:
    return protocol.SimilarItems(
        items=found.items.tolist(),
        distances=found.distances.tolist(),
        space=space.name,
        examples=found.compared,
    )
