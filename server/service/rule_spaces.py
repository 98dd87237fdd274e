"""Features of items for the regions of rules. They do not change with training."""

import asyncio

import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError
from lodespace.features.search_space import space_of
from lodespace.items.item_set import ItemSet
from lodespace.rules.regions import FeatureRows
from lodespace.service.absent import AnyTrainer, NoTrainer
from lodespace.session.session import AnnotationSession
from lodespace.training import query_messages as q

_DESCRIBED_AT_ONCE = 1000
"""Number of items that the trainer describes between two units of its work. This takes 0.3 s."""


class RuleSpaces:
    """The feature space of one project.

    It has the features that were imported, or the vectors. Pictures and sounds without features are
    described by the trainer.
    """

    def __init__(self, session: AnnotationSession, trainer: AnyTrainer) -> None:
        self._session = session
        self._trainer = trainer
        self._made: tuple[ItemSet, FeatureRows] | None = None
        """The items of the newest call, and their features."""
        self._described: FeatureRows | None = None
        """Descriptors of the first items."""
        self._one_at_a_time = asyncio.Lock()

    async def of_items(self) -> FeatureRows:
        """Return the features of all items, (N, F).

        Raises RequestError if there are no features and no trainer, and TrainingError if the
        trainer does not answer.
        """
        async with self._one_at_a_time:
            items, made = self._session.items, self._made
            if made is not None and made[0] is items:
                return made[1]
            space = await asyncio.to_thread(space_of, items)
            if space is not None:
                scale = None if space.scale is None else np.asarray(space.scale, np.float32)
                found = FeatureRows(space.name, space.rows, scale)
            else:
                found = await self._by_trainer(len(items))
            self._made = items, found
            return found

    async def _by_trainer(self, n: int) -> FeatureRows:
        if isinstance(self._trainer, NoTrainer):
            raise RequestError(
                "A region of pictures or sounds without features needs the trainer. Start the "
                "server without `--no-training`, or import the data with `--backbone`.",
                code="no_features",
                status=409,
            )
        known = self._described
        parts = [] if known is None else [np.asarray(known.rows)]
        scale = None if known is None else known.scale
        name = "" if known is None else known.name
        done = sum(len(part) for part in parts)
        while done < n:
            first, end = done, min(done + _DESCRIBED_AT_ONCE, n)
            answer = await self._trainer.ask(
                lambda request, first=first, end=end: q.Describe(request, first, end)
            )
            assert isinstance(answer, q.Described)
            rows = np.frombuffer(answer.rows, "<f4").reshape(end - first, -1)
            parts.append(rows)
            name, done = answer.name, end
            if scale is None and done == n:
                scale = _scale_of(np.concatenate(parts), answer.groups)
        self._described = FeatureRows(name, np.concatenate(parts), scale)
        return self._described


def _scale_of(rows: npt.NDArray[np.float32], groups: list[int]) -> npt.NDArray[np.float32]:
    """Return a number per feature (F,), with which each group of features has a variance of 1."""
    scale = np.ones(rows.shape[1], np.float32)
    ends = np.cumsum(groups).tolist()
    for width, end in zip(groups, ends, strict=True):
        variance = float(rows[:, end - width : end].var(axis=0, dtype=np.float64).sum())
        scale[end - width : end] = 1 / np.sqrt(variance) if variance > 0 else 1
    return scale
