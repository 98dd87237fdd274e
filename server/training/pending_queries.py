"""Queries to the model that wait for the trainer's answer."""

import asyncio
from collections.abc import Callable

import msgspec

from lodespace.errors import RequestError, TrainingError
from lodespace.training.query_messages import Answer, Question

ANSWER_SECONDS = 60.0
"""Longest wait for an answer, in seconds.

One unit of training takes less than a second, and the features of all items a few seconds. On a
busy machine, both took ten times as long, and a limit of 5 s was exceeded at each try.
"""


class PendingQueries:
    """Gives each query a number, and passes each answer to the query that waits for it."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._count = 0

    async def ask(
        self, send: Callable[[msgspec.Struct], None], query: Callable[[int], Question]
    ) -> Answer:
        """Send the query that `query` makes for a new request number, and return the answer.

        Raises:
            TrainingError: when no answer arrives within ANSWER_SECONDS, or the trainer ends.
            RequestError: when the trainer refuses the query.
        """
        self._count += 1
        request = self._count
        answer = self._waiting[request] = asyncio.get_running_loop().create_future()
        try:
            send(query(request))
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await answer
        except TimeoutError:
            message = "the model did not answer in time; ask again"
            raise TrainingError(message, code="no_model") from None
        finally:
            del self._waiting[request]
        if found.refused:
            raise RequestError(found.refused, code="bad_question")
        return found

    def answered(self, answer: Answer) -> None:
        """Pass `answer` to its query, unless that query has timed out."""
        waiting = self._waiting.get(answer.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def fail(self) -> None:
        """End all waiting queries with an error, because the trainer has ended."""
        for waiting in self._waiting.values():
            if not waiting.done():
                message = "training was interrupted; ask again"
                waiting.set_exception(TrainingError(message, code="no_model"))
