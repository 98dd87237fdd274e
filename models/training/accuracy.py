"""Accuracy of the classifiers, measured on held-out labels."""

import torch

from lodespace.models.batches import evenly
from lodespace.models.training.loop_state import LoopState
from lodespace.models.vae.training import VAETraining

_MAX_ENCODED = 500
"""Largest number of held-out items on which the head is measured. 500 items take about 20 ms."""


@torch.no_grad()
def measure_accuracy(state: LoopState, vae_training: VAETraining, prediction: torch.Tensor) -> None:
    """Update the accuracies in `state.metrics`.

    "held_out" is the number of held-out labels. "label_accuracy" is the share of held-out labels
    that `prediction` predicts correctly. "head_accuracy" is the same share for the predictions of
    the paper's head. The input of the head is the encoder's mean, not the particle. Even a held-out
    label pulls its particle, so a measurement on particles would leak the label.

    Args:
        state: the labels, and the metrics to update.
        vae_training: encoder and head.
        prediction: predicted class of each item, integers (N,).
    """
    for name in ("label_accuracy", "head_accuracy", "held_out"):
        state.metrics.pop(name, None)
    labels, held_out = state.labels.classes, state.labels.held_out
    if held_out is None or not bool(held_out.any()):
        return
    state.metrics["held_out"] = float(held_out.sum())
    right = prediction.cpu().to(torch.int64)[held_out] == labels[held_out]
    state.metrics["label_accuracy"] = float(right.float().mean())
    items = evenly(torch.nonzero(held_out).squeeze(1), _MAX_ENCODED)
    mean = vae_training.encode(items.to(state.device))
    head = vae_training.vae.head(mean).argmax(dim=1).cpu()
    state.metrics["head_accuracy"] = float((head == labels[items]).float().mean())
