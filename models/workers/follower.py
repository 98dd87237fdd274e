"""Entry point of a follower on the machine of the leader (launch.py)."""

import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Follow the leader. Returns the exit status: 1 if the leader has ended."""
    from lodespace.models.light_torch import leave_out_compiler
    from lodespace.models.workers.launch import follow_local, ignore_stop_signals
    from lodespace.models.workers.team import WorkerLostError

    ignore_stop_signals()
    leave_out_compiler()
    place, rank, size, device, threads = arguments
    try:
        follow_local(Path(place), int(rank), int(size), device, int(threads))
    except WorkerLostError as error:
        sys.stderr.write(f"lodespace: worker {rank} ends: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    # Exit without the destructors of torch, which take a second.
    status = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(status)
