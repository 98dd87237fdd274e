"""Size of a baked site, and time until a browser shows the first frame of the site.

    python benchmarks/baked_site.py [--epochs 50] [--labels 10] [--rounds 5]
    python benchmarks/baked_site.py --project PROJECT [--rounds 5]

The second form bakes a project as it is (`bake --as-is`). The goals for the 5,000 bundled digits
are at most 5 MB and at most 3 s. The time begins when the address on a plain web server is opened,
and ends with the first drawn frame. The browser is headless Chromium with a software renderer and
an empty cache.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import sync_playwright

from drivers.chromium import FLAGS, find_chromium
from drivers.servers import free_port
from lodespace.baking.bake import bake
from lodespace.items.item_set import bundled_digits_folder


def sizes(folder: Path) -> None:
    """Print the size of each file or folder at the top of `folder`, largest first."""
    total = 0
    by_part: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            part = path.relative_to(folder).parts[0]
            by_part[part] = by_part.get(part, 0) + path.stat().st_size
            total += path.stat().st_size
    for part, size in sorted(by_part.items(), key=lambda entry: -entry[1]):
        print(f"  {size / 1e6:6.2f} MB  {part}")
    print(f"  {total / 1e6:6.2f} MB  total")


def first_pictures(folder: Path, rounds: int) -> list[float]:
    """Return the seconds to the first drawn frame of the site in `folder`, one value per round."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(folder),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    while True:
        try:
            urllib.request.urlopen(url).close()
            break
        except OSError:
            time.sleep(0.05)
    seconds: list[float] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
            for _ in range(rounds):
                context = browser.new_context(viewport={"width": 1280, "height": 800})
                page = context.new_page()
                began = time.perf_counter()
                page.goto(f"{url}?test")
                while not page.evaluate(
                    "!!window.lodespace && lodespace.state.latent.n > 0 && lodespace.stage.frames "
                    "> 0"
                ):
                    page.wait_for_timeout(10)
                seconds.append(time.perf_counter() - began)
                context.close()
            browser.close()
    finally:
        server.kill()
        server.wait()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--labels", help="labels per class, none or all (default: none)")
    parser.add_argument("--project", type=Path, help="project to bake as it is")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        began = time.perf_counter()
        out = Path(folder) / "out"
        if options.project is not None:
            bake(options.project, out, as_is=True)
        else:
            bake(
                bundled_digits_folder(),
                out,
                epochs=options.epochs,
                seed=1,
                labels=options.labels,
            )
        print(f"baked in {time.perf_counter() - began:.0f} s")
        sizes(out)
        seconds = sorted(first_pictures(out, options.rounds))
        print(
            f"first frame: median {seconds[len(seconds) // 2]:.2f} s, slowest {seconds[-1]:.2f} s"
        )


if __name__ == "__main__":
    main()
