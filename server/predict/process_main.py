"""Entry point of the process that predicts new items and reads examples.

The module process.py starts the process.
The argument is the project folder. Requests arrive on standard input, and answers leave on standard
output. The process uses the model of the newest checkpoint, and looks for a newer checkpoint before
each answer. This module imports torch.
"""

import base64
import binascii
import io
import logging
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lodespace.errors import LodespaceError
from lodespace.features.preparation import detail_of, prepared
from lodespace.importing.reading import Reading
from lodespace.items import decoding
from lodespace.items.errors import ItemError
from lodespace.items.picture_reading import PictureReading
from lodespace.models.checkpoints.checkpoint import numbered
from lodespace.models.light_torch import leave_out_compiler
from lodespace.models.processors import processors
from lodespace.predict.examples import ExampleReader
from lodespace.predict.messages import (
    Answer,
    Example,
    ExampleRead,
    Request,
    packed,
    read_request,
)
from lodespace.predict.predictor import Predictor, load_model
from lodespace.predict.project_model import reading_of
from lodespace.project.opening import open_existing
from lodespace.protocol import Predict, Predictions
from lodespace.training.process_main import end_with_parent

log = logging.getLogger(__name__)


class Worker:
    """Answers requests with the newest model of a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._predictor: Predictor | None = None
        self._loaded: object = None
        self._examples: ExampleReader | None = None

    def answer(self, request: Request) -> Answer:
        """Predict the items of a request, or read its example. Errors become part of the answer."""
        if request.example is not None:
            return self._example(request.example)
        assert request.predict is not None
        return self._predicted(request.predict)

    def _example(self, example: Example) -> Answer:
        try:
            if self._examples is None:
                project = open_existing(self.folder, None, lock=False)
                items = project.items
                self._examples = ExampleReader(items, Reading.of(reading_of(items)))
            if example.words:
                found = self._examples.words(example.words)
            else:
                found = self._examples.file(example.name, example.content)
        except (LodespaceError, ValueError) as error:
            return Answer(code="bad_items", message=str(error))
        shape = list(found.shape)
        if found.ndim > 2:
            return Answer(example=ExampleRead(shape, pictures=found.astype(np.uint8).tobytes()))
        return Answer(example=ExampleRead(shape, features=found.astype("<f4").tobytes()))

    def _predicted(self, request: Predict) -> Answer:
        try:
            return Answer(self._predictions(request))
        except ItemError as error:
            return Answer(code="bad_items", message=str(error))
        except LodespaceError as error:
            code = "no_model" if error.code == "bad_project" else error.code
            return Answer(code=code, message=str(error))
        except ValueError as error:
            return Answer(code="bad_items", message=f"The items cannot be predicted: {error}")

    def _predictions(self, request: Predict) -> Predictions:
        predictor = self._current()
        items, features = items_of(request, predictor)
        if request.features:
            features = np.array(request.features, np.float32)
        predicted = predictor.model.predict(items, features)
        return Predictions(
            classes=predictor.class_names,
            prediction=predicted.class_ids.tolist(),
            confidence=predicted.confidence.tolist(),
            step=int(predictor.model.description["step"]),
            probabilities=predicted.probabilities.tolist() if request.probabilities else [],
        )

    def _current(self) -> Predictor:
        """Return the newest model, loaded again if the project has a newer checkpoint."""
        # The JSON file is written after the tensors, so a checkpoint without a JSON file is
        # incomplete.
        files = [path.with_suffix(".json") for _, path in numbered(self.folder / "checkpoints")]
        whole = [(path, path.stat().st_mtime_ns) for path in files if path.exists()]
        newest = whole[-1] if whole else None
        if self._predictor is None or newest != self._loaded:
            self._predictor = load_model(self.folder)
            self._loaded = newest
        return self._predictor


def items_of(
    request: Predict, predictor: Predictor
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]":
    """Return the items of a request as an array, and their features if a network computes them.

    Raises ItemError, ValueError or DatasetError.
    """
    reading = predictor.reading
    if reading.text is not None and not request.vectors:
        raise ValueError(
            "the items of the project are texts: use the command `lodespace predict`, or send "
            "`vectors`"
        )
    if reading.frame is None:
        if request.pictures or len({len(row) for row in request.vectors}) > 1:
            raise ValueError(
                "the items of the project are vectors: send `vectors`, all of one length"
            )
        vectors = np.array(request.vectors, np.float32)
        if not np.isfinite(vectors).all():
            raise ValueError("a vector holds NaN or infinity")
        return vectors, None
    if reading.shapes:
        raise ValueError(
            "the items of the project are meshes or point clouds: use the command `lodespace "
            "predict`"
        )
    if reading.kind == "sound" or request.vectors:
        raise ValueError(
            "the items of the project are sounds: use the command `lodespace predict`"
            if reading.kind == "sound"
            else "the items of the project are pictures: send `pictures`"
        )
    pictures, large = [], []
    computed = predictor.computes_features and not request.features
    network = predictor.networks.family if computed else None
    side = 0 if network is None else network.side
    frame = detail_of(side) if side else reading.frame
    stated = PictureReading.of(reading.details)
    for number, content in enumerate(request.pictures):
        try:
            file = io.BytesIO(base64.b64decode(content, validate=True))
            picture = decoding.decode(file, frame, stated)
        except (ItemError, binascii.Error) as error:
            raise ItemError(f"Picture {number} cannot be read: {error}") from error
        pictures.append(decoding.fitted(picture, reading.frame))
        if side:
            large.append(prepared(picture, side))
    if any(picture.ndim == 3 for picture in pictures):
        pictures = [p if p.ndim == 3 else np.repeat(p[..., None], 3, axis=2) for p in pictures]
    return np.stack(pictures), predictor.networks.features_of(large) if side else None


def main(folder: str, threads: str) -> int:
    """Answer requests until the server closes the pipe. Returns the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="predict: %(message)s")
    end_with_parent()
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # prints go to standard error, because standard output is the pipe of answers
    leave_out_compiler()
    torch.set_num_threads(max(1, int(threads) or processors()))
    worker = Worker(Path(folder))
    while (request := read_request(sys.stdin.buffer)) is not None:
        try:
            answer = worker.answer(request)
        except Exception as error:
            log.exception("the request failed")
            answer = Answer(code="internal_error", message=f"{type(error).__name__}: {error}")
        pipe.write(packed(answer))
        pipe.flush()
    return 0


if __name__ == "__main__":
    status = main(*sys.argv[1:3])
    os._exit(status)  # skips the destructors of torch, which can take a second
