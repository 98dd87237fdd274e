"""Time with and without regions, and number of classes on the first sheets, for simulated persons.

For each data set and seed, there are four runs, with the model in this process:

- sheets: the person goes through contact sheets of uncertain items, and corrects single pictures.
- regions: the person follows the suggestions. On a sheet, the person gives a class to a whole group
  where this takes fewer acts. The groups of an overview are regions of the map.
- rules: as `regions`, but the person keeps each suggested region as a rule (docs/rules.md). This
  takes one more act: the switch *Keep as a rule*, with the seconds of a correction.
- lasso: at first, the person draws a lasso round the islands of the map, the largest first. The
  person looks at nine medoids of an island. If all are of one class, the island is kept as a rule,
  and the model learns. If not, the lasso was in vain, and the person continues as in `rules`.

A run ends when 0.95 of the items are right (by label, or else by prediction), or after `--sheets`
gestures. The table has the seconds of the time model (annotation_gain/time_model.py) until then,
and the number of classes with labels after each of the first sheets.

Each run is one line of JSON in `--out`. A run that the file already contains is not repeated. Runs
on data sets that are not for tuning are written to the register of the benchmark.

    python benchmarks/region_sheets.py segments digits --seeds 3 --out build/region_sheets.jsonl
"""

import argparse
import dataclasses
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from honest_predictions import load
from rules import features_of

from annotation_gain import register
from annotation_gain.person import corrections
from annotation_gain.time_model import TimeModel
from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.models import Dataset, Trainer, TrainingConfig
from lodespace.review import contact_sheets, suggestion
from lodespace.review.calibration import Calibration, evidence
from lodespace.review.islands import islands
from lodespace.review.places import middles_of, nearest_to
from lodespace.rules.regions import FeatureRows, region_of
from lodespace.session.commands import registry
from lodespace.session.commands.rule_commands import PreparedRule
from lodespace.session.item_state import ItemState
from lodespace.session.rule_events import StoredVotes
from lodespace.session.session import AnnotationSession

Method = Literal["sheets", "regions", "rules", "lasso"]
METHODS: tuple[Method, ...] = ("sheets", "regions", "rules", "lasso")
GOAL = 0.95
SHEETS = 40
"""Largest number of gestures."""
SAMPLE = 9
"""Number of pictures of a suggested region that a person looks at before and after labelling it."""
TIME = TimeModel().known_classes()
RARE = 0.01
"""Share of the items that are of the class 7 in the data set `digits-rare`."""


class Session:
    """A project with a trainer. After each gesture, the trainer works until no work is left."""

    def __init__(self, dataset: Dataset, truth: npt.NDArray[np.int16], seed: int) -> None:
        # Neither the map nor the predictions depend on the encoder.
        config = dataclasses.replace(TrainingConfig(), encoder_epochs=1, least_steps=1)
        names = tuple(str(k) for k in range(int(truth.max()) + 1))
        items = ItemSet("items", "vector", np.zeros((len(truth), 1), np.float32), names)
        self.truth = truth
        self.session = AnnotationSession(items, scene_id=1)
        self.trainer = Trainer(dataset, config, n_classes=len(names), seed=seed, device="cpu")
        self._learn()

    @property
    def state(self) -> ItemState:
        """State of all items, with calibrated probabilities."""
        return Calibration(evidence(self.session)).applied(self.session.item_state())

    @property
    def right(self) -> float:
        """Share of items whose label, or else whose prediction, is right."""
        return float((self.session.item_state().standing == self.truth).mean())

    @property
    def classes(self) -> int:
        """Number of classes with a label."""
        labels = self.session.labels
        return len(np.unique(labels[labels >= 0]))

    def label(
        self, items: npt.NDArray[np.int64], classes: npt.NDArray[np.int16], *, sheet: bool
    ) -> None:
        """Label items (K,) as one gesture: on a contact sheet, or as a region."""
        provenance = protocol.Provenance(tool="sheet" if sheet else "cluster", verified=sheet)
        command = protocol.LabelEach(
            command_id=f"gesture-{self.session.sequence}",
            items=items.tolist(),
            class_ids=classes.tolist(),
            revision=0,
            provenance=provenance,
        )
        self._carry_out(command)

    def keep(self, items: npt.NDArray[np.int64], class_id: int, space: FeatureRows) -> None:
        """Keep items (K,) as a rule of a class, in the features `space`."""
        found = region_of(space, items).matching(space.rows).astype(np.uint32)
        command = protocol.AddRule(
            command_id=f"gesture-{self.session.sequence}", items=items.tolist(), class_id=class_id
        )
        self._carry_out(PreparedRule(command, StoredVotes(found, len(space.rows))))

    def _carry_out(self, command: registry.Command) -> None:
        event = registry.plan(self.session, command, "simulated")
        assert event is not None
        self.session.apply(msgspec.structs.replace(event, sequence=self.session.sequence + 1))
        self._learn()

    def _learn(self) -> None:
        session = self.session
        self.trainer.set_labels(session.labels, None, session.verified, session.accepted)
        found = next(snapshot for snapshot in self.trainer.frames() if snapshot.resting)
        session.publish(found.latent_mean, found.predictions, step=found.step, resting=True)


