"""A trained model that can be used without the project.

The tensors are in one safetensors file, everything else in a JSON file in the same folder.
"""

import dataclasses
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
from lodespace.models.checkpoints.tensors import narrowed
from lodespace.models.config import Content, ModelConfig
from lodespace.models.dataset import (
    Dataset,
    PictureFormat,
    Standardisation,
    reduced_to_alike,
    with_channels,
)
from lodespace.models.distillation import Agreement, Student, StudentShape, distil
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.models.training.trainer import Trainer
from lodespace.models.vae.vae import VAE

FORMAT = 2
WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
_PREDICTED_AT_ONCE = 500
"""Number of items per batch of `predict`."""


class Read(NamedTuple):
    """Outputs of the model for a batch of B items."""

    latent_mean: torch.Tensor
    """Latent means, (B, D), along the axes of the shown latent space."""
    latent_log_variance: torch.Tensor
    """Logarithm of the latent variance, (B, D), along the axes of the shown latent space."""
    head_probabilities: torch.Tensor
    """Class probabilities of the head, (B, C)."""
    class_probabilities: torch.Tensor
    """Class probabilities that approximate those of the page, (B, C)."""


class Predicted(NamedTuple):
    """Predictions of N items."""

    classes: list[str]
    """Name of the most probable class of each item."""
    class_ids: npt.NDArray[np.int64]
    """Number of the most probable class of each item, (N,): an index into `class_names`."""
    confidence: npt.NDArray[np.float32]
    """Probability of the most probable class of each item, (N,)."""
    probabilities: npt.NDArray[np.float32]
    """Probabilities of all classes, (N, C)."""


