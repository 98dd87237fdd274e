"""Accuracy and calibration of predictions, and hits among suspects, without a server.

Two measurements on data sets with known classes:

- sheets: contact sheets of 27 items are labelled correctly, one after another. After 1, 2, 5 and 10
  sheets, there are three figures: the share of items that are right (by label, or else by
  prediction), the estimate of this share from the confidences, and the expected calibration error
  of the items without a label.
- suspects: all items are labelled, one in 20 of them with a random wrong class. For each of the
  first two sheets of suspects, there are two figures: the number of wrong labels on the sheet, and
  the number that Lodespace expects. The labels of the first sheet are corrected before the second
  sheet. For comparison, the wrong labels on two sheets of another method are counted. That method
  doubts a label if the mean of two values is low: the label's probability in 5-fold logistic
  regression, and the share of the 15 nearest neighbours that have the same label.

Each result is one line of JSON in `--out`. A result that the file already contains is not measured
again. To compare two versions with the same labels, give both the same `--labels` folder. The first
run writes the labels after each sheet into this folder, and later runs read them.

    python benchmarks/honest_predictions.py segments sklearn --seeds 3 --out /tmp/results.jsonl

Runs on data sets that are not for tuning (annotation_gain/data_sets.py, TUNING) are written to the
register of the benchmark (annotation_gain/register.py).
"""

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from annotation_gain import data_sets, register
from lodespace.importing.importer import import_data
from lodespace.importing.sounds.sound_folder import DEFAULT_SIDE
from lodespace.importing.sounds.spectrogram import Spectrogram
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.models import Dataset, Snapshot, Trainer, TrainingConfig
from lodespace.models.features.descriptor import described
from lodespace.models.features.principal_components import principal_components
from lodespace.protocol import SHEET_SIZE
from lodespace.review.contact_sheets import queue
from lodespace.session.item_state import ItemState
from lodespace.training.dataset import to_dataset

REPORTED = (1, 2, 5, 10)
"""Numbers of sheets after which the predictions are measured."""
WRONG = 0.05
"""Share of labels that are wrong at the start of the measurement "suspects"."""
GRID = 32000
NEIGHBOURS = 15
SAYINGS = Path("/usr/share/games/fortunes")
SUBJECTS = ("computers", "education", "food", "law", "love", "medicine", "politics", "science")
"""Files of the data set `fortunes`, each with texts about one subject."""
LEAST_WORDS = 5

Classes = npt.NDArray[np.int16]


def main() -> None:
    arguments = _arguments()
    done = _done(arguments.out)
    torch.set_num_threads(arguments.threads)
    for name in arguments.sets:
        dataset, truth = load(name)
        for seed in range(arguments.seeds):
            for measure in arguments.measure:
                if (name, seed, measure) in done:
                    continue
                started = time.perf_counter()
                if measure == "sheets":
                    folder = arguments.labels and arguments.labels / f"{name}-{seed}"
                    result: Any = list(sheets(dataset, truth, seed, folder))
                else:
                    result = suspects(dataset, truth, seed)
                seconds = round(time.perf_counter() - started, 1)
                line = {"set": name, "seed": seed, "measure": measure, "result": result}
                print(json.dumps(line | {"seconds": seconds}), flush=True)
                if arguments.out:
                    with arguments.out.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                if register.is_registered(name):
                    _register(line, arguments.commit)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--measure", nargs="+", default=["sheets", "suspects"])
    parser.add_argument("--labels", type=Path, help="folder with the labels after each sheet")
    parser.add_argument("--out", type=Path, help="file to which results are appended")
    parser.add_argument("--commit", default=register.commit(), help="version, for the register")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _register(line: dict[str, Any], commit: str) -> None:
    entry = {
        "commit": commit,
        "data": line["set"],
        "method": f"honest_predictions: {line['measure']}",
        "seed": line["seed"],
        "result": line["result"],
    }
    register.append(entry)


