"""The model of a project, with a description of how to read new items.

This module imports torch.
"""

from lodespace.errors import ProjectError
from lodespace.importing.reading import reading_of
from lodespace.items.item_set import ItemSet
from lodespace.models.portable import DESCRIPTION, PortableModel, load_model
from lodespace.models.training.newest_checkpoint import load_trainer
from lodespace.models.training.trainer import Trainer
from lodespace.project.project import Project
from lodespace.training.dataset import to_dataset


def trainer_of(project: Project) -> Trainer:
    """Return a trainer from the newest valid checkpoint.

    Raises ProjectError if there is no checkpoint.
    """
    try:
        return load_trainer(project.checkpoints, to_dataset(project.items), device="cpu")
    except ValueError as error:
        raise ProjectError(
            f"{project.folder}: no model has been trained yet ({error}); serve the project for a "
            "while, or bake the data"
        ) from error


def model_of(project: Project, class_names: list[str]) -> PortableModel:
    """Return the model in the folder of a bake, or else the model of the newest valid checkpoint.

    Raises ProjectError if the project has no model and no valid checkpoint, or if the model of a
    bake is damaged.
    """
    if (project.model / DESCRIPTION).is_file():
        try:
            model = load_model(project.model)
        except ValueError as error:
            raise ProjectError(str(error)) from error
        model.description.setdefault("data", reading_of(project.items))
        return model
    return with_reading(PortableModel.of(trainer_of(project), class_names), project.items)


def with_reading(model: PortableModel, items: ItemSet) -> PortableModel:
    """Add to the description of `model` how new items are read. Returns `model`."""
    model.description["data"] = reading_of(items)
    return model
