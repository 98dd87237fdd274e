"""One training epoch of the VAE compared to pythae 0.1.2, in one run.

    pip install --target build/pythae --no-deps pythae==0.1.2 pydantic pydantic-core \\
        annotated-types typing-inspection imageio cloudpickle
    PYTHONPATH=build/pythae python benchmarks/epoch_vs_pythae.py [--epochs 7] [--threads 1]

Lodespace and pythae have the same architecture, initial weights, data, batch size and threads. The
network is that of Burgess et al. 2018: convolutions of 32 channels, fully connected layers of 256
units. Each round trains one epoch of each library. The library that trains first changes every
round. pythae runs without a progress bar, and only its training epoch is timed. The output has the
reconstruction loss and the KL divergence of both libraries after training, because a comparison of
speed is valid only if both have learned.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE as PythaeVAE
from pythae.models import VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import CallbackHandler, TrainingCallback
from torch import nn

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, preset
from lodespace.models.config import ModelConfig
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.training import VAETraining
from lodespace.models.vae.upsampling import Upsampling
from lodespace.models.vae.vae import VAE

TARGET = 0.65
ITEMS = 4000
CHANNELS, HIDDEN, LATENT_DIM = (32, 32, 32), 256, 3
LEARNING_RATE = 2e-3


class PythaeEncoder(BaseEncoder):
    """Adapts our encoder to pythae's interface."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: torch.Tensor) -> ModelOutput:
        mean, log_variance = self.encoder(x)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class PythaeDecoder(BaseDecoder):
    """Adapts our decoder to pythae, whose binary cross-entropy takes probabilities, not logits."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: torch.Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.decoder(z).sigmoid())


def ours(dataset: Dataset, batch_size: int) -> tuple[VAETraining, Callable[[], None]]:
    """Return our training, and a function that trains one epoch."""
    config = preset("paper", LATENT_DIM).replace(
        model=ModelConfig(channels=CHANNELS, hidden=HIDDEN),
        batch_size=batch_size,
        beta_kl=1.0,
        kl_warmup_epochs=0.0,
        learning_rate=LEARNING_RATE,
    )
    torch.manual_seed(0)
    training = VAETraining(
        dataset, config, 10, torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    )
    labels = torch.full((len(dataset),), UNLABELED)

    def epoch() -> None:
        for _ in range(training.epochs.batches_per_epoch):
            training.step(labels, balanced=False)

    return training, epoch


def theirs(vae: VAE, dataset: Dataset, batch_size: int) -> tuple[PythaeVAE, Callable[[], None]]:
    """Return pythae's model with the weights of `vae`, and a function that trains one epoch."""
    config = VAEConfig(
        input_dim=dataset.item_shape, latent_dim=LATENT_DIM, reconstruction_loss="bce"
    )
    # New layers have PyTorch's default memory layout. Copies of our layers would keep our layout.
    plain = VAE.build(dataset, ModelConfig(channels=CHANNELS, hidden=HIDDEN), LATENT_DIM, 10, 0)
    layers = plain.decoder.deconvolutions
    for i, layer in enumerate(layers):
        if isinstance(layer, Upsampling):
            layers[i] = nn.ConvTranspose2d(
                layer.in_channels, layer.out_channels, 4, stride=2, padding=1
            )
    plain.load_state_dict(vae.state_dict())
    model = PythaeVAE(config, PythaeEncoder(plain.encoder), PythaeDecoder(plain.decoder))
    settings = BaseTrainerConfig(
        output_dir="build/pythae-output",
        num_epochs=1,
        learning_rate=LEARNING_RATE,
        per_device_train_batch_size=batch_size,
        no_cuda=True,
    )
    trainer = BaseTrainer(
        model, BaseDataset(dataset.inputs, torch.zeros(len(dataset))), training_config=settings
    )
    trainer.prepare_training()
    trainer.callback_handler = CallbackHandler([TrainingCallback()], model)
    count = iter(range(1, 1 << 30))
    return model, lambda: trainer.train_step(next(count)) and None


@torch.no_grad()
def quality(encoder: nn.Module, decoder: nn.Module, dataset: Dataset) -> str:
    """Return reconstruction loss (of the latent means) and KL divergence, in nats per item."""
    rec, kl = 0.0, 0.0
    for x in dataset.inputs.split(500):
        mean, log_variance = encoder(x)
        rec += float(
            nn.functional.binary_cross_entropy_with_logits(decoder(mean), x, reduction="sum")
        )
        kl += 0.5 * float((mean.square() + log_variance.exp() - 1 - log_variance).sum())
    return f"reconstruction {rec / len(dataset):.1f}, KL {kl / len(dataset):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = load_digits().data[np.random.default_rng(0).permutation(5000)[:ITEMS]]
    dataset = Dataset.from_images(images)
    training, our_epoch = ours(dataset, options.batch_size)
    model, their_epoch = theirs(training.vae, dataset, options.batch_size)
    runs = {"lodespace": our_epoch, "pythae": their_epoch}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(options.epochs + 1):
        for name in sorted(runs, reverse=number % 2 == 1):
            start = time.perf_counter()
            runs[name]()
            if number:  # the first epoch of each library is a warm-up
                seconds[name].append(time.perf_counter() - start)
    for name, times in seconds.items():
        print(
            f"{name:10} median {np.median(times):.2f} s per epoch, minimum {min(times):.2f}: "
            f"{np.round(times, 2)}"
        )
    print("lodespace ", quality(training.vae.encoder, training.vae.decoder, dataset))
    print("pythae    ", quality(model.encoder.encoder, model.decoder.decoder, dataset))
    pairs = np.array(seconds["lodespace"]) / np.array(seconds["pythae"])
    median = np.median(seconds["lodespace"]) / np.median(seconds["pythae"])
    print(
        f"ratio of medians {median:.2f}, by pairs {pairs.min():.2f} to {pairs.max():.2f} (target: "
        f"at most {TARGET})"
    )


if __name__ == "__main__":
    main()
