"""Small networks with fixed random numbers."""

import torch

from lodespace.models import Dataset, preset
from lodespace.models.classification.wide_classifier import WideClassifier
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.self_supervision import SelfSupervision
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.training import VAETraining


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def vae_training(dataset: Dataset) -> VAETraining:
    torch.manual_seed(0)
    config = preset("default", 2).replace(batch_size=16)
    return VAETraining(dataset, config, 3, generator(), generator())


def self_supervision(dataset: Dataset) -> SelfSupervision:
    torch.manual_seed(0)
    return SelfSupervision(dataset, generator(), generator())


def classifier(dataset: Dataset) -> WideClassifier:
    torch.manual_seed(0)
    return WideClassifier(dataset, FeatureNetwork(dataset), 3, generator())


def labels_of(dataset: Dataset) -> torch.Tensor:
    labels = torch.arange(3).repeat_interleave(len(dataset) // 3)
    labels[1::2] = UNLABELED
    return labels