class PortableModel(nn.Module):
    """Encoder, decoder, head, the classifier, and the transform from latent means to the map.

    The classifier is a small network that predicts like the page (distillation.py). The presets
    `paper` and `figure2`, and models without labels, use the head instead. Inputs are pictures (B,
    C, S, S) with values 0..255, or vectors (B, F) that are not standardised. If features were given
    with the items, the classifier reads such features, (B, K).
    """

    def __init__(self, like: Dataset, description: dict[str, Any]) -> None:
        """Build layers for items like those of `like`. The caller then loads the weights."""
        super().__init__()
        self.description = description
        """Content of the JSON file."""
        self.content: Content = description["content"]
        latent_dim, n_classes = description["latent_dim"], description["n_classes"]
        config = ModelConfig(**description["model"])
        self.vae = VAE.build(like, config, latent_dim, n_classes, description["hidden_layers"])
        self.picture = like.kind == "image"
        self.student: Student | None = None
        if description["student"] is not None:
            shape = StudentShape(**description["student"])
            self.student = Student(like.alike(), n_classes, shape)
        vector = () if self.picture else like.item_shape
        given = () if like.features is None else like.features.item_shape
        for name, value in {
            "contraction": torch.ones(latent_dim),
            "rotation": torch.eye(latent_dim),
            "translation": torch.zeros(latent_dim),
            "mean": torch.zeros(*(vector or (1,))),
            "deviation": torch.ones(*(vector or (1,))),
            "given_mean": torch.zeros(*(given or (1,))),
            "given_deviation": torch.ones(*(given or (1,))),
        }.items():
            self.register_buffer(name, value)
        self.contraction: torch.Tensor
        self.rotation: torch.Tensor
        self.translation: torch.Tensor
        self.mean: torch.Tensor
        self.deviation: torch.Tensor
        self.given_mean: torch.Tensor
        self.given_deviation: torch.Tensor

    @property
    def class_names(self) -> list[str]:
        """Name of each class."""
        return self.description["class_names"]

    @property
    def source(self) -> PictureFormat | None:
        """Format of the pictures of the project; None for vectors, and for models of format 1."""
        stated = self.description.get("source")
        return None if stated is None else _picture_format(stated)

    @property
    def given_features(self) -> int:
        """Number of imported features per item that `forward` needs; 0 if it needs none."""
        return self.description["given_features"]

    @classmethod
    def of(cls, trainer: Trainer, class_names: list[str]) -> "PortableModel":
        """Return a copy of the model of `trainer`, in which a student replaces the classifiers."""
        dataset, config = trainer.dataset, trainer.config
        loop = trainer.loop
        distilled: tuple[Student, Agreement] | None = None
        if isinstance(loop, ParticleLoop) and bool((loop.predictions.prediction >= 0).any()):
            distilled = distil(
                dataset.alike(),
                loop.feature_networks,
                loop.class_probabilities,
                loop.predictions,
                seed=trainer.seed,
            )
        student, agreement = distilled or (None, None)
        description = {
            "format": FORMAT,
            "kind": dataset.kind,
            "content": dataset.content,
            "item_shape": list(dataset.item_shape),
            "source": None if dataset.source is None else dataclasses.asdict(dataset.source),
            "given_features": 0 if dataset.features is None else dataset.features.item_shape[0],
            "latent_dim": config.latent_dim,
            "hidden_layers": config.hidden_layers,
            "n_classes": trainer.n_classes,
            "class_names": [
                *class_names,
                *(f"class {i}" for i in range(len(class_names), trainer.n_classes)),
            ],
            "student": None if student is None else dataclasses.asdict(student.shape),
            "agreement": None if agreement is None else agreement._asdict(),
            "model": {
                "channels": list(config.model.channels),
                "hidden": config.model.hidden,
                "init": config.model.init,
            },
            "step": loop.step,
        }
        model = cls(_like(description), description)
        model.vae.load_state_dict(loop.vae_training.vae.state_dict())
        if student is not None and model.student is not None:
            model.student.load_state_dict(student.state_dict())
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
        if dataset.features is not None and dataset.features.standardisation is not None:
            given = dataset.features.standardisation
            model.given_mean, model.given_deviation = given.mean, given.deviation
        return model.eval()

    def prepare(self, items: npt.NDArray[Any]) -> torch.Tensor:
        """Convert items for `forward`.

        Pictures are padded and resized in the same way as the pictures of the project.

        Args:
            items: uint8 pictures (N, H, W[, 3]), or vectors (N, F).

        Raises:
            ValueError: for items of another kind or another number of features.
        """
        shape = self.description["item_shape"]
        if not self.picture:
            if items.ndim != 2 or items.shape[1] != shape[0]:
                raise ValueError(f"the model reads vectors (N, {shape[0]}), not {items.shape}")
            return torch.from_numpy(np.ascontiguousarray(items, np.float32))
        background = None if self.source is None else self.source.background
        return Dataset.from_images(
            with_channels(items, shape[0]), self.content, side=shape[1], background=background
        ).stored.float()

    def forward(self, x: torch.Tensor, features: torch.Tensor | None = None) -> Read:
        """Return the outputs for a batch of items.

        Args:
            x: items that `prepare` converted, (B, C, S, S) or (B, F).
            features: features of `x`, (B, `given_features`); ignored if `given_features` is 0.
        """
        mean, shown, log_variance = self.encode(x)
        head = F.softmax(self.vae.head(mean), dim=1)
        predicted = head
        if self.student is not None:
            alike = reduced_to_alike(x) / 255 if self.picture else self._scaled(x)
            if self.given_features:
                if features is None:
                    raise ValueError(
                        f"the model needs the {self.given_features} features of each item, too"
                    )
                alike = (features - self.given_mean) / self.given_deviation
            predicted = self.student(alike)
        return Read(shown, log_variance, head, predicted)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Encode items that `prepare` converted.

        Returns:
            Latent means along the axes of the encoder, latent means along the shown axes, and
            log-variances along the shown axes, each (B, D).
        """
        mean, log_variance = self.vae.encoder(self._scaled(x))
        shown = (mean * self.contraction) @ self.rotation + self.translation
        return mean, shown, (log_variance.exp() @ self.rotation.square()).log()

    def _scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x / 255 if self.picture else (x - self.mean) / self.deviation

    @torch.inference_mode()
    def predict(
        self, items: npt.NDArray[Any], features: npt.NDArray[Any] | None = None
    ) -> Predicted:
        """Predict the classes of items, as the page does.

        Args:
            items: uint8 pictures (N, H, W[, 3]), or vectors (N, F).
            features: features of the same items, (N, K). Necessary only if features were given with
                the items of the project.

        Raises:
            ValueError: for items of another kind or another number of features.
        """
        if self.given_features and (
            features is None or features.shape != (len(items), self.given_features)
        ):
            wanted = f"({len(items)}, {self.given_features})"
            raise ValueError(f"the model needs features of the items, an array of shape {wanted}")
        parts = []
        for start in range(0, len(items), _PREDICTED_AT_ONCE):
            rows = slice(start, start + _PREDICTED_AT_ONCE)
            given = None
            if features is not None and self.given_features:
                given = torch.from_numpy(np.ascontiguousarray(features[rows], np.float32))
            parts.append(self(self.prepare(items[rows]), given).class_probabilities)
        every = torch.cat(parts) if parts else torch.zeros(0, self.description["n_classes"])
        confidence, ids = every.max(dim=1) if parts else (torch.zeros(0), torch.zeros(0).long())
        names = [self.class_names[i] for i in ids.tolist()]
        return Predicted(names, ids.numpy(), confidence.numpy(), every.numpy())

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Decode points (B, D) of the map to pictures (B, C, S, S) in 0..1, or vectors (B, F)."""
        z = ((latent - self.translation) @ self.rotation.T) / self.contraction.clamp_min(1e-6)
        decoded = self.vae.decoder(z)
        return decoded.sigmoid() if self.picture else decoded * self.deviation + self.mean

    def save(self, folder: Path) -> None:
        """Write WEIGHTS and DESCRIPTION into `folder`. Raises OSError."""
        # `save_file` would make a file that only its owner can read.
        (folder / WEIGHTS).write_bytes(save({k: narrowed(t) for k, t in self.state_dict().items()}))
        (folder / DESCRIPTION).write_text(json.dumps(self.description, indent=2) + "\n")


