"""Packages, versions and file names agree in all files that state them."""

import re
import tomllib
from pathlib import Path

from structure.imports import ROOT, models_modules, server_modules

from lodespace.config import VERSION

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_folder_of_code_is_a_package_of_the_wheel() -> None:
    found = {"lodespace", "lodespace.assets", "lodespace.models"}
    for path in [*server_modules(), *models_modules()]:
        folder = path.parent.relative_to(ROOT)
        found.add(".".join(("lodespace", *folder.parts[folder.parts[0] == "server" :])))
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(found)


def test_every_package_has_a_docstring() -> None:
    folders = {path.parent for path in [*server_modules(), *models_modules()]}
    for folder in folders:
        assert (folder / "__init__.py").read_text().startswith('"""'), folder


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["version"] == VERSION


WRITTEN = [
    path
    for folder in ("server", "models", "tests", "benchmarks", "docs")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".md") and "static" not in path.parts
]
PYTHON = {
    str(path.relative_to(ROOT)) for path in [*WRITTEN, ROOT / "setup.py"] if path.suffix == ".py"
}
EXAMPLES = {"file.py", "x.py", "NAME.py", "module.py"}
"""File names in examples. These files do not exist."""


def exists(name: str) -> bool:
    """Return whether `name` is the end of a path of this project, such as "session/undo_log.py"."""
    return any(f"/{path}".endswith(f"/{name}") for path in PYTHON)


def test_python_files_that_are_named_exist() -> None:
    missing: list[str] = []
    for path in [*WRITTEN, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        if "tests" in path.relative_to(ROOT).parts:
            continue
        named = re.findall(r"(?<![\w/.*-])((?:[\w-]+/)*[\w-]+\.py)\b", path.read_text())
        unknown = [name for name in named if Path(name).name not in EXAMPLES and not exists(name)]
        missing += [f"{path.relative_to(ROOT)}: {name}" for name in unknown]
    assert missing == []
