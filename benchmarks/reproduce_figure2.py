"""Figure 2 of the paper on the bundled digits: pictures and a table for docs/reproduction.md.

    python benchmarks/reproduce_figure2.py [--seeds 3] [--figures docs/figures]
    python benchmarks/reproduce_figure2.py --setting own --only-variant "logistic regression"
    python benchmarks/reproduce_figure2.py --setting own --network burgess --head-input sample

The VAE is trained on 4,000 digits; 1,000 are held out. All labels are given, as in the paper. The
setting is the preset `figure2`, or our own setting (`--setting own`). Further options change one
value of the setting. Pictures require matplotlib. Results are written after each variant, so an
interrupted run continues from its results file.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from figure2_picture import draw

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch
from map_quality import held_out_neighbour_accuracy, silhouette, spread, within_between_ratio

from lodespace.baking.figure2_panels import PANELS, Panel, chains
from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, ModelConfig, TrainingConfig, preset
from lodespace.models.config import BURGESS
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.training import VAETraining

TRAIN = 4000


COLLAPSE = Panel("section 4", "", "Very high β_KL", beta_kl=1000, epochs=0)
"""The panel of the collapse that section 4 of the paper describes. Its training starts with a new
network."""
COLLAPSE_EPOCHS = 10
PRETRAINING = PANELS[0]
ALL = (*PANELS, COLLAPSE)

OWN = preset("paper", 2).replace(learning_rate=2e-3, pretraining_epochs=50)
"""Our own setting: He initialisation, KL warm-up, a smaller network, the head on the mean."""
SETTINGS = {"figure2": preset("figure2"), "own": OWN}
IN_KEYS = {
    "latent_dim": "D",
    "learning_rate": "rate",
    "kl_warmup_epochs": "warm-up",
    "kl_capacity": "capacity",
    "head_input": "head",
    "batch_size": "batch",
    "pretraining_epochs": "epochs",
}
"""Field of a setting -> its name in the keys of the results file. A key contains the values of
these fields."""


def key_of(config: TrainingConfig, panel: Panel, seed: int) -> str:
    """Return the key of a result in the results file. The key contains every value that can be
    set."""
    model = config.model
    network = f"{'-'.join(map(str, model.channels))}/{model.hidden}/{model.init}"
    values = [f"{name} {getattr(config, field)}" for field, name in IN_KEYS.items()]
    beta_kl = panel.beta_kl if config.kl_capacity is None else config.weights.beta_kl
    panel_values = f"{beta_kl:g}, {panel.beta_classifier:g}, {panel.epochs} epochs"
    return "; ".join([f"{panel.title}, seed {seed}", panel_values, network, *values])


class Data(NamedTuple):
    """The digits, split into training items and held-out items."""

    dataset: Dataset
    """The training items."""
    held_out: torch.Tensor
    """Pictures of the M held-out items, (M, 1, H, W) in 0..1."""
    labels: torch.Tensor
    """Classes of the training items, int64 (TRAIN,)."""
    train_truth: np.ndarray
    """Classes of the training items as an array, (TRAIN,)."""
    held_out_truth: np.ndarray
    """Classes of the held-out items, (M,)."""


def load() -> Data:
    """Return the bundled digits in random order, split into training and held-out items."""
    items = load_digits()
    assert items.truth is not None
    order = np.random.default_rng(0).permutation(len(items))
    both = Dataset.from_images(items.data[order])
    truth = items.truth[order]
    labels = torch.from_numpy(truth[:TRAIN].astype(np.int64))
    return Data(
        both.subset(slice(TRAIN)), both.inputs[TRAIN:], labels, truth[:TRAIN], truth[TRAIN:]
    )


def prepared(
    data: Data,
    config: TrainingConfig,
    panel: Panel,
    seed: int,
    start: dict[str, torch.Tensor] | None,
) -> VAETraining:
    """Return the VAETraining of a panel, before its first step.

    If `start` is given, training starts from these weights, except for the weights of the head. The
    KL warm-up and the growth of a capacity take place in the training without a head. With a
    capacity, beta_kl of the setting is the weight gamma, and beta_kl of the panel is not used.
    """
    own = config.replace(**panel.changes)
    if config.kl_capacity is not None:
        own = own.replace(beta_kl=config.weights.beta_kl)
    if start is not None:
        own = own.replace(kl_warmup_epochs=0.0, kl_capacity_epochs=1e-6)
    torch.manual_seed(seed)
    generators = (torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed + 1))
    training = VAETraining(data.dataset, own, 10, *generators)
    if start is not None:
        training.vae.load_state_dict(start, strict=False)
    return training


def train(training: VAETraining, labels: torch.Tensor | None, epochs: int) -> None:
    """Train for `epochs` epochs with `labels`, int64 (N,), or without labels."""
    given = torch.full((len(training.dataset),), UNLABELED) if labels is None else labels
    for _ in range(epochs * training.epochs.batches_per_epoch):
        # Without labels, Adam makes no step on the head.
        training.step(given, balanced=labels is None)


@torch.no_grad()
def measure(
    data: Data, training: VAETraining, with_head: bool
) -> tuple[dict[str, Any], np.ndarray]:
    """Return the measures of one row of the table, by column, and the latent means (TRAIN, D)."""
    mean = training.encode_all().numpy()
    held_out = training.vae.encode_mean(data.held_out)
    right = training.vae.head(held_out).argmax(dim=1).numpy() == data.held_out_truth
    sigma = (0.5 * training.vae.encoder(data.dataset.inputs[:1000])[1]).exp()
    figures = {
        "silhouette": silhouette(mean, data.train_truth),
        "10-NN": held_out_neighbour_accuracy(
            mean, data.train_truth, held_out.numpy(), data.held_out_truth
        ),
        "head": float(right.mean()) if with_head else None,
        "spread": spread(mean),
        "within/between": within_between_ratio(mean, data.train_truth),
        "sigma": float(sigma.mean()),
        "KL": [float(k) for k in training.kl],
    }
    return figures, mean


class Run:
    """All panels of one setting: trainings, results and pictures."""

    def __init__(
        self, data: Data, config: TrainingConfig, results: Path, figures: Path | None
    ) -> None:
        """Prepare the trainings.

        Args:
            data: the digits.
            config: the setting.
            results: file with the results of earlier runs, to which new results are added.
            figures: folder for the pictures of seed 0; None for no pictures.
        """
        self.data, self.config, self.figures, self.path = data, config, figures, results
        self.results: dict[str, Any] = json.loads(results.read_text()) if results.is_file() else {}

    def result(self, panel: Panel, seed: int) -> dict[str, Any] | None:
        """Return the measures of a panel; None if it has not been measured."""
        return self.results.get(key_of(self.config, panel, seed))

    def measure_seed(self, panels: Sequence[Panel], seed: int) -> None:
        """Train and measure the panels that have no result, or no picture."""
        wanted = [panel for panel in panels if self._missing(panel, seed)]
        if any(panel is not COLLAPSE for panel in wanted):
            training = prepared(self.data, self.config, PRETRAINING, seed, None)
            train(training, None, self.config.pretraining_epochs)
            if PRETRAINING in wanted:
                self._measure(PRETRAINING, seed, training)
            weights = training.vae.state_dict().items()
            start = {k: v.clone() for k, v in weights if not k.startswith("head.")}
            for chain in chains(PANELS):
                self._measure_chain([p for p in chain if p in wanted], seed, start)
        if COLLAPSE in wanted:
            training = prepared(self.data, self.config, COLLAPSE, seed, None)
            train(training, None, COLLAPSE_EPOCHS)
            self._measure(COLLAPSE, seed, training)

    def _measure_chain(
        self, chain: Sequence[Panel], seed: int, start: dict[str, torch.Tensor]
    ) -> None:
        """Train from `start` with a head, and measure each panel after its number of epochs."""
        training: VAETraining | None = None
        done = 0
        for panel in chain:
            training = training or prepared(self.data, self.config, panel, seed, start)
            train(training, self.data.labels, panel.epochs - done)
            done = panel.epochs
            self._measure(panel, seed, training)

    def _measure(self, panel: Panel, seed: int, training: VAETraining) -> None:
        """Store the measures of a panel, and draw its picture for seed 0."""
        figures, mean = measure(self.data, training, with_head=panel.epochs > 0)
        self.results[key_of(self.config, panel, seed)] = figures
        temporary = self.path.with_suffix(".part")
        temporary.write_text(json.dumps(self.results, indent=1))
        temporary.replace(self.path)
        print(f"{time.strftime('%H:%M')}  seed {seed}  {panel.title}", flush=True)
        if self.figures is not None and seed == 0:
            title = f"({panel.place.rstrip(', ')}) {panel.title}"
            draw(self._picture(panel), mean, self.data.train_truth, title)

    def _missing(self, panel: Panel, seed: int) -> bool:
        drawn = self.figures is not None and seed == 0 and not self._picture(panel).is_file()
        return drawn or self.result(panel, seed) is None

    def _picture(self, panel: Panel) -> Path:
        assert self.figures is not None
        return self.figures / f"figure2-{panel.name.strip('-').replace(' ', '-')}.png"

    def table(self, panels: Sequence[Panel], seeds: int) -> str:
        """Return the Markdown table, with the mean and the range over the seeds.

        Panels without a result for each seed are left out.
        """
        columns = ("silhouette", "10-NN", "head", "spread", "within/between", "sigma")
        lines = [
            "| panel | variant | beta_KL, beta_classifier | "
            + " | ".join(columns)
            + " | KL per dimension |",
            "|---" * (len(columns) + 4) + "|",
        ]
        for panel in panels:
            found = [self.result(panel, seed) for seed in range(seeds)]
            rows = [row for row in found if row is not None]
            if len(rows) < seeds:
                continue
            cells = [_cell([row[column] for row in rows]) for column in columns]
            kl = _cell([k for row in rows for k in row["KL"]])
            weights = f"{panel.beta_kl:g}, {panel.beta_classifier if panel.epochs else 0:g}"
            cells = [panel.place.rstrip(", "), panel.title, weights, *cells, kl]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def _cell(values: list[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return "–"
    return f"{np.mean(known):.2f} ({min(known):.2f} to {max(known):.2f})"


VALUES = {
    "latent_dim": (int, "pictures show the first two dimensions"),
    "learning_rate": (float, "learning rate of Adam"),
    "batch_size": (int, "items per batch"),
    "pretraining_epochs": (int, "epochs without a head"),
    "kl_warmup_epochs": (float, "0 for no KL warm-up"),
    "kl_capacity": (float, "capacity C in nats; see --beta-kl"),
    "beta_kl": (float, "weight gamma of a capacity; without a capacity, set by each panel"),
    "head_input": (str, "mean or sample"),
}
"""Values of a setting that the command line can change, with their types and help."""


def _config(options: argparse.Namespace) -> TrainingConfig:
    """Return the setting that the options of the command line describe."""
    config = SETTINGS[options.setting]
    for name in VALUES:
        value = getattr(options, name)
        if value is not None:
            config = config.replace(**{name: value})
    model = {"own": ModelConfig(), "burgess": BURGESS, None: config.model}[options.network]
    if options.init is not None:
        model = replace(model, init=options.init)
    return config.replace(model=model)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--seeds", type=int, default=3)
    add("--figures", type=Path, help="folder for the pictures (seed 0)")
    add("--results", type=Path, default=Path("figure2-results.json"))
    add("--setting", choices=SETTINGS, default="figure2", help="default: figure2")
    for name, (kind, text) in VALUES.items():
        add(f"--{name.replace('_', '-')}", type=kind, help=text)
    add("--network", choices=("own", "burgess"), help="8-16-32 channels and 128, or 4 x 32 and 256")
    add("--init", choices=("he", "pytorch"), help="initialisation of the weights")
    add(
        "--only-variant",
        action="append",
        choices=[panel.title for panel in ALL],
        help="train only this panel and what it starts from; can be given several times",
    )
    add("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # The folders are created now, because a missing folder would end the run after the first
    # training.
    for folder in (options.figures, options.results.parent):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    only = options.only_variant
    panels = [panel for panel in ALL if only is None or panel.title in only]
    run = Run(load(), _config(options), options.results, options.figures)
    for seed in range(options.seeds):
        run.measure_seed(panels, seed)
    print(run.table(panels, options.seeds))


if __name__ == "__main__":
    main()
