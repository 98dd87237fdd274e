"""Time from the start of the server's process to its first answer.

    python benchmarks/server_start.py [--runs 7] [--gestures 100000] [--no-training]

With `--gestures`, the label log has that many events of three people. Every twentieth event is an
undo, and the others are gestures. With `--no-training`, no trainer starts beside the server. The
output also states the processor time of the server alone, and whether the modules of the server
import torch.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from drivers.servers import free_port
from lodespace import protocol
from lodespace.project.opening import open_project
from lodespace.session.event_log import EventLog
from lodespace.session.events import (
    LabelEvent,
    StoredProvenance,
    UndoEvent,
    encode_event,
    new_header,
)

WANTED_SECONDS = 1.5
WANTED_SECONDS_WITH_GESTURES = 5.0
PEOPLE = 3


def make_project(folder: Path, gestures: int) -> None:
    """Create a project on the bundled digits, with a log of `gestures` events."""
    project = open_project(None, project_folder=folder)
    dice = np.random.default_rng(1)
    outline = protocol.Region(
        polygon=[0.1, 0.1, 0.4, 0.1, 0.4, 0.5, 0.2, 0.6], clip_from_latent=[1.0, 0.0, 0.0, 0.0] * 4
    )
    provenance = StoredProvenance.of(protocol.Provenance(tool="lasso", regions=[outline]))
    standing: list[list[int]] = [[] for _ in range(PEOPLE)]
    events: list[tuple[int, bytes]] = []
    for number in range(1, gestures + 1):
        person = number % PEOPLE
        header = new_header(f"command-{number:08d}", f"person-{person}")
        if number % 20 == 0:
            event = UndoEvent(**header, gesture=standing[person].pop())
        else:
            standing[person].append(number)
            items = dice.integers(0, len(project.items), int(dice.integers(1, 40)))
            event = LabelEvent(
                **header,
                items=np.unique(items).astype(np.uint32),
                class_id=int(dice.integers(0, 10)),
                provenance=provenance,
            )
        events.append((number, encode_event(event)))
    log = EventLog(project.labels_path)
    log.write_all(events)
    log.close()
    project.close()


def start_once(folder: str, *options: str) -> tuple[float, float]:
    """Start a server with `options` on the project in `folder`, and end it.

    Returns the time to its first answer, and the processor time of the server until then, in
    seconds.
    """
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "lodespace",
        "serve",
        "--no-browser",
        "--port",
        str(port),
        "--project",
        folder,
        *options,
    ]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/session", timeout=5).close()
                seconds = time.perf_counter() - began
                used = psutil.Process(process.pid).cpu_times()
                return seconds, used.user + used.system
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        raise SystemExit("the server ended before its first answer")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--gestures", type=int, default=0, help="gestures in the label log")
    parser.add_argument("--no-training", action="store_true", help="start no trainer")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.gestures:
            make_project(Path(folder) / "0", options.gestures)
            folders = [f"{folder}/0"] * options.runs
        else:
            folders = [f"{folder}/{k}" for k in range(options.runs)]
        given = ["--no-training"] if options.no_training else []
        starts = [start_once(folder, *given) for folder in folders]
    times, processor = zip(*starts, strict=True)
    check = "import sys, lodespace.web.app, lodespace.web.server; print('torch' in sys.modules)"
    torch = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    ).stdout.strip()
    project = f"{options.gestures:,} gestures" if options.gestures else "new project"
    wanted = WANTED_SECONDS_WITH_GESTURES if options.gestures else WANTED_SECONDS
    print(
        f"process start to first answer, {project} on the bundled digits: median "
        f"{statistics.median(times):.2f} s",
        end=" ",
    )
    print(
        f"({min(times):.2f} to {max(times):.2f}; wanted: under {wanted}); "
        f"processor time {min(processor):.1f} to {max(processor):.1f} s; torch imported: {torch}"
    )


if __name__ == "__main__":
    main()
