"""Figure 2 of the paper on the bundled digits: pictures and a table for docs/reproduction.md.

    python benchmarks/reproduce_figure2.py [--seeds 3] [--epochs 50] [--figures docs/figures]
    python benchmarks/reproduce_figure2.py --latent-dim 3 --learning-rate 5e-3 --init pytorch

The VAE is trained on 4,000 digits; 1,000 are held out. All labels are given, as in the paper.
Pictures require matplotlib. An interrupted run continues from its results file.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

# Before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch
from map_quality import held_out_neighbour_accuracy, silhouette, spread, within_between_ratio

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, LossWeights, TrainingConfig
from lodespace.models.config import ModelConfig
from lodespace.models.vae.training import VAETraining

TRAIN = 4000


class Variant(NamedTuple):
    """One panel of the figure."""

    name: str
    """Name in the table."""
    panel: str
    """Position in the paper's figure."""
    beta_kl: float
    """Weight of the KL divergence."""
    beta_classifier: float
    """Weight of the head's cross-entropy."""
    hidden_layers: int | None = 0
    """Number of hidden layers of the head; None if the variant has no head."""
    share: float = 1.0
    """Number of epochs, as a share of `--epochs`."""
    pretrained: bool = True
    """Whether training starts from the weights of the variant without a head."""


VARIANTS = (
    Variant("no head", "a, left", 3, 0, None, pretrained=False),
    Variant("logistic regression", "a, centre", 3, 100),
    Variant("two hidden layers", "a, right", 3, 100, 2),
    Variant("logistic, 5 epochs", "b, left", 3, 100, share=0.1),
    Variant("logistic, 15 epochs", "b, centre", 3, 100, share=0.3),
    Variant("logistic, 30 epochs", "b, right", 3, 100, share=0.6),
    Variant("neutral weights", "c, left", 1, 1),
    Variant("raised beta_KL", "c, centre", 20, 100),
    Variant("raised beta_classifier", "c, right", 1, 100),
    Variant("very high beta_KL", "section 4", 1000, 0, None, 0.2, pretrained=False),
)


class Setting(NamedTuple):
    """Settings that all variants of a run share."""

    latent_dim: int
    """Dimensions of the latent space, 2 or 3."""
    learning_rate: float
    """Learning rate of Adam."""
    init: Literal["he", "pytorch"]
    """Initialisation of the weights."""

    def key(self, variant: Variant, seed: int, epochs: int) -> str:
        """Return the key of a result in the results file.

        Settings other than the defaults of the command line are appended to the key.
        """
        own = (
            ""
            if self == Setting(2, 2e-3, "he")
            else f"/{self.latent_dim}D/{self.learning_rate:g}/{self.init}"
        )
        return f"{variant.name}/{seed}/{epochs}{own}"


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


def train(
    data: Data,
    setting: Setting,
    variant: Variant,
    seed: int,
    epochs: int,
    start: dict[str, torch.Tensor] | None,
) -> VAETraining:
    """Train for `epochs` epochs, and return the trained VAETraining.

    If `start` is given, training starts from these weights, except for the weights of the head.
    """
    weights = LossWeights(variant.beta_kl, variant.beta_classifier, 0, 0, 0)
    config = TrainingConfig(
        preset="paper",
        latent_dim=setting.latent_dim,
        model=ModelConfig(init=setting.init),
        learning_rate=setting.learning_rate,
        hidden_layers=variant.hidden_layers or 0,
        weights=weights,
        kl_warmup_epochs=0 if start is not None or setting.init == "pytorch" else 5,
    )
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    training = VAETraining(
        data.dataset, config, 10, generator, torch.Generator().manual_seed(seed + 1)
    )
    if start is not None:
        training.vae.load_state_dict(start, strict=False)
    labels = torch.full_like(data.labels, -1) if variant.hidden_layers is None else data.labels
    for _ in range(epochs * training.epochs.batches_per_epoch):
        training.step(labels, balanced=False)
    return training


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


