"""Comments, docstrings, string literals and test names of a Python file."""

import ast
import io
import tokenize
from collections.abc import Iterator

from pieces import Prose, is_prose, without_code


def python_prose(source: str) -> Iterator[Prose]:
    """Yield each piece of prose of a Python file."""
    yield from _comments(source)
    yield from _literals(ast.parse(source))


def hash_comments(source: str) -> Iterator[Prose]:
    """Yield the `#` comments of a Makefile, a shell script, a YAML or a TOML file."""
    lines = [
        (number, line[line.index("#") + 1 :].strip())
        for number, line in enumerate(source.splitlines(), 1)
        if line.lstrip().startswith("#") or " # " in line or "  ## " in line
    ]
    yield from _joined(lines)


def _comments(source: str) -> Iterator[Prose]:
    whole: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        text = token.string.lstrip("#!").strip()
        if token.line.lstrip().startswith("#"):
            whole.append((token.start[0], text))
        else:
            yield Prose(token.start[0], without_code(text), "comment")
    yield from _joined(whole)


def _joined(lines: list[tuple[int, str]]) -> Iterator[Prose]:
    """Join comments on adjacent lines, because a sentence may continue on the next line."""
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or lines[index][0] != lines[index - 1][0] + 1:
            text = "\n".join(text for _, text in lines[start:index])
            if text:
                yield Prose(lines[start][0], without_code(text), "comment")
            start = index


def _literals(tree: ast.Module) -> Iterator[Prose]:
    nodes = list(ast.walk(tree))
    parts = {
        id(part)
        for joined in nodes
        if isinstance(joined, ast.JoinedStr)
        for part in ast.walk(joined)
        if part is not joined and isinstance(part, ast.Constant | ast.JoinedStr)
    }
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("test_"):
                yield Prose(node.lineno, node.name.replace("_", " "), "test name")
        elif id(node) in parts:
            continue
        elif isinstance(node, ast.JoinedStr):
            text = "".join(map(_part, node.values))
            if is_prose(text):
                yield Prose(node.lineno, without_code(text), "string")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in docstrings:
                yield Prose(node.lineno, without_code(node.value), "docstring")
            elif is_prose(node.value):
                yield Prose(node.lineno, without_code(node.value), "string")


def _part(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "code"