def load_model(folder: str | Path) -> PortableModel:
    """Load an exported model.

    Raises:
        ValueError: when the model cannot be read. The message states the reason.
    """
    folder = Path(folder)
    try:
        description = json_value((folder / DESCRIPTION).read_bytes())
        tensors = load_file(folder / WEIGHTS)
        if description["format"] == 1:
            description, tensors = _from_format_1(description, tensors)
        if description["format"] != FORMAT:
            raise ValueError(
                f"the exported model has format {description['format']}, but this version of"
                f" Lodespace reads formats 1 to {FORMAT}; export the model again"
            )
        model = PortableModel(_like(description), description)
        model.load_state_dict(tensors)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{folder} has no model that can be read: {error}") from error
    return model.eval()


def _from_format_1(
    description: dict[str, Any], tensors: dict[str, torch.Tensor]
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Convert a model of format 1, whose classifier is a feature network with one linear layer."""
    student = None
    renamed = {"features.": "student.networks.0.", "output.": "student.layers.0."}
    for old, new in renamed.items():
        own = {k: tensors.pop(k) for k in list(tensors) if k.startswith(old)}
        tensors |= {new + name.removeprefix(old): value for name, value in own.items()}
    if description["classifier"]:
        columns = tensors["student.layers.0.weight"].shape[1]
        student = dataclasses.asdict(StudentShape(False, 1, columns, 0))
        tensors |= {"student.mean": torch.zeros(columns), "student.scale": torch.ones(columns)}
    tensors |= {"given_mean": torch.zeros(1), "given_deviation": torch.ones(1)}
    return description | {"format": FORMAT, "student": student, "given_features": 0}, tensors


def _picture_format(stated: dict[str, Any]) -> PictureFormat:
    background = tuple(int(value) for value in stated["background"])
    return PictureFormat(int(stated["height"]), int(stated["width"]), background)


def _like(description: dict[str, Any]) -> Dataset:
    """Return a data set with one item, which has the shape that the model reads."""
    shape = [int(n) for n in description["item_shape"]]
    given = int(description["given_features"])
    if description["kind"] == "vector":
        (columns,) = shape
        made = _like_vectors(columns)
    elif len(shape) != 3 or math.prod(shape) > 1 << 20:
        raise ValueError(
            f"pictures of shape {shape} are not supported; the shape must be channels, height, "
            f"width with at most {1 << 20} values"
        )
    else:
        stored = torch.zeros(1, *shape, dtype=torch.uint8)
        made = Dataset(stored, "image", description["content"])
    return dataclasses.replace(made, features=_like_vectors(given)) if given else made


def _like_vectors(columns: int) -> Dataset:
    known = Standardisation(torch.zeros(columns), torch.ones(columns))
    return Dataset.from_vectors(np.zeros((1, columns)), known)