def run(
    session: Session, method: Method, sheets: int, space: FeatureRows | None
) -> list[dict[str, Any]]:
    """Return the gestures of a run: kind, seconds since the start, share right, classes.

    `space` has the features of rules; None for the other methods.
    """
    gestures: list[dict[str, Any]] = []
    seconds = 0.0
    seen, in_vain = np.zeros(len(session.truth), np.bool_), False
    while len(gestures) < sheets and session.right < GOAL:
        kind, acts = "uncertain", None
        if method == "lasso" and space is not None and not in_vain:
            acts = _island(session, space, seen)
            kind = "island"
            in_vain = acts is None or "correction" not in acts
        if acts is None and method != "sheets":
            kind = suggestion.suggest(session.state, str).kind
        if kind == "done":
            break
        if kind == "region":
            acts = _region(session, space)
            kind = kind if acts else "uncertain"
        if acts is None:
            acts = _sheet(session, kind, groups=method != "sheets")
        seconds += TIME.seconds(acts)
        gestures.append(
            {
                "kind": kind,
                "acts": acts,
                "seconds": round(seconds, 1),
                "right": round(session.right, 4),
                "classes": session.classes,
            }
        )
    return gestures


def _sheet(session: Session, kind: Any, *, groups: bool) -> dict[str, float]:
    """Go through a contact sheet and label its items. Return the acts of the person."""
    shown = contact_sheets.sheet(session.state, kind).items
    items = np.array([one.item for one in shown], np.int64)
    offered = np.array([one.proposed for one in shown], np.int16)
    group = np.array([one.group if groups else k for k, one in enumerate(shown)], np.int64)
    seen = session.truth[items]
    session.label(items, seen, sheet=True)
    acts = corrections(group, seen, offered)
    return {"sheet": 1, "picture": len(items), "correction": acts}


def _region(session: Session, space: FeatureRows | None) -> dict[str, float] | None:
    """Label a suggested region, unless a sample of its pictures shows several classes. With
    `space`, the region is kept as a rule. Return the acts of the person; None if the region is not
    labelled."""
    items = np.array(suggestion.suggest(session.state, str).items, np.int64)
    sample = session.truth[items[np.linspace(0, len(items) - 1, SAMPLE).astype(int)]]
    if len(np.unique(sample)) > 1:
        return None
    acts: dict[str, float] = {"region": 1, "picture": 2 * SAMPLE}
    if space is None:
        session.label(items, np.full(len(items), sample[0], np.int16), sheet=False)
        return acts
    session.keep(items, int(sample[0]), space)
    return acts | {"correction": 1}


def _island(
    session: Session, space: FeatureRows, seen: npt.NDArray[np.bool_]
) -> dict[str, float] | None:
    """Draw a lasso round the largest island without items that were `seen` (N,), and keep it as a
    rule if its medoids are of one class. Return the acts; None if there is no such island."""
    state = session.state
    of_item = islands(state).of_item
    count = np.bincount(of_item[of_item >= 0], minlength=1)
    count[np.unique(of_item[(of_item >= 0) & (seen | state.labelled)])] = 0
    if not count.any():
        return None
    items = np.flatnonzero(of_item == count.argmax())
    seen[items] = True
    places = state.positions[items].astype(np.float64)
    medoids = nearest_to(places, middles_of(places, places[:0], min(SAMPLE, len(items))))
    shown = session.truth[items[medoids]]
    acts: dict[str, float] = {"region": 1, "picture": len(medoids)}
    if len(np.unique(shown)) > 1:
        return acts
    session.keep(items, int(shown[0]), space)
    return acts | {"correction": 1}


