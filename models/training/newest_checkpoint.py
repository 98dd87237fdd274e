"""Continuation of a training from the newest intact checkpoint, also with more items."""

from pathlib import Path

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.dataset import Dataset
from lodespace.models.training.growth import grown
from lodespace.models.training.trainer import Trainer


def load_trainer(folder: Path, dataset: Dataset, *, device: str = "auto") -> Trainer:
    """Continue from the newest intact checkpoint of `folder`, which may have fewer items.

    Raises ValueError when there is no checkpoint for this data set.
    """
    found = checkpoint.latest(folder)
    items = len(dataset) if found is None else found.meta.get("items")
    if found is None or not isinstance(items, int) or not 1 < items < len(dataset):
        return Trainer.load(folder, dataset, device=device)
    if dataset.neighbours is not None:
        raise ValueError("the neighbours of the items were imported, so items cannot be added")
    state = TrainingState.from_checkpoint(found)
    earlier = dataset.subset(slice(0, items))
    return grown(Trainer.from_state(state, earlier, device=device), dataset)
