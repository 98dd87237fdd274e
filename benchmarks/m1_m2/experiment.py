"""Accuracy on the items without a label, after one training on one draw of 100 labels.

All methods get the same items (the 5,000 bundled digits) and the same labels (10 per class). They
predict the other 4,900 items, which they see without labels in training (transductive).
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from sklearn.svm import SVC

from lodespace.items.item_set import ItemSet, load_digits
from lodespace.models import Dataset, Trainer, preset
from lodespace.models.config import PresetName
from lodespace.project.initial_labels import choose_labels
from m1_m2.candidates import M1, M2
from m1_m2.m1 import Features, M1Settings, train_m1
from m1_m2.m2 import M2Settings, train_m2

PER_CLASS = 10
"""Number of labels per class."""
M1_SEED = 100
"""Seed of M1. M1 needs no labels, so all draws of labels use the same M1, as in the authors'
code."""
METHODS = {
    "m1+m2": "M1+M2",
    "m1": "M1, SVC on its features",
    "paper": "preset `paper`",
    "default": "preset `default`",
}
"""Methods, with their names in the table."""

Labels = npt.NDArray[np.int16]


class Experiment:
    """Trainings on the bundled digits, whose results are kept in a file."""

    def __init__(self, folder: Path) -> None:
        """Read the results in `folder`, which also keeps the features of M1."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "results.json"
        self.results: dict[str, Any] = (
            json.loads(self.path.read_text()) if self.path.is_file() else {}
        )
        self.items: ItemSet = load_digits()
        assert self.items.truth is not None
        self.truth = self.items.truth

    def labels(self, seed: int) -> Labels:
        """Return the labels of a draw, (N,)."""
        return choose_labels(self.items, str(PER_CLASS), seed)

    def accuracy(self, labels: Labels, prediction: npt.NDArray[Any]) -> float:
        """Return the share of right predictions among the items without a label."""
        unlabelled = labels < 0
        return float((prediction[unlabelled] == self.truth[unlabelled]).mean())

    def measure(self, method: str, seed: int) -> float:
        """Return the accuracy of a method, from the file or from a new training."""
        return self._kept(f"{method}, seed {seed}", lambda: self._train(method, seed))

    def m1_accuracy(self, name: str, m1: M1Settings, seed: int) -> float:
        """Return the accuracy of a support vector machine on the features of M1, for the tuning.

        `name` is the name of the settings in the file.
        """
        key = f"tuning of M1, {name}, seed {seed}"
        return self._kept(key, lambda: self._svc(m1, self.labels(seed)))

    def curve(self, name: str, m2: M2Settings, seed: int) -> dict[str, float]:
        """Return the accuracy of M1+M2 by number of epochs, for the tuning of M2.

        `name` is the name of the settings in the file.
        """

        def train() -> dict[str, float]:
            labels, found = self.labels(seed), {}

            def after(epochs: int, probabilities: torch.Tensor) -> None:
                found[str(epochs)] = self.accuracy(labels, probabilities.argmax(dim=1).numpy())

            self._m1_m2(M1, m2, labels, seed, after)
            return found

        return self._kept(f"tuning of M2, {name}, seed {seed}", train)

    def _kept(self, key: str, make: Callable[[], Any]) -> Any:
        """Return the result `key` from the file. If the file does not have it, call `make` and
        store the result."""
        if key not in self.results:
            self.results[key] = make()
            temporary = self.path.with_suffix(".part")
            temporary.write_text(json.dumps(self.results, indent=1))
            temporary.replace(self.path)
            print(f"{key}: {self.results[key]}", flush=True)
        return self.results[key]

    def _train(self, method: str, seed: int) -> float:
        labels = self.labels(seed)
        if method == "m1":
            return self._svc(M1, labels)
        if method == "m1+m2":
            prediction = self._m1_m2(M1, M2, labels, seed).argmax(dim=1).numpy()
        else:
            prediction = self._preset(cast("PresetName", method), labels, seed)
        return self.accuracy(labels, prediction)

    def _svc(self, m1: M1Settings, labels: Labels) -> float:
        mean, known = self.features(m1).mean.numpy(), labels >= 0
        return self.accuracy(labels, SVC(C=10).fit(mean[known], labels[known]).predict(mean))

    def features(self, settings: M1Settings) -> Features:
        """Return the features of M1, from a file or from a new training."""
        changed = {k: v for k, v in vars(settings).items() if v != getattr(M1Settings(), k)}
        named = "-".join(f"{name}-{value}" for name, value in changed.items()) or "chosen"
        path = self.folder / f"m1-{named.replace(' ', '')}.npz"
        if not path.is_file():
            pictures = torch.from_numpy(self.items.data.astype(np.float32) / 255)
            _, made = train_m1(pictures, settings, M1_SEED, title=path.stem)
            np.savez(path, mean=made.mean.numpy(), log_variance=made.log_variance.numpy())
        stored = np.load(path)
        return Features(torch.from_numpy(stored["mean"]), torch.from_numpy(stored["log_variance"]))

    def _m1_m2(
        self,
        m1: M1Settings,
        m2: M2Settings,
        labels: Labels,
        seed: int,
        after: Callable[[int, torch.Tensor], None] | None = None,
    ) -> torch.Tensor:
        given = torch.from_numpy(labels.astype(np.int64))
        n_classes = len(self.items.class_names)
        return train_m2(self.features(m1), given, n_classes, m2, seed, after)

    def _preset(self, name: PresetName, labels: Labels, seed: int) -> npt.NDArray[Any]:
        """Return the predictions of a preset: training without labels first, then with labels."""
        dataset = Dataset.from_images(self.items.data)
        n_classes = len(self.items.class_names)
        trainer = Trainer(dataset, preset(name), n_classes=n_classes, seed=seed, device="cpu")
        for given in (None, labels):
            if given is not None:
                trainer.set_labels(given, None, given >= 0)
            for snapshot in trainer.frames():
                if snapshot.resting:
                    break
        return trainer.snapshot().prediction
