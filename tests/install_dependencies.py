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
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "constraint": ("UV_CONSTRAINT", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
}
"""Options of pip's configuration; for each, the environment variable with which uv does the same,
and the separator of its values. Addresses can hold passwords, and each user of the machine can read
the arguments of a command."""
NO_EFFECT = {
    *("cache-dir", "debug", "default-timeout", "disable-pip-version-check", "log", "no-cache-dir"),
    *("no-color", "no-input", "no-warn-script-location", "progress-bar", "quiet", "resume-retries"),
    *("retries", "root-user-action", "timeout", "verbose"),
}
"""Options of pip's configuration that do not change what is installed."""
SECTIONS = (":env:", "install", "global")
"""Sections of pip's configuration that apply to `pip install`; the first with an option counts."""


def main(extras: Sequence[str]) -> int:
    """Install the dependencies of the project and of its `extras`. Return the exit status."""
    requirements = requirements_of(PROJECT, extras)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("\n".join(requirements) + "\n")
        environment = uv_environment()
        if sys.platform == "linux" and install_with_uv(listed, environment):
            return 0
        size = size_text(download_size(listed, None, environment))
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


def install_with_uv(listed: Path, environment: dict[str, str] | None) -> bool:
    """Install the requirements file `listed` with uv, if uv can resolve the requirements.

    `environment`: that of uv (`uv_environment`); None if uv is not to be used. Returns whether uv
    installed the requirements.
    """
    if environment is None:
        return False
    backend = None
    if torch_index_answers():
        backend = os.environ.get("UV_TORCH_BACKEND") or "auto"
    else:
        print("PyTorch's package index, which has smaller builds, cannot be reached from here.")
    size = download_size(listed, backend, environment)
    if size is None:
        return False
    builds = "the build of torch for this machine" if backend else "the default builds"
    print(f"uv installs {builds} ({size_text(size)}).", flush=True)
    command = [*UV, "pip", "install", "--python", sys.executable, *torch_options(backend)]
    if is_installed("torch") != is_installed("torchvision"):
        # torch from one index and torchvision from another fail at import.
        command += ["--reinstall-package", "torch", "--reinstall-package", "torchvision"]
    command += ["--requirement", str(listed)]
    return subprocess.run(command, env=environment).returncode == 0


def torch_options(backend: str | None) -> list[str]:
    """Return the options of uv for the builds of torch; None for the default builds."""
    return ["--torch-backend", backend] if backend else []


def uv_environment() -> dict[str, str] | None:
    """Return the environment in which uv installs from the package indexes that pip is set to.

    Returns None if pip's configuration has an option that uv does not follow, such as `no-index`.
    """
    listing = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True).stdout
    found: dict[str, str] = {}
    lines = [line.partition("=") for line in (listing or "").splitlines()]
    for section in SECTIONS:
        for name, _, value in lines:
            if name.startswith(f"{section}."):
                found.setdefault(name.removeprefix(f"{section}."), value)
    environment = dict(os.environ)
    for option, value in found.items():
        if option in UV_VARIABLES:
            variable, separator = UV_VARIABLES[option]
            environment[variable] = separator.join(ast.literal_eval(value).split())
        elif option not in NO_EFFECT:
            print(f"pip's configuration has the option {option}, which uv does not follow.")
            return None
    if "extra-index-url" in found:
        # pip, too, takes the newest version that any index has.
        environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return environment


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


def download_size(
    listed: Path, backend: str | None, environment: dict[str, str] | None
) -> int | None:
    """Return the total size, in bytes, of the packages in `listed` that are not installed yet.

    `environment`: that of uv, or None. Returns None if it is None, and if uv cannot be installed or
    cannot resolve the requirements.
    """
    if environment is None or not install_uv():
        return None
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        command = [*UV, "pip", "compile", "--quiet", "--no-header", "--python", sys.executable]
        command += torch_options(backend)
        command += ["--format", "pylock.toml", "--output-file", str(lock), str(listed)]
        quiet = subprocess.DEVNULL
        if subprocess.run(command, stdout=quiet, stderr=quiet, env=environment).returncode:
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
