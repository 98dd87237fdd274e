"""Search for the nearest neighbours of all items by several processes.

Each process has all features and a search of its own (neighbour_search.py), and finds the
neighbours of a part of the rows.
"""

from dataclasses import dataclass

import torch

from lodespace.models.layout.neighbour_search import Found, OwnSearch
from lodespace.models.workers.team import Job, Team

_SEARCH = "search"
"""Name of the search of a process in `Team.held`."""


class SharedSearch:
    """A search by all processes of a team."""

    def __init__(self, features: torch.Tensor, k: int, team: Team) -> None:
        """Send features (N, F) to the follower processes, and start all searches.

        Each search finds `k` neighbours per row.
        """
        self._team = team
        self._own = OwnSearch(features, k)
        team.held[_SEARCH] = self._own
        team.do(_Begin(tuple(features.shape), k))

    @property
    def rows_per_unit(self) -> int:
        """Number of rows per call of `nearest`."""
        return self._own.rows_per_unit * self._team.size

    def prepare(self) -> bool:
        """Do one unit of the preparation in each process. Return whether all are ready."""
        return self._team.do(_Prepare())

    def nearest(self, rows: slice) -> Found:
        """Return the neighbours of a block of rows."""
        return self._team.do(_Nearest(rows.start, rows.stop, self._own.rows_per_unit))

    def close(self) -> None:
        """End the searches of all processes."""
        self._team.do(_End())


@dataclass
class _Begin(Job):
    """Sends the features to the follower processes, and starts their searches."""

    shape: tuple[int, ...]
    """Shape of the features, (N, F)."""
    k: int
    """Number of neighbours."""

    def run(self, team: Team) -> None:
        if team.leads:
            team.broadcast(team.held[_SEARCH].features.contiguous())
            return
        team.held.pop(_SEARCH, None)
        features = torch.empty(self.shape, device=team.device)
        team.broadcast(features)
        team.held[_SEARCH] = OwnSearch(features, self.k)


@dataclass
class _Prepare(Job):
    """Does one unit of the preparation. Returns whether all processes are ready."""

    def run(self, team: Team) -> bool:
        own = team.held[_SEARCH]
        own.prepare()
        waiting = torch.tensor([float(not own.ready)], device=team.device)
        team.add_up(waiting)
        return not float(waiting)


@dataclass
class _Nearest(Job):
    """Finds the neighbours of a block of rows."""

    first: int
    """First row."""
    stop: int
    """End of the rows."""
    per_process: int
    """Number of rows per process. In the last block, the last processes can have fewer rows."""

    def run(self, team: Team) -> Found:
        ends = [
            min(self.first + self.per_process * rank, self.stop) for rank in range(team.size + 1)
        ]
        own = slice(ends[team.rank], ends[team.rank + 1])
        skipped = self.per_process * (team.size - 1)
        indices, distances = team.held[_SEARCH].nearest(own, skipped)
        lengths = [ends[rank + 1] - ends[rank] for rank in range(team.size)]
        found = team.parts(indices, lengths), team.parts(distances, lengths)
        return (torch.cat(found[0]), torch.cat(found[1])) if team.leads else (indices, distances)


@dataclass
class _End(Job):
    """Ends the searches."""

    def run(self, team: Team) -> None:
        del team.held[_SEARCH]
