"""The Chromium that the browser tests use: search and installation.

    python tests/drivers/chromium.py             print the path of Chromium, or exit with status 1
    python tests/drivers/chromium.py --install   if none is found, install Chromium: on Debian as
                                                 root with apt-get, else with Playwright

The variable LODESPACE_CHROMIUM gives the path of another executable. Without a browser, browser
tests fail; they are not skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Options of Chromium: draw in software, and send no requests to other hosts.

With `--disable-gpu-compositing`, Chromium puts the layers of a page together without the GPU. With
the GPU emulated in software, a page of 5,000 moving points would show only a tenth of the frames
per second.
"""
ONE_RENDERER = ["--disable-site-isolation-trials", "--renderer-process-limit=1"]
"""Further options, for tests: all pages share one renderer process.

Otherwise each address that a page opens starts a process, which also compiles the scripts again. A
shared process saves 0.2 s of the 1.4 s of processor time until a page rests, and 0.4 s of the 3.0 s
until a headset rests.
"""
VIEW = {"width": 960, "height": 600}
"""Size of a page, in CSS pixels."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    """Return the path of Chromium or Chrome; None if neither browser is installed."""
    named = os.environ.get("LODESPACE_CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return playwright_chromium()


def playwright_chromium() -> Path | None:
    """Return the path of Playwright's Chromium; None if Playwright has not installed Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def install() -> None:
    """Install Chromium. Raises subprocess.CalledProcessError when the installation fails."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        packages = ["chromium", "fonts-dejavu-core"]
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            check=True,
            env=environment,
        )
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> int:
    chromium = find_chromium()
    if chromium is None and "--install" in sys.argv[1:]:
        install()
        chromium = find_chromium()
    if chromium is None:
        print(
            "no Chromium found: install Chromium, or set LODESPACE_CHROMIUM to its path",
            file=sys.stderr,
        )
        return 1
    print(chromium)
    return 0


if __name__ == "__main__":
    sys.exit(main())
