"""Jobs with which tests look into the processes of a team. The followers import this module."""

from dataclasses import dataclass

import torch

from lodespace.models.workers.team import Job, Team


@dataclass
class NetworkValues(Job):
    """Returns the values of each process' copy of a network, after a gradient or an output job."""

    network: str
    """Name of the network in `Team.held`."""

    def run(self, team: Team) -> list[torch.Tensor]:
        values = team.held[self.network].state_dict().values()
        own = torch.cat([value.detach().reshape(-1).float() for value in values])
        return team.all_parts(own, [len(own)] * team.size)
