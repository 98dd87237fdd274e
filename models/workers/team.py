"""A team of processes that train one model by torch.distributed.

The leader (rank 0) runs the whole training, as a process without a team does. For the work that
takes most of the time, it sends a job (jobs.py) to the followers, and each process does its share.
A follower has a copy of the items and of the networks, and nothing else: it keeps no state that is
lost with it, and it never decides what to do next. Rounding errors that differ between machines can
therefore not lead two processes to different jobs.
"""

import contextlib
import logging
import struct
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from lodespace.models.workers.messages import decoded, encoded

log = logging.getLogger(__name__)

JOB_WAIT = timedelta(days=365)
"""Longest time that a follower waits for a job. A session rests until a person does something."""
REPLY_WAIT = timedelta(minutes=10)
"""Longest time that a process waits for the other processes within a job."""
_BYTES_AT_ONCE = 64 << 20
"""Number of bytes of a large tensor that are sent at once."""
_HEAD_BYTES = 32 << 10
"""Number of bytes of the first message of a job. The jobs of most steps fit into one message."""
_LENGTH = struct.Struct("<q")
"""Number of bytes of a job, at the start of its first message."""


class WorkerLostError(RuntimeError):
    """Another process of the team ended, or did not answer for REPLY_WAIT."""


class Job(ABC):
    """Work that each process of a team does on its own share. The leader sends it (messages.py)."""

    @abstractmethod
    def run(self, team: "Team") -> Any:
        """Do the share of this process. In the leader, return the result of all processes."""


class Team:
    """The processes of the default group of torch.distributed."""

    def __init__(self, device: torch.device) -> None:
        """Join the team. All processes call this at the same time, after init_process_group().

        `device` is the device of this process.
        """
        self.device = device
        self.rank = dist.get_rank()
        """Number of this process, from 0."""
        self.size = dist.get_world_size()
        """Number of processes."""
        self.held: dict[str, Any] = {}
        """Items and networks by name: the originals in the leader, copies in the followers."""
        # Two groups, because only the wait for a job may take hours.
        self._group = _new_group(REPLY_WAIT)
        self._jobs = _new_group(JOB_WAIT)

    @property
    def leads(self) -> bool:
        """Whether this process is the leader."""
        return self.rank == 0

    # Jobs -------------------------------------------------------------------------------------

    def do(self, job: Job) -> Any:
        """Let all processes do `job`, and return its result. Only the leader calls this.

        Raises:
            WorkerLostError: another process ended.
        """
        self._send(job)
        return job.run(self)

    def follow(self) -> None:
        """Do the jobs of the leader until the leader closes the team. Only followers call this.

        Raises:
            WorkerLostError: the leader or another process ended.
        """
        while True:
            job = self._received()
            if job is None:
                return
            job.run(self)

    def close(self) -> None:
        """Leave the group. The leader also ends the followers."""
        try:
            if self.leads:
                self._send(None)
        finally:
            self.held.clear()
            dist.destroy_process_group()

    def _send(self, job: Job | None) -> None:
        data = encoded(job)
        head = bytearray(_HEAD_BYTES)
        _LENGTH.pack_into(head, 0, len(data))
        first = data[: _HEAD_BYTES - _LENGTH.size]
        head[_LENGTH.size : _LENGTH.size + len(first)] = first
        with _connected():
            dist.broadcast(torch.frombuffer(head, dtype=torch.uint8), 0, group=self._jobs)
            if len(data) > len(first):
                rest = torch.frombuffer(bytearray(data[len(first) :]), dtype=torch.uint8)
                dist.broadcast(rest, 0, group=self._jobs)

    def _received(self) -> Job | None:
        head = torch.empty(_HEAD_BYTES, dtype=torch.uint8)
        with _connected():
            dist.broadcast(head, 0, group=self._jobs)
            received = head.numpy().tobytes()
            (length,) = _LENGTH.unpack_from(received)
            data = received[_LENGTH.size :][:length]
            if length > len(data):
                rest = torch.empty(length - len(data), dtype=torch.uint8)
                dist.broadcast(rest, 0, group=self._jobs)
                data += rest.numpy().tobytes()
        return decoded(data, Job)

    # Communication within a job, which all processes call at the same time -----------------------

    def broadcast(self, tensor: torch.Tensor) -> None:
        """Set `tensor` in all processes to its value in the leader. The tensor is contiguous."""
        with _connected():
            for part in tensor.view(-1).split(_BYTES_AT_ONCE // tensor.element_size()):
                dist.broadcast(part, 0, group=self._group)

    def add_up(self, tensor: torch.Tensor) -> None:
        """Set `tensor` in the leader to the sum of the tensors of all processes."""
        with _connected():
            dist.reduce(tensor, 0, group=self._group)

    def all_parts(self, own: torch.Tensor, lengths: Sequence[int]) -> list[torch.Tensor]:
        """Return, in every process, the tensors of all processes: (lengths[r], W) of process r."""
        parts = self._buffers(own, lengths)
        with _connected():
            dist.all_gather(parts, self._padded(own, lengths), group=self._group)
        return [part[:length] for part, length in zip(parts, lengths, strict=True)]

    def parts(self, own: torch.Tensor, lengths: Sequence[int]) -> list[torch.Tensor]:
        """In the leader, return the tensors of all processes. In a follower, return no tensors."""
        parts = self._buffers(own, lengths) if self.leads else None
        with _connected():
            dist.gather(self._padded(own, lengths), parts, 0, group=self._group)
        return [part[:length] for part, length in zip(parts or (), lengths, strict=False)]

    def _buffers(self, own: torch.Tensor, lengths: Sequence[int]) -> list[torch.Tensor]:
        return [own.new_empty(max(lengths), *own.shape[1:]) for _ in lengths]

    @staticmethod
    def _padded(own: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Return `own`, padded to the length of the longest part.

        The collective operations of torch.distributed need tensors of equal sizes.
        """
        if len(own) == max(lengths):
            return own.contiguous()
        padded = own.new_zeros(max(lengths), *own.shape[1:])
        padded[: len(own)] = own
        return padded


@contextlib.contextmanager
def _connected() -> Generator[None]:
    """Raise WorkerLostError when the communication in the `with` block fails."""
    try:
        yield
    except RuntimeError as error:
        log.info("%s", error)
        raise WorkerLostError("another process of the training has ended") from error


def _new_group(timeout: timedelta) -> dist.ProcessGroup:
    group = dist.new_group(timeout=timeout)
    assert isinstance(group, dist.ProcessGroup)
    return group
