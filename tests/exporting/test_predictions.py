"""Predictions for new items: from Python, as a table, and over HTTP."""

import asyncio
import base64
import csv
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

import lodespace
from drivers.servers import ClientOf
from lodespace import protocol
from lodespace.cli import main
from lodespace.errors import DatasetError, TrainingError
from lodespace.exporting.formats import export
from lodespace.importing.reading import Reading
from lodespace.importing.source import ImportOptions
from lodespace.models.checkpoints import checkpoint
from lodespace.predict import process_main
from lodespace.predict.messages import Request
from lodespace.predict.process import PredictionProcess
from lodespace.predict.process_main import Worker
from lodespace.predict.table import write_predictions
from lodespace.project.offline import open_offline
from lodespace.web.predicting import PREDICTIONS
from samples.pictures import draw, png


def shown(folder: Path) -> np.ndarray:
    """Predictions of the page, (N,)."""
    project, session = open_offline(folder)
    project.close()
    return session.scores.prediction


def test_an_exported_model_predicts_arrays_and_files_as_the_page(
    vectors: Path, tmp_path: Path, small_data: Path
) -> None:
    export(vectors, tmp_path / "model", "model")
    model = lodespace.load_model(tmp_path / "model")
    items = np.load(small_data)["X"]
    found = model.predict(items)
    assert (found.class_ids == shown(vectors)).mean() >= 0.97
    for data in (str(small_data), items.tolist()):
        np.testing.assert_array_equal(model.predict(data).class_ids, found.class_ids)
    assert model.predict(items[:1]).classes == found.classes[:1]
    assert model.predict(items[:0]).probabilities.shape == (0, 4)
    with pytest.raises(ValueError, match="vectors"):
        model.predict(items[:, :5])
    with pytest.raises(DatasetError, match="pictures"):
        model.predict(np.zeros((3, 8, 8), np.uint8))


@pytest.mark.parametrize(("suffix", "place"), [(".csv", 0), (".jsonl", 1), (".parquet", 2)])
def test_the_command_writes_a_table_of_new_items(
    vectors: Path, tmp_path: Path, small_data: Path, suffix: str, place: int
) -> None:
    """Options may stand before, between and behind the two arguments."""
    out = tmp_path / f"out{suffix}"
    arguments = [str(vectors), str(small_data)]
    arguments[place:place] = ["-o", str(out)]
    assert main(["predict", *arguments]) == 0
    if suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(out.read_text())))
    elif suffix == ".jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    else:
        rows = pyarrow.parquet.read_table(out).to_pylist()
    assert [row["id"] for row in rows] == [str(i) for i in range(200)]
    names = [str(prediction) for prediction in shown(vectors)]
    same = [row["prediction"] == name for row, name in zip(rows, names, strict=True)]
    assert np.mean(same) >= 0.97
    assert all(0.25 <= float(row["confidence"]) <= 1 for row in rows)


def test_new_pictures_get_the_size_and_padding_of_the_project(
    pictures: Path, tmp_path: Path
) -> None:
    """Larger copies of the project's pictures, in colour, get the same predictions."""
    folder = tmp_path / "new"
    folder.mkdir()
    for i in range(24):
        large = draw(i, (28, 28)).convert("RGB").resize((84, 84), Image.Resampling.NEAREST)
        large.save(folder / f"{i:02}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    report = write_predictions(
        pictures, str(folder), tmp_path / "out.csv", ImportOptions(), probabilities=True
    )
    assert (report.imported, report.left_out) == (24, 1)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    numbers = {name: k for k, name in enumerate(lodespace.load_model(pictures).class_names)}
    found = [numbers[row["prediction"]] for row in rows]
    assert (np.array(found) == shown(pictures)).mean() >= 0.8  # scaled pixels differ a little
    assert abs(sum(float(rows[0][f"p_{name}"]) for name in numbers) - 1) < 1e-3


