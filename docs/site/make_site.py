"""Builder of the documentation site: static files with search and a live demo.

    python docs/site/make_site.py [--output build/site] [--demo FOLDER | --no-demo]
                                  [--figure2 FOLDER]

Bakes the bundled digits for the live demo, once for a state of the code (build/docs-demo), stages
the pages (build/docs) and builds them with Zensical in strict mode. `make docs` installs what this
needs and runs it.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from staging import ROOT, StagingError, stage

DEMO_EPOCHS = 10
DEMO_SEED = 1
DEMO_LABELS = "all"
"""Labels with which the demo is trained. With labels, the classes have colours and move apart."""
DEMO_PARTS = ("scene", "recording", "site")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Colours of a terminal in the messages of Zensical."""


class BuildError(Exception):
    """The site cannot be built."""


def build(output: Path, *, staging: Path, demo: Path | None, figure2: Path | None = None) -> None:
    """Build the site into `output`.

    Args:
        output: Folder that is replaced.
        staging: Folder for the staged pages, replaced as well.
        demo: A baked site to show on the first page, or None.
        figure2: Folder that `lodespace figure2` wrote, to which the page on reproduction links; or
            None.

    Raises:
        BuildError: Zensical reports a problem, such as a link to a missing anchor.
        StagingError: A page links to a file that is not part of the site.
    """
    stage(staging, demo=demo, figure2=figure2 is not None)
    built = staging / "site"  # Zensical can only write beside its settings
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(
        [*command, "--config-file", str(staging / "mkdocs.yml")], capture_output=True, text=True
    )
    problems = _COLOUR.sub("", done.stdout + done.stderr)
    # Zensical's strict mode counts only its own warnings, not the errors of mkdocstrings.
    if done.returncode or "ERROR" in problems or "WARNING" in problems:
        raise BuildError(problems.partition("Traceback (most recent call last)")[0])
    if demo is not None:
        shutil.copytree(demo, built / "demo", ignore=shutil.ignore_patterns("data", "model"))
    if figure2 is not None:
        shutil.copytree(figure2, built / "figure2")
    shutil.rmtree(output, ignore_errors=True)
    shutil.move(built, output)


def baked_digits(cache: Path) -> Path:
    """Return a bake of the bundled digits. It is made again when the code has changed."""
    from lodespace.baking.bake import bake
    from lodespace.items.item_set import bundled_digits_folder

    folder = cache / code_version()
    if (folder / "index.html").is_file():
        return folder
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    return bake(
        str(bundled_digits_folder()),
        folder,
        epochs=DEMO_EPOCHS,
        seed=DEMO_SEED,
        labels=DEMO_LABELS,
        parts=DEMO_PARTS,
        progress=True,
    )


def code_version() -> str:
    """Return a name for the state of the code and of the settings from which the demo is made."""
    digest = hashlib.sha256(repr((DEMO_EPOCHS, DEMO_SEED, DEMO_LABELS, DEMO_PARTS)).encode())
    for folder in ("models", "server"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--demo", type=Path, help="a baked site to show, instead of the digits")
    which.add_argument("--no-demo", action="store_true", help="show a picture instead")
    parser.add_argument("--figure2", type=Path, help="folder that `lodespace figure2` wrote")
    options = parser.parse_args()
    demo = options.demo
    if demo is None and not options.no_demo:
        demo = baked_digits(ROOT / "build" / "docs-demo")
    try:
        build(options.output, staging=ROOT / "build" / "docs", demo=demo, figure2=options.figure2)
    except (BuildError, StagingError) as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"built {options.output}: read it with `python -m http.server -d {options.output}`, "
        "or copy the folder to any web server"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
