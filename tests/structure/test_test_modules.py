"""Test modules are independent: shared code is in tests/drivers and tests/samples."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
MODULES = sorted(path for path in TESTS.rglob("*.py") if "vectors" not in path.parts)


def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports, including imports inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(alias.name for alias in node.names)}
    return names


def test_modules_import_no_test_and_no_conftest() -> None:
    tests = {other.stem for other in MODULES if other.stem.startswith(("test_", "conftest"))}
    found = {
        str(path.relative_to(TESTS)): names
        for path in MODULES
        if (names := {name for name in imported(path) if name.split(".")[-1] in tests})
    }
    assert found == {}


def test_the_check_finds_an_import_of_a_test(tmp_path: Path) -> None:
    path = tmp_path / "test_any.py"
    path.write_text(
        "def test_it() -> None:\n    from test_other import value\n\n    assert value\n"
    )
    assert imported(path) == {"test_other", "value"}
