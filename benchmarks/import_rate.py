"""Import rate of pictures, compared to a loop of Pillow over the same files; or peak memory.

    python benchmarks/import_rate.py                   # 5,000 JPEG (256 x 256) and PNG (28 x 28)
    python benchmarks/import_rate.py --memory 100000   # peak memory for 100,000 small pictures

The rates come from one run, in which the Pillow loop and the import alternate. Memory is the
resident set of the importing process, before the import and at its peak.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image


def write_pictures(root: Path, count: int, side: int, suffix: str) -> None:
    """Write `count` random pictures of `side` x `side` pixels into 10 class folders of `root`."""
    root.mkdir()
    rng = np.random.default_rng(0)
    for i in range(count):
        folder = root / str(i % 10)
        folder.mkdir(exist_ok=True)
        coarse = rng.integers(0, 256, (8, 8, 3) if suffix == ".jpg" else (8, 8), dtype=np.uint8)
        Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(
            folder / f"{i}{suffix}"
        )


def bare(root: Path, side: int) -> float:
    """Return the seconds to open, decode and shrink every file with Pillow."""
    began = time.perf_counter()
    for path in sorted(root.rglob("*.*")):
        with Image.open(path) as image:
            image.load()
            np.asarray(
                image.resize((side, side), Image.Resampling.BICUBIC)
                if max(image.size) > side
                else image
            )
    return time.perf_counter() - began


def imported(root: Path, folder: Path) -> float:
    """Return the seconds to import `root` into `folder`."""
    from lodespace.importing.importer import import_data
    from lodespace.importing.source import ImportOptions

    began = time.perf_counter()
    import_data(str(root), folder, ImportOptions())
    return time.perf_counter() - began


def compare(folder: Path, count: int, side: int, suffix: str, rounds: int) -> None:
    """Print the rates of the import and of the Pillow loop, each from its fastest round."""
    root = folder / f"pictures{side}"
    write_pictures(root, count, side, suffix)
    ours: list[float] = []
    theirs: list[float] = []
    for k in range(rounds):
        theirs.append(bare(root, 128))
        ours.append(imported(root, folder / f"out{side}-{k}"))
    print(
        f"{count:,} {suffix} of {side} x {side}: imported {count / min(ours):,.0f}/s, Pillow loop "
        f"{count / min(theirs):,.0f}/s, ratio {min(theirs) / min(ours):.2f}",
        flush=True,
    )


def measure_memory(folder: Path, count: int) -> None:
    """Print the memory before an import and at its peak, measured in a separate process."""
    root = folder / "small"
    write_pictures(root, count, 28, ".png")
    script = (
        "import resource, sys, time; from lodespace.importing.importer import import_data;"
        "from lodespace.importing.source import ImportOptions;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; began = time.perf_counter();"
        "from pathlib import Path; report = import_data(sys.argv[1], Path(sys.argv[2]), "
        "ImportOptions());"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(report.imported, before // 1024, peak // 1024, round(time.perf_counter() - began, "
        "1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(root), str(folder / "memory")],
        capture_output=True,
        text=True,
        check=True,
    )
    imported_count, before, peak, seconds = done.stdout.split()
    print(
        f"{int(imported_count):,} small pictures in {seconds} s: resident {before} MB before, "
        f"{peak} MB at the peak"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--memory",
        type=int,
        metavar="N",
        help="measure the peak memory of importing N pictures instead of the rates",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        if options.memory:
            measure_memory(Path(folder), options.memory)
            return
        compare(Path(folder), options.count, 256, ".jpg", options.rounds)
        compare(Path(folder), options.count, 28, ".png", options.rounds)


if __name__ == "__main__":
    main()
