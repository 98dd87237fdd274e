"""Predictions for new items by the rules in a file, without a model."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError, ProjectError
from lodespace.features.preparation import SOUND_BATCH
from lodespace.files import reason_of
from lodespace.importing.features import read_features
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.predict.networks import Networks
from lodespace.predict.reading import NewItems, doubts, read_batches
from lodespace.rules.label_model import fit
from lodespace.rules.rules_file import FiledRule, RulesFile, decoded
from lodespace.rules.votes import Source, Votes

_BATCH = 500
"""Number of items that are read together."""
_KNOWN = 1000.0
"""Number of votes that the accuracy in the file is worth. New items hardly change it."""


class RulePredictor:
    """Applies the rules of a file to new items."""

    def __init__(self, path: Path) -> None:
        """Read the rules at `path`. Raises ProjectError."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ProjectError(f"{path} cannot be read: {reason_of(error, path)}") from error
        self.file = decoded(content, str(path))
        try:
            self.reading = Reading.of(self.file.items)
        except (KeyError, ValueError, TypeError) as error:
            raise ProjectError(f"{path} does not state how items are read: {error!r}") from error
        self._regions = [rule.region() for rule in self.file.rules]
        self._networks = Networks(self.reading)

    def votes(
        self, data: str, report: ImportReport, options: ImportOptions
    ) -> Generator[tuple[NewItems, npt.NDArray[np.bool_]]]:
        """Yield the items of `data` batch by batch, and which rules match them, (B, R).

        Raises DatasetError if the data cannot be read, or are of another kind than the project's.
        """
        source = open_new(data, self.reading, options)
        report.lines = doubts(source)
        given = None
        computed = bool(self.reading.network)
        if self.file.space == "features" and not computed:
            if options.features is None:
                raise DatasetError(
                    "the rules compare features that came from a file: give those of the new items "
                    "with --features FILE"
                )
            given = read_features(Path(options.features), options)
        network = self._networks.family if computed else None
        done, size = 0, SOUND_BATCH if network is not None and network.rate else _BATCH
        for items in read_batches(source, self.reading, report, size, network):
            if given is not None:
                rows = np.asarray(given.of(items.ids, done), np.float32)
            else:
                rows = self._features(items)
            done += len(items)
            matched = np.zeros((len(items), len(self._regions)), np.bool_)
            for number, region in enumerate(self._regions):
                if rows.shape[1] != region.prototypes.shape[1]:
                    raise DatasetError(
                        f"{source.name}: an item has {rows.shape[1]} features, and the rules "
                        f"compare {region.prototypes.shape[1]}"
                    )
                matched[region.matching(rows), number] = True
            yield items, matched

    def _features(self, items: NewItems) -> npt.NDArray[Any]:
        if items.texts:
            return self._networks.of_texts.features(items.texts)
        if self.reading.network:
            return self._networks.features_of(items.prepared)
        if self.reading.frame is None:
            return items.array()
        return _descriptors(items.array(), self.file)


def _descriptors(pictures: npt.NDArray[np.uint8], file: RulesFile) -> npt.NDArray[np.float32]:
    from lodespace.models.dataset import Dataset, with_channels  # imports torch
    from lodespace.models.training.similarity import descriptors_of

    pictures = with_channels(pictures, len(file.background) or 1)
    background = file.background or None
    made = Dataset.from_images(pictures, file.content, background=background)
    _, groups = descriptors_of(made, 0, len(made))
    return np.concatenate(groups, axis=1)


def rule_columns(
    path: Path, data: str, options: ImportOptions, *, probabilities: bool = False
) -> tuple[dict[str, list[Any]], ImportReport]:
    """Return the columns of the table of predictions by the rules at `path`, and the report.

    An item that no rule matches has no prediction. Further columns have, per rule, 1 for an item
    that the rule matches, and 0 for others. With `probabilities`, there is a column per class.

    Raises DatasetError and ProjectError.
    """
    predictor, report = RulePredictor(path), ImportReport(Path(data).name)
    ids: list[str] = []
    places: list[dict[str, Any]] = []
    parts: list[npt.NDArray[np.bool_]] = []
    for items, matched in predictor.votes(data, report, options):
        ids += items.ids
        places += items.columns
        parts.append(matched)
    if not report.imported:
        reasons = "; ".join(f"{bad.name}: {bad.reason}" for bad in report.bad[:3])
        raise DatasetError(f"{data}: no item can be read" + (f" ({reasons})" if reasons else ""))
    rules, classes = predictor.file.rules, predictor.file.classes
    matched = np.concatenate(parts)
    numbers = [classes.index(rule.class_name) for rule in rules]
    votes = Votes.of([(np.flatnonzero(matched[:, r]), numbers[r]) for r in range(len(rules))])
    sources = [Source(rule.name, rule.accuracy, _KNOWN) for rule in rules]
    model = fit(votes, sources, len(ids), len(classes))
    best, sure = model.labels()
    columns: dict[str, list[Any]] = {
        "id": ids,
        "prediction": [classes[number] if number >= 0 else "" for number in best.tolist()],
        "confidence": np.round(sure, 6).tolist(),
    }
    if predictor.reading.kind == "sound":
        columns |= {name: [place[name] for place in places] for name in ("start", "end")}
    columns |= {
        name: matched[:, number].astype(int).tolist()
        for number, name in enumerate(_column_names(rules))
    }
    if probabilities:
        shares = model.of_items(np.arange(len(ids))).round(6)
        columns |= {f"p_{name}": shares[:, k].tolist() for k, name in enumerate(classes)}
    return columns, report


def _column_names(rules: list[FiledRule]) -> list[str]:
    """Return a column name per rule. Rules with equal names get numbers."""
    names: list[str] = []
    for rule in rules:
        name, number = f"rule {rule.name}", 2
        while name in names:
            name, number = f"rule {rule.name} ({number})", number + 1
        names.append(name)
    return names
