"""Installer of the dependencies in pyproject.toml, with the build of torch that fits the machine.

    python tests/install_dependencies.py             the dependencies to build and run Lodespace
    python tests/install_dependencies.py test lint   also the dependencies of these extras

The download size is printed first. On Linux, PyPI's torch needs the CUDA libraries (3 GB). There,
uv with `--torch-backend=auto` selects the processor-only build on a machine without a graphics
driver, and otherwise the matching CUDA build. uv installs torch and torchvision from the same
index. The environment variable `UV_TORCH_BACKEND=cpu` selects the processor-only build on any
machine. If PyTorch's index is not available, uv installs the default builds, from the package
indexes in pip's configuration: for the extras `test lint`, uv needs a quarter of pip's processor
time. If uv is not available or fails, pip installs the default builds. On Windows and macOS, pip
always installs the default builds, because they are small there.
"""

import ast
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu/torch/"
INDEX_SECONDS = 5
UV = [sys.executable, "-m", "uv"]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
UV_OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "constraint": "--constraint",
    "trusted-host": "--allow-insecure-host",
}
"""Options of pip's configuration, and the options of uv that have the same effect."""


def main(extras: Sequence[str]) -> int:
    """Install the dependencies of the project and of its `extras`. Return the exit status."""
    requirements = requirements_of(PROJECT, extras)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("\n".join(requirements) + "\n")
        if install_with_uv(listed):
            return 0
        size = size_text(download_size(listed, None))
        print(f"pip installs the default builds ({size}).", flush=True)
        # Compiling all modules took 120 s. Python compiles a module when it is first imported.
        command = [*PIP, "install", "--no-compile", "--requirement", str(listed)]
        return subprocess.run(command).returncode


def requirements_of(project: Path, extras: Sequence[str]) -> list[str]:
    """Return the requirements to build and run the project, and the requirements of `extras`.

    Raises SystemExit if pyproject.toml does not define one of `extras`.
    """
    described = tomllib.loads(project.read_text(encoding="utf-8"))
    optional = described["project"]["optional-dependencies"]
    unknown = sorted(set(extras) - set(optional))
    if unknown:
        known = ", ".join(optional)
        raise SystemExit(f"pyproject.toml has no extra {unknown[0]!r} (it has {known})")
    groups = [described["build-system"]["requires"], described["project"]["dependencies"]]
    groups += [optional[extra] for extra in extras]
    return [requirement for group in groups for requirement in group]


def install_with_uv(listed: Path) -> bool:
    """Install the requirements file `listed` with uv, if uv can resolve the requirements.

    Returns whether uv installed the requirements.
    """
    if sys.platform != "linux":
        return False
    backend = None
    if torch_index_answers():
        backend = os.environ.get("UV_TORCH_BACKEND") or "auto"
    else:
        print("PyTorch's package index, which has smaller builds, cannot be reached from here.")
    size = download_size(listed, backend)
    if size is None:
        return False
    builds = "the build of torch for this machine" if backend else "the default builds"
    print(f"uv installs {builds} ({size_text(size)}).", flush=True)
    command = [*UV, "pip", "install", "--python", sys.executable, *uv_options(backend)]
    if is_installed("torch") != is_installed("torchvision"):
        # torch from one index and torchvision from another fail at import.
        command += ["--reinstall-package", "torch", "--reinstall-package", "torchvision"]
    return subprocess.run([*command, "--requirement", str(listed)]).returncode == 0


def uv_options(backend: str | None) -> list[str]:
    """Return options with which uv uses the package indexes in pip's configuration.

    uv selects the builds of torch for `backend`; None for the default builds.
    """
    listing = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True).stdout
    options = ["--torch-backend", backend] if backend else []
    for line in (listing or "").splitlines():
        name, _, value = line.partition("=")
        option = UV_OPTIONS.get(name.rpartition(".")[2])
        if option is not None:
            options += [
                word for given in ast.literal_eval(value).split() for word in (option, given)
            ]
    # pip, too, takes the newest version that any index has.
    return [*options, "--index-strategy", "unsafe-best-match"]


def torch_index_answers() -> bool:
    """Whether PyTorch's package index can be reached within INDEX_SECONDS."""
    request = urllib.request.Request(TORCH_INDEX, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=INDEX_SECONDS):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def install_uv() -> bool:
    """Install uv into this environment if it is missing. Returns False if that fails."""
    if is_installed("uv"):
        return True
    installing = [*PIP, "install", "--quiet", "uv"]
    return subprocess.run(installing, stderr=subprocess.DEVNULL).returncode == 0


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def download_size(listed: Path, backend: str | None) -> int | None:
    """Return the total size, in bytes, of the packages in `listed` that are not installed yet.

    Returns None if uv is not available or cannot resolve the requirements.
    """
    if not install_uv():
        return None
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        command = [*UV, "pip", "compile", "--quiet", "--no-header", "--python", sys.executable]
        command += uv_options(backend)
        command += ["--format", "pylock.toml", "--output-file", str(lock), str(listed)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            return None
        packages: list[dict[str, Any]] = tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]
    return sum(package_size(package) for package in packages if not is_installed(package["name"]))


def package_size(package: dict[str, Any]) -> int:
    """Bytes to download for a package entry of a pylock.toml.

    The size is that of the largest wheel, or of the source distribution if there is no wheel.
    PyTorch's index does not state sizes, so the function requests the size from the server of the
    wheel.
    """
    files = package.get("wheels") or [package[k] for k in ("archive", "sdist") if k in package]
    stated = [file["size"] for file in files if "size" in file]
    if stated:
        return max(stated)
    return content_length(files[0]["url"]) if files and "url" in files[0] else 0


def content_length(url: str) -> int:
    """Bytes of the file at `url`, or 0 if the server does not state the size."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=INDEX_SECONDS) as answer:
            return int(answer.headers.get("Content-Length") or 0)
    except (urllib.error.URLError, TimeoutError, ValueError):
        return 0


def size_text(size: int | None) -> str:
    """The size as text, such as "0.6 GB to download"."""
    if size is None:
        return "download size unknown"
    return f"{size / 1e9:.1f} GB to download" if size >= 5e7 else f"{size / 1e6:.0f} MB to download"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
