"""Time from the start of the server's process to its first answer.

    python benchmarks/server_start.py [--runs 7]

The output also states whether the modules of the server import torch.
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

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from drivers.servers import free_port

WANTED_SECONDS = 1.5


def start_once(folder: str) -> float:
    """Return the seconds to the first answer of a server on a new project in `folder`."""
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
    ]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/session", timeout=5).close()
                return time.perf_counter() - began
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        times = [start_once(f"{folder}/{k}") for k in range(runs)]
    check = "import sys, lodespace.web.app, lodespace.web.server; print('torch' in sys.modules)"
    torch = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    ).stdout.strip()
    print(
        "process start to first answer, new project on the bundled digits: median "
        f"{statistics.median(times):.2f} s",
        end=" ",
    )
    print(
        f"({min(times):.2f} to {max(times):.2f}; wanted: under {WANTED_SECONDS}); torch imported: "
        f"{torch}"
    )


if __name__ == "__main__":
    main()