def _done(file: Path | None) -> set[tuple[str, int, str]]:
    if file is None or not file.exists():
        return set()
    lines = map(json.loads, file.read_text().splitlines())
    return {(line["set"], line["seed"], line["measure"]) for line in lines}


class Session:
    """A training without a server, on which a simulated person labels contact sheets."""

    def __init__(self, dataset: Dataset, truth: Classes, seed: int) -> None:
        # Predictions do not depend on the encoder, so it is trained as little as possible.
        config = dataclasses.replace(TrainingConfig(), encoder_epochs=1, least_steps=1)
        n_classes = int(truth.max()) + 1
        self.trainer = Trainer(dataset, config, n_classes=n_classes, seed=seed, device="cpu")
        self.labels = np.full(len(truth), -1, np.int16)
        self.verified = np.zeros(len(truth), np.bool_)
        self.snapshot = self._rested()

    def label(self, labels: Classes, verified: npt.NDArray[np.bool_]) -> None:
        """Replace the labels (N,), and train until the model rests."""
        self.labels, self.verified = labels, verified
        self.trainer.set_labels(labels, verified=verified)
        self.snapshot = self._rested()

    def sheet(self, kind: Any) -> npt.NDArray[np.intp]:
        """Return the items of the next contact sheet."""
        found, n = self.snapshot.predictions, len(self.labels)
        place = self.snapshot.latent_mean
        state = ItemState(
            self.labels,
            self.verified,
            np.zeros(n, np.bool_),
            np.zeros(n, np.bool_),
            found.prediction,
            found.confidence,
            found.margin,
            found.doubt,
            np.zeros(n, np.bool_),
            np.rint(place / np.abs(place).max() * GRID).astype(np.int32),
            np.arange(self.trainer.n_classes, dtype=np.int16),
        )
        return queue(state, kind)[0][:SHEET_SIZE]

    def _rested(self) -> Snapshot:
        return next(snapshot for snapshot in self.trainer.frames() if snapshot.resting)


def sheets(
    dataset: Dataset, truth: Classes, seed: int, folder: Path | None
) -> Iterator[dict[str, float]]:
    """Yield the measures after each number of sheets in REPORTED."""
    session = Session(dataset, truth, seed)
    for count in range(1, REPORTED[-1] + 1):
        kept = folder and folder / f"{count}.npy"
        if kept and kept.exists():
            labels = np.load(kept)
        else:
            labels = session.labels.copy()
            items = session.sheet("uncertain")
            labels[items] = truth[items]
            if kept:
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.save(kept, labels)
        session.label(labels, labels >= 0)
        if count in REPORTED:
            free, found = labels < 0, session.snapshot.predictions
            right = found.prediction[free] == truth[free]
            confidence = found.confidence[free].astype(np.float64)
            labelled = int((~free).sum())
            yield {
                "sheets": count,
                "right": round((right.sum() + labelled) / len(truth), 4),
                "told": round((confidence.sum() + labelled) / len(truth), 4),
                "calibration_error": round(calibration_error(confidence, right), 4),
            }


def calibration_error(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 10
) -> float:
    """Return the expected calibration error (C. Guo et al. 2017) over equal intervals."""
    place = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    gap = np.bincount(place, confidence - right, bins)
    return float(np.abs(gap).sum() / len(confidence))


