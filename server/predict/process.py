"""The process that predicts new items and reads examples, so that the server does not have to load
torch.

The server starts the process with the first request. The start takes some seconds: the process
loads torch and the newest checkpoint, and trains a small model to give the page's predictions
(distillation). The process ends after IDLE_SECONDS without a request.
"""

import asyncio
import contextlib
import sys

from lodespace.errors import LodespaceError, RequestError, TrainingError
from lodespace.predict.messages import (
    Answer,
    Example,
    ExampleRead,
    Request,
    decode_answer,
    packed,
)
from lodespace.project.project import Project
from lodespace.protocol import Predict, Predictions
from lodespace.training.messages import LENGTH

IDLE_SECONDS = 300.0
"""The process ends after this number of seconds without a request, to free its memory."""
ANSWER_SECONDS = 300.0
"""Longest wait for an answer, in seconds. Before the first answer, the process trains a network."""
MOST_WAITING = 16
"""Largest number of requests that wait for their turn."""


class PredictionProcess:
    """Starts the prediction process when it is needed, and sends it one request at a time."""

    command: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace.predict.process_main")
    """Command line. With -P, no file in the current folder replaces a module of the same name."""

    def __init__(self, project: Project, *, threads: int = 0) -> None:
        """Predict with the model of `project`, with `threads` processor threads (0: all)."""
        self._project = project
        self._arguments = (str(project.folder), str(threads))
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    async def predict(self, request: Predict) -> Predictions:
        """Return the predictions of new items.

        Raises:
            RequestError: too many requests wait.
            LodespaceError: the items cannot be read (`bad_items`), or there is no model yet.
            TrainingError: the process failed.
        """
        # This is checked before the process starts, because loading torch takes seconds.
        if not self._project.has_model:
            raise LodespaceError(
                "The project has no model yet. Send the request again when training is idle.",
                code="no_model",
                status=409,
            )
        answer = await self._ask(Request(predict=request))
        assert answer.predictions is not None
        return answer.predictions

    async def read_example(self, example: Example) -> ExampleRead:
        """Return the items of an example.

        Raises:
            RequestError: too many requests wait.
            LodespaceError: the example cannot be read, or does not fit the items (`bad_items`).
            TrainingError: the process failed.
        """
        answer = await self._ask(Request(example=example))
        assert answer.example is not None
        return answer.example

    async def _ask(self, request: Request) -> Answer:
        if self._waiting >= MOST_WAITING:
            raise RequestError(
                "Too many predictions are waiting. Send the request again later.",
                code="too_many_requests",
                status=429,
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await self._exchange(request)
        finally:
            self._waiting -= 1

    async def _exchange(self, request: Request) -> Answer:
        if self._idle is not None:
            self._idle.cancel()
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                process.stdin.write(packed(request))
                await process.stdin.drain()
                head = await process.stdout.readexactly(LENGTH.size)
                payload = await process.stdout.readexactly(LENGTH.unpack(head)[0])
        except BaseException as error:
            # The process must end after a cancelled request. Otherwise, its answer to this request
            # would be read as the answer to the next request.
            await self._end()
            if isinstance(error, TimeoutError | OSError | asyncio.IncompleteReadError):
                raise TrainingError(
                    "The prediction process has ended. The server log has the reason.",
                    code="training_failed",
                ) from error
            raise
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close)
        answer = decode_answer(payload)
        if answer.predictions is not None or answer.example is not None:
            return answer
        # The status is 409 and not 400, because the body follows the schema, but its items do not
        # fit those of the project.
        status = 500 if answer.code == "internal_error" else 409
        raise LodespaceError(answer.message, code=answer.code, status=status)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.command,
                    *self._arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise TrainingError(f"The prediction process cannot be started: {error}") from error
        return self._process

    def _close(self) -> None:
        """Close the pipe, so that the process ends by itself."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process = None

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def stop(self) -> None:
        """End the process."""
        if self._idle is not None:
            self._idle.cancel()
        await self._end()
