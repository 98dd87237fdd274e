"""The methods that Lodespace is compared to, on the same data with the same simulated person."""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from annotation_gain.course import Course
from annotation_gain.data_sets import LabelledItems
from annotation_gain.person import UNLABELED, Eyes, Labels, LooksAtSamples, Points, SeesEveryPicture
from annotation_gain.views import Rows, first_view
from lodespace.models import Dataset
from lodespace.models.classification.wide_classifier import WideClassifier
from lodespace.models.features import descriptor
from lodespace.models.features.network import FeatureNetwork
from lodespace.protocol import SHEET_SIZE

COMPONENTS = 50
SINGLY = SHEET_SIZE
"""In one-by-one labelling, the classifier is trained after each of the first SINGLY labels."""
BATCH = 3
"""After the first SINGLY labels, the classifier is trained after every BATCH labels.

Both numbers divide the labels of whole contact sheets, after which methods are compared.
"""
STEPS = 30
"""Number of batches with which AugmentedNetwork continues its training."""
FIRST = 10
"""Number of random items before the items with the smallest margin are chosen."""
ROUND = 5
"""Number of gestures between two trainings of the SVC, for a person who ignores its predictions.

For a person who looks at samples, the SVC is trained after every gesture.
"""


def described(data: LabelledItems) -> Rows:
    """Return the descriptors (N, F) by which Lodespace compares items before training.

    Other methods also run on these descriptors, to measure how much the descriptor alone improves a
    result (models/features/descriptor.py).
    """
    return descriptor.described(Dataset.from_images(data.items, data.content)).numpy()


def umap_positions(rows: Rows, seed: int, kept: Path) -> Points:
    """Return the UMAP positions (N, 3) of rows (N, F). The file `kept` caches the positions."""
    if kept.exists():
        return np.load(kept)
    from umap import UMAP

    kept.parent.mkdir(parents=True, exist_ok=True)
    points = (
        UMAP(n_components=3, random_state=seed, n_jobs=1).fit_transform(rows).astype(np.float32)
    )
    with tempfile.NamedTemporaryFile(dir=kept.parent, suffix=".npy", delete=False) as part:
        np.save(part, points)
    Path(part.name).replace(kept)  # atomic, because another run may write the same file
    return points


def components(rows: Rows) -> Rows:
    """Return at most 50 principal components of rows (N, F)."""
    return PCA(min(COMPONENTS, *rows.shape), random_state=0).fit_transform(rows)


class Svc:
    """An RBF support vector machine on at most 50 principal components of rows (N, F)."""

    def __init__(self, rows: Rows) -> None:
        self.components = components(rows)

    def predict(self, labels: Labels) -> Labels:
        """Return the labels (N,), with predictions for items without a label.

        If fewer than two classes have labels, items without a label stay UNLABELED.
        """
        labelled = labels != UNLABELED
        prediction = labels.copy()
        if len(np.unique(labels[labelled])) < 2:
            return prediction
        machine = SVC(C=10, gamma="scale").fit(self.components[labelled], labels[labelled])
        rest = ~labelled
        if rest.any():
            prediction[rest] = machine.predict(self.components[rest])
        return prediction

    def probabilities(self, labels: Labels, n_classes: int) -> npt.NDArray[np.float32]:
        """Return class probabilities (N, C): the softmax of the SVM's decision values.

        If fewer than two classes have labels, all classes have the same probability.
        """
        labelled = labels != UNLABELED
        even = np.full((len(labels), n_classes), 1 / n_classes, np.float32)
        known = np.unique(labels[labelled])
        if len(known) < 2:
            return even
        machine = SVC(C=10, gamma="scale", decision_function_shape="ovr").fit(
            self.components[labelled], labels[labelled]
        )
        scores = machine.decision_function(self.components)
        if len(known) == 2:
            scores = np.c_[-scores, scores]
        # The softmax keeps the order of the classes. Callers use only this order and the margins.
        probabilities = np.zeros_like(even)
        probabilities[:, known] = np.exp(scores - scores.max(axis=1, keepdims=True))
        return probabilities / probabilities.sum(axis=1, keepdims=True)


def lasso_on(
    name: str,
    points: Points,
    data: LabelledItems,
    seed: int,
    gestures: int,
    *,
    samples: bool,
    purity: float = 0.95,
    rows: Rows | None = None,
) -> Course:
    """Run a person who draws regions on a fixed map; an SVM predicts the other items.

    Args:
        name: name of the method.
        points: the map, (N, D).
        data: the data set.
        seed: seed of the person.
        gestures: largest number of gestures.
        samples: whether the person judges a region by samples of its pictures.
        purity: smallest share of the main class in a region, if `samples` is False.
        rows: features (N, F) from which the SVM predicts; by default the features of `first_view`.
    """
    course = Course(name, data.name, seed, len(data))
    person = (
        LooksAtSamples(Eyes(data.truth), seed)
        if samples
        else SeesEveryPicture(data.truth, purity, seed)
    )
    svc = Svc(first_view(data) if rows is None else rows)
    labels = np.full(len(data), UNLABELED, np.int16)
    prediction = labels.copy()
    while len(course.gestures) < gestures:
        region = person.region(points, labels, prediction)
        if region is None:
            break
        before = labels.copy()
        labels[region.items] = region.class_id
        if isinstance(person, LooksAtSamples) and person.regrets(region):
            labels = before
            region.acts["undo"] = 1
        if samples or len(course.gestures) % ROUND == ROUND - 1:
            prediction = svc.predict(labels)
        course.add("region", len(region.items), region.acts, 0.0, labels, prediction, data.truth)
    return course


