"""Parts of a bake that are written when positions, labels and model are complete.

This module imports torch.
"""

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from lodespace.baking.animation_glb import encode_training
from lodespace.baking.static_site import write_site
from lodespace.models.portable import PortableModel
from lodespace.models.training.trainer import Trainer
from lodespace.predict.project_model import with_reading
from lodespace.project.project import Project
from lodespace.protocol import UNLABELED
from lodespace.session.session import AnnotationSession

SCENE_ID = 1
PARTS = ("scene", "training", "recording", "site", "model", "checkpoint")
"""Parts of a bake: scene.glb, training.glb, recording.lds, the static site, the model for export,
and the checkpoint, from which training can continue."""
DEFAULT_PARTS = PARTS[:-1]
"""All parts except the checkpoint."""
MORPH_TARGETS = 8
"""Number of training states in training.glb. A 3D viewer interpolates between them."""
TRAINING_SECONDS = 12.0
"""Length of the animation in training.glb, in seconds."""


def write_parts(
    project: Project,
    session: AnnotationSession,
    moments: list[npt.NDArray[np.float32]],
    trainer: Trainer,
    parts: Collection[str],
    *,
    metrics: Mapping[str, float] | None = None,
) -> None:
    """Write scene, animation, model and site into the folder of `project`.

    Args:
        project: The bake.
        session: The state to show.
        moments: Latent means (N, D) at the times that training.glb shows.
        trainer: The trained model.
        parts: Parts to write, as names from PARTS. The scene is always written.
        metrics: Metrics of the trainer, of which the site shows the accuracy on held-out labels.
    """
    project.scene_path.write_bytes(session.encoder.scene_glb())
    if "training" in parts:
        known = np.where(session.labels == UNLABELED, session.scores.prediction, session.labels)
        (project.folder / "training.glb").write_bytes(
            encode_training(
                moments, known, session.classes.classes, project.items.name, TRAINING_SECONDS
            )
        )
    if "model" in parts:
        project.model.mkdir()
        model = PortableModel.of(trainer, [c.name for c in session.classes.classes])
        with_reading(model, project.items).save(project.model)
    if "site" in parts:
        write_site(project, session, metrics or {})