def draw(path: Path, mean: np.ndarray, truth: np.ndarray, title: str) -> None:
    """Draw a scatter plot of the latent means with marginal histograms, coloured by class."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2,
        2,
        figsize=(3.6, 3.6),
        gridspec_kw={
            "width_ratios": (5, 1),
            "height_ratios": (1, 5),
            "wspace": 0.03,
            "hspace": 0.03,
        },
    )
    colours = plt.get_cmap("tab10")
    (top, corner), (scatter, side) = axes
    corner.axis("off")
    limit = max(1e-3, float(np.quantile(np.abs(mean), 0.998)) * 1.08)
    edges = np.linspace(-limit, limit, 40)
    for label in range(10):
        points = mean[truth == label]
        scatter.scatter(
            points[:, 0], points[:, 1], s=1.2, color=colours(label), linewidths=0, rasterized=True
        )
        top.hist(points[:, 0], edges, histtype="step", color=colours(label), linewidth=0.8)
        side.hist(
            points[:, 1],
            edges,
            histtype="step",
            color=colours(label),
            linewidth=0.8,
            orientation="horizontal",
        )
    for axis in (top, side):
        axis.axis("off")
    scatter.set_xlim(-limit, limit)
    scatter.set_ylim(-limit, limit)
    scatter.tick_params(labelsize=6)
    top.set_title(title, fontsize=8)
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)


def run_seed(
    data: Data,
    setting: Setting,
    variants: Sequence[Variant],
    seed: int,
    epochs: int,
    results: dict[str, Any],
    figures: Path | None,
) -> None:
    """Train and measure the model variants missing in `results`. For seed 0, draw all variants."""
    start: dict[str, torch.Tensor] | None = None
    for variant in variants:
        key = setting.key(variant, seed, epochs)
        drawn = figures is not None and seed == 0
        if key in results and not drawn and variant is not VARIANTS[0]:
            continue
        began = time.perf_counter()
        own_epochs = max(1, round(variant.share * epochs))
        training = train(
            data, setting, variant, seed, own_epochs, start if variant.pretrained else None
        )
        if variant is VARIANTS[0]:
            start = {
                k: v.clone()
                for k, v in training.vae.state_dict().items()
                if not k.startswith("head.")
            }
        results[key], mean = measure(data, training, variant.hidden_layers is not None)
        if drawn and figures is not None:
            name = variant.panel.replace(", ", "-").replace(" ", "-")
            draw(
                figures / f"figure2-{name}.png",
                mean,
                data.train_truth,
                f"({variant.panel}) {variant.name}",
            )
        print(f"seed {seed}  {variant.name:<24} {time.perf_counter() - began:5.0f} s", flush=True)


def table(
    results: dict[str, Any], setting: Setting, variants: Sequence[Variant], seeds: int, epochs: int
) -> str:
    """Return the Markdown table, with the mean and the range over the seeds."""
    columns = ("silhouette", "10-NN", "head", "spread", "within/between", "sigma")
    lines = [
        "| panel | variant | beta_KL, beta_classifier | "
        + " | ".join(columns)
        + " | KL per dimension |",
        "|---" * (len(columns) + 4) + "|",
    ]
    for variant in variants:
        rows = [results[setting.key(variant, seed, epochs)] for seed in range(seeds)]
        cells = [_cell([row[column] for row in rows]) for column in columns]
        kl = [k for row in rows for k in row["KL"]]
        weights = f"{variant.beta_kl:g}, {variant.beta_classifier:g}"
        lines.append(
            f"| {variant.panel} | {variant.name} | {weights} | {' | '.join(cells)} | {_cell(kl)} |"
        )
    return "\n".join(lines)


def _cell(values: list[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return "–"
    return f"{np.mean(known):.2f} ({min(known):.2f} to {max(known):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--figures", type=Path, help="folder for the pictures (seed 0)")
    parser.add_argument("--results", type=Path, default=Path("figure2-results.json"))
    parser.add_argument(
        "--latent-dim",
        type=int,
        choices=(2, 3),
        default=2,
        help="latent dimensions; pictures show the first two",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=2e-3,
        help="learning rate of Adam (default: 2e-3; the paper uses 5e-3)",
    )
    parser.add_argument(
        "--init",
        choices=("he", "pytorch"),
        default="he",
        help="initialisation of the weights; pytorch also disables the KL warm-up",
    )
    parser.add_argument(
        "--only-pretraining",
        action="store_true",
        help="train only the variant without a head",
    )
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # A missing folder would end the run after the first training.
    for folder in (options.figures, options.results.parent):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    results = json.loads(options.results.read_text()) if options.results.is_file() else {}
    setting = Setting(options.latent_dim, options.learning_rate, options.init)
    variants = VARIANTS[:1] if options.only_pretraining else VARIANTS
    data = load()
    for seed in range(options.seeds):
        run_seed(data, setting, variants, seed, options.epochs, results, options.figures)
        options.results.write_text(json.dumps(results, indent=1))
    print(table(results, setting, variants, options.seeds, options.epochs))


if __name__ == "__main__":
    main()
