"""Jobs on networks: gradients of a batch, and outputs of many items.

The leader sends the values of a network with each job. All copies are therefore equal to the bit,
also after an undo, a new class or a restored checkpoint. To send the 200,000 values of a network
between two processes of one machine takes about 1 ms.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from lodespace.models.workers.team import Job, Team


@dataclass
class NetworkJob(Job):
    """A job that uses a network, of which each follower has a copy."""

    network: ClassVar[str]
    """Name of the network in `Team.held`. The leader puts its network there before the job."""

    @abstractmethod
    def built(self, team: Team) -> nn.Module:
        """Return a new network with the same layers as the leader's, but any values."""

    def layers(self) -> Any:
        """Return a value that is different for networks with different layers.

        Networks for other items can have the same value.
        """
        return None

    def synchronised(self, team: Team) -> nn.Module:
        """Return this process' copy of the network, with the values of the leader's network."""
        layers, known = self.layers(), f"{self.network} layers"
        if not team.leads and (known not in team.held or team.held[known] != layers):
            team.held[self.network] = self.built(team).to(team.device)
            team.held[known] = layers
        network: nn.Module = team.held[self.network]
        values = [*network.parameters(), *network.buffers()]
        flat = torch.cat([value.detach().reshape(-1).float() for value in values])
        team.broadcast(flat)
        if not team.leads:
            with torch.no_grad():
                for value, part in zip(
                    values, flat.split([v.numel() for v in values]), strict=True
                ):
                    value.copy_(part.view(value.shape))
        return network


Values = Mapping[str, torch.Tensor]
"""Named numbers or vectors that a job computes besides the gradients, such as terms of a loss."""


@dataclass
class GradientJob(NetworkJob):
    """Computes the gradient of a loss that is a sum over the processes."""

    @abstractmethod
    def backward(self, team: Team, network: Any) -> Values:
        """Add the gradient of this process' part of the loss to the parameters of `network`.

        Returns:
            Values to be summed over the processes. Each process returns the same names and shapes.
        """

    def run(self, team: Team) -> Values:
        network = self.synchronised(team)
        parameters = list(network.parameters())
        for parameter in parameters:
            parameter.grad = None
        values = self.backward(team, network)
        gradients = [p.new_zeros(p.shape) if p.grad is None else p.grad for p in parameters]
        # A parameter without a gradient must stay so: the optimiser leaves it out.
        used = torch.tensor([float(p.grad is not None) for p in parameters], device=team.device)
        parts = [*gradients, used, *(value.detach() for value in values.values())]
        flat = torch.cat([part.reshape(-1).float() for part in parts])
        team.add_up(flat)
        if not team.leads:
            return {}
        summed = flat.split([part.numel() for part in parts])
        count = len(parameters)
        for parameter, gradient, known in zip(
            parameters, summed[:count], summed[count].tolist(), strict=False
        ):
            # The optimiser reads gradient and parameter in the same order (channels last).
            parameter.grad = (
                torch.empty_like(parameter).copy_(gradient.view(parameter.shape)) if known else None
            )
        return {
            name: part.view(value.shape)
            for (name, value), part in zip(values.items(), summed[count + 1 :], strict=True)
        }


@dataclass
class OutputJob(NetworkJob):
    """Computes rows of numbers for many items with a network."""

    items: torch.Tensor
    """Items int64 (K,), on the CPU."""
    at_once: int
    """Number of items that pass through the network at once."""

    @abstractmethod
    def rows(self, team: Team, network: Any, items: torch.Tensor) -> torch.Tensor:
        """Return the rows (B, W) of `items` int64 (B,), which are on the device of the team."""

    @torch.no_grad()
    def run(self, team: Team) -> torch.Tensor:
        """Return the rows of all items, (K, W), in the leader. The followers return no rows."""
        network = self.synchronised(team)
        chunks = self.items.split(self.at_once)
        shares = [chunks[rank :: team.size] for rank in range(team.size)]
        lengths = [sum(map(len, share)) for share in shares]
        # A process without items computes one row, to know the number of columns.
        mine = shares[team.rank] or (self.items[:1],)
        own = torch.cat([self.rows(team, network, items.to(team.device)) for items in mine])
        found = team.parts(own[: lengths[team.rank]], lengths)
        if not team.leads:
            return own[:0]
        parts = [
            list(part.split([*map(len, share)])) for part, share in zip(found, shares, strict=True)
        ]
        return torch.cat([parts[k % team.size][k // team.size] for k in range(len(chunks))])


@dataclass
class ValuesJob(Job):
    """Returns the values of a network in each process, to compare the copies."""

    network: str
    """Name of the network in `Team.held`."""

    def run(self, team: Team) -> list[torch.Tensor]:
        values = team.held[self.network].state_dict().values()
        own = torch.cat([value.detach().reshape(-1).float() for value in values])
        return team.all_parts(own, [len(own)] * team.size)