def space_of(name: str) -> FeatureRows:
    """Return the features of the items, as the rules compare them."""
    from annotation_gain import data_sets

    return FeatureRows("features", features_of(data_sets.load(name)).astype(np.float32))


def load_data(name: str) -> tuple[Dataset, npt.NDArray[np.int16]]:
    """Return a data set of the benchmark, or `digits-rare`, in which 1 % of the digits are 7."""
    if name != "digits-rare":
        return load(name)
    from annotation_gain import data_sets

    digits = data_sets.load("digits")
    rare = np.flatnonzero(digits.truth == 7)
    count = round(RARE / (1 - RARE) * (len(digits) - len(rare)))
    keep = np.setdiff1d(np.arange(len(digits)), rare[count:])
    return Dataset.from_images(np.asarray(digits.items[keep], np.uint8)), digits.truth[keep]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    lines = _stored(arguments.out)
    done = {(line["set"], line["seed"], line["method"]) for line in lines}
    for name in arguments.sets:
        for seed in range(arguments.seeds):
            for method in arguments.methods:
                if (name, seed, method) in done:
                    continue
                line = line_of(name, seed, method, arguments.sheets, arguments.commit)
                lines.append(line)
                print(name, seed, method, line["gestures"][-1], flush=True)
                if arguments.out:
                    arguments.out.parent.mkdir(parents=True, exist_ok=True)
                    with arguments.out.open("a") as file:
                        file.write(json.dumps(line) + "\n")
    report(lines)


def line_of(
    name: str, seed: int, method: Method, sheets: int = SHEETS, commit: str = ""
) -> dict[str, Any]:
    """Carry out a run with at most `sheets` gestures. Return it as a line of the file of runs.

    A run on a data set that is not for tuning is written to the register, with the version `commit`
    ("" for the current one).
    """
    space = space_of(name) if method in ("rules", "lasso") else None
    gestures = run(Session(*load_data(name), seed), method, sheets, space)
    line = {"set": name, "seed": seed, "method": method, "gestures": gestures}
    if register.is_registered(name):
        _register(line, commit or register.commit())
    return line


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--sheets", type=int, default=SHEETS, help="largest number of gestures")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--out", type=Path, help="file to which runs are appended")
    parser.add_argument("--commit", default=register.commit(), help="version, for the register")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def _stored(file: Path | None) -> list[dict[str, Any]]:
    if file is None or not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def _register(line: dict[str, Any], commit: str) -> None:
    last = line["gestures"][-1]
    result = {name: last[name] for name in ("seconds", "right", "classes")}
    entry = {
        "commit": commit,
        "data": line["set"],
        "method": f"region_sheets: {line['method']}",
        "seed": line["seed"],
        "gestures": len(line["gestures"]),
        "result": result | {"classes_on_sheets": [g["classes"] for g in line["gestures"][:10]]},
    }
    register.append(entry)


def report(lines: list[dict[str, Any]]) -> None:
    """Print the mean seconds per data set and method, and the classes on the first sheets."""
    runs: dict[str, dict[str, list[list[dict[str, Any]]]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        runs[line["set"]][line["method"]].append(line["gestures"])
    print("| data set | seconds | ratio to the first | seeds | classes on sheets |")
    print("| --- | --- | --- | --- | --- |")
    for name, methods in runs.items():
        ends = {m: [g[-1] for g in methods[m]] for m in METHODS if m in methods}
        means = {m: np.mean([last["seconds"] for last in each]) for m, each in ends.items()}
        bounds = {
            m: "" if all(e["right"] >= GOAL for e in each) else "> " for m, each in ends.items()
        }
        seconds = ", ".join(f"{m}: {bounds[m]}{mean:.0f}" for m, mean in means.items())
        first, *others = means.values()
        ratios = ", ".join(f"{mean / first:.2f}" for mean in others)
        classes = [
            f"{np.mean([g[min(k, len(g) - 1)]['classes'] for g in gestures]):.1f}"
            for gestures in methods.values()
            for k in range(3)
        ]
        print(
            "|",
            " | ".join(
                [name, seconds, ratios, str(len(next(iter(ends.values())))), ", ".join(classes)]
            ),
            "|",
        )


if __name__ == "__main__":
    main()