class Learner(Protocol):
    """A classifier for one-by-one labelling."""

    def learn(self, labels: Labels) -> npt.NDArray[np.float32]:
        """Train on labels (N,) and return the probabilities (N, C) of all items."""
        ...


class AugmentedNetwork:
    """A small convolutional classifier with augmented batches. Each `learn` continues training."""

    def __init__(self, data: LabelledItems, seed: int) -> None:
        torch.manual_seed(seed)
        dataset = Dataset.from_images(data.items, data.content)
        self.generator = torch.Generator().manual_seed(seed)
        self.classifier = WideClassifier(
            dataset, FeatureNetwork(dataset), data.n_classes, self.generator
        )

    def learn(self, labels: Labels) -> npt.NDArray[np.float32]:
        given = torch.from_numpy(labels.astype(np.int64))
        for _ in range(STEPS):
            self.classifier.step(given, torch.ones(len(labels)), given != UNLABELED, self.generator)
        return _probabilities(self.classifier, len(labels))


class Regression:
    """Logistic regression (C = 1) on at most 50 principal components of rows (N, F)."""

    def __init__(self, rows: Rows, n_classes: int) -> None:
        self.components = components(rows)
        self.n_classes = n_classes

    def learn(self, labels: Labels) -> npt.NDArray[np.float32]:
        labelled = labels != UNLABELED
        probabilities = np.full((len(labels), self.n_classes), 1 / self.n_classes, np.float32)
        if len(np.unique(labels[labelled])) < 2:
            return probabilities
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            regression = LogisticRegression(C=1.0, max_iter=300).fit(
                self.components[labelled], labels[labelled]
            )
        probabilities[:] = 0
        probabilities[:, regression.classes_] = regression.predict_proba(self.components)
        return probabilities


class Machine:
    """The support vector machine on at most 50 principal components of rows (N, F)."""

    def __init__(self, rows: Rows, n_classes: int) -> None:
        self.svc, self.n_classes = Svc(rows), n_classes

    def learn(self, labels: Labels) -> npt.NDArray[np.float32]:
        return self.svc.probabilities(labels, self.n_classes)


def one_by_one(
    data: LabelledItems, seed: int, count: int, learner: Learner, *, margin: bool
) -> Course:
    """Simulate a person who labels single items: those with the smallest margin, or random items.

    `learner` predicts the classes and the margins. It is trained after each label, and later after
    every BATCH labels. Its predictions count from the last label that it has been trained with.
    """
    course = Course("one by one, " + ("margin" if margin else "random"), data.name, seed, len(data))
    eyes = Eyes(data.truth)
    random = np.random.default_rng(seed)
    labels = np.full(len(data), UNLABELED, np.int16)
    prediction = labels.copy()
    probabilities = np.full((len(data), data.n_classes), 1 / data.n_classes, np.float32)
    choose = _smallest_margin if margin else _any
    while (number := len(course.gestures)) < count and not course.complete:
        free = np.flatnonzero(labels == UNLABELED)
        if len(free) == 0:
            break
        pick = _any if number < FIRST else choose
        chosen = free[pick(probabilities[free], 1 if number < SINGLY else BATCH, random)]
        seen = eyes.see(chosen)
        for item, class_id in zip(chosen, seen, strict=True):
            labels[item] = class_id
            if item == chosen[-1]:
                probabilities = learner.learn(labels)
                prediction = probabilities.argmax(axis=1).astype(np.int16)
            course.add("single", 1, {"single": 1}, 0.0, labels, prediction, data.truth)
    return course


Choice = Callable[[npt.NDArray[np.float32], int, np.random.Generator], npt.NDArray[np.int64]]


def _smallest_margin(
    probabilities: npt.NDArray[np.float32], count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    del random
    two = np.sort(probabilities, axis=1)[:, -2:]
    return np.argsort(two[:, 1] - two[:, 0], kind="stable")[:count]


def _any(
    probabilities: npt.NDArray[np.float32], count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    return random.permutation(len(probabilities))[:count]


@torch.no_grad()
def _probabilities(classifier: WideClassifier, n: int) -> npt.NDArray[np.float32]:
    chunks = [
        classifier.probabilities(slice(start, start + 1000))[0] for start in range(0, n, 1000)
    ]
    return torch.cat(chunks).numpy()
