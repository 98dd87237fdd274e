"""Copies of the items in all processes of a team."""

from dataclasses import dataclass, replace
from typing import Literal

import torch

from lodespace.models.config import Content
from lodespace.models.dataset import Dataset, PictureFormat, Standardisation
from lodespace.models.workers.team import Job, Team

ITEMS, ALIKE = "items", "items alike"
"""Names of the data set and of `Dataset.alike` in `Team.held`."""


def shared(dataset: Dataset, team: Team | None) -> Dataset:
    """Copy the items to the follower processes, so that all processes share the work on them.

    Returns the data set with its team. Only the leader calls this. Without a team, returns
    `dataset` itself.
    """
    if team is None:
        return dataset
    dataset = dataset.to(team.device)
    features = None if dataset.features is None else replace(dataset.features, team=team)
    dataset = replace(dataset, features=features, team=team)
    alike = dataset.alike()
    team.held |= {ITEMS: dataset, ALIKE: alike}
    team.do(_copy_of(dataset, ITEMS))
    team.do(_SameItems() if alike is dataset else _copy_of(alike, ALIKE))
    return dataset


def _copy_of(dataset: Dataset, name: str) -> "_Copy":
    stored = dataset.stored
    return _Copy(
        name,
        tuple(stored.shape),
        dataset.kind,
        dataset.content,
        dataset.standardisation,
        dataset.source,
    )


@dataclass
class _Copy(Job):
    """Copies a data set to the follower processes."""

    name: str
    """Name of the copy in `Team.held`."""
    shape: tuple[int, ...]
    """Shape of the stored items."""
    kind: Literal["image", "vector"]
    """Kind of the items. This field and the next ones have the values of the data set's fields."""
    content: Content
    standardisation: Standardisation | None
    source: PictureFormat | None

    def run(self, team: Team) -> None:
        if team.leads:
            team.broadcast(team.held[self.name].stored.contiguous())
            return
        if self.name == ITEMS:
            team.held.clear()  # networks for other items
        dtype = torch.uint8 if self.kind == "image" else torch.float32
        stored = torch.empty(self.shape, dtype=dtype, device=team.device)
        team.broadcast(stored)
        team.held[self.name] = Dataset(
            stored, self.kind, self.content, self.standardisation, source=self.source
        )


@dataclass
class _SameItems(Job):
    """Uses the copy of the items also for `Dataset.alike`."""

    def run(self, team: Team) -> None:
        team.held[ALIKE] = team.held[ITEMS]
