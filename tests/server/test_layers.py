"""Who imports whom: models/ knows nobody, and torch lives in the trainer process, in bakes and nowhere else of the server."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_TORCH = {"trainer_process", "baking", "baking_progress", "moments", "reading", "to_dataset", "exporting/model"}
"""Server modules that may import what imports torch; the others reach these only inside a function."""
WITHOUT_TORCH = {"lodespace.models.checkpoints.checkpoint", "lodespace.models.config"}
"""The part of models/ that the server reads checkpoints with."""


def imports(path: Path, *, lazy: bool) -> set[str]:
    """Names of the modules that `path` imports: with `lazy` also those inside functions, never those for the type checker."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not lazy:
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: imports are absolute here"
            found.update({node.module} | {f"{node.module}.{alias.name}" for alias in node.names})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


def server_modules() -> list[Path]:
    return sorted((ROOT / "server").rglob("*.py"))


def name_of(path: Path) -> str:
    """ "exporting/model" of server/exporting/model.py."""
    return str(path.relative_to(ROOT / "server").with_suffix(""))


def models_modules() -> list[Path]:
    return sorted((ROOT / "models").rglob("*.py"))


@pytest.mark.parametrize("path", models_modules(), ids=lambda p: str(p.relative_to(ROOT / "models")))
def test_models_know_nobody(path: Path) -> None:
    for name in imports(path, lazy=True):
        if name.startswith("lodespace"):
            assert name == "lodespace.models" or name.startswith("lodespace.models."), name
        assert name.split(".")[0] not in {"aiohttp", "asyncio", "threading", "multiprocessing", "sqlite3"}, name


@pytest.mark.parametrize("path", server_modules(), ids=name_of)
def test_torch_stays_out_of_the_server(path: Path) -> None:
    if name_of(path) in WITH_TORCH:
        return
    for name in imports(path, lazy=False):
        top, _, rest = name.partition(".")
        assert top not in {"torch", "torchvision"}, name
        if name.startswith("lodespace.models"):
            assert any(name == allowed or name.startswith(f"{allowed}.") for allowed in WITHOUT_TORCH), name
        assert rest.replace(".", "/") not in WITH_TORCH or top != "lodespace", name


def test_the_rule_finds_what_it_forbids(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("import torch.nn\ndef f():\n    from lodespace.models import Trainer\n")
    assert imports(module, lazy=False) == {"torch.nn"}
    assert "lodespace.models.Trainer" in imports(module, lazy=True)
    assert {name_of(p) for p in server_modules()} >= WITH_TORCH
