"""Predictions that a person sees: of all items after a sweep, and of some items during a sweep."""

import torch

from lodespace.models.classification.decisions import (
    given_labels,
    no_predictions,
    own_left_out,
    predictions_from,
)
from lodespace.models.classification.label_noise import LabelNoise, Looks
from lodespace.models.classification.training_labels import TrainingLabels


class NewestPredictions:
    """Predictions for N items, and the frequency of wrong labels on which they depend."""

    def __init__(self, n: int, device: torch.device) -> None:
        """Start without predictions for `n` items on `device`."""
        self.values = no_predictions(n, device)
        """The predictions. Each update replaces them as a whole."""
        self.noise = LabelNoise()
        """Frequency of wrong labels among labels before anybody has verified them."""

    def update(
        self,
        probabilities: torch.Tensor,
        labels: TrainingLabels,
        items: torch.Tensor | None = None,
    ) -> None:
        """Update predictions and doubts.

        Args:
            probabilities: class probabilities of all items, float32 (N, C), without the effect of
                each item's own label.
            labels: labels of the items.
            items: items to update, int64 (K,), among them all labelled items. None for all items.
        """
        classes, trained, given = labels.classes, labels.trained, labels.given
        verified, nothing = labels.verified, torch.zeros_like(labels.verified)
        reviewed = nothing if labels.reviewed is None else labels.reviewed
        corrected = nothing if labels.corrected is None else labels.corrected
        if items is not None:
            chosen = items.cpu()
            probabilities = probabilities[items]
            verified, reviewed = verified[chosen], reviewed[chosen]
            corrected = corrected[chosen]
            classes, trained, given = classes[chosen], trained[chosen], given[chosen]
        own, known, _ = own_left_out(probabilities, trained)
        most = probabilities.amax(dim=1)[known]
        known = known.cpu()
        judged = (reviewed | ~verified)[known].to(own.device)
        looks = Looks(
            reviewed[known].to(own.device)[judged], corrected[known].to(own.device)[judged]
        )
        self.noise = LabelNoise.of(own[judged], most[judged], probabilities.shape[1], looks)
        # The prediction of a held-out item must not depend on the item's label. Only its doubt may
        # depend on the label. The doubt about an accepted label is the doubt about the prediction.
        every = given_labels(probabilities, given, self.noise)
        doubt = predictions_from(every, classes).doubt
        every = given_labels(probabilities, trained, self.noise)
        found = predictions_from(every, classes)._replace(doubt=doubt)
        if items is None:
            self.values = found
            return
        values = self.values
        for name, new in found._asdict().items():
            replaced = getattr(values, name).index_copy(0, items, new)
            values = values._replace(**{name: replaced})
        self.values = values
