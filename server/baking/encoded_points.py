"""Positions and predictions of vectors by a trained model. This module imports torch."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lodespace.errors import DatasetError, ProjectError
from lodespace.models.portable import DESCRIPTION, PortableModel, load_model
from lodespace.predict.project_model import model_of
from lodespace.project.offline import open_offline
from lodespace.tiles.points import PointBlock

_BATCH = 8192
"""Number of vectors that are encoded together."""


class ModelEncoder:
    """A model that gives vectors their positions in a map, and their classes."""

    def __init__(self, model: PortableModel, name: str) -> None:
        """Use `model`, which error messages call `name`.

        Raises ProjectError if the model does not read vectors.
        """
        if model.picture:
            raise ProjectError(f"{name} reads pictures, not the vectors of a table")
        self.model = model.eval()
        self.features: int = model.description["item_shape"][0]
        """Number of features of a vector."""
        stated = model.description.get("data", {}).get("details", {}).get("vector_columns")
        self.columns = tuple(stated) if isinstance(stated, list) else ()
        """Names of the columns of a vector, in their order; empty if they are not known."""
        self.predicts = model.student is not None and not model.given_features
        """Whether the model predicts classes without further features."""
        self.class_names = tuple(model.class_names) if self.predicts else ()
        """Names of the predicted classes."""

    @torch.inference_mode()
    def __call__(self, vectors: npt.NDArray[np.float32]) -> PointBlock:
        """Return the points of vectors (K, F).

        Raises DatasetError for vectors with another number of features.
        """
        if vectors.shape[1] != self.features:
            raise DatasetError(
                f"the model reads vectors of {self.features} numbers, not of {vectors.shape[1]}"
            )
        means: list[npt.NDArray[np.float32]] = []
        classes: list[npt.NDArray[np.int64]] = []
        confidence: list[npt.NDArray[np.float32]] = []
        for first in range(0, len(vectors), _BATCH):
            x = self.model.prepare(vectors[first : first + _BATCH])
            if self.predicts:
                read = self.model(x)
                means.append(read.latent_mean.numpy())
                most, which = read.class_probabilities.max(dim=1)
                classes.append(which.numpy())
                confidence.append(most.numpy())
            else:
                means.append(self.model.encode(x)[1].numpy())
        if not self.predicts:
            return PointBlock(np.concatenate(means))
        share = np.rint(np.concatenate(confidence) * 255).astype(np.uint8)
        return PointBlock(np.concatenate(means), None, np.concatenate(classes), share)


def encoder_of(path: Path) -> ModelEncoder:
    """Return the encoder of a project, a bake, or an exported model in the folder `path`.

    Raises ProjectError when there is no model, or the model does not read vectors.
    """
    try:
        if (path / DESCRIPTION).is_file():
            return ModelEncoder(load_model(path), str(path))
    except ValueError as error:
        raise ProjectError(f"{path}: {error}") from error
    project, session = open_offline(path)
    project.close()
    names = [known.name for known in session.classes.classes]
    return ModelEncoder(model_of(project, names), str(path))
