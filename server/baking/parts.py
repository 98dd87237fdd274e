"""The parts of a bake, and how to write them when positions, labels and model are complete.

This module imports torch.
"""

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from lodespace.baking.animation_glb import encode_training
from lodespace.baking.static_site import write_site
from lodespace.drawing.film import RATE, Film
from lodespace.drawing.webm import check_encoder, encode_webm
from lodespace.errors import TrainingError
from lodespace.models.portable import PortableModel
from lodespace.models.training.trainer import Trainer
from lodespace.predict.project_model import with_reading
from lodespace.project.project import Project
from lodespace.protocol import UNLABELED
from lodespace.session.session import AnnotationSession

SCENE_ID = 1
PARTS = ("scene", "training", "recording", "site", "model", "checkpoint", "video")
"""Names of the parts of a bake. "scene" is scene.glb, "training" is training.glb, "recording" is
recording.lds, "site" is the static site, and "video" is training.webm. "model" is the model for
export. Training can continue from the model in "checkpoint"."""
DEFAULT_PARTS = PARTS[:-2]
"""All parts except the checkpoint and the video."""
MORPH_TARGETS = 8
"""Number of training states before the final state in training.glb. A 3D viewer interpolates
between the states."""
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
    progress: bool = False,
) -> None:
    """Write scene, animation, model, site and video into the folder of `project`.

    Args:
        project: The bake.
        session: The state to show.
        moments: Latent means (N, D) at the times that training.glb shows.
        trainer: The trained model.
        parts: Parts to write, as names from PARTS. The scene is always written.
        metrics: Metrics of the trainer. The site shows only the accuracy on held-out labels.
        progress: Show the progress of the video.
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
    if "video" in parts:
        film = Film(project.recording_path, project.items)
        (project.folder / "training.webm").write_bytes(encode_webm(film, RATE, progress=progress))


def check_parts(parts: Collection[str]) -> None:
    """Raise an error if `parts` cannot be written. `bake` calls this before a long training.

    Raises:
        TrainingError: A name is not in PARTS, or a part needs another part.
        ProjectError: Videos cannot be encoded on this computer.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise TrainingError(
            f"unknown parts of a bake: {', '.join(sorted(unknown))}; "
            f"the parts are {', '.join(PARTS)}"
        )
    if "video" in parts:
        if "recording" not in parts:
            raise TrainingError("the part `video` shows the recording: add the part `recording`")
        check_encoder()
