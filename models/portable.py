"""A trained model that can be used without the project.

The tensors are in one safetensors file, everything else in a JSON file in the same folder.
"""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from lodespace.json_input import json_value
from lodespace.models.config import Content, ModelConfig
from lodespace.models.dataset import LARGEST_ALIKE, Dataset, Standardisation
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.models.training.trainer import Trainer
from lodespace.models.vae.vae import VAE

FORMAT = 1
WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"


class Read(NamedTuple):
    """Output of the model for a batch of B items."""

    latent_mean: torch.Tensor
    """Latent means, (B, D), along the axes of the shown latent space."""
    latent_log_variance: torch.Tensor
    """Logarithm of the latent variance, (B, D), along the axes of the shown latent space."""
    head_probabilities: torch.Tensor
    """Class probabilities of the head, (B, C)."""
    class_probabilities: torch.Tensor
    """Class probabilities of the wide classifier, or of the head if the model has only the head."""


class PortableModel(nn.Module):
    """Encoder, decoder, head, and the transform from latent means to the map.

    The model includes the wide classifier, with two exceptions: the preset `paper`, and data sets
    whose features are given by the user. Inputs are pictures (B, C, S, S) with values 0..255, or
    vectors (B, F) that are not standardised.
    """

    def __init__(self, like: Dataset, description: dict[str, Any]) -> None:
        """Build layers for items of the shape of `like`. The caller then loads the weights."""
        super().__init__()
        self.description = description
        """Content of the JSON file."""
        self.content: Content = description["content"]
        latent_dim, n_classes = description["latent_dim"], description["n_classes"]
        config = ModelConfig(**description["model"])
        self.vae = VAE.build(like, config, latent_dim, n_classes, description["hidden_layers"])
        self.picture = like.kind == "image"
        self.features: FeatureNetwork | None = None
        self.output: nn.Linear | None = None
        if description["classifier"]:
            self.features = FeatureNetwork(like.alike())
            self.output = nn.Linear(self.features.width, n_classes)
        for name, value in {
            "contraction": torch.ones(latent_dim),
            "rotation": torch.eye(latent_dim),
            "translation": torch.zeros(latent_dim),
            "mean": torch.zeros(1 if self.picture else like.item_shape[0]),
            "deviation": torch.ones(1 if self.picture else like.item_shape[0]),
        }.items():
            self.register_buffer(name, value)
        self.contraction: torch.Tensor
        self.rotation: torch.Tensor
        self.translation: torch.Tensor
        self.mean: torch.Tensor
        self.deviation: torch.Tensor

    @property
    def class_names(self) -> list[str]:
        """Name of each class."""
        return self.description["class_names"]

    @classmethod
    def of(cls, trainer: Trainer, class_names: list[str]) -> "PortableModel":
        """Return a copy of the model of `trainer`."""
        dataset, config = trainer.dataset, trainer.config
        loop = trainer.loop
        classifier = (
            loop.learning.classifier
            if isinstance(loop, ParticleLoop) and dataset.features is None
            else None
        )
        description = {
            "format": FORMAT,
            "kind": dataset.kind,
            "content": dataset.content,
            "item_shape": list(dataset.item_shape),
            "latent_dim": config.latent_dim,
            "hidden_layers": config.hidden_layers,
            "n_classes": trainer.n_classes,
            "class_names": [
                *class_names,
                *(f"class {i}" for i in range(len(class_names), trainer.n_classes)),
            ],
            "classifier": classifier is not None,
            "model": {
                "channels": list(config.model.channels),
                "hidden": config.model.hidden,
                "init": config.model.init,
            },
            "step": loop.step,
        }
        model = cls(_like(description), description)
        model.vae.load_state_dict(loop.vae_training.vae.state_dict())
        if classifier is not None and model.features is not None and model.output is not None:
            model.features.load_state_dict(classifier.network.state_dict())
            model.output.load_state_dict(classifier.output.state_dict())
        contraction, rotation, translation = trainer.inspector.shown_transform()
        model.contraction, model.rotation, model.translation = (
            contraction.cpu(),
            rotation.cpu(),
            translation.cpu(),
        )
        if dataset.standardisation is not None:
            model.mean, model.deviation = (
                dataset.standardisation.mean,
                dataset.standardisation.deviation,
            )
        return model.eval()

    def prepare(self, items: npt.NDArray[Any]) -> torch.Tensor:
        """Convert items for `forward`. Pictures are resized to the side that the networks read.

        Args:
            items: uint8 pictures (N, H, W[, 3]), or vectors (N, F).
        """
        if not self.picture:
            return torch.from_numpy(np.ascontiguousarray(items, np.float32))
        side = self.description["item_shape"][1]
        return Dataset.from_images(items, self.content, side=side).stored.float()

    def forward(self, x: torch.Tensor) -> Read:
        """Return the outputs for items that `prepare` converted, (B, C, S, S) or (B, F)."""
        x = x / 255 if self.picture else (x - self.mean) / self.deviation
        mean, log_variance = self.vae.encoder(x)
        head = F.softmax(self.vae.head(mean), dim=1)
        wide = head
        if self.features is not None and self.output is not None:
            alike = (
                F.avg_pool2d(x, x.shape[2] // LARGEST_ALIKE)
                if self.picture and x.shape[2] > LARGEST_ALIKE
                else x
            )
            wide = F.softmax(self.output(self.features(alike)), dim=1)
        shown = (mean * self.contraction) @ self.rotation + self.translation
        return Read(shown, (log_variance.exp() @ self.rotation.square()).log(), head, wide)

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Decode points (B, D) of the map to pictures (B, C, S, S) in 0..1, or vectors (B, F)."""
        z = ((latent - self.translation) @ self.rotation.T) / self.contraction.clamp_min(1e-6)
        decoded = self.vae.decoder(z)
        return decoded.sigmoid() if self.picture else decoded * self.deviation + self.mean

    def save(self, folder: Path) -> None:
        """Write WEIGHTS and DESCRIPTION into `folder`. Raises OSError."""
        tensors = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        # `save_file` would make a file that only its owner can read.
        (folder / WEIGHTS).write_bytes(save(tensors))
        (folder / DESCRIPTION).write_text(json.dumps(self.description, indent=2) + "\n")


def load_model(folder: str | Path) -> PortableModel:
    """Load an exported model.

    Raises:
        ValueError: when the model cannot be read. The message states the reason.
    """
    folder = Path(folder)
    try:
        description = json_value((folder / DESCRIPTION).read_bytes())
        if description["format"] != FORMAT:
            raise ValueError(
                f"the exported model has format {description['format']}, but this version of"
                f" Lodespace reads format {FORMAT}; export the model again"
            )
        model = PortableModel(_like(description), description)
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{folder} has no model that can be read: {error}") from error
    return model.eval()


def _like(description: dict[str, Any]) -> Dataset:
    """Return a data set of one item, in the shape that the model reads."""
    shape = [int(n) for n in description["item_shape"]]
    if description["kind"] == "vector":
        (features,) = shape
        return Dataset.from_vectors(
            np.zeros((1, features)), Standardisation(torch.zeros(features), torch.ones(features))
        )
    if len(shape) != 3 or math.prod(shape) > 1 << 20:
        raise ValueError(f"pictures of shape {shape} are not supported")
    return Dataset(torch.zeros(1, *shape, dtype=torch.uint8), "image", description["content"])
