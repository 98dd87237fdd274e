"""Imports of a Python module, read from its syntax tree."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {"lodespace": ROOT / "server", "lodespace.models": ROOT / "models"}
"""Folder of each package: `lodespace.models` and its modules are in models/, all other modules in
server/."""


@cache
def syntax_tree(text: str) -> ast.Module:
    """Syntax tree of a module. Several checks read each module."""
    return ast.parse(text)


def imported_modules(path: Path, *, lazy: bool) -> frozenset[str]:
    """Absolute names of the modules that `path` imports, and of the objects imported from them.

    Args:
        path: a Python file.
        lazy: also include imports inside functions, and imports that only the type checker reads.

    Raises:
        AssertionError: `path` has a relative import.
    """
    return _imported(path.read_text(), path, lazy)


@cache
def _imported(text: str, path: Path, lazy: bool) -> frozenset[str]:
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if not lazy and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if not lazy and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: relative import; use the absolute name of the module"
            found.update({node.module} | {f"{node.module}.{alias.name}" for alias in node.names})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(syntax_tree(text))
    return frozenset(found)


def server_modules() -> list[Path]:
    """Paths of all modules of server/ and of the folders in it."""
    return _modules(ROOT / "server")


def models_modules() -> list[Path]:
    """Paths of all modules of models/ and of the folders in it."""
    return _modules(ROOT / "models")


def _modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "static" not in path.parts)


def module_name(path: Path) -> str:
    """Return the path below server/ or models/ without suffix, such as "exporting/model"."""
    top = ROOT / "models" if (ROOT / "models") in path.parents else ROOT / "server"
    return str(path.relative_to(top).with_suffix(""))


def topic_of(path: Path) -> str:
    """Name of the topic of a module: the top folder, or the module if it is not in a folder."""
    return module_name(path).split("/", 1)[0]


def imported_topics(path: Path, package: str) -> Iterator[tuple[str, str]]:
    """Yield (topic, imported name) for each import of `path` within `package`, lazy ones included.

    `from lodespace import x` imports from the topic `x` if that topic exists, and otherwise from
    the topic `__init__`.
    """
    folder = PACKAGES[package]
    topics = {entry.stem for entry in folder.iterdir()} | (
        {"models"} if package == "lodespace" else set()
    )
    for name in sorted(imported_modules(path, lazy=True)):
        if name == package:
            continue
        if name.startswith(f"{package}."):
            topic = name.removeprefix(f"{package}.").split(".", 1)[0]
            yield (topic if topic in topics else "__init__"), name