def suspects(dataset: Dataset, truth: Classes, seed: int) -> dict[str, list[float]]:
    """Return numbers of wrong labels on the first two sheets of suspects, one number per sheet.

    "hits" are the true numbers, "expected" the numbers that Lodespace expects, and "reference" the
    true numbers on two sheets of the other method. "wrong" is the number of all wrong labels.
    """
    random = np.random.default_rng(seed)
    n, n_classes = len(truth), int(truth.max()) + 1
    labels = truth.copy()
    wrong = random.choice(n, round(WRONG * n), replace=False)
    labels[wrong] = (truth[wrong] + random.integers(1, n_classes, len(wrong))) % n_classes
    reference = np.argsort(-_reference_doubt(dataset, labels), kind="stable")
    session = Session(dataset, truth, seed)
    session.label(labels, np.zeros(n, np.bool_))
    hits, expected = [], []
    for _ in range(2):
        items = session.sheet("suspects")
        hits.append(int((session.labels[items] != truth[items]).sum()))
        expected.append(round(float(session.snapshot.predictions.doubt[items].sum()), 1))
        labels, verified = session.labels.copy(), session.verified.copy()
        labels[items], verified[items] = truth[items], True
        session.label(labels, verified)
    is_wrong = np.zeros(n, np.bool_)
    is_wrong[wrong] = True
    parts = reference[: 2 * SHEET_SIZE].reshape(2, SHEET_SIZE)
    return {
        "wrong": [len(wrong)],
        "hits": hits,
        "expected": expected,
        "reference": is_wrong[parts].sum(axis=1).tolist(),
    }


def _reference_doubt(dataset: Dataset, labels: Classes) -> npt.NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import NearestNeighbors

    rows = principal_components(described(dataset.alike()), 50).numpy()
    rows = rows / rows.std()
    model = LogisticRegression(max_iter=200)
    probabilities = cross_val_predict(model, rows, labels, cv=5, method="predict_proba")
    own = probabilities[np.arange(len(labels)), np.searchsorted(np.unique(labels), labels)]
    neighbours = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(rows).kneighbors()[1]
    return 1 - (own + (labels[neighbours] == labels[:, None]).mean(axis=1)) / 2


def load(name: str) -> tuple[Dataset, Classes]:
    """Return a data set and its true classes.

    annotation_gain/data_sets.py lists the names. Three more names are `sklearn-vectors`, the digits
    of scikit-learn as vectors; `photos-extra`, the photographs as an import with the extra `photos`
    reads them: pictures with the features of the pretrained network; and `fortunes`, sayings of
    some subjects, as an import of a table of texts reads them.
    """
    if name == "fortunes":
        return fortunes()
    as_vectors, with_extra = name == "sklearn-vectors", name == "photos-extra"
    found = data_sets.load("sklearn" if as_vectors else "photos" if with_extra else name)
    if with_extra:
        rows = np.asarray(data_sets.load("photo-features").items, np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        pictures = Dataset.from_images(np.asarray(found.items, np.uint8), found.content)
        return pictures.with_features(rows, one_scale=True), found.truth
    if found.kind == "pictures" and not as_vectors:
        return Dataset.from_images(np.asarray(found.items, np.uint8), found.content), found.truth
    if found.kind == "sounds":
        # The same range as in an import.
        to_picture = Spectrogram(DEFAULT_SIDE, 0.0, found.rate / 2)
        pictures = [to_picture(np.asarray(wave), found.rate) for wave in found.items]
        return Dataset.from_images(np.array(pictures), "spectrograms"), found.truth
    rows = np.asarray(found.items, np.float32).reshape(len(found), -1)
    return Dataset.from_vectors(rows), found.truth


def fortunes() -> tuple[Dataset, Classes]:
    """Return texts of Debian's packages `fortunes` and `fortunes-min` with their subjects."""
    rows = [
        {"text": " ".join(saying.split()), "subject": subject}
        for subject in SUBJECTS
        for saying in (SAYINGS / subject).read_text(encoding="utf-8").split("\n%\n")
        if len(saying.split()) >= LEAST_WORDS
    ]
    order = np.random.default_rng(0).permutation(len(rows))
    with tempfile.TemporaryDirectory() as folder:
        table, data = Path(folder) / "fortunes.jsonl", Path(folder) / "data"
        table.write_text("".join(json.dumps(rows[k]) + "\n" for k in order), encoding="utf-8")
        import_data(str(table), data, ImportOptions(text="text", label="subject"))
        items = item_set.load(data)
        assert items.truth is not None and len(items) == len(rows)
        return to_dataset(items), items.truth.copy()


if __name__ == "__main__":
    main()
