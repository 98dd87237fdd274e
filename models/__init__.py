"""The generative model, its losses and its training.

A plain library: no threads, no server, and no files except checkpoints and exported models. FAISS
searches neighbours in a process of its own (layout/faiss_process.py).
Importing this package is fast: torch is loaded at the first use of a name that needs torch.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lodespace.models.config import ModelConfig, TrainingConfig, preset
    from lodespace.models.dataset import Dataset
    from lodespace.models.loss_terms import LossWeights
    from lodespace.models.portable import PortableModel, load_model
    from lodespace.models.snapshot import Snapshot
    from lodespace.models.training.trainer import Trainer

# Threads that spin while they wait are a few percent faster on an idle machine. They are 4 to 50
# times slower on a machine with other work, such as drawing the page. OpenMP reads this variable
# once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Operations that MPS lacks run on the CPU. torch reads this variable once, when it is loaded.
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

__all__ = [
    "Dataset",
    "LossWeights",
    "ModelConfig",
    "PortableModel",
    "Snapshot",
    "Trainer",
    "TrainingConfig",
    "load_model",
    "preset",
]

_HOMES = {
    "Dataset": "dataset",
    "LossWeights": "loss_terms",
    "ModelConfig": "config",
    "PortableModel": "portable",
    "Snapshot": "snapshot",
    "Trainer": "training.trainer",
    "TrainingConfig": "config",
    "load_model": "portable",
    "preset": "config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