def test_a_request_is_predicted_by_the_newest_model(pictures: Path) -> None:
    worker = Worker(pictures)
    content = io.BytesIO()
    draw(4, (28, 28)).save(content, "PNG")
    picture = base64.b64encode(content.getvalue()).decode()
    answer = worker.answer(
        Request(predict=protocol.Predict(pictures=[picture] * 3, probabilities=True))
    )
    assert answer.predictions is not None and answer.code == ""
    assert len(answer.predictions.prediction) == len(answer.predictions.probabilities) == 3
    assert answer.predictions.classes == ["a", "b"]
    for wrong in (protocol.Predict(vectors=[[1.0]]), protocol.Predict(pictures=["AAAA"])):
        assert worker.answer(Request(predict=wrong)).code == "bad_items"
    nowhere = Worker(pictures / "nowhere")
    assert nowhere.answer(Request(predict=protocol.Predict())).code == "bad_items"


def test_without_a_model_there_are_no_predictions(sounds: Path) -> None:
    request = Request(predict=protocol.Predict(pictures=["AAAA"]))
    assert Worker(sounds).answer(request).code == "no_model"


def test_the_model_is_loaded_again_after_each_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoint 1000 is loaded after 999, although its file is first in alphabetical order."""
    loaded: list[Path] = []

    def load_model(folder: Path) -> object:
        loaded.append(folder)
        return object()

    monkeypatch.setattr(process_main, "load_model", load_model)
    worker = Worker(tmp_path)
    folder = tmp_path / "checkpoints"
    for number in (999, 1000):
        checkpoint.write(folder, {"latent_mean": np.zeros((1, 2), np.float32)}, {}, number=number)
        worker._current()
        worker._current()
    assert loaded == [tmp_path] * 2


ECHO = """
import sys, msgspec
from lodespace.predict.messages import Answer, packed, read_request
from lodespace.protocol import Predictions
while (request := read_request(sys.stdin.buffer)) is not None:
    vectors = request.predict.vectors
    if vectors[0][0] < 0:
        sys.exit(1)
    n = len(vectors)
    sys.stdout.buffer.write(packed(Answer(Predictions(["a"], [0] * n, [1.0] * n, 7))))
    sys.stdout.buffer.flush()
"""


async def test_a_request_over_http_is_answered_by_the_process(
    client_of: ClientOf, small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PredictionProcess, "command", (sys.executable, "-c", ECHO))
    http = await client_of(small_data, tmp_path / "project")
    early = await http.post("/api/predict", json={"vectors": [[1.0], [2.0]]})
    assert early.status == 409 and (await early.json())["code"] == "no_model"
    assert http.app[PREDICTIONS]._process is None  # type: ignore[index]
    checkpoints = tmp_path / "project" / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    (checkpoints / "1.json").write_text("{}")
    answer = await http.post("/api/predict", json={"vectors": [[1.0], [2.0]]})
    assert answer.status == 200
    assert await answer.json() == {
        "classes": ["a"],
        "prediction": [0, 0],
        "confidence": [1.0, 1.0],
        "step": 7,
        "probabilities": [],
    }
    assert (await http.post("/api/predict", json={})).status == 409
    assert (await http.post("/api/predict", json={"pictures": ["?"]})).status == 400
    # A process that ends is started again for the next request.
    assert (await http.post("/api/predict", json={"vectors": [[-1.0]]})).status == 503
    together = [http.post("/api/predict", json={"vectors": [[1.0]] * k}) for k in (1, 2, 3)]
    lengths = [len((await one.json())["prediction"]) for one in await asyncio.gather(*together)]
    assert lengths == [1, 2, 3]
    process = http.app[PREDICTIONS]  # type: ignore[index]
    await process.stop()
    with pytest.raises(TrainingError, match="started"):
        monkeypatch.setattr(PredictionProcess, "command", ("/nowhere",))
        await process.predict(protocol.Predict(vectors=[[1.0]]))


def test_pictures_in_a_request_are_read_with_the_range_of_the_project() -> None:
    picture = np.random.default_rng(0).integers(0, 4096, (48, 48)).astype(np.uint16)
    reading = Reading("image", (48, 48), {"stretched_from": [0.0, 2000.0]})
    request = protocol.Predict(pictures=[base64.b64encode(png(Image.fromarray(picture))).decode()])
    reader: Any = SimpleNamespace(reading=reading, computes_features=False)
    items, _ = process_main.items_of(request, reader)
    np.testing.assert_array_equal(items[0], np.round(np.clip(picture / 2000, 0, 1) * 255))
